// expect: etch: positive: bools have no sign
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return positive(Tensor<bool, 3>{}); }
