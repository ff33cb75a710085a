// Triplets: distances, swapped distances, distances of the caller's.
#include <program.hpp>

#include <cmath>

using namespace etch;
using namespace test;
using D = Tensor<double, 4, 3>;

TEST_CASE("triplet_margin_loss is its formula") {
  const D a = filled<D>(), p = filled<D>(-2, 2, 3), n = filled<D>(-2, 2, 8);
  const Tensor<double, 4> plain = triplet_margin_loss<Reduction::none>(a, p, n, 2.0), swapped = triplet_margin_loss<Reduction::none, 3.0, true>(a, p, n),
                          own = triplet_margin_with_distance_loss<Reduction::none>(a, p, n, [](auto x, auto y) { return sum<-1>(abs(x - y)); });
  for (int i = 0; i < 4; ++i) {
    auto distance = [&](const D& x, const D& y, double order, double eps) {
      double s = 0;
      for (int k = 0; k < 3; ++k) s += std::pow(std::fabs(x(i, k) - y(i, k) + eps), order);
      return std::pow(s, 1 / order);
    };
    CHECK(plain(i) == doctest::Approx(std::max(0.0, 2 + distance(a, p, 2, 1e-6) - distance(a, n, 2, 1e-6))));
    CHECK(swapped(i) == doctest::Approx(std::max(0.0, 1 + distance(a, p, 3, 1e-6) - std::min(distance(a, n, 3, 1e-6), distance(p, n, 3, 1e-6)))));
    CHECK(own(i) == doctest::Approx(std::max(0.0, 1 + distance(a, p, 1, 0) - distance(a, n, 1, 0))));
  }
  check_gradient([](auto x, auto y, auto z) { return triplet_margin_loss<Reduction::sum, 2.0, true>(x, y, z, 3.0); }, a, p, n);
  CHECK_THROWS_WITH_AS(triplet_margin_loss(a, p, n, 0), "etch: triplet_margin_loss: the margin must be positive", Error);
}
