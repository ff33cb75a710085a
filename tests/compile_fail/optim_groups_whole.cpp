// expect: etch: param_groups: LBFGS and clip_grad_norm take the whole model; nn::utils::clip_grad_norm_ clips between backward and update
#include <etch/etch.hpp>
using namespace etch;

void mistake(const Tensor<float, 8, 4>& x, const Tensor<float, 8, 2>& y) {
  const auto groups = optim::param_groups(optim::SGD{}, optim::group("bias", optim::clip_grad_norm(optim::SGD{}, 1.0)));
  train_step(make<nn::Linear<4, 2>>(), [](auto& m, auto a, auto b) { return mse_loss(m(a), b); }, groups, x, y);
}
