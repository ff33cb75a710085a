// expect: etch: layer_norm: the last size must be the weight's
// sizes: 12 8
#include <etch/etch.hpp>
using namespace etch;

int main() {
  auto layer = make<nn::LayerNorm<8>>();
  Tensor<float, 3, 12> x;
  Tensor<float, 3, 12> y = layer(x);
}
