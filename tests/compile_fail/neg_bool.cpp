// expect: etch: neg: bools have no sign; logical_not inverts them
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return neg(Tensor<bool, 3>{}); }
