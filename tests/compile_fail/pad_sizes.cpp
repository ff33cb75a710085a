// expect: etch: pad: axes must have static sizes, and not be cut below 0
// sizes: 33 20 14
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return constant_pad_nd<-20, -14>(Tensor<float, 33>{}); }
