// Adadelta against torch.optim's formula, with every option.
#include <cmath>

#include "reference.hpp"

using namespace etch;
using optim::Adadelta;

namespace {
void expected(const Adadelta& o, int, double& p, double g, double* state) {
  const double d = (o.maximize ? -g : g) + o.weight_decay * p;
  state[0] = o.rho * state[0] + (1 - o.rho) * d * d;
  const double step = std::sqrt(state[1] + o.eps) / std::sqrt(state[0] + o.eps) * d;
  state[1] = o.rho * state[1] + (1 - o.rho) * step * step;
  p -= o.lr * step;
}
constexpr auto keep = [](Adadelta&, int) {};
}  // namespace

TEST_CASE("adadelta") { check_optimizer(Adadelta{}, keep, expected); }
TEST_CASE("adadelta with everything else") {
  check_optimizer(Adadelta{.lr = 0.5, .rho = 0.7, .eps = 0.01, .weight_decay = 0.2, .maximize = true}, keep, expected);
}
