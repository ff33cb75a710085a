// expect: etch: conv: the bias must have one number for each output channel
#include <etch/etch.hpp>
using namespace etch;

int main() {
  Tensor<float, 2, 6, 8, 8> x;
  Tensor<float, 4, 6, 3, 3> w;
  Tensor<float, 5> b;
  auto y = conv2d(x, w, b);
}
