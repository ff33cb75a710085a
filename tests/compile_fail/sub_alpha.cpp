// expect: etch: sub: alpha must be an integer where the operands are
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return sub(Tensor<int, 3>{}, Tensor<int, 3>{}, 0.5); }
