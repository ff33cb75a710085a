// expect: etch: slice_scatter: the values must have the sizes of the slice
// sizes: 33 34
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return slice_scatter<0, 0, 3>(Tensor<float, 7, 33>{}, Tensor<float, 3, 34>{}); }
