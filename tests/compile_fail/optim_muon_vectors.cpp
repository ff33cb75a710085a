// expect: etch: Muon: all parameters must be matrices; give the others to another optimizer with param_groups
#include <etch/etch.hpp>
using namespace etch;

void mistake(const Tensor<float, 8, 4>& x, const Tensor<float, 8, 2>& y) {
  train_step(make<nn::Linear<4, 2>>(), [](auto& m, auto a, auto b) { return mse_loss(m(a), b); }, optim::Muon{}, x, y);
}
