// Twenty steps as PyTorch took them: a small MLP by Adam and by SGD.
#include "parity.hpp"

using namespace etch;

namespace {

struct Mlp {
  nn::Linear<4, 64> fc1;
  nn::Linear<64, 64> fc2;
  nn::Linear<64, 2> fc3;
  ETCH_MODULE(fc1, fc2, fc3)
  constexpr auto forward(auto x) const { return fc3(tanh(fc2(tanh(fc1(x))))); }
};
struct Loss {
  constexpr auto operator()(auto& m, auto x, auto y) const { return mse_loss(m(x), y); }
};
using X = Tensor<float, 32, 4>;
using Y = Tensor<float, 32, 2>;

template <class Optimizer>
void check_run(const Model<Mlp>& initial, const Model<Mlp>& final, const std::vector<float>& inputs,
               const std::vector<float>& targets, const std::vector<double>& losses, Optimizer optimizer) {
  const auto model = initial.clone();
  auto step = train_step<X, Y>(model, Loss{}, optimizer);
  for (int i = 0; i < parity_steps; ++i)
    check_loss(step(batch_of<X>(inputs, i), batch_of<Y>(targets, i)), losses[static_cast<std::size_t>(i)]);
  check_parameters(model, final);
}

}  // namespace

TEST_CASE("an MLP trains as PyTorch's does") {
  ParityFile file;
  const auto initial = file.model<Mlp>("initial."), adam = file.model<Mlp>("adam.final."),
             sgd = file.model<Mlp>("sgd.final.");
  std::vector<float> inputs, targets;
  std::vector<double> adam_losses, sgd_losses;
  file.list("inputs", {parity_steps, 32, 4}, inputs);
  file.list("targets", {parity_steps, 32, 2}, targets);
  file.list("adam.losses", {parity_steps}, adam_losses);
  file.list("sgd.losses", {parity_steps}, sgd_losses);
  file.read("tests/data/parity_mlp.safetensors");
  check_run(initial, adam, inputs, targets, adam_losses, optim::Adam{.lr = 1e-3});
  check_run(initial, sgd, inputs, targets, sgd_losses,
            optim::SGD{.lr = 0.05, .momentum = 0.9, .weight_decay = 1e-2, .nesterov = true});
}
