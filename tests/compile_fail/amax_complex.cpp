// expect: etch: reduce: complex numbers have no order
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return amax<0>(Tensor<complex64, 3>{}); }
