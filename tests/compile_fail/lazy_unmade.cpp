// expect: etch: make: a model with lazy sizes is made for an input: make<M>(generator, x)
#include <etch/etch.hpp>
using namespace etch;

int main() {
  auto model = make<nn::Sequential<nn::LazyLinear<4>, nn::ReLU>>();
  Tensor<float, 2, 8> x;
  Tensor y = model(x);
}
