// expect: etch: isneginf: complex numbers have no order
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return isneginf(Tensor<complex64, 3>{}); }
