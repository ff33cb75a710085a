// expect: etch: pointwise: a function of real numbers takes no complex ones
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return atan2(Tensor<complex64, 3>{}, Tensor<float, 3>{}); }
