// expect: etch: group_norm: weight and bias must have one number for each channel
// sizes: 6 5
#include <etch/etch.hpp>
using namespace etch;

int main() {
  Tensor<float, 2, 6, 8, 8> x;
  Tensor<float, 5> w;
  auto y = group_norm<3>(x, w, w);
}
