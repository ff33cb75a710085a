// expect: etch: train_step: the loss must be one number; reduce it with mean or sum
// sizes: 10 64
#include <etch/etch.hpp>

using namespace etch;

struct Line {
  Param<float, 10, 784> weight;
  Param<float, 10> bias;
  ETCH_MODULE(weight, bias)
  constexpr auto forward(auto x) const { return linear(x, weight, bias); }
};

void mistake(const Tensor<float, 64, 784>& x, const Tensor<float, 64, 10>& y) {
  train_step(make<Line>(), [](auto& m, auto a, auto b) { return square(m(a) - b); }, optim::SGD{}, x, y);
}
