// expect: etch: reduce: axis out of range
// sizes: 5 33
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return sum<5>(Tensor<float, 7, 33>{}); }
