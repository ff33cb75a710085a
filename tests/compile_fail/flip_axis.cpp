// expect: etch: flip: axis out of range
// sizes: 2 7 33
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return flip<2>(Tensor<float, 7, 33>{}); }
