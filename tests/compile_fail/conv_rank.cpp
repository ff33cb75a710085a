// expect: etch: conv: the input must be [N, C, sizes..]
#include <etch/etch.hpp>
using namespace etch;

int main() {
  Tensor<float, 2, 6, 8, 8> x;
  Tensor<float, 4, 6, 3> w;
  auto y = conv2d(x, w);
}
