// expect: etch: masked: the mask must be a bool tensor
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return masked::sum(Tensor<float, 33>{}, Tensor<float, 33>{}); }
