// expect: etch: multi_margin_loss: targets must be int64, of the sizes of scores without the classes
#include <etch/etch.hpp>
using namespace etch;

int main() {
  Tensor<float, 4, 5> x;
  Tensor<std::int64_t, 5> t;
  Tensor<float> y = multi_margin_loss(x, t);
}
