// expect: etch: pool: the input must be [N, C, sizes..] or [C, sizes..]
#include <etch/etch.hpp>
using namespace etch;

int main() {
  Tensor<float, 2, 6, 8, 8> x;
  auto y = max_pool2d<3, padding<2>>(x);
}
