// Quantiles: every interpolation against a loop, several at once, NaN, and gradients to elements and to q.
#include <program.hpp>

#include <algorithm>
#include <cmath>

using namespace etch;
using namespace test;

namespace {
const double not_a_number = std::numeric_limits<double>::quiet_NaN();

/// The quantile of a sorted copy, linear.
double linear(G<7> x, double q) {
  std::sort(x.data(), x.data() + 7);
  const double at = q * 6;
  const int below = static_cast<int>(at);
  return below == 6 ? x(6) : x(below) + (x(below + 1) - x(below)) * (at - below);
}
}  // namespace

TEST_CASE("interpolations") {
  const auto x = filled<G<7>>();
  for (double q : {0.0, 0.1, 0.25, 0.5, 0.77, 1.0}) CHECK(quantile(x, Tensor<double>(q)).item() == doctest::Approx(linear(x, q)));
  const G<4> y{{40, 10, 30, 20}};
  CHECK_THROWS_WITH_AS(quantile(y, 1.5), doctest::Contains("etch: quantile: q must lie between 0 and 1"), Error);
  CHECK_THROWS_WITH_AS(Tensor(nanquantile(y, Tensor<double, 2>{{0.5, -0.5}})), doctest::Contains("etch: quantile: q must lie between 0 and 1; got -0.500000 at position 1"), Error);
  CHECK(quantile<Interpolation::lower>(y, 0.5).item() == 20);
  CHECK(quantile<Interpolation::higher>(y, 0.5).item() == 30);
  CHECK(quantile<Interpolation::midpoint>(y, 0.4).item() == 25);
  CHECK(quantile<Interpolation::nearest>(y, 0.6).item() == 30);
  CHECK(quantile<Interpolation::nearest>(y, 0.5).item() == 30);  // rank 1.5: to even
}

TEST_CASE("along an axis, several at once") {
  const auto x = filled<Tensor<float, 3, 5, 2>>();
  check([](auto a, auto q) { return results(quantile<1>(a, q), quantile<1, keepdim>(a, q), quantile<-1, Interpolation::lower>(a, q), quantile(a, q), quantile<keepdim>(a, 0.3), nanquantile<0>(a, q)); }, x,
        Tensor<float, 3>{{0.1f, 0.5f, 0.9f}});
  static_assert(decltype(quantile<1, keepdim>(x, Tensor<float, 3>{}))::rank == 4 && decltype(quantile<1>(x, 0.5))::rank == 2);
  const Tensor y = quantile<0, keepdim>(Tensor<float>(3.f), Tensor<float, 2>{{0.5, 1}});
  CHECK((y(0) == 3 && y(1) == 3));
}

TEST_CASE("what is not a number") {
  const G<2, 4> x{{1, not_a_number, 3, 2}, {4, 1, 3, 2}};
  const Tensor y = quantile<1>(x, 0.5);
  const Tensor z = nanquantile<1>(x, 0.5);
  CHECK((std::isnan(y(0)) && y(1) == 2.5 && z(0) == 2 && z(1) == 2.5));
  CHECK(std::isnan(nanquantile(G<2>{{not_a_number, not_a_number}}, 0.5).item()));
}

TEST_CASE("gradients") {
  const G<2> q{{0.3, 0.87}};
  check_gradient([](auto a, auto p) { return quantile<1>(a, p) * quantile<1, Interpolation::midpoint>(a, p); }, filled<G<4, 5>>(), q);
  check_gradient([](auto a) { return quantile<0, Interpolation::higher>(a, 0.4) + nanquantile<0>(a, 0.2); }, filled<G<4, 5>>());
}
