// expect: etch: lerp: a weight of real numbers must be real
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return lerp(Tensor<float, 3>{}, Tensor<float, 3>{}, Tensor<complex64, 3>{}); }
