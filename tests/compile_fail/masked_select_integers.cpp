// expect: etch: masked_select: the mask must be a bool tensor
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return masked_select(Tensor<float, 3>{}, Tensor<int, 3>{}); }
