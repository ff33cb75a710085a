// expect: etch: conv: input, weight and bias must have one dtype
#include <etch/etch.hpp>
using namespace etch;

int main() {
  Tensor<float, 2, 6, 8, 8> x;
  Tensor<double, 4, 6, 3, 3> w;
  auto y = conv2d(x, w);
}
