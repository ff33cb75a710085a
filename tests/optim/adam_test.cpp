// Adam and AdamW against torch.optim's formulas, with every option, and with a learning rate that changes.
#include <cmath>

#include "reference.hpp"

using namespace etch;
using optim::Adam;
using optim::AdamW;

namespace {

template <class O>
void step(const O& o, int t, double& p, double g, double* state) {
  state[0] = o.betas[0] * state[0] + (1 - o.betas[0]) * g;
  state[1] = o.betas[1] * state[1] + (1 - o.betas[1]) * g * g;
  const double m = state[0] / (1 - std::pow(o.betas[0], t)), v = state[1] / (1 - std::pow(o.betas[1], t));
  p -= o.lr * m / (std::sqrt(v) + o.eps);
}
void adam(const Adam& o, int t, double& p, double g, double* state) {
  step(o, t, p, (o.maximize ? -g : g) + o.weight_decay * p, state);
}
void adamw(const AdamW& o, int t, double& p, double g, double* state) {
  p *= 1 - o.lr * o.weight_decay;
  step(o, t, p, o.maximize ? -g : g, state);
}
constexpr auto keep = [](auto&, int) {};
constexpr auto warm_up = [](auto& o, int t) { o.lr = 0.01 * t; };

}  // namespace

TEST_CASE("defaults are PyTorch's") {
  CHECK(Adam{}.lr == 1e-3);
  CHECK(Adam{}.betas[0] == 0.9);
  CHECK(Adam{}.betas[1] == 0.999);
  CHECK(Adam{}.eps == 1e-8);
  CHECK(Adam{}.weight_decay == 0);
  CHECK(AdamW{}.weight_decay == 1e-2);
}
TEST_CASE("adam") { check_optimizer(Adam{.lr = 0.01}, keep, adam); }
TEST_CASE("adam with weight decay, other betas and a large eps") {
  check_optimizer(Adam{.lr = 0.1, .betas = {0.5, 0.9}, .eps = 0.1, .weight_decay = 0.2}, keep, adam);
}
TEST_CASE("adam maximizing, warming up") { check_optimizer(Adam{.maximize = true}, warm_up, adam); }
TEST_CASE("adamw") { check_optimizer(AdamW{.lr = 0.01}, keep, adamw); }
TEST_CASE("adamw with a large decay, warming up") { check_optimizer(AdamW{.weight_decay = 0.5}, warm_up, adamw); }
TEST_CASE("adamw maximizing") { check_optimizer(AdamW{.lr = 0.02, .maximize = true}, keep, adamw); }
TEST_CASE("adam with decoupled weight decay is adamw") {
  const auto decoupled = [](const Adam& o, int t, double& p, double g, double* state) {
    p *= 1 - o.lr * o.weight_decay;
    step(o, t, p, g, state);
  };
  check_optimizer(Adam{.lr = 0.02, .weight_decay = 0.3, .decoupled_weight_decay = true}, keep, decoupled);
}
TEST_CASE("amsgrad divides by the largest second moment") {
  const auto largest = [](const auto& o, int t, double& p, double g, double* state) {
    g += o.weight_decay * p;
    state[0] += (g - state[0]) * (1 - o.betas[0]);
    state[1] = o.betas[1] * state[1] + (1 - o.betas[1]) * g * g;
    state[2] = std::fmax(state[2], state[1]);
    p -= o.lr * state[0] / (1 - std::pow(o.betas[0], t)) / (std::sqrt(state[2] / (1 - std::pow(o.betas[1], t))) + o.eps);
  };
  check_optimizer(optim::amsgrad(Adam{.lr = 0.1, .betas = {0.5, 0.5}, .weight_decay = 0.1}), keep, largest);
}
TEST_CASE("where no gradient comes any more the first moment ends at zero, not at a subnormal number") {
  constexpr Adam o;
  etch::detail::UpdateProgram<Adam, float, numbers> update;
  Tensor<float, numbers> p, g, m, v;
  for (int i = 0; i < numbers; ++i) p(i) = 1, g(i) = 0.1F * static_cast<float>(i + 1), m(i) = v(i) = 0;
  void* const state[] = {m.data(), v.data()};
  for (int t = 1; t <= 1000; ++t) {
    double prepared[Adam::scalars];
    o.prepare(t, prepared);
    update.run(p.data(), g.data(), state, prepared);
    for (int i = 0; i < numbers; ++i) g(i) = 0;
  }
  for (int i = 0; i < numbers; ++i) CHECK((m(i) == 0 && v(i) > 0));
}
