// expect: etch: multi_margin_loss: there must be one weight for each class, of the dtype of the scores
#include <etch/etch.hpp>
using namespace etch;

int main() {
  Tensor<float, 4, 5> x;
  Tensor<float, 4> w;
  Tensor<std::int64_t, 4> t;
  Tensor<float> y = multi_margin_loss(x, t, 1.0, w);
}
