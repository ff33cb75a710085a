// expect: etch: flatten: the axes must be in range and in order
// sizes: 7 33
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return flatten<1, 0>(Tensor<float, 7, 33>{}); }
