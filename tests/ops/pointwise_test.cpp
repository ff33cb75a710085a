// Values of every pointwise operation, every kind of broadcasting, and the dtype of every result.
#include <program.hpp>

using namespace etch;
using namespace test;

namespace {
template <class X>
auto tracer_type(const X& x) {
  return typename decltype(x.leaf())::tracer{};
}
template <class E, class T, auto... D>
constexpr bool is_lazy = std::is_same_v<typename E::tracer, Tracer<T, D...>>;

template <class T>
void unary_over(double low, double high, auto f) {
  check(f, filled<Tensor<T, 3, 33>>(low, high));
}
}  // namespace

#define EACH(T, name, low, high) unary_over<T>(low, high, [](auto x) { return name(x); })

TEST_CASE_TEMPLATE("unary operations agree with the C library", T, float, double) {
  EACH(T, neg, -3, 3);
  EACH(T, abs, -3, 3);
  EACH(T, sign, -3, 3);
  EACH(T, exp, -5, 5);
  EACH(T, exp2, -5, 5);
  EACH(T, expm1, -2, 2);
  EACH(T, log, 0.1, 9);
  EACH(T, log2, 0.1, 9);
  EACH(T, log10, 0.1, 9);
  EACH(T, log1p, -0.9, 5);
  EACH(T, sqrt, 0, 9);
  EACH(T, rsqrt, 0.1, 9);
  EACH(T, reciprocal, 0.2, 9);
  EACH(T, sin, -9, 9);
  EACH(T, cos, -9, 9);
  EACH(T, tan, -1.3, 1.3);
  EACH(T, asin, -1, 1);
  EACH(T, acos, -1, 1);
  EACH(T, atan, -9, 9);
  EACH(T, sinh, -3, 3);
  EACH(T, cosh, -3, 3);
  EACH(T, tanh, -5, 5);
  EACH(T, asinh, -9, 9);
  EACH(T, acosh, 1.1, 9);
  EACH(T, atanh, -0.9, 0.9);
  EACH(T, erf, -3, 3);
  EACH(T, erfc, -3, 3);
  EACH(T, sigmoid, -9, 9);
  EACH(T, floor, -9, 9);
  EACH(T, ceil, -9, 9);
  EACH(T, round, -9, 9);
  EACH(T, trunc, -9, 9);
  EACH(T, isnan, -9, 9);
  EACH(T, square, -9, 9);
}

TEST_CASE("unary operations on integers and bools") {
  const auto i = filled<Tensor<std::int32_t, 3, 17>>(-9, 9);
  const auto l = filled<Tensor<std::int64_t, 3, 17>>(-9, 9);
  const auto b = filled<Tensor<bool, 3, 17>>();
  auto f = [](auto x) { return test::results(-x, abs(x), sign(x)); };
  check(f, i);
  check(f, l);
  check([](auto x) { return test::results(!x, isnan(x)); }, b);
  check([](auto x) { return test::results(!x, floor(x), round(x)); }, i);
  // functions of real numbers give float32 for anything that is no float
  auto g = [](auto x) { return exp(x); };
  check(g, i);
  check(g, l);
  check(g, b);
  static_assert(is_lazy<decltype(exp(i)), float, 3, 17> && is_lazy<decltype(exp(b)), float, 3, 17>);
  static_assert(is_lazy<decltype(isnan(i)), bool, 3, 17> && is_lazy<decltype(-l), std::int64_t, 3, 17>);
}

TEST_CASE("the smaller integers wrap") {
  Tensor<std::uint8_t, 4> u{{250, 255, 1, 128}};
  Tensor<std::int8_t, 4> s{{127, -128, 3, -1}};
  Tensor<std::int16_t, 4> h{{32767, -32768, 3, -1}};
  const Tensor uu = u + u;
  const Tensor ss = s + 1;
  const Tensor hh = h - 1;
  for (int i = 0; i < 4; ++i) {
    CHECK(int(uu(i)) == int(std::uint8_t(u(i) + u(i))));
    CHECK(int(ss(i)) == int(std::int8_t(s(i) + 1)));
    CHECK(int(hh(i)) == int(std::int16_t(h(i) - 1)));
  }
  const Tensor us = u + s;  // as PyTorch: int16
  static_assert(std::is_same_v<decltype(us)::value_type, std::int16_t>);
  CHECK(us(0) == 377);
  check([](auto x) { return test::results(to<std::int8_t>(x), to<std::uint8_t>(x), to<float>(x)); }, h);
}

TEST_CASE_TEMPLATE("binary operations agree with the C library", T, float, double) {
  const auto a = filled<Tensor<T, 5, 7>>(-3, 3), b = filled<Tensor<T, 5, 7>>(0.3, 3, 1);
  check([](auto x, auto y) { return test::results(x + y, x - y, x * y, x / y, maximum(x, y), minimum(x, y), atan2(x, y), fmod(x, y)); }, a, b);
  check([](auto x, auto y) { return pow(y, x); }, a, b);
  check([](auto x, auto y) { return test::results(x == y, x != y, x < y, x <= y, x > y, x >= y, x == x, x <= x); }, a, b);
  check([](auto x) { return test::results(x + 1, 2 - x, x * 3, 4 / x, pow(x, 2), clamp(x, -1, 1)); }, a);
  check([](auto x, auto y) { return test::results(where(x > y, x, y), where(x > 0, x, 0), where(x > 0, 1, y)); }, a, b);
}

