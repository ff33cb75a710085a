// expect: etch: trapezoid: samples and positions must not be bools
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return trapezoid<0>(Tensor<float, 3>{}, Tensor<bool, 3>{}); }
