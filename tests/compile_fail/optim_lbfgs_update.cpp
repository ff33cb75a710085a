// expect: etch: train_step: this optimizer evaluates the loss itself; call the step
#include <etch/etch.hpp>
using namespace etch;

void mistake(const Tensor<float, 8, 4>& x, const Tensor<float, 8, 2>& y) {
  auto step = train_step(make<nn::Linear<4, 2>>(), [](auto& m, auto a, auto b) { return mse_loss(m(a), b); }, optim::LBFGS{}, x, y);
  step.backward(x, y);
  step.update();
}