TEST_CASE_TEMPLATE("binary operations on integers", T, std::int32_t, std::int64_t) {
  const auto a = filled<Tensor<T, 5, 7>>(-9, 9), b = filled<Tensor<T, 5, 7>>(1, 9, 1);
  check([](auto x, auto y) { return test::results(x + y, x - y, x * y, maximum(x, y), minimum(x, y)); }, a, b);
  check([](auto x, auto y) { return test::results(x == y, x != y, x < y, x <= y, x > y, x >= y, x && y, x || y, logical_xor(x, y)); }, a, b);
  check([](auto x, auto y) { return x / y; }, a, b);  // true division, float32
  check([](auto x, auto y) { return fmod(x, y); }, a, b);
  check([](auto x, auto y) { return where(x > y, x, y); }, a, b);
  check([](auto x) { return test::results(x + 1, 2 - x, x * 3); }, a);
  static_assert(is_lazy<decltype(a / b), float, 5, 7> && is_lazy<decltype(a + 1), T, 5, 7> && is_lazy<decltype(a + 0.5), float, 5, 7>);
}

TEST_CASE("bools") {
  const auto a = filled<Tensor<bool, 4, 9>>(), b = filled<Tensor<bool, 4, 9>>(0, 1, 5);
  check([](auto x, auto y) { return test::results(x && y, x || y, logical_xor(x, y), !x, x == y, x != y); }, a, b);
  check([](auto x, auto y) { return test::results(where(x, y, !y), where(x, 1.5, 2), to<double>(x), to<std::int64_t>(x)); }, a, b);
  check([](auto x, auto y) { return test::results(maximum(x, y), x * y, x + y); }, a, b);
}

TEST_CASE("dtypes promote as PyTorch's") {
  Tensor<float, 2> f;
  Tensor<double, 2> d;
  Tensor<std::int32_t, 2> i;
  Tensor<std::int64_t, 2> l;
  Tensor<bool, 2> b;
  static_assert(is_lazy<decltype(f + d), double, 2> && is_lazy<decltype(f + i), float, 2> && is_lazy<decltype(i + l), std::int64_t, 2>);
  static_assert(is_lazy<decltype(b + i), std::int32_t, 2> && is_lazy<decltype(f + 1.0), float, 2> && is_lazy<decltype(f * 2), float, 2>);
  static_assert(is_lazy<decltype(b + 1), std::int64_t, 2> && is_lazy<decltype(i + 1.5f), float, 2> && is_lazy<decltype(d + 1.f), double, 2>);
  static_assert(is_lazy<decltype(f < d), bool, 2> && is_lazy<decltype(where(b, f, 0)), float, 2> && is_lazy<decltype(where(b, i, l)), std::int64_t, 2>);
  check([](auto x, auto y, auto z) { return test::results(x + y, x * z, y - z); }, filled<Tensor<float, 9>>(), filled<Tensor<double, 9>>(), filled<Tensor<std::int32_t, 9>>(-5, 5));
}

TEST_CASE("casts") {
  const auto d = filled<Tensor<double, 33>>(-100, 100);
  check([](auto x) { return test::results(to<float>(x), to<std::int32_t>(x), to<std::int64_t>(x), to<std::int16_t>(x), to<std::int8_t>(x), to<bool>(x)); }, d);
  check([](auto x) { return to<float>(to<std::int32_t>(x)) * 0.5; }, filled<Tensor<float, 33>>(-100, 100));
  check([](auto x) { return to<double>(to<float>(x)) - x; }, d);  // rounds
  check([](auto x) { return test::results(to<float>(x), to<double>(x), to<bool>(x), to<std::uint8_t>(x)); }, filled<Tensor<std::int64_t, 33>>(-5, 200));
}

TEST_CASE("special numbers") {
  const double inf = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN();
  Tensor<double, 6> x{{inf, -inf, nan, 0., -0., 1e308}};
  Tensor<double, 6> y{{1., nan, 2., -0., 0., 1e308}};
  check([](auto a, auto c) { return test::results(a + c, a * c, a == c, a != c, a < c, isnan(a), maximum(a, c), minimum(a, c)); }, x, y);
  check([](auto a) { return test::results(exp(a), sqrt(a), tanh(a), sigmoid(a), abs(a), -a, sign(a), reciprocal(a)); }, x);
  check([](auto a) { return a * 0; }, x);  // 0 x is not 0 where x is infinite
  check([](auto a) { return where(isnan(a), 0, a); }, x);
}

