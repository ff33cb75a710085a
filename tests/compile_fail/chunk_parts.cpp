// expect: etch: split: the parts must be positive and make up the axis
// sizes: 33
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return chunk<0, 1>(Tensor<float, 7, 33>{}); }
