// expect: etch: nll_loss: targets must have the sizes of log-probabilities without the classes
// sizes: 4 5
#include <etch/etch.hpp>
using namespace etch;

int main() {
  Tensor<float, 4, 5> x;
  Tensor<std::int64_t, 5> t;
  Tensor<float> y = nll_loss(x, t);
}
