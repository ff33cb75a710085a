// NAdam against torch.optim's formula, with every option; the product of momenta is kept in float, as PyTorch's.
#include <cmath>

#include "reference.hpp"

using namespace etch;
using optim::NAdam;

namespace {
void expected(const NAdam& o, int t, double& p, double g, double* state) {
  double d = o.maximize ? -g : g;
  if (o.decoupled_weight_decay) p *= 1 - o.lr * o.weight_decay;
  else d += o.weight_decay * p;
  const auto mu = [&](int s) { return o.betas[0] * (1 - 0.5 * std::pow(0.96, s * o.momentum_decay)); };
  float product = 1;
  for (int s = 1; s <= t; ++s) product *= static_cast<float>(mu(s));
  state[0] += (d - state[0]) * (1 - o.betas[0]);
  state[1] = o.betas[1] * state[1] + (1 - o.betas[1]) * d * d;
  const double root = std::sqrt(state[1] / (1 - std::pow(o.betas[1], t))) + o.eps, m = static_cast<double>(product);
  p -= o.lr * (1 - mu(t)) / (1 - m) * d / root;
  p -= o.lr * mu(t + 1) / (1 - m * mu(t + 1)) * state[0] / root;
}
constexpr auto keep = [](NAdam&, int) {};
}  // namespace

TEST_CASE("nadam") { check_optimizer(NAdam{}, keep, expected); }
TEST_CASE("nadam with weight decay and another momentum decay, maximizing") {
  check_optimizer(NAdam{.lr = 0.1, .betas = {0.5, 0.8}, .eps = 0.1, .weight_decay = 0.2, .momentum_decay = 0.5, .maximize = true}, keep, expected);
}
TEST_CASE("nadam with decoupled weight decay") {
  check_optimizer(NAdam{.lr = 0.1, .weight_decay = 0.2, .decoupled_weight_decay = true}, keep, expected);
}
