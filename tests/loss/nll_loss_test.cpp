// Negative log-likelihood: the formula with weights, ignored targets, classes on any axis; targets are checked.
#include <program.hpp>

using namespace etch;
using namespace test;

TEST_CASE("nll_loss picks the targets' log-probabilities, and divides by the weights it met") {
  const auto x = filled<Tensor<double, 4, 3>>(-3, 0);
  const Tensor<std::int64_t, 4> y{2, 0, -100, 1};
  const Tensor<double, 3> w{0.5, 2, 1};
  const Tensor<double, 4> rows = nll_loss<Reduction::none>(x, y), weighted = nll_loss<Reduction::none>(x, y, w);
  const double a = -x(0, 2), b = -x(1, 0), c = -x(3, 1);
  CHECK(rows(0) == doctest::Approx(a));
  CHECK(rows(2) == 0);
  CHECK(weighted(3) == doctest::Approx(2 * c));
  CHECK(nll_loss(x, y).item() == doctest::Approx((a + b + c) / 3));
  CHECK(nll_loss(x, y, w).item() == doctest::Approx((a + 0.5 * b + 2 * c) / 3.5));
  CHECK(nll_loss<Reduction::sum, 0>(x, Tensor<std::int64_t, 4>{2, 0, 0, 1}).item() == doctest::Approx(a + c));
}

TEST_CASE("classes may lie on any axis") {
  const auto x = filled<Tensor<double, 2, 3, 4>>(-3, 0);
  Tensor<std::int64_t, 2, 4> y;
  for (int i = 0; i < 8; ++i) y.data()[i] = i % 3;
  const Tensor<double, 2, 4> rows = nll_loss<Reduction::none, -100, 1>(x, y);
  for (int i = 0; i < 2; ++i)
    for (int j = 0; j < 4; ++j) CHECK(rows(i, j) == -x(i, static_cast<int>(y(i, j)), j));
}

TEST_CASE("a target that is no class is named with its place") {
#if ETCH_CHECKS
  const auto x = filled<Tensor<float, 3, 5>>(-3, 0);
  Tensor<float> loss;
  CHECK_THROWS_WITH_AS(loss = nll_loss(x, Tensor<std::int64_t, 3>{1, 2, 5}), "etch: loss: a target must be one of the classes; got 5 at position 2 for 5 classes, in nll_loss", Error);
  CHECK_THROWS_WITH_AS(loss = nll_loss(x, Tensor<std::int64_t, 3>{1, -1, 5}), "etch: loss: a target must be one of the classes; got -1 at position 1 for 5 classes, in nll_loss", Error);
  CHECK_NOTHROW(loss = (nll_loss<Reduction::mean, -1>(x, Tensor<std::int64_t, 3>{1, -1, 4})));
#endif
}

TEST_CASE("its gradient is what differences say") {
  check_gradient(
      [](auto x, auto w) {
        const auto y = to<std::int64_t>(detach(w) * 0 + 1);
        return nll_loss(x, y, detach(w)) * 3 + sum(w);
      },
      filled<Tensor<double, 3, 3>>(-3, 0), filled<Tensor<double, 3>>(0.5, 1));
}
