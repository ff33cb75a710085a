// expect: etch: conv: the groups must divide the channels
#include <etch/etch.hpp>
using namespace etch;

int main() {
  Tensor<float, 2, 6, 8, 8> x;
  Tensor<float, 5, 3, 3, 3> w;
  auto y = conv2d<groups<2>>(x, w);
}
