// expect: etch: tensor: sizes must not be negative
// sizes: 2 -3
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return Tensor<float, 2, -3>{}.numel(); }
