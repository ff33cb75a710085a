// l1, smooth_l1 and huber: their formulas, reductions, weights and gradients.
#include <program.hpp>

#include <cmath>

using namespace etch;
using namespace test;
using D = Tensor<double, 3, 5>;

TEST_CASE("errors are measured by their formulas") {
  const D x = filled<D>(), y = filled<D>(-2, 2, 7), w = filled<D>(0, 1, 3);
  const D one = l1_loss<Reduction::none>(x, y), smooth = smooth_l1_loss<Reduction::none>(x, y, 0.7), bare = smooth_l1_loss<Reduction::none>(x, y, 0), huber = huber_loss<Reduction::none>(x, y, 0.7);
  double sum = 0, weighted = 0, weights = 0, hubers = 0;
  for (int i = 0; i < 15; ++i) {
    const double e = std::fabs(x.data()[i] - y.data()[i]), s = e < 0.7 ? e * e / 1.4 : e - 0.35;
    CHECK(one.data()[i] == doctest::Approx(e));
    CHECK(bare.data()[i] == doctest::Approx(e));
    CHECK(smooth.data()[i] == doctest::Approx(s));
    CHECK(huber.data()[i] == doctest::Approx(0.7 * s));
    sum += e;
    weighted += e * w.data()[i];
    weights += w.data()[i];
    hubers += 0.7 * s * w.data()[i];
  }
  CHECK(l1_loss(x, y).item() == doctest::Approx(sum / 15));
  CHECK(l1_loss<Reduction::sum>(x, y).item() == doctest::Approx(sum));
  CHECK(l1_loss(x, y, w).item() == doctest::Approx(weighted / weights));
  CHECK(huber_loss(x, y, 0.7, w).item() == doctest::Approx(hubers / 15));
  CHECK_THROWS_WITH_AS(huber_loss(x, y, 0), "etch: huber_loss: delta must be positive", Error);
  CHECK_THROWS_WITH_AS(smooth_l1_loss(x, y, -1), "etch: smooth_l1_loss: beta must not be negative", Error);
}

TEST_CASE("their gradients are differences") {
  check_gradient([](auto x, auto y) { return smooth_l1_loss(x, y, 0.7) + huber_loss<Reduction::sum>(x, y, 0.5) + l1_loss(x, y); }, filled<D>(), filled<D>(-2, 2, 7));
}
