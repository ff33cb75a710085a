// expect: etch: masked: the variance of bools is none
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return masked::var<0>(Tensor<bool, 3>{}, Tensor<bool, 3>{}); }
