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

TEST_CASE("few ranks of many elements are those of their order: ties, NaN, either axis") {
  const Tensor<float, 3, 300, 2> x = [](auto a) { return floor(a * 20.f); }(filled<Tensor<float, 3, 300, 2>>());
  const auto axis_at = [&](int i, int k, double at) {
    float line[300];
    for (int j = 0; j < 300; ++j) line[j] = x(i, j, k);
    std::sort(line, line + 300);
    const int below = static_cast<int>(at);
    return below == 299 ? static_cast<double>(line[below]) : line[below] + (at - below) * (line[below + 1] - line[below]);
  };
  const Tensor<float, 2> few{{0.3f, 1.f}};
  const Tensor<float, 6> many{{0.f, 0.3f, 0.31f, 0.5f, 0.9f, 1.f}};
  const Tensor y = quantile<1>(x, few);
  const Tensor z = quantile<1>(x, many);
  for (int i = 0; i < 3; ++i)
    for (int k = 0; k < 2; ++k) {
      for (int q = 0; q < 2; ++q) CHECK(y(q, i, k) == doctest::Approx(axis_at(i, k, static_cast<double>(few(q)) * 299)).epsilon(1e-5));
      for (int q = 0; q < 6; ++q) CHECK(z(q, i, k) == doctest::Approx(axis_at(i, k, static_cast<double>(many(q)) * 299)).epsilon(1e-5));
    }
  Tensor<float, 600> line = reshape<600>(filled<Tensor<float, 600>>());
  const float low = amin(line).item(), high = amax(line).item();
  CHECK(quantile(line, 0.0).item() == low);
  CHECK(quantile(line, 1.0).item() == high);
  for (int i = 0; i < 3; ++i) line(7 + 100 * i) = std::numeric_limits<float>::quiet_NaN();
  CHECK(std::isnan(quantile(line, 0.5).item()));
  CHECK(nanquantile(line, 1.0).item() == amax(where(isnan(line), low, line)).item());
  CHECK(nanquantile(line, 0.0).item() == amin(where(isnan(line), high, line)).item());
}

TEST_CASE("gradients") {
  const G<2> q{{0.3, 0.87}};
  check_gradient([](auto a, auto p) { return quantile<1>(a, p) * quantile<1, Interpolation::midpoint>(a, p); }, filled<G<4, 5>>(), q);
  check_gradient([](auto a) { return quantile<0, Interpolation::higher>(a, 0.4) + nanquantile<0>(a, 0.2); }, filled<G<4, 5>>());
}
