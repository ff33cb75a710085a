// expect: etch: frexp: the dtype must be floating
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return frexp(Tensor<int, 3>{}); }
