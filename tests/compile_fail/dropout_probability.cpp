// expect: etch: dropout: the probability must lie between 0 and 1
#include <etch/etch.hpp>
using namespace etch;

int main() {
  auto layer = make<nn::Dropout<1.5>>();
  Tensor<float, 8> x;
  Tensor<float, 8> y = layer(x);
}
