// expect: etch: loss: input and target must have the same shape
// sizes: 64 1
#include <etch/etch.hpp>
using namespace etch;

int main() {
  Tensor<float, 64, 1> input;  // PyTorch broadcasts these to 64 x 64 and warns
  Tensor<float, 64> target;
  Tensor<float> loss = mse_loss(input, target);
}
