// expect: etch: adaptive_pool: the input must be
#include <etch/etch.hpp>
using namespace etch;

int main() {
  Tensor<float, 2, 6, 8, 8> x;
  auto y = adaptive_avg_pool2d<0>(x);
}
