// Kullback-Leibler divergence: formula, logarithmic targets, batchmean, gradients.
#include <program.hpp>

#include <cmath>

using namespace etch;
using namespace test;
using D = Tensor<double, 3, 4>;

TEST_CASE("kl_div is target times the difference of logarithms") {
  const D x = filled<D>(-3, 0), p = filled<D>(0.1, 1, 4), l = filled<D>(-3, 0, 9);
  double sum = 0, logs = 0;
  for (int i = 0; i < 12; ++i) {
    sum += p.data()[i] * (std::log(p.data()[i]) - x.data()[i]);
    logs += std::exp(l.data()[i]) * (l.data()[i] - x.data()[i]);
  }
  CHECK(kl_div(x, p).item() == doctest::Approx(sum / 12));
  CHECK(kl_div<Reduction::batchmean>(x, p).item() == doctest::Approx(sum / 3));
  CHECK((kl_div<Reduction::sum, true>(x, l).item()) == doctest::Approx(logs));
  const Tensor<double, 2> none = kl_div<Reduction::none>(Tensor<double, 2>{-1, -2}, Tensor<double, 2>{0, 0.5});
  CHECK(none(0) == 0);
  check_gradient([](auto a, auto c) { return kl_div<Reduction::batchmean, true>(a, c); }, x, l);
  const auto [dx, dp] = grad<0, 1>([](auto a, auto b) { return kl_div<Reduction::sum>(a, b); })(x, p);
  for (int i = 0; i < 12; ++i) {
    CHECK(dx.data()[i] == -p.data()[i]);
    CHECK(dp.data()[i] == doctest::Approx(std::log(p.data()[i]) + 1 - x.data()[i]));
  }
}
