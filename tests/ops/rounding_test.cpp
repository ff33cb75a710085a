// Division, its remainders and rounding to decimals: PyTorch's numbers at the edges, and laws between them.
#include <program.hpp>

#include <cmath>

using namespace etch;
using namespace test;

namespace {
const double none = std::numeric_limits<double>::quiet_NaN();

template <class T, int N>
void same(const Tensor<T, N>& got, const double (&expected)[N]) {
  for (int i = 0; i < N; ++i) {
    CAPTURE(i);
    if (expected[i] != expected[i]) CHECK(got(i) != got(i));
    else CHECK(static_cast<double>(got(i)) == expected[i]);
    if (expected[i] == 0 && is_floating(dtype_of<T>)) CHECK(std::signbit(static_cast<double>(got(i))) == std::signbit(expected[i]));
  }
}
}  // namespace

TEST_CASE("floating point: signs, zeros, infinities") {
  const Tensor<double, 8> x{{-7, 7, -0., 0, 5, inf, 3, -1e30}}, y{{3, -3, 2, -2, 0, 2, -inf, 1e-30}};
  const auto [rest, c_rest, down, cut] = eval(x % y, fmod(x, y), floor_divide(x, y), div<Rounding::trunc>(x, y));
  const double f[] = {-1, 1, -0., 0, none, none, 3};
  const double r[] = {2, -2, -0., 0, none, none, -inf}, d[] = {-3, -3, -0., -0., inf, none, -1}, t[] = {-2, -2, -0., -0., inf, inf, -0.};
  Tensor<double, 7> a, b, c, e;
  for (int i = 0; i < 7; ++i) a(i) = rest(i), b(i) = c_rest(i), c(i) = down(i), e(i) = cut(i);
  same(a, r);
  same(b, f);
  same(c, d);
  same(e, t);
  CHECK((rest(7) > 0 && rest(7) < 1e-30 && std::fmod(-1e30, 1e-30) + 1e-30 == rest(7)));
}

TEST_CASE_TEMPLATE("integers", T, std::int8_t, std::int32_t, std::int64_t) {
  const Tensor<T, 7> x{{-7, 7, -8, 8, 6, -6, 5}}, y{{3, -3, 2, -2, 4, 4, -5}};
  const auto [rest, c_rest, down, cut] = eval(remainder(x, y), fmod(x, y), div<Rounding::floor>(x, y), divide<Rounding::trunc>(x, y));
  static_assert(std::is_same_v<typename decltype(down)::value_type, T> && std::is_same_v<typename decltype(x / y)::value_type, float>);
  same(rest, {2, -2, 0, 0, 2, 2, 0});
  same(c_rest, {-1, 1, 0, 0, 2, -2, 0});
  same(down, {-3, -3, -4, -4, 1, -2, -1});
  same(cut, {-2, -2, -4, -4, 1, -1, -1});
}

TEST_CASE("int64 is exact where double is not, and overflow wraps") {
  const std::int64_t large = 9007199254740993;  // 2^53 + 1
  const Tensor<std::int64_t, 3> x{{large, -large, 3}}, y{{10, 10, 39}};
  const auto [rest, down, power] = eval(x % 10, floor_divide(x, 10), pow(x, y));
  CHECK((rest(0) == 3 && rest(1) == 7 && rest(2) == 3));
  CHECK((down(0) == 900719925474099 && down(1) == -900719925474100));
  CHECK(power(2) == 4052555153018976267);
  const Tensor<std::int64_t, 5> b{{2, -2, 1, -1, -1}}, n{{-1, -1, -3, -3, -4}};
  same(Tensor<std::int64_t, 5>(pow(b, n)), {0, 0, 1, -1, 1});
  const Tensor<std::uint8_t, 2> u{{200, 100}};
  const Tensor<std::int32_t, 2> half = floor_divide(to<std::int32_t>(u + u), 2);  // 400 is 144
  CHECK((half(0) == 72 && half(1) == 100));
  const Tensor<bool, 2> above = u * u > 100;
  CHECK((!above(0) && !above(1)));  // 64 and 16
}

TEST_CASE("a quotient of halves is rounded before it is cut") {
  const Tensor<half, 2> x{8.3515625f, 3}, y{-0.5966796875f, 2};  // -13.9967 is -14 as a half
  const Tensor<half, 2> q = div<Rounding::trunc>(x, y);
  CHECK((static_cast<float>(q(0)) == -14 && static_cast<float>(q(1)) == 1));
}

TEST_CASE("rounding") {
  const Tensor<double, 6> x{{250, 2.345, -1e10, 0.5, 350, -1.25}};
  same(Tensor<double, 6>(round(x, -2)), {200, 0, -1e10, 0, 400, -0.});
  same(Tensor<double, 6>(round(x, 1)), {250, 2.3, -1e10, 0.5, 350, -1.2});
  same(Tensor<double, 6>(round(x)), {250, 2, -1e10, 0, 350, -1});
  same(Tensor<double, 6>(frac(x)), {0, 2.345 - 2, 0, 0.5, 0, -0.25});
  same(Tensor<double, 6>(fix(x)), {250, 2, -1e10, 0, 350, -1});
}

TEST_CASE("gradients") {
  const Tensor<double, 6> x{{-7.3, 7.2, 1.1, -2.4, 9.9, 0.3}}, y{{2.1, -3.3, 0.7, -0.9, 4.2, 5.1}};
  check_gradient([](auto a, auto b) { return remainder(a, b) * a + fmod(a, b); }, x, y);
  check_gradient([](auto a, auto b) { return frac(a) * b + round(b, 1) + div<Rounding::trunc>(a, b) + floor_divide(a, b); }, x, y);
  check_gradient([](auto a) { return (5.5 % a) * 2 + a % 0.37; }, y);
}
