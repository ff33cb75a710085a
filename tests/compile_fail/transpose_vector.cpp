// expect: etch: transpose: axis out of range
// sizes: 33
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return transpose<0, 1>(Tensor<float, 33>{}); }
