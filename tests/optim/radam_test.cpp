// RAdam against torch.optim's formula, with every option: with beta2 = 0.9 the division begins at step 6.
#include <cmath>

#include "reference.hpp"

using namespace etch;
using optim::RAdam;

namespace {
void expected(const RAdam& o, int t, double& p, double g, double* state) {
  double d = o.maximize ? -g : g;
  if (o.decoupled_weight_decay) p *= 1 - o.lr * o.weight_decay;
  else d += o.weight_decay * p;
  state[0] += (d - state[0]) * (1 - o.betas[0]);
  state[1] = o.betas[1] * state[1] + (1 - o.betas[1]) * d * d;
  const double c1 = 1 - std::pow(o.betas[0], t), c2 = 1 - std::pow(o.betas[1], t), r = 2 / (1 - o.betas[1]) - 1;
  const double now = r - 2 * t * std::pow(o.betas[1], t) / c2, m = state[0] / c1;
  if (now > 5)
    p -= m * o.lr * std::sqrt(c2) / (std::sqrt(state[1]) + o.eps) * std::sqrt((now - 4) * (now - 2) * r / ((r - 4) * (r - 2) * now));
  else p -= m * o.lr;
}
constexpr auto keep = [](RAdam&, int) {};
}  // namespace

TEST_CASE("radam") { check_optimizer(RAdam{}, keep, expected); }
TEST_CASE("radam with weight decay, maximizing") {
  check_optimizer(RAdam{.lr = 0.1, .betas = {0.5, 0.9}, .eps = 0.1, .weight_decay = 0.2, .maximize = true}, keep, expected);
}
TEST_CASE("radam with decoupled weight decay") {
  check_optimizer(RAdam{.lr = 0.1, .betas = {0.9, 0.9}, .weight_decay = 0.2, .decoupled_weight_decay = true}, keep, expected);
}
