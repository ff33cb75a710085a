// expect: etch: scan: axis out of range
// sizes: 2
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return cumsum<2>(Tensor<float, 7, 33>{}); }
