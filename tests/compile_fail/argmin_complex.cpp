// expect: etch: argmin: complex numbers have no order
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return argmin<0>(Tensor<complex64, 3>{}); }
