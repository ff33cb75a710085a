// expect: etch: split: the parts must be positive and make up the axis
// sizes: 33 30
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return split<ints<30, 2>, 1>(Tensor<float, 7, 33>{}); }
