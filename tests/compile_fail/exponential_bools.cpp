// expect: etch: exponential: the dtype must be floating
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return exponential(Tensor<bool, 3>{}); }
