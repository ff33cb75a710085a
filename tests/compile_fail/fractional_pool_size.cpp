// expect: etch: fractional_max_pool: the input must be
#include <etch/etch.hpp>
using namespace etch;

int main() {
  Tensor<float, 2, 6, 8, 8> x;
  auto y = fractional_max_pool2d<3, output_size<7>>(x);
}
