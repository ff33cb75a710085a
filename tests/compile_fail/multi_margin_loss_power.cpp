// expect: etch: multi_margin_loss: p must be 1 or 2
#include <etch/etch.hpp>
using namespace etch;

int main() {
  Tensor<float, 4, 5> x;
  Tensor<std::int64_t, 4> t;
  Tensor<float> y = multi_margin_loss<Reduction::mean, 3>(x, t);
}
