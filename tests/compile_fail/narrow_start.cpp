// expect: etch: narrow: the start must lie within the axis, and the length not be negative
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return narrow<0, -4, 1>(Tensor<float, 3>{}); }
