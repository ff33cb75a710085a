// expect: etch: nll_loss: there must be one weight for each class, of the dtype of the log-probabilities
#include <etch/etch.hpp>
using namespace etch;

int main() {
  Tensor<float, 4, 5> x;
  Tensor<float, 4> w;
  Tensor<std::int64_t, 4> t;
  Tensor<float> y = nll_loss(x, t, w);
}
