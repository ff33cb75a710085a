// Arithmetic beyond the operators: against the C library, PyTorch's numbers at the edges, and differences.
#include <program.hpp>

#include <cmath>

using namespace etch;
using namespace test;

namespace {
const double none = std::numeric_limits<double>::quiet_NaN();
using Numbers = std::vector<double>;

/// Equal, sign of zero included; NaN equals NaN.
void same(const Numbers& got, const Numbers& expected) {
  REQUIRE(got.size() == expected.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    CAPTURE(i);
    CAPTURE(got[i]);
    CAPTURE(expected[i]);
    if (expected[i] != expected[i]) CHECK(got[i] != got[i]);
    else CHECK((got[i] == expected[i] && std::signbit(got[i]) == std::signbit(expected[i])));
  }
}
template <class X>
Numbers numbers(const X& x) {
  const Tensor y = x;
  return Numbers(y.data(), y.data() + y.numel());
}
/// f(x...) and its gradients, where ones come back.
template <class F, class... X>
std::vector<Numbers> gradients(F, const X&... x) {
  const Numbers one(64, 1);
  Bindings in = test::bind(x...);
  in.bind(one.data());
  std::vector<Numbers> r;
  for (const auto& y : test::run(test::program_of<test::GradientSpec<F, X...>>(), in)) r.push_back(y.value);
  return r;
}
template <class T, int N>
using V = Tensor<T, N>;
}  // namespace

TEST_CASE("scaled sums") {
  const auto a = filled<Tensor<double, 3, 4>>();
  const auto b = filled<Tensor<double, 4>>(1, 2, 1);
  const auto c = filled<Tensor<double, 3, 1>>(1, 2, 2);
  check([](auto x, auto y) { return test::results(add(x, y, 2), sub(x, y, 0.5), rsub(x, y), rsub(x, y, 3)); }, a, b);
  const V<std::int64_t, 2> i{{1, 2}}, j{{5, 6}};
  const V<bool, 2> p{{true, false}}, q{{true, true}};
  same(numbers(add(i, j, 2)), {11, 14});
  same(numbers(rsub(i, j, 2)), {3, 2});
  static_assert(std::is_same_v<decltype(add(p, q, 2))::value_type, bool> && std::is_same_v<decltype(add(i, j, 2))::value_type, std::int64_t>);
  check_gradient([](auto x, auto y, auto z) { return z * sub(x, y, 2) + rsub(x, z, 3); }, a, b, c);
}

TEST_CASE("bounds: NaN stays, and x receives the gradient at a bound, as in PyTorch") {
  using X = V<double, 6>;
  const X x{{-1, 0, 0.5, 1, 2, none}}, low{{0, 0, 1, 1, none, 0}}, high{{0, 1, 0, 1, 3, 1}};
  auto r = gradients([](auto v, auto l, auto h) { return clamp(v, l, h); }, x, low, high);
  same(r[0], {0, 0, 0, 1, none, none});
  same(r[1], {0, 1, 0, 1, 0, 0});
  same(r[2], {0, 0, 0, 0, 0, 0});
  same(r[3], {0, 0, 1, 0, 0, 0});
  r = gradients([](auto v, auto l) { return clamp_min(v, l); }, x, low);
  same(r[0], {0, 0, 1, 1, none, none});
  same(r[1], {0, 1, 0, 1, 0, 0});
  same(r[2], {1, 0, 1, 0, 0, 0});
  r = gradients([](auto v, auto h) { return clamp_max(v, h); }, x, high);
  same(r[0], {-1, 0, 0, 1, 2, none});
  same(r[2], {0, 0, 1, 0, 0, 0});
  r = gradients([](auto v) { return clamp(v, 0, 1); }, x);
  same(r[0], {0, 0, 0.5, 1, 1, none});
  const V<std::int64_t, 3> i{{1, 5, 9}};
  same(numbers(clip(i, 2, 6)), {2, 5, 6});
  static_assert(std::is_same_v<decltype(clamp_min(i, 0.5))::value_type, float>);
  const V<bool, 4> p{{false, true, false, true}}, q{{false, false, true, true}};
  const Tensor least = clamp_min(p, q), most = clamp_max(p, q);
  for (int k = 0; k < 4; ++k) CHECK((least(k) == (p(k) || q(k)) && most(k) == (p(k) && q(k))));
}

