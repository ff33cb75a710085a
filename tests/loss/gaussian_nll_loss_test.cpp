// Negative log-likelihood of normal numbers: variances of every shape, the least variance, checks.
#include <program.hpp>

#include <cmath>

using namespace etch;
using namespace test;
using D = Tensor<double, 3, 4>;

TEST_CASE("gaussian_nll_loss takes a variance for each element or for each row") {
  const D x = filled<D>(), y = filled<D>(-2, 2, 5), v = filled<D>(0.2, 2, 3);
  const Tensor<double, 3> row{0.5, 1, 1e-9};
  double sum = 0, mean = 0;
  for (int i = 0; i < 12; ++i) {
    const double e = x.data()[i] - y.data()[i], r = std::max(row(i / 4), 1e-6);
    sum += 0.5 * (std::log(v.data()[i]) + e * e / v.data()[i] + std::log(2 * 3.14159265358979323846));
    mean += 0.5 * (std::log(r) + e * e / r) / 12;
  }
  CHECK((gaussian_nll_loss<Reduction::sum, true>(x, y, v).item()) == doctest::Approx(sum));
  CHECK(gaussian_nll_loss(x, y, row).item() == doctest::Approx(mean));
  CHECK(gaussian_nll_loss(x, y, view<3, 1>(row)).item() == doctest::Approx(mean));
  check_gradient([](auto a, auto b, auto c) { return gaussian_nll_loss(a, b, c); }, x, y, v);
#if ETCH_CHECKS
  Tensor<double> loss;
  CHECK_THROWS_WITH_AS(loss = gaussian_nll_loss(x, y, Tensor<double, 3>{1, -0.5, 1}), "etch: loss: a variance must not be negative; got -0.500000 at position 1, in gaussian_nll_loss", Error);
#endif
}
