// Rprop against torch.optim's formula, with every option.
#include <cmath>

#include "reference.hpp"

using namespace etch;
using optim::Rprop;

namespace {
void expected(const Rprop& o, int t, double& p, double g, double* state) {
  double d = o.maximize ? -g : g;
  if (t == 1) state[1] = o.lr;
  const double agree = d * state[0];
  state[1] = std::fmin(std::fmax(state[1] * (agree > 0 ? o.etas[1] : agree < 0 ? o.etas[0] : 1), o.step_sizes[0]), o.step_sizes[1]);
  if (agree < 0) d = 0;
  p -= (d > 0 ? 1 : d < 0 ? -1 : 0) * state[1];
  state[0] = d;
}
constexpr auto keep = [](Rprop&, int) {};
}  // namespace

TEST_CASE("rprop") { check_optimizer(Rprop{}, keep, expected); }
TEST_CASE("rprop with everything else") {
  check_optimizer(Rprop{.lr = 0.1, .etas = {0.3, 1.9}, .step_sizes = {0.05, 0.2}, .maximize = true}, keep, expected);
}
