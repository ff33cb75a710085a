// expect: etch: diag: the operand must have one or two dimensions
// sizes: 7 33 5
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return diag(Tensor<float, 7, 33, 5>{}); }
