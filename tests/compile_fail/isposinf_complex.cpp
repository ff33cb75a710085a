// expect: etch: isposinf: complex numbers have no order
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return isposinf(Tensor<complex64, 3>{}); }
