// expect: etch: diagonal: two different axes must be named
// sizes: 7 33
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return diagonal<0, 5>(Tensor<float, 7, 33>{}); }
