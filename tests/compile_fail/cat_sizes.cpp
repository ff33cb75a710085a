// expect: etch: cat: all sizes but the joined one must agree
// sizes: 33 34
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return cat<0>(Tensor<float, 7, 33>{}, Tensor<float, 7, 34>{}); }
