// RMSprop against torch.optim's formula, with every option, centered and not.
#include <cmath>

#include "reference.hpp"

using namespace etch;
using optim::centered;
using optim::RMSprop;

namespace {
template <bool minus_mean>
void expected(const RMSprop& o, int, double& p, double g, double* state) {
  const double d = (o.maximize ? -g : g) + o.weight_decay * p;
  state[0] = o.alpha * state[0] + (1 - o.alpha) * d * d;
  if (minus_mean) state[2] += (d - state[2]) * (1 - o.alpha);
  const double step = d / (std::sqrt(state[0] - state[2] * state[2]) + o.eps);
  state[1] = o.momentum * state[1] + step;
  p -= o.lr * (o.momentum > 0 ? state[1] : step);
}
constexpr auto keep = [](auto&, int) {};
}  // namespace

TEST_CASE("rmsprop") { check_optimizer(RMSprop{}, keep, expected<false>); }
TEST_CASE("rmsprop with momentum and decay") {
  check_optimizer(RMSprop{.lr = 0.1, .alpha = 0.9, .eps = 0.1, .weight_decay = 0.2, .momentum = 0.5, .maximize = true}, keep, expected<false>);
}
TEST_CASE("rmsprop centered") { check_optimizer(centered(RMSprop{.lr = 0.01, .alpha = 0.8, .momentum = 0.5}), keep, expected<true>); }
