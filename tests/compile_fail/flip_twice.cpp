// expect: etch: flip: an axis is named twice
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return flip<1, 1>(Tensor<float, 3, 1>{}); }
