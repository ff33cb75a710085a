// expect: etch: conv: the input must have the channels that weight and groups want
// sizes: 6 8
#include <etch/etch.hpp>
using namespace etch;

int main() {
  Tensor<float, 2, 6, 8, 8> x;
  Tensor<float, 4, 4, 3, 3> w;
  auto y = conv2d<groups<2>>(x, w);
}