TEST_CASE("constants fold and units vanish, but never what would change a value") {
  const auto a = filled<Tensor<float, 4, 5>>();
  check([](auto x) { return test::results(x + 0, 0 + x, x * 1, 1 * x, x / 1, x - 0, -(-x), x * 0); }, a);
  check([](auto x) { return test::results((x + 1) * 0 + 3, ones_like(x) * 2 + zeros_like(x), to<double>(ones_like(x)) / 3); }, a);
  check([](auto x) { return test::results(ones_like(x) / 0, zeros_like(x) / zeros_like(x), exp(zeros_like(x))); }, a);
  check([](auto x) { return to<std::int32_t>(ones_like(x) * 2.7) + to<std::int32_t>(x); }, a);
}

// ---- broadcasting ----------------------------------------------------------------------------------------------------

namespace {
template <class A, class B>
void broadcast_case() {
  check([](auto x, auto y) { return test::results(x + y * 2, y - x); }, filled<A>(), filled<B>(-2, 2, 3));
}
}  // namespace

TEST_CASE("shapes broadcast from the right") {
  broadcast_case<G<3, 5>, G<5>>();
  broadcast_case<G<3, 5>, G<1, 5>>();
  broadcast_case<G<3, 5>, G<3, 1>>();
  broadcast_case<G<3, 5>, G<1, 1>>();
  broadcast_case<G<3, 5>, G<>>();
  broadcast_case<G<>, G<>>();
  broadcast_case<G<3, 1>, G<1, 5>>();
  broadcast_case<G<3, 1>, G<5>>();
  broadcast_case<G<2, 3, 4>, G<3, 1>>();
  broadcast_case<G<2, 3, 4>, G<2, 1, 4>>();
  broadcast_case<G<2, 3, 4>, G<2, 1, 1>>();
  broadcast_case<G<2, 3, 4>, G<4>>();
  broadcast_case<G<2, 1, 4>, G<1, 3, 1>>();
  broadcast_case<G<2, 1, 4, 1>, G<3, 1, 17>>();
  broadcast_case<G<2, 3, 4, 5>, G<1, 3, 1, 5>>();
  broadcast_case<G<2, 3, 4, 5>, G<2, 1, 4, 1>>();
  broadcast_case<G<2, 3, 4, 5>, G<3, 4, 1>>();
  broadcast_case<G<1, 33>, G<7, 1>>();
  broadcast_case<G<100>, G<1>>();
}

TEST_CASE("three operands broadcast each their own way") {
  check([](auto m, auto x, auto y) { return where(m > 0, x, y); }, filled<G<3, 1, 5>>(), filled<G<4, 1>>(), filled<G<2, 1, 1, 5>>());
  check([](auto x, auto y, auto z) { return x * y + z * x; }, filled<G<3, 1>>(), filled<G<1, 4>>(), filled<G<2, 1, 1>>());
}

TEST_CASE("sizes of every kind: whole vectors, remainders, less than one vector") {
  auto f = [](auto x) { return test::results(exp(x) + x * 2, sum(x), sum<-1>(x)); };
  check(f, filled<Tensor<float, 1>>());
  check(f, filled<Tensor<float, 3>>());
  check(f, filled<Tensor<float, 7>>());
  check(f, filled<Tensor<float, 15>>());
  check(f, filled<Tensor<float, 16>>());
  check(f, filled<Tensor<float, 17>>());
  check(f, filled<Tensor<float, 31>>());
  check(f, filled<Tensor<float, 33>>());
  check(f, filled<Tensor<float, 100>>());
  check(f, filled<Tensor<float, 7, 33>>());
  check(f, filled<Tensor<float, 33, 1>>());
  check(f, filled<Tensor<float, 1, 33>>());
  check(f, filled<Tensor<float, 1000, 3>>());
  check(f, filled<Tensor<float, 70000>>());
}

TEST_CASE("large enough to be divided among threads, by rows and by columns") {
  check([](auto x, auto y) { return test::results(exp(x) * y + x, sum(x * y), sum<0>(x), sum<1>(x)); }, filled<Tensor<float, 700, 1000>>(), filled<Tensor<float, 1000>>());
  check([](auto x) { return test::results(exp(x) + x, sum(x)); }, filled<Tensor<float, 700001>>(0, 1));
  check([](auto x) { return test::results(exp(x) + x, sum<0>(x), amax<0>(x)); }, filled<Tensor<float, 3, 300001>>(0, 1));
}

TEST_CASE("nothing at all: a size of 0") {
  check([](auto x) { return test::results(x + 1, exp(x)); }, Tensor<float, 0>{});
  check([](auto x) { return test::results(x + 1, x * 2); }, Tensor<float, 3, 0>{});
  check([](auto x) { return test::results(sum(x), sum<0>(x)); }, Tensor<float, 0, 3>{});
  check([](auto x) { return test::results(sum<1>(x)); }, Tensor<float, 3, 0>{});
  check([](auto x, auto y) { return x + y; }, Tensor<float, 0, 3>{}, filled<Tensor<float, 3>>());
  check([](auto x, auto y) { return matmul(x, y); }, Tensor<float, 0, 3>{}, filled<Tensor<float, 3, 4>>());
  check([](auto x, auto y) { return matmul(x, y); }, Tensor<float, 2, 0>{}, Tensor<float, 0, 4>{});
  check([](auto x) { return t(x) + 1; }, Tensor<float, 0, 3>{});
}
