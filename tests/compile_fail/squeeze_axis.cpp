// expect: etch: squeeze: the axis must have size 1
// sizes: 33
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return squeeze<1>(Tensor<float, 7, 33>{}); }
