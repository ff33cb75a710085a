// expect: etch: pointwise: a function of real numbers takes no complex ones
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return floor(Tensor<complex64, 3>{}); }
