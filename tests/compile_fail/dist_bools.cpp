// expect: etch: dist: the operands must not be bools
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return dist(Tensor<float, 3>{}, Tensor<bool, 3>{}); }
