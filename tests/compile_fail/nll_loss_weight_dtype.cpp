// expect: etch: nll_loss: there must be one weight for each class, of the dtype of the log-probabilities
#include <etch/etch.hpp>
using namespace etch;

int main() {
  Tensor y = nll_loss(Tensor<float, 2, 3>{}, Tensor<std::int64_t, 2>{}, Tensor<half, 3>{});
}
