// Negative log-likelihood of counts: of a rate, of its logarithm, with Stirling's term.
#include <program.hpp>

#include <cmath>

using namespace etch;
using namespace test;
using D = Tensor<double, 3, 4>;

TEST_CASE("poisson_nll_loss is its formula") {
  const D x = filled<D>(-1, 2), r = filled<D>(0.2, 3, 5), y = filled<D>(0.1, 4, 4);
  double logs = 0, rates = 0;
  for (int i = 0; i < 12; ++i) {
    const double v = y.data()[i], stirling = v > 1 ? v * std::log(v) - v + 0.5 * std::log(2 * 3.14159265358979323846 * v) : 0;
    logs += (std::exp(x.data()[i]) - v * x.data()[i]) / 12;
    rates += r.data()[i] - v * std::log(r.data()[i] + 0.01) + stirling;
  }
  CHECK(poisson_nll_loss(x, y).item() == doctest::Approx(logs));
  CHECK((poisson_nll_loss<Reduction::sum, false, true>(r, y, 0.01).item()) == doctest::Approx(rates));
  check_gradient([](auto a, auto b, auto c) { return poisson_nll_loss(a, c) + poisson_nll_loss<Reduction::mean, false, true>(b, c); }, x, r, y);
}
