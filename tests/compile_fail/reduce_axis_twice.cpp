// expect: etch: reduce: an axis is named twice
// sizes: 33
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return sum<1, -1>(Tensor<float, 7, 33>{}); }
