// expect: etch: squeeze: axis out of range
// sizes: 7 33
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return squeeze<2>(Tensor<float, 7, 33>{}); }
