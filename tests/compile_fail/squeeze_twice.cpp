// expect: etch: squeeze: an axis is named twice
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return squeeze<1, 1>(Tensor<float, 3, 1>{}); }
