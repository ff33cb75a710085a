// expect: etch: sign: complex numbers have no order; sgn is their direction
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return sign(Tensor<complex64, 3>{}); }
