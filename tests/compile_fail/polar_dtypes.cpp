// expect: etch: polar: sizes and angles must have one dtype, float or double
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return polar(Tensor<float, 3>{}, Tensor<int, 3>{}); }
