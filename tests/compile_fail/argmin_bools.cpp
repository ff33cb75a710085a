// expect: etch: argmin: the dtype must not be bool
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return argmin<0>(Tensor<bool, 3>{}); }
