// expect: etch: attention: the input must be [batch, time, width]
#include <etch/etch.hpp>
using namespace etch;

int main() {
  auto layer = make<nn::CausalSelfAttention<128, 4>>();
  Tensor<float, 4, 128> x;
  Tensor<float, 4, 128> y = layer(x);
}
