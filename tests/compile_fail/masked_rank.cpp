// expect: etch: masked: the mask must broadcast to the sizes of the input
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return masked::mean<0>(Tensor<float, 3>{}, Tensor<bool, 2, 3>{}); }
