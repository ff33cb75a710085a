// expect: etch: loss: weight and input must have the same shape
#include <etch/etch.hpp>
using namespace etch;

int main() {
  Tensor<float, 4, 5> x;
  Tensor<float, 5> w;
  Tensor<float> y = l1_loss(x, x, w);
}
