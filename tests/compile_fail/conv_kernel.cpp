// expect: etch: conv: the kernel must fit into the padded input
#include <etch/etch.hpp>
using namespace etch;

int main() {
  Tensor<float, 2, 6, 8, 8> x;
  Tensor<float, 4, 6, 9, 3> w;
  auto y = conv2d(x, w);
}
