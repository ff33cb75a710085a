// expect: etch: transpose: axis out of range
// sizes: 33
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return t(Tensor<float, 33>{}); }