TEST_CASE("sums of exponentials, lengths, signs, neighbours") {
  const auto a = filled<Tensor<double, 3, 7>>(-30, 30);
  const auto b = filled<Tensor<double, 7>>(-30, 30, 1);
  check([](auto x, auto y) { return test::results(logaddexp(x, y), logaddexp2(x, y), hypot(x, y), nextafter(x, y), copysign(x, y)); }, a, b);
  check([](auto x, auto y) { return test::results(logaddexp(x, y), hypot(x, y), nextafter(x, y), ldexp(x, y)); }, filled<V<float, 19>>(-9, 9), filled<V<float, 19>>(-9, 9, 1));
  // squares that overflow, are lost or lose the smaller; NaN yields to infinity
  same(numbers(hypot(to<float>(V<double, 8>{{0x3p100, 0x3p-120, 0, -inf, none, 1, 0x1p-90, 0}}), to<float>(V<double, 8>{{0x4p100, 0x4p-120, 0, none, inf, none, 5, 0x1p-100}}))),
       {0x5p100, 0x5p-120, 0, inf, inf, none, 5, 0x1p-100});
  using X = V<double, 5>;
  const X x{{inf, -inf, inf, 1, -inf}}, y{{inf, -inf, -inf, 1, 3}};
  same(numbers(logaddexp(x, y)), {inf, -inf, inf, 1 + std::log(2.), 3});
  same(numbers(logaddexp2(x, y)), {inf, -inf, inf, 2, 3});
  auto r = gradients([](auto p, auto q) { return hypot(p, q); }, V<double, 7>{{0, 0, 3, -0., inf, none, 1e300}}, V<double, 7>{{0, 1, 4, -0., none, inf, 1e300}});
  same(r[0], {0, 1, 5, 0, inf, inf, 1e300 * std::sqrt(2.)});
  same({r[1].begin(), r[1].begin() + 6}, {none, 0, 0.6, none, none, none});
  r = gradients([](auto p, auto q) { return copysign(p, q); }, V<double, 6>{{0, -0., 3, -2, none, inf}}, V<double, 6>{{1, -1, -4, 0, -1, -1}});
  same(r[0], {0, -0., -3, 2, none, -inf});
  same({r[1].begin(), r[1].begin() + 4}, {0, 0, -1, -1});
  r = gradients([](auto p, auto q) { return atan2(p, q); }, V<double, 3>{{0, 0, 3}}, V<double, 3>{{0, 1, 4}});
  same(r[1], {0, 1, 0.16});
}

TEST_CASE("an exponent for each row, of which 2 and 3 are products") {
  const auto x = filled<Tensor<float, 4, 75>>(-2, 2);
  const Tensor<float, 4, 1> y{{2}, {3}, {2.5f}, {-1}};
  const Tensor<std::int32_t, 4, 1> n{{3}, {2}, {0}, {-2}};
  const Tensor by_floats = pow(x, y), by_integers = pow(x, n) + 1, twice = pow(pow(x, n), 2), square = pow(x, 2), cube = pow(x, 3);
  for (int i = 0; i < 4; ++i)
    for (int j = 0; j < 75; ++j) {
      const double a = x(i, j);
      CAPTURE(a);
      const auto is = [](float got, double expected) { return expected != expected ? got != got : std::fabs(got - expected) <= 4e-7 * std::fabs(expected); };
      CHECK(is(by_floats(i, j), std::pow(a, static_cast<double>(y(i, 0)))));
      CHECK(is(by_integers(i, j), static_cast<double>(static_cast<float>(std::pow(a, n(i, 0)))) + 1));
      CHECK(is(twice(i, j), std::pow(a, 2 * n(i, 0))));
      CHECK(is(square(i, j), a * a));
      CHECK(is(cube(i, j), a * a * a));
    }
}

TEST_CASE("quotients of any number of floats, exactly rounded") {
  const auto every = []<int N>(std::integral_constant<int, N>) {
    const auto x = filled<V<float, N>>(-3, 3), y = filled<V<float, N>>(0.3, 2, 1);
    const Tensor quotient = x / y, by_number = x / 3.f, inverse = reciprocal(y);
    for (int i = 0; i < N; ++i) CHECK((quotient(i) == x(i) / y(i) && by_number(i) == x(i) / 3.f && inverse(i) == 1 / y(i)));
  };
  every(std::integral_constant<int, 5>{});
  every(std::integral_constant<int, 8>{});
  every(std::integral_constant<int, 29>{});
  every(std::integral_constant<int, 4999>{});
}

