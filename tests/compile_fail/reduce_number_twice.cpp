// expect: etch: reduce: an axis is named twice
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return sum<0, 0>(Tensor<float>{}); }
