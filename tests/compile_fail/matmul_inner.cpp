// expect: etch: matmul: inner sizes must agree
// sizes: 784 512
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return matmul(Tensor<float, 32, 784>{}, Tensor<float, 512, 10>{}); }
