// expect: etch: argmax: complex numbers have no order
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return argmax<0>(Tensor<complex64, 3>{}); }
