// expect: etch: where: the condition must be a bool tensor
// sizes: 33
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return where(Tensor<float, 33>{}, Tensor<float, 33>{}, 0); }
