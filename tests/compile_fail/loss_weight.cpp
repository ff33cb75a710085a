// expect: etch: loss: the weight must broadcast to the input
#include <etch/etch.hpp>
using namespace etch;

int main() {
  Tensor<float, 4, 5> x;
  Tensor<float, 4> w;
  Tensor<float> y = binary_cross_entropy(x, x, w);
}
