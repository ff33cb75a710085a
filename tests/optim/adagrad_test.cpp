// Adagrad against torch.optim's formula, with every option.
#include <cmath>

#include "reference.hpp"

using namespace etch;
using optim::Adagrad;

namespace {
void expected(const Adagrad& o, int t, double& p, double g, double* state) {
  const double d = (o.maximize ? -g : g) + o.weight_decay * p;
  if (t == 1) state[0] = o.initial_accumulator_value;
  state[0] += d * d;
  p -= o.lr / (1 + (t - 1) * o.lr_decay) * d / (std::sqrt(state[0]) + o.eps);
}
constexpr auto keep = [](Adagrad&, int) {};
}  // namespace

TEST_CASE("adagrad") { check_optimizer(Adagrad{}, keep, expected); }
TEST_CASE("adagrad with everything else") {
  check_optimizer(Adagrad{.lr = 0.1, .lr_decay = 0.3, .weight_decay = 0.2, .initial_accumulator_value = 0.5, .eps = 0.1, .maximize = true}, keep, expected);
}
