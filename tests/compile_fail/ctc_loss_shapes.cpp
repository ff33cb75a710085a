// expect: etch: ctc_loss: log-probabilities must be [T, N, C], targets [N, S] or [all], and lengths [N]
#include <etch/etch.hpp>
using namespace etch;

int main() {
  Tensor<float, 5, 3, 4> x;
  Tensor<std::int64_t, 3> n;
  Tensor<std::int64_t, 2, 3> y;
  Tensor<float> loss = ctc_loss(x, y, n, n);
}
