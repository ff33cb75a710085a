// Bits of integers, against C++ on each element; shifts beyond the width, where C++ says nothing, against PyTorch's numbers.
#include <program.hpp>

#include <cmath>

using namespace etch;
using namespace test;

TEST_CASE_TEMPLATE("and, or, xor, not", T, std::uint8_t, std::int8_t, std::int32_t, std::int64_t) {
  const double low = std::is_same_v<T, std::uint8_t> ? 0 : -90;
  const auto a = filled<Tensor<T, 3, 17>>(low, 90);
  const auto b = filled<Tensor<T, 17>>(low, 90, 1);
  const auto [conjunction, disjunction, difference, complement] = eval(a & b, a | b, a ^ b, ~a);
  int wrong = 0;
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < 17; ++j) {
      wrong += conjunction(i, j) != static_cast<T>(a(i, j) & b(j)) || disjunction(i, j) != static_cast<T>(a(i, j) | b(j));
      wrong += difference(i, j) != static_cast<T>(a(i, j) ^ b(j)) || complement(i, j) != static_cast<T>(~a(i, j));
    }
  CHECK(wrong == 0);
}

TEST_CASE("dtypes and numbers") {
  const auto a = filled<Tensor<std::int32_t, 9>>(-90, 90);
  const auto l = filled<Tensor<bool, 9>>(), m = filled<Tensor<bool, 9>>(0, 1, 3);
  check([](auto x) { return test::results(x & 12, 7 | x, bitwise_xor(x, -1), bitwise_not(x), x << 3, x >> 2, 1 << (x & 7)); }, a);
  check([](auto x, auto y) { return test::results(x & y, x | y, x ^ y, ~x); }, l, m);
  static_assert(std::is_same_v<decltype(l & m)::value_type, bool> && std::is_same_v<decltype(~l)::value_type, bool>);
  static_assert(std::is_same_v<decltype(a & 1)::value_type, std::int32_t> && std::is_same_v<decltype(l & a)::value_type, std::int32_t>);
}

TEST_CASE("shifts by less than 0 or beyond the width") {
  const Tensor<std::int32_t, 5> x{{1, -8, 5, -8, 1}}, n{{33, -1, 31, 32, 4}};
  const auto [left, right] = eval(x << n, x >> n);
  CHECK((left(0) == 0 && left(1) == 0 && left(2) == std::numeric_limits<std::int32_t>::min() && left(3) == 0 && left(4) == 16));
  CHECK((right(0) == 0 && right(1) == -1 && right(2) == 0 && right(3) == -1 && right(4) == 0));
  const Tensor<std::int8_t, 3> y{{1, -8, -100}}, k{{7, 5, 1}};
  const auto [l8, r8] = eval(bitwise_left_shift(y, k), bitwise_right_shift(y, k));
  CHECK((l8(0) == -128 && l8(1) == 0 && l8(2) == 56));
  CHECK((r8(0) == 0 && r8(1) == -1 && r8(2) == -50));
  const Tensor<std::uint8_t, 2> u{{200, 200}};
  const auto [lu, ru] = eval(u << 1, u >> 1);
  CHECK((lu(0) == 144 && ru(0) == 100));
  const Tensor<std::int64_t, 3> w{{1, -1, 1LL << 62}}, v{{63, 63, 2}};
  const auto [lw, rw] = eval(w << v, w >> v);
  CHECK((lw(0) == std::numeric_limits<std::int64_t>::min() && lw(1) == lw(0) && lw(2) == 0));
  CHECK((rw(0) == 0 && rw(1) == -1 && rw(2) == 1LL << 60));
}

TEST_CASE_TEMPLATE("gcd and lcm", T, std::int32_t, std::int64_t) {
  const auto a = filled<Tensor<T, 3, 17>>(-60, 60);
  const auto b = filled<Tensor<T, 17>>(-60, 60, 1);
  check([](auto x, auto y) { return gcd(x, y); }, a, b);
  const Tensor<T, 5> x{{-4, 0, 6, 0, 12}}, y{{6, -5, 0, 0, 18}};
  const auto [g, l] = eval(gcd(x, y), lcm(x, y));
  const T divisor[] = {2, 5, 6, 0, 6}, multiple[] = {12, 0, 0, 0, 36};
  for (int i = 0; i < 5; ++i) CHECK((g(i) == divisor[i] && l(i) == multiple[i]));
}

TEST_CASE("the sign bit") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const Tensor<double, 6> x{{1., -1., 0., -0., nan, -nan}};
  const Tensor<float, 6> f = to<float>(x);
  const Tensor<std::int8_t, 3> i{{-3, 0, 3}};
  const auto [sx, sf] = eval(signbit(x), signbit(f));
  for (int k = 0; k < 6; ++k) CHECK((sx(k) == std::signbit(x(k)) && sf(k) == std::signbit(f(k))));
  const Tensor<bool, 3> si = signbit(i);
  CHECK((si(0) && !si(1) && !si(2)));
}
