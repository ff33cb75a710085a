// expect: etch: nll_loss: log-probabilities must be floating and targets int64 or uint8
#include <etch/etch.hpp>
using namespace etch;

int main() {
  Tensor<float, 4, 5> x;
  Tensor<float, 4> t;
  Tensor<float> y = nll_loss(x, t);
}
