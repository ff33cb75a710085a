// expect: etch: rot90: two different axes must be named
// sizes: 7 33
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return rot90<1, 0, 0>(Tensor<float, 7, 33>{}); }
