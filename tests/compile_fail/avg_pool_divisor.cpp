// expect: etch: avg_pool: the divisor must not be 0
#include <etch/etch.hpp>
using namespace etch;

int main() {
  Tensor<float, 2, 6, 8, 8> x;
  auto y = avg_pool2d<3, divisor_override<0>>(x);
}
