// expect: etch: scan: complex numbers have no order
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return sort<0>(Tensor<complex64, 3>{}); }
