// expect: etch: matmul: operands must have at least one dimension
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return matmul(Tensor<float>{}, Tensor<float, 4>{}); }
