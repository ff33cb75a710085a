// expect: etch: norm: the input must be [N, C, sizes..]
#include <etch/etch.hpp>
using namespace etch;

int main() {
  auto m = make<nn::BatchNorm2d<6>>();
  Tensor<float, 2, 6, 8> x;
  auto y = eval(m(x));
}
