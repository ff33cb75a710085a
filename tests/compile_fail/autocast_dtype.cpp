// expect: etch: autocast: the dtype must be bfloat16, half or float
#include <etch/etch.hpp>

using namespace etch;

void mistake(const Tensor<float, 4, 3>& x, const Tensor<float, 3, 2>& w) {
  Tensor y = autocast<double>([](auto a, auto b) { return matmul(a, b); })(x, w);
}
