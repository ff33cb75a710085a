// expect: etch: scaled: this optimizer evaluates the loss itself, so a scaler cannot leave its step out
#include <etch/etch.hpp>

using namespace etch;

struct Line {
  Param<float, 1, 3> weight;
  ETCH_MODULE(weight)
  constexpr auto forward(auto x) const { return linear(x, weight); }
};

void mistake(const Tensor<float, 4, 3>& x) {
  train_step(make<Line>(), [](auto& m, auto a) { return mean(m(a)); }, optim::scaled(optim::LBFGS{}), x);
}
