// Clipping scales the gradient of all parameters together, and only where its norm is too large.
#include <cmath>

#include "reference.hpp"

using namespace etch;
using optim::clip_grad_norm;
using optim::ClipGradNorm;
using optim::SGD;

namespace {

/// Two parameters of different shapes: the norm is of both.
struct Two {
  Param<double, 3> a;
  Param<double, 5, 7> b;
  ETCH_MODULE(a, b)
  constexpr auto forward(auto x, auto y) const { return sum(a * x) + sum(b * y); }
};
struct TwoLoss {
  constexpr auto operator()(auto& m, auto x, auto y) const { return m(x, y); }
};

}  // namespace

TEST_CASE("clip_grad_norm scales by max_norm / (norm + 1e-6) where the norm is larger") {
  auto model = make<Two>();
  Tensor<double, 3> x;
  Tensor<double, 5, 7> y;
  auto step = train_step(model, TwoLoss{}, clip_grad_norm(SGD{.lr = 1}, 2), x, y);
  static_assert(std::is_same_v<decltype(step.optimizer()), ClipGradNorm<SGD>&>);
  Generator g{1};
  const auto moved = [&](double deviation) {
    nn::init::zeros_(model->a);
    nn::init::zeros_(model->b);
    nn::init::normal_(x, g, 0, deviation);
    nn::init::normal_(y, g, 0, deviation);
    step(x, y);
    double squares = 0;
    for (int i = 0; i < 3; ++i) squares += x(i) * x(i);
    for (int i = 0; i < 35; ++i) squares += y.data()[i] * y.data()[i];
    return std::sqrt(squares);
  };
  double norm = moved(3);
  CHECK(norm > 2);
  for (int i = 0; i < 35; ++i)
    CHECK(model->b.data()[i] == doctest::Approx(-y.data()[i] * 2 / (norm + 1e-6)).epsilon(1e-12));
  CHECK(model->a.data()[1] == doctest::Approx(-x(1) * 2 / (norm + 1e-6)).epsilon(1e-12));
  norm = moved(0.1);
  CHECK(norm < 2);
  for (int i = 0; i < 35; ++i) CHECK(model->b.data()[i] == -y.data()[i]);
  step.optimizer().max_norm = 0.01;  // numbers of a step: nothing is compiled again
  step.optimizer().lr = 3;
  norm = moved(1);
  CHECK(model->a.data()[2] == doctest::Approx(-3 * x(2) * 0.01 / (norm + 1e-6)).epsilon(1e-12));
}

TEST_CASE("a gradient of zeros stays zero") {
  auto model = make<Numbers>(Generator{1});
  const double before = model->p.data()[5];
  Tensor<double, numbers> x;
  auto step = train_step(model, NumbersLoss{}, clip_grad_norm(SGD{.lr = 1}, 1), x);
  step(x);
  CHECK(model->p.data()[5] == before);
}
