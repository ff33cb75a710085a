// expect: etch: multi_dot: sizes of axes that meet must agree
// sizes: 37 41
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return multi_dot(Tensor<float, 2, 37>{}, Tensor<float, 41, 4>{}); }
