// expect: etch: fold: the input must be [N, C KH KW, L]
#include <etch/etch.hpp>
using namespace etch;

int main() {
  Tensor<float, 2, 18, 35> x;
  auto y = fold<3, output_size<8, 8>>(x);
}
