// expect: etch: tensordot: the axes of both operands must exist
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return tensordot<Axes<0, 1>, Axes<0>>(Tensor<float, 2, 3>{}, Tensor<float, 2, 3>{}); }
