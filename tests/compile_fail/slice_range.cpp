// expect: etch: slice: the range must lie within the axis
// sizes: 33 40
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return slice<1, 3, 40>(Tensor<float, 7, 33>{}); }
