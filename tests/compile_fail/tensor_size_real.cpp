// expect: etch: tensor: sizes must be integers, named or bounded dims
// sizes: 2
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return Tensor<float, 2.5>{}.numel(); }
