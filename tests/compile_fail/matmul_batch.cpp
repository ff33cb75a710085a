// expect: etch: matmul: batch sizes must agree or be 1
// sizes: 6 7
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return matmul(Tensor<float, 6, 3, 4>{}, Tensor<float, 7, 4, 5>{}); }
