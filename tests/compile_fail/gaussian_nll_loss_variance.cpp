// expect: etch: gaussian_nll_loss: the variance must have the shape of the input, or one number for an axis of it
#include <etch/etch.hpp>
using namespace etch;

int main() {
  Tensor<float, 4, 5> x;
  Tensor<float, 3> v;
  Tensor<float> y = gaussian_nll_loss(x, x, v);
}
