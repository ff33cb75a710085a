// expect: etch: attention: the width must divide into equal heads
// sizes: 128 3
#include <etch/etch.hpp>
using namespace etch;

int main() {
  auto layer = make<nn::CausalSelfAttention<128, 3>>();
  Tensor<float, 2, 4, 128> x;
  Tensor<float, 2, 4, 128> y = layer(x);
}
