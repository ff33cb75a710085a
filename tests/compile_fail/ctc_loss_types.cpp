// expect: etch: ctc_loss: log-probabilities must be floating, targets and lengths integers
#include <etch/etch.hpp>
using namespace etch;

int main() {
  Tensor<float, 5, 3, 4> x;
  Tensor<std::int64_t, 3> n;
  Tensor<float, 3, 2> y;
  Tensor<float> loss = ctc_loss(x, y, n, n);
}
