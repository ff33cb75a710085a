// expect: etch: masked_fill: a real tensor cannot hold a complex value
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return masked_fill(Tensor<float, 3>{}, Tensor<bool, 3>{}, complex64(0, 1)); }
