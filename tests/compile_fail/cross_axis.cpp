// expect: etch: cross: the axis must have size 3
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return cross(Tensor<float, 2, 4>{}, Tensor<float, 2, 4>{}); }
