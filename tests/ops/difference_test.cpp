// Differences and integrals: against loops, with what is put before and after, uneven positions, gradients.
#include <program.hpp>

using namespace etch;
using namespace test;

TEST_CASE("diff") {
  const Tensor<std::int64_t, 5> x{{1, 4, 9, 16, 25}};
  const Tensor one = diff(x);
  const Tensor two = diff<2>(x);
  CHECK((one(0) == 3 && one(3) == 9 && two(0) == 2 && two(2) == 2));
  const Tensor with = diff<1, 0>(x, Tensor<std::int64_t, 1>{}, Tensor<std::int64_t, 2>{{5, 6}});
  CHECK((with(0) == 1 && with(5) == -20 && with(6) == 1));
  const Tensor after = diff<2>(x, nullptr, Tensor<std::int64_t, 2>{{30, 20}});
  CHECK((numel(after) == 5 && after(0) == 2 && after(3) == -4 && after(4) == -15));
  static_assert(decltype(diff<0>(x, nullptr, x))::dims()[0].is(5));
  static_assert(decltype(diff<9>(x))::dims()[0].is(0) && decltype(diff<0>(x, x))::dims()[0].is(5));
  check([](auto a) { return results(diff<1, 0>(a), diff<2, 1>(a), diff<1>(a, a), diff<7, 0>(a)); }, filled<Tensor<float, 4, 5>>());
  check([](auto a) { return results(diff<1, 0>(a), diff<2, 1>(a)); }, filled<Tensor<bool, 4, 5>>());
}

TEST_CASE("trapezoid and its running sums") {
  const G<4> y{{1, 2, 4, 8}}, x{{0, 1, 3, 4}};
  CHECK(trapezoid(y).item() == 10.5);
  CHECK(trapezoid(y, 2.0).item() == 21);
  CHECK((trapz(y, x).item() == 13.5 && trapz<0>(y).item() == 10.5));
  CHECK(trapezoid(y, x).item() == 1.5 + 6 + 6);
  const Tensor c = cumulative_trapezoid(y, x);
  CHECK((c(0) == 1.5 && c(1) == 7.5 && c(2) == 13.5));
  static_assert(std::is_same_v<decltype(trapezoid(Tensor<std::int64_t, 3>{}, 2.0))::value_type, float>);
  check([](auto a, auto p) { return results(trapezoid<0>(a, p), trapezoid<1>(a), cumulative_trapezoid<0>(a, p), trapezoid<0>(a, a * 2)); }, filled<Tensor<float, 4, 3>>(), Tensor<float, 4>{{0, 1, 3, 4}});
  const Tensor<std::uint8_t, 3> bytes{{200, 100, 50}};  // PyTorch's sums of neighbours wrap around
  const Tensor areas = cumulative_trapezoid(bytes, Tensor<std::uint8_t, 3>{{0, 1, 2}}), unit = cumulative_trapezoid(bytes);
  CHECK((areas(0) == 22 && areas(1) == 97 && unit(0) == 22 && unit(1) == 97));
  CHECK(trapezoid(bytes, 2.0).item() == 450);
  const Tensor<half, 3> halves{{half(2048.f), half(1.f), half(0.f)}};  // a running sum in half would stay at 2048
  const Tensor once = cumulative_trapezoid(halves);
  CHECK(static_cast<float>(once(1)) == 1025);
  CHECK(static_cast<float>(trapezoid(halves, 0.25).item()) == 256.25f);
}

TEST_CASE("gradient: exact for parabolas inside, and at the ends with order 2") {
  G<6> y, even, x{{0, 1, 1.5, 3, 4, 6}};
  for (int i = 0; i < 6; ++i) {
    y(i) = x(i) * x(i) - 3 * x(i) + 1;
    even(i) = 0.25 * i * i + 1;
  }
  const Tensor d = gradient<0, 2>(y, x);
  const Tensor first = gradient<0>(y, x);
  const Tensor uniform = gradient<0, 2>(even, 0.5);
  for (int i = 0; i < 6; ++i) {
    CHECK(d(i) == doctest::Approx(2 * x(i) - 3));
    CHECK(uniform(i) == doctest::Approx(static_cast<double>(i)));
  }
  CHECK(first(0) == doctest::Approx((y(1) - y(0)) / (x(1) - x(0))));
  CHECK(first(5) == doctest::Approx((y(5) - y(4)) / (x(5) - x(4))));
  CHECK(first(3) == doctest::Approx(3));
  check([](auto a) { return results(gradient<0>(a), gradient<1, 2>(a, 0.5f), gradient<0>(slice<0, 0, 2>(a))); }, filled<Tensor<float, 4, 5>>());
  static_assert(std::is_same_v<decltype(gradient(Tensor<std::int64_t, 3>{}))::value_type, float>);
}

TEST_CASE("gradients") {
  const G<4> x{{0.3, 0.87, 1.2, 2}};
  check_gradient([](auto a, auto p) { return gradient<0>(a, p) * gradient<0, 2>(a, p) + gradient<1, 2>(a); }, filled<G<4, 5>>(), x);
  check_gradient([](auto a, auto p) { return trapezoid<0>(a, p) * trapezoid<0>(a) + trapezoid<0>(a, a * a) + sum<0>(cumulative_trapezoid<0>(a, p) * diff<1, 0>(a)); }, filled<G<4, 5>>(), x);
}
