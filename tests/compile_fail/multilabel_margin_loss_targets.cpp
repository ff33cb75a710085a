// expect: etch: multilabel_margin_loss: targets must be int64, of the shape of the scores
#include <etch/etch.hpp>
using namespace etch;

int main() {
  Tensor<float, 4, 5> x;
  Tensor<std::int64_t, 4> t;
  Tensor<float> y = multilabel_margin_loss(x, t);
}
