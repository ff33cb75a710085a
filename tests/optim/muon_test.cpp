// Muon against numbers that PyTorch 2.13 wrote down: wide and tall matrices, both adjustments, another number of steps.
#include <etch/etch.hpp>

#include <doctest/doctest.h>

#include <cmath>

using namespace etch;
using optim::Muon;

namespace {

template <int R, int C>
struct Matrix {
  Param<double, R, C> p;
  ETCH_MODULE(p)
  constexpr auto forward(auto x) const { return sum(p * x); }
};
struct MatrixLoss {
  constexpr auto operator()(auto& m, auto x) const { return m(x); }
};

/// Steps along made-up gradients from made-up numbers lead to `expected`.
template <int R, int C, class Optimizer>
void check(const Optimizer& optimizer, int steps, const double (&expected)[R * C]) {
  auto model = make<Matrix<R, C>>();
  for (int i = 0; i < R * C; ++i) model->p.data()[i] = 0.1 * (i * 7 % 11) - 0.5;
  Tensor<double, R, C> g;
  auto step = train_step(model, MatrixLoss{}, optimizer, g);
  for (int t = 0; t < steps; ++t) {
    for (int i = 0; i < R * C; ++i) g.data()[i] = (i * 5 + 3 * t) % 7 / 4.0 - 0.8;
    step(g);
  }
  for (int i = 0; i < R * C; ++i) CHECK(model->p.data()[i] == doctest::Approx(expected[i]).epsilon(1e-7));
}

}  // namespace

TEST_CASE("muon of a wide matrix") {
  check<2, 3>(Muon{.lr = 0.1}, 3, {-0.3985643828125, 0.18569407612304695, -0.18701810078124997, 0.602105447265625, 0.018298962500000078, -0.22719860624999996});
}
TEST_CASE("muon of a tall matrix, without nesterov, as large as adamw's steps") {
  const Muon muon{.lr = 0.1, .weight_decay = 0.3, .momentum = 0.5, .nesterov = false, .adjust_lr_fn = Muon::match_rms_adamw};
  check<4, 2>(muon, 3, {-0.426644609375, 0.17294806093750004, -0.20555245888671872, 0.5078903984375001, 0.047006401409912184, -0.23986529453125, 0.37563266875, 0.038875984375000006});
}
TEST_CASE("muon with other coefficients and steps") {
  const Muon muon{.lr = 0.1, .ns_coefficients = {3, -4, 2}};
  check<2, 3>(optim::ns_steps<2>(muon), 2, {-0.3265578125, 0.24569370605468754, -0.20694578124999993, 0.54225361328125, 0.030842031250000082, -0.25876437499999994});
}

TEST_CASE("a step has singular values of about one") {
  auto model = make<Matrix<2, 3>>();
  const Tensor<double, 2, 3> g{{1, 2, 3}, {-1, 0.5, 4}};
  auto step = train_step(model, MatrixLoss{}, Muon{.lr = 1, .weight_decay = 0}, g);
  step(g);
  const double* const x = model->p.data();
  const double a = x[0] * x[0] + x[1] * x[1] + x[2] * x[2], c = x[3] * x[3] + x[4] * x[4] + x[5] * x[5];
  const double b = x[0] * x[3] + x[1] * x[4] + x[2] * x[5];
  const double middle = (a + c) / 2, spread = std::sqrt((a - c) * (a - c) / 4 + b * b);  // of their squares
  CHECK(middle + spread < 1.25 * 1.25);
  CHECK(middle - spread > 0.65 * 0.65);
}
