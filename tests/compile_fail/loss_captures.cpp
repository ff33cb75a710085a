// expect: etch: train_step: the loss function must have no captures; pass values as arguments
#include <etch/etch.hpp>

using namespace etch;

struct Line {
  Param<float, 10, 784> weight;
  Param<float, 10> bias;
  ETCH_MODULE(weight, bias)
  constexpr auto forward(auto x) const { return linear(x, weight, bias); }
};

void mistake(float scale, const Tensor<float, 64, 784>& x, const Tensor<float, 64, 10>& y) {
  train_step(make<Line>(), [scale](auto& m, auto a, auto b) { return mean(square(m(a) - b)) * scale; }, optim::SGD{}, x, y);
}
