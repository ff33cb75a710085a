// expect: etch: argmax: the dtype must not be bool
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return argmax(Tensor<bool, 3>{}); }
