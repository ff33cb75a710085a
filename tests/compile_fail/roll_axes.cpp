// expect: etch: roll: there must be a shift for every axis
// sizes: 7 33
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return roll<ints<2, 1>, ints<0>>(Tensor<float, 7, 33>{}); }
