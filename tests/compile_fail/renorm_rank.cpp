// expect: etch: renorm: the input must have at least two dimensions, and the axis must be one of them
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return renorm<0>(Tensor<float, 7>{}, 1.f); }
