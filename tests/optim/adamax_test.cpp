// Adamax against torch.optim's formula, with every option.
#include <cmath>

#include "reference.hpp"

using namespace etch;
using optim::Adamax;

namespace {
void expected(const Adamax& o, int t, double& p, double g, double* state) {
  const double d = (o.maximize ? -g : g) + o.weight_decay * p;
  state[0] = o.betas[0] * state[0] + (1 - o.betas[0]) * d;
  state[1] = std::fmax(o.betas[1] * state[1], std::fabs(d) + o.eps);
  p -= o.lr / (1 - std::pow(o.betas[0], t)) * state[0] / state[1];
}
constexpr auto keep = [](Adamax&, int) {};
}  // namespace

TEST_CASE("adamax") { check_optimizer(Adamax{}, keep, expected); }
TEST_CASE("adamax with everything else") {
  check_optimizer(Adamax{.lr = 0.1, .betas = {0.5, 0.8}, .eps = 0.1, .weight_decay = 0.2, .maximize = true}, keep, expected);
}
