// Losses of one right class or several: against loops over classes.
#include <program.hpp>

#include <cmath>

using namespace etch;
using namespace test;
using D = Tensor<double, 3, 5>;

TEST_CASE("multi_margin_loss sums what wrong classes lack of a margin") {
  const D x = filled<D>();
  const Tensor<std::int64_t, 3> y{4, 0, 2};
  const Tensor<double, 5> w{1, 2, 3, 4, 5};
  const Tensor<double, 3> one = multi_margin_loss<Reduction::none>(x, y, 0.5), two = multi_margin_loss<Reduction::none, 2>(x, y, 1.0, w);
  for (int i = 0; i < 3; ++i) {
    double p = 0, q = 0;
    for (int c = 0; c < 5; ++c) {
      if (c == y(i)) continue;
      p += std::max(0.0, 0.5 - x(i, static_cast<int>(y(i))) + x(i, c)) / 5;
      q += std::pow(std::max(0.0, 1 - x(i, static_cast<int>(y(i))) + x(i, c)), 2) / 5;
    }
    CHECK(one(i) == doctest::Approx(p));
    CHECK(two(i) == doctest::Approx(q * w(static_cast<int>(y(i)))));
  }
  const Tensor<double, 1> row = multi_margin_loss<Reduction::none>(Tensor<double, 5>(x(2)), Tensor<std::int64_t, 1>{2}, 0.5);  // one target, one row
  CHECK(row(0) == one(2));
  CHECK(multi_margin_loss(Tensor<double>(0.3), Tensor<std::int64_t>(0)).item() == 0);
}

TEST_CASE("multilabel losses know several right classes") {
  const D x = filled<D>();
  const Tensor<std::int64_t, 3, 5> y{{3, 0, -1, 1, 2}, {-1, 0, 0, 0, 0}, {4, 3, 2, 1, 0}};
  const Tensor<double, 3> loss = multilabel_margin_loss<Reduction::none>(x, y);
  for (int i = 0; i < 3; ++i) {
    bool right[5]{};
    for (int k = 0; k < 5 && y(i, k) >= 0; ++k) right[y(i, k)] = true;
    double sum = 0;
    for (int j = 0; j < 5; ++j)
      for (int c = 0; c < 5; ++c)
        if (right[j] && !right[c]) sum += std::max(0.0, 1 - x(i, j) + x(i, c)) / 5;
    CHECK(loss(i) == doctest::Approx(sum));
  }
  const D t = filled<D>(0, 1, 8);
  const Tensor<double, 5> w{1, 2, 3, 4, 5};
  double soft = 0;
  for (int i = 0; i < 15; ++i) {
    const double s = 1 / (1 + std::exp(-x.data()[i])), v = t.data()[i];
    soft -= w(i % 5) * (v * std::log(s) + (1 - v) * std::log(1 - s)) / 15;
  }
  CHECK(multilabel_soft_margin_loss(x, t, w).item() == doctest::Approx(soft));
  check_gradient([](auto a, auto b) {
    const auto to_class = to<std::int64_t>(detach(b) * 0) + 2;
    return multilabel_soft_margin_loss(a, b) + multi_margin_loss(a, select_axis<1, 0>(to_class)) + multilabel_margin_loss(a, to_class);
  }, x, t);
}

#if ETCH_CHECKS
TEST_CASE("a target that is no class is named with its place") {
  const Tensor<double, 2, 3> x{{1, 2, 3}, {3, 1, 2}};
  using Y = Tensor<std::int64_t, 2, 3>;
  Tensor<double> loss;
  CHECK_THROWS_WITH_AS(loss = multi_margin_loss(x, Tensor<std::int64_t, 2>{1, -1}), "etch: loss: a target must be one of the classes; got -1 at position 1 for 3 classes, in multi_margin_loss", Error);
  CHECK_THROWS_WITH_AS(loss = multilabel_margin_loss(x, Y{{0, 1, 2}, {1, 3, -1}}),
                       "etch: loss: a target must be one of the classes, or -1; got 3 at position 4 for 3 classes, in multilabel_margin_loss", Error);
  CHECK_THROWS_WITH_AS(loss = multilabel_margin_loss(x, Y{{0, -2, 2}, {1, 0, -1}}),
                       "etch: loss: a target must be one of the classes, or -1; got -2 at position 1 for 3 classes, in multilabel_margin_loss", Error);
  CHECK_THROWS_AS(loss = multilabel_margin_loss(x, Y{{0, -1, 7}, {1, 0, -1}}), Error);  // behind the end of the list too, as PyTorch
}
#endif