TEST_CASE("powers") {
  using X = V<double, 5>;
  const auto r = gradients([](auto x, auto y) { return pow(x, y); }, X{{0, 0, 0, 2, -2}}, X{{-1, 0, 2, 0, 2}});
  same(r[0], {inf, 1, 0, 1, 4});
  same(r[1], {-inf, 0, 0, 0, -4});
  same(r[2], {-inf, 0, 0, std::log(2.), none});
  const auto a = filled<Tensor<float, 33>>(0.1, 5);
  check([](auto x) { return test::results(pow(x, 2), pow(x, 3), pow(x, 0.5), pow(x, -0.5), pow(x, -1), pow(x, -2), pow(x, 0), pow(x, 1), pow(x, 2.5)); }, a);
  check([](auto x) { return test::results(float_power(x, 2), float_power(2.5, x)); }, filled<V<std::int64_t, 9>>(-4, 5));
  static_assert(std::is_same_v<decltype(float_power(a, 2))::value_type, double>);
}

TEST_CASE("parts of a float") {
  const V<float, 9> x{{0, -0.f, 1, float(inf), float(-inf), float(none), 1e-42f, 3e38f, -0.75f}};
  const auto parts = frexp(x);
  const auto [m, e] = eval(parts.mantissa, parts.exponent);
  for (int i = 0; i < 9; ++i) {
    CAPTURE(i);
    int expected = 0;
    const float mantissa = std::frexp(x(i), &expected);
    if (std::isfinite(x(i))) CHECK(e(i) == expected);
    else CHECK(e(i) == 0);
    if (mantissa == mantissa) CHECK(m(i) == mantissa);
    else CHECK(m(i) != m(i));
  }
  static_assert(std::is_same_v<decltype(e)::value_type, std::int32_t>);
  const V<double, 4> powers{{8, 0x1.fffffffffffffp2, 0x1p-1074, -0x1.fffffffffffffp1023}};
  const Tensor exponents = frexp(powers).exponent;
  CHECK((exponents(0) == 4 && exponents(1) == 3 && exponents(2) == -1073 && exponents(3) == 1024));
}

TEST_CASE("the rest") {
  const V<double, 5> x{{none, -1, 0, 2, 0}}, v{{3, 3, none, 3, 5}};
  same(numbers(heaviside(x, v)), {0, 0, none, 1, 5});
  const V<float, 4> y{{float(none), float(inf), float(-inf), 1}};
  const double top = static_cast<double>(std::numeric_limits<float>::max());
  same(numbers(nan_to_num(y)), {0, top, -top, 1});
  same(numbers(nan_to_num(y, 2)), {2, top, -top, 1});
  same(numbers(nan_to_num(y, 2, 3)), {2, 3, -top, 1});
  same(numbers(nan_to_num(y, 2, 3, 4)), {2, 3, 4, 1});
  same(numbers(angle(V<double, 4>{{-2, 0, 3, none}})), {detail::op::pi, 0, 0, none});
  same(numbers(lerp(V<double, 2>{{1, 2}}, V<double, 2>{{3, 5}}, V<double, 2>{{0.25, 1}})), {1.5, 5});
  const V<std::int64_t, 2> i{{1, -2}};
  static_assert(std::is_same_v<decltype(rad2deg(i))::value_type, float> && std::is_same_v<decltype(square(i))::value_type, std::int64_t>);
  static_assert(std::is_same_v<decltype(copysign(i, -1))::value_type, float> && std::is_same_v<decltype(angle(i))::value_type, float>);
  check([](auto a) { return test::results(deg2rad(a), rad2deg(a), absolute(a), negative(a), sgn(a), positive(a), multiply(a, 2), subtract(a, 2), arctan2(a, a)); }, i);
}

TEST_CASE("gradients") {
  const auto a = filled<Tensor<double, 2, 5>>(0.5, 2);
  const auto b = filled<V<double, 5>>(-2, 2, 1);
  const auto w = filled<Tensor<double, 2, 1>>(0.1, 0.4, 2);
  check_gradient([](auto x, auto y) { return logaddexp(x, y) * 2 + logaddexp2(y, x); }, a, b);
  check_gradient([](auto x, auto y) { return hypot(x, y) + copysign(x, y); }, a, b);
  check_gradient([](auto x, auto y, auto z) { return lerp(x, y, z) + lerp(y, x, 0.7); }, a, b, w);
  check_gradient([](auto x, auto y) { return ldexp(y, x) + float_power(x, y) + deg2rad(x) + rad2deg(y) + frexp(x).mantissa; }, a, b);
}
