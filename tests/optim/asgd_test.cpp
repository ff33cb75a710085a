// ASGD against torch.optim's formula, with every option: the parameters here, their mean in the state.
#include <cmath>

#include "reference.hpp"

using namespace etch;
using optim::ASGD;

namespace {
void expected(const ASGD& o, int t, double& p, double g, double* state) {
  const double s = t - 1;
  const auto eta = static_cast<double>(static_cast<float>(t == 1 ? o.lr : o.lr / std::pow(1 + o.lambd * o.lr * s, o.alpha)));
  const double d = (o.maximize ? -g : g) + o.weight_decay * p;
  p *= 1 - o.lambd * eta;
  p -= eta * d;
  state[0] = p;
}
constexpr auto keep = [](ASGD&, int) {};
}  // namespace

TEST_CASE("asgd") { check_optimizer(ASGD{}, keep, expected); }
TEST_CASE("asgd with everything else") {
  check_optimizer(ASGD{.lr = 0.1, .lambd = 0.3, .alpha = 0.5, .weight_decay = 0.2, .maximize = true}, keep, expected);
}
TEST_CASE("the mean of asgd begins after t0") {
  auto model = make<Numbers>(Generator{1});
  Tensor<double, numbers> x;
  auto step = train_step(model, NumbersLoss{}, ASGD{.t0 = 2}, x);
  Generator g{2};
  double mean = 0;
  for (int t = 1; t <= 6; ++t) {
    nn::init::normal_(x, g);
    step(x);
    mean += (model->p.data()[3] - mean) / (t - 3 > 1 ? static_cast<double>(static_cast<float>(t - 3)) : 1.0);
    CHECK(step.state(0).p.data()[3] == doctest::Approx(mean).epsilon(1e-6));
  }
}
