// expect: etch: sub: bools have no sign; logical_xor tells them apart
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return 1 - Tensor<bool, 3>{}; }
