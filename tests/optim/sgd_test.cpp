// SGD against torch.optim.SGD's formulas, with every option, and with a learning rate that changes.
#include "reference.hpp"

using namespace etch;
using optim::SGD;

namespace {

void expected(const SGD& o, int t, double& p, double g, double* state) {
  double d = o.maximize ? -g : g;
  d += o.weight_decay * p;
  if (o.momentum != 0) {
    state[0] = t == 1 ? d : o.momentum * state[0] + (1 - o.dampening) * d;
    d = o.nesterov ? d + o.momentum * state[0] : state[0];
  }
  p -= o.lr * d;
}
constexpr auto keep = [](SGD&, int) {};

}  // namespace

TEST_CASE("sgd") { check_optimizer(SGD{.lr = 0.1}, keep, expected); }
TEST_CASE("sgd with weight decay, maximizing") {
  check_optimizer(SGD{.lr = 0.1, .weight_decay = 0.3, .maximize = true}, keep, expected);
}
TEST_CASE("sgd with momentum") {
  check_optimizer(SGD{.lr = 0.1, .momentum = 0.9, .weight_decay = 0.01}, keep, expected);
}
TEST_CASE("sgd with dampened momentum") {
  check_optimizer(SGD{.lr = 0.1, .momentum = 0.9, .dampening = 0.4}, keep, expected);
}
TEST_CASE("sgd with nesterov momentum") {
  check_optimizer(SGD{.lr = 0.05, .momentum = 0.9, .weight_decay = 0.01, .nesterov = true}, keep, expected);
}
TEST_CASE("sgd with a learning rate and a momentum that change") {
  const auto change = [](SGD& o, int t) {
    o.lr = 0.1 / t;
    o.momentum = t < 5 ? 0.5 : 0.9;
  };
  check_optimizer(SGD{.momentum = 0.5}, change, expected);
}

TEST_CASE("nesterov needs a momentum and no dampening") {
  CHECK_THROWS_WITH((SGD{.nesterov = true}.check()), "etch: optim::SGD: nesterov needs a momentum and no dampening");
  CHECK_THROWS_AS((SGD{.momentum = 0.9, .dampening = 0.1, .nesterov = true}.check()), Error);
}
