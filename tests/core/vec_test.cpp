// Every operation of Vec against the same operation on scalars, for each element type and 1 to 16 lanes.
#include <doctest/doctest.h>

#include <etch/core/vec.hpp>

#include <limits>

using namespace etch;
using simd::Mask;
using simd::Vec;

namespace {

template <class T>
bool equal(T a, T b) {
  return a == b || (a != a && b != b);
}

// Whether lane i of v is expected(i), for every i; both NaN counts as equal.
template <class T, int L, class F>
bool lanes(Vec<T, L> v, F expected) {
  bool good = true;
  for (int i = 0; i < L; ++i) good = good && equal<T>(v[i], static_cast<T>(expected(i)));
  return good;
}

template <class T>
constexpr bool is_float = std::is_floating_point_v<T>;
template <class T>
using Wrap = std::conditional_t<is_float<T>, T, std::uint64_t>;  // integers wrap

template <class T, int L>
struct Sample {
  T x[2 * L], y[2 * L];
  Sample() {
    for (int i = 0; i < 2 * L; ++i) {
      x[i] = static_cast<T>(is_float<T> ? (i * 37 % 29 - 11) * 0.75 : i * 37 % 113);
      y[i] = static_cast<T>(is_float<T> ? (i * 53 % 31 - 14) * 1.25 + 0.5 : i * 53 % 31);
      if (std::is_signed_v<T> && i % 3 == 1) x[i] = static_cast<T>(-x[i]);
    }
    y[L - 1] = x[L - 1];
    if constexpr (!is_float<T>) x[0] = std::numeric_limits<T>::max(), y[0] = T(3);
  }
  Vec<T, L> a() const { return simd::load<T, L>(x); }
  Vec<T, L> b() const { return simd::load<T, L>(y); }
};

template <class T, int L>
void memory() {
  const Sample<T, L> s;
  const T* x = s.x;
  CHECK(lanes(s.a(), [&](int i) { return x[i]; }));
  CHECK(lanes(simd::splat<T, L>(x[1]), [&](int) { return x[1]; }));
  CHECK(lanes(simd::iota<T, L>(T(5)), [&](int i) { return 5 + i; }));
  CHECK(lanes(simd::gather<T, L>(x + 1, 1), [&](int i) { return x[1 + i]; }));
  CHECK(lanes(simd::gather<T, L>(x + L - 1, -1), [&](int i) { return x[L - 1 - i]; }));
  CHECK(lanes(simd::gather<T, L>(x, 0), [&](int) { return x[0]; }));
  CHECK(lanes(simd::gather_by<-1, T, L>(x + L - 1), [&](int i) { return x[L - 1 - i]; }));
  CHECK(lanes(simd::gather_by<3, T, L>(x), [&](int i) { return x[3 * i]; }));
  {
    T exact[2 * L - 1], both[2 * L];
    for (int i = 0; i < 2 * L - 1; ++i) exact[i] = x[i];
    CHECK(lanes(simd::gather_by<2, T, L>(exact), [&](int i) { return exact[2 * i]; }));
    simd::store_pair(both, s.a(), s.b());
    CHECK(lanes(simd::load_pair<T, L>(both).even, [&](int i) { return s.x[i]; }));
    CHECK(lanes(simd::load_pair<T, L>(both).odd, [&](int i) { return s.y[i]; }));
    bool in_turn = true;
    for (int i = 0; i < 2 * L; ++i) in_turn = in_turn && equal(both[i], i % 2 == 0 ? s.x[i / 2] : s.y[i / 2]);
    CHECK(in_turn);
  }
  for (int n = 0; n <= L; ++n) {
    T exact[L], out[2 * L];  // ASan sees a read or a write past either
    for (int i = 0; i < n; ++i) exact[L - n + i] = x[i];
    const auto part = simd::load_partial<T, L>(exact + L - n, n);
    CHECK(lanes(part, [&](int i) { return i < n ? x[i] : T(0); }));
    CHECK(lanes(simd::gather_partial<T, L>(x, 2, n), [&](int i) { return i < n ? x[2 * i] : T(0); }));
    for (T& o : out) o = T(77);
    simd::store_partial(out + L - n, s.b(), n);
    bool good = true;
    for (int i = 0; i < 2 * L; ++i) good = good && equal(out[i], i < L - n || i >= L ? T(77) : s.y[i - L + n]);
    CHECK(good);
    for (T& o : out) o = T(77);
    simd::scatter_partial(out, 2, s.b(), n);
    for (int i = 0; i < 2 * L; ++i) good = good && equal(out[i], i % 2 == 1 || i >= 2 * n ? T(77) : s.y[i / 2]);
    CHECK(good);
  }
  if constexpr (L > 1) {
    CHECK(lanes(lower(s.a()), [&](int i) { return x[i]; }));
    CHECK(lanes(upper(s.a()), [&](int i) { return x[L / 2 + i]; }));
    CHECK(lanes(join(upper(s.a()), lower(s.a())), [&](int i) { return x[(i + L / 2) % L]; }));
  }
}

template <class T, int L>
void arithmetic() {
  const Sample<T, L> s;
  const T *x = s.x, *y = s.y;
  const auto a = s.a(), b = s.b();
  using W = Wrap<T>;
  CHECK(lanes(a + b, [&](int i) { return static_cast<T>(static_cast<W>(x[i]) + static_cast<W>(y[i])); }));
  CHECK(lanes(a - b, [&](int i) { return static_cast<T>(static_cast<W>(x[i]) - static_cast<W>(y[i])); }));
  CHECK(lanes(a * b, [&](int i) { return static_cast<T>(static_cast<W>(x[i]) * static_cast<W>(y[i])); }));
  CHECK(lanes(-a, [&](int i) { return static_cast<T>(W(0) - static_cast<W>(x[i])); }));
  CHECK(lanes(T(2) * a + T(1), [&](int i) { return static_cast<T>(W(2) * static_cast<W>(x[i]) + W(1)); }));
  CHECK(lanes(min(a, b), [&](int i) { return x[i] < y[i] ? x[i] : y[i]; }));
  CHECK(lanes(max(a, b), [&](int i) { return x[i] > y[i] ? x[i] : y[i]; }));
  CHECK(lanes(abs(a), [&](int i) { return x[i] < T(0) ? static_cast<T>(W(0) - static_cast<W>(x[i])) : x[i]; }));
  CHECK(lanes(fma(a, b, b), [&](int i) {
    return static_cast<T>(static_cast<W>(x[i]) * static_cast<W>(y[i]) + static_cast<W>(y[i]));
  }));
  CHECK(lanes(select(a < b, a, b), [&](int i) { return x[i] < y[i] ? x[i] : y[i]; }));
  CHECK(lanes(a < b, [&](int i) { return x[i] < y[i]; }));
  CHECK(lanes(a <= b, [&](int i) { return x[i] <= y[i]; }));
  CHECK(lanes(a > b, [&](int i) { return x[i] > y[i]; }));
  CHECK(lanes(a >= b, [&](int i) { return x[i] >= y[i]; }));
  CHECK(lanes(a == b, [&](int i) { return x[i] == y[i]; }));
  CHECK(lanes(a != T(3), [&](int i) { return x[i] != T(3); }));
  if constexpr (is_float<T>) {
    CHECK(lanes(a / b, [&](int i) { return x[i] / y[i]; }));
    const T nan = std::numeric_limits<T>::quiet_NaN();
    const auto n = simd::splat<T, L>(nan);
    const Vec<T, L> propagated[] = {min(a, n), min(n, a), max(a, n), max(n, a)};
    for (const auto& v : propagated) CHECK(lanes(v, [&](int) { return nan; }));
    const Mask<L> unordered[] = {a < n, a <= n, a > n, a >= n, a == n, n == n, !(n != n)};
    for (const auto& m : unordered) CHECK(!any(m));
  }
}

template <class T, int L>
void integers() {
  const Sample<T, L> s;
  const T *x = s.x, *y = s.y;
  const auto a = s.a(), b = s.b();
  const auto by = [&](int i) { return y[i] == 0 ? T(1) : y[i]; };
  CHECK(lanes(a / b, [&](int i) { return y[i] == 0 ? T(0) : x[i] / by(i); }));
  CHECK(lanes(a % b, [&](int i) { return y[i] == 0 ? x[i] : x[i] % by(i); }));
  const T low = std::numeric_limits<T>::min();
  if (std::is_signed_v<T>) {  // what traps in a scalar division wraps
    CHECK(lanes(simd::splat<T, L>(low) / T(-1), [&](int) { return low; }));
    CHECK(lanes(simd::splat<T, L>(low) % T(-1), [&](int) { return T(0); }));
    CHECK(lanes(abs(simd::splat<T, L>(low)), [&](int) { return low; }));
  }
  CHECK(lanes(a & b, [&](int i) { return x[i] & y[i]; }));
  CHECK(lanes(a | b, [&](int i) { return x[i] | y[i]; }));
  CHECK(lanes(a ^ b, [&](int i) { return x[i] ^ y[i]; }));
  CHECK(lanes(~a, [&](int i) { return ~x[i]; }));
  CHECK(lanes(a << T(3), [&](int i) { return static_cast<T>(static_cast<std::uint64_t>(x[i]) << 3); }));
  CHECK(lanes(a >> T(2), [&](int i) { return x[i] >> 2; }));
}

template <class T, int L>
void reductions() {
  T x[L];
  for (int i = 0; i < L; ++i) x[i] = static_cast<T>(i % 5 == 4 ? 3 : 1);
  x[L / 2] = T(2);
  const auto v = simd::load<T, L>(x);
  T sum = 0, product = 1, big = x[0], small = x[0];
  for (T t : x) {
    sum = static_cast<T>(sum + t), product = static_cast<T>(product * t);
    big = t > big ? t : big, small = t < small ? t : small;
  }
  CHECK(hsum(v) == sum);
  CHECK(hprod(v) == product);
  CHECK(hmax(v) == big);
  CHECK(hmin(v) == small);
  if constexpr (is_float<T>) {
    x[L - 1] = std::numeric_limits<T>::quiet_NaN();
    CHECK(hmax(simd::load<T, L>(x)) != hmax(simd::load<T, L>(x)));
    CHECK(hmin(simd::load<T, L>(x)) != hmin(simd::load<T, L>(x)));
  }
}

template <class To, class T, int L>
void conversion() {
  const Sample<T, L> s;
  const auto scalar = [&](int i) {
    if constexpr (is_float<T> && !is_float<To> && !std::is_same_v<To, bool>)
      return static_cast<To>(static_cast<std::int64_t>(s.x[i]));
    else
      return static_cast<To>(s.x[i]);
  };
  if (is_float<T> && std::is_unsigned_v<To> && sizeof(To) >= 4) return;  // negative numbers are out of its range
  CHECK(lanes(simd::convert<To>(s.a()), scalar));
}

template <class T, int L>
void conversions() {
  conversion<float, T, L>();
  conversion<double, T, L>();
  conversion<std::int64_t, T, L>();
  conversion<std::int32_t, T, L>();
  conversion<std::int16_t, T, L>();
  conversion<std::int8_t, T, L>();
  conversion<std::uint8_t, T, L>();
  conversion<std::uint32_t, T, L>();
  conversion<std::uint64_t, T, L>();
  conversion<bool, T, L>();
}

template <class T, int L>
void everything() {
  memory<T, L>();
  arithmetic<T, L>();
  if constexpr (!is_float<T>) integers<T, L>();
  reductions<T, L>();
  conversions<T, L>();
}

template <int L>
void masks() {
  bool p[L], q[L], out[L + 1];
  for (int i = 0; i < L; ++i) p[i] = i % 2 == 0, q[i] = i % 3 == 0;
  const auto m = simd::load<bool, L>(p), n = simd::load<bool, L>(q);
  CHECK(lanes(m, [&](int i) { return p[i]; }));
  CHECK(lanes(m & n, [&](int i) { return p[i] && q[i]; }));
  CHECK(lanes(m | n, [&](int i) { return p[i] || q[i]; }));
  CHECK(lanes(m ^ n, [&](int i) { return p[i] != q[i]; }));
  CHECK(lanes(!m, [&](int i) { return !p[i]; }));
  CHECK(lanes(m == n, [&](int i) { return p[i] == q[i]; }));
  CHECK(lanes(simd::splat<bool, L>(true), [](int) { return true; }));
  CHECK(lanes(simd::convert<float>(m), [&](int i) { return p[i] ? 1.0F : 0.0F; }));
  CHECK(lanes(simd::convert<double>(m), [&](int i) { return p[i] ? 1.0 : 0.0; }));
  CHECK(lanes(simd::convert<std::int64_t>(m), [&](int i) { return p[i] ? 1 : 0; }));
  CHECK(lanes(simd::convert<std::uint8_t>(m), [&](int i) { return p[i] ? 1 : 0; }));
  CHECK(any(m));
  CHECK(all(m) == (L == 1));
  CHECK(all(m | !m));
  CHECK(!any(m & !m));
  out[L] = true;
  simd::store(out, m ^ n);  // one byte each, 0 or 1
  for (int i = 0; i < L; ++i) CHECK(reinterpret_cast<unsigned char*>(out)[i] == (p[i] != q[i] ? 1 : 0));
  CHECK(out[L]);
  CHECK(lanes(simd::load_partial<bool, L>(p, 1), [&](int i) { return i == 0; }));
  CHECK(lanes(simd::gather<bool, L>(p, 0), [](int) { return true; }));
  simd::store_partial(out, !m, 1);
  CHECK(!out[0]);
  // One mask serves every type of as many lanes.
  const Sample<double, L> d;
  const Sample<std::int8_t, L> c;
  const Mask<L> wide = d.a() < d.b(), narrow = c.a() < c.b();
  CHECK(lanes(select(wide, c.a(), c.b()), [&](int i) { return d.x[i] < d.y[i] ? c.x[i] : c.y[i]; }));
  CHECK(lanes(select(narrow, d.a(), d.b()), [&](int i) { return c.x[i] < c.y[i] ? d.x[i] : d.y[i]; }));
}

}  // namespace

TEST_CASE_TEMPLATE("vec: main types at every number of lanes", T, float, double, std::int32_t, std::int64_t) {
  everything<T, 1>();
  everything<T, 16>();
}

TEST_CASE("vec: four and eight lanes") {
  memory<float, 4>();
  arithmetic<float, 4>();
  arithmetic<double, 4>();
  integers<std::int32_t, 4>();
  memory<double, 8>();
  arithmetic<float, 8>();
  arithmetic<double, 8>();
  reductions<float, 8>();
  conversions<std::int64_t, 8>();
}

TEST_CASE("vec: floats as 64-bit integers, whether or not they fit into 32") {
  const float x[8] = {-2147483648.0F, 2147483648.0F, -1.9F, 3e18F, 0.0F, 12.5F, -7.0F, 2147483520.0F};
  const double y[8] = {-2147483648.0, 2147483647.75, -2147483649.5, 9007199254740993.0, 0.0, 12.5, -7.75, 2147483647.0};
  CHECK(lanes(simd::convert<std::int64_t>(simd::load<float, 8>(x)), [&](int i) { return static_cast<std::int64_t>(x[i]); }));
  CHECK(lanes(simd::convert<std::int64_t>(simd::load<double, 8>(y)), [&](int i) { return static_cast<std::int64_t>(y[i]); }));
  CHECK(lanes(simd::convert<std::int64_t>(simd::load<float, 4>(x + 4)), [&](int i) { return static_cast<std::int64_t>(x[4 + i]); }));
  CHECK(lanes(simd::convert<std::int64_t>(simd::load<double, 4>(y + 4)), [&](int i) { return static_cast<std::int64_t>(y[4 + i]); }));
}

TEST_CASE_TEMPLATE("vec: other integers", T, std::int8_t, std::uint8_t, std::int16_t, std::uint32_t, std::uint64_t) {
  integers<T, 1>();
  everything<T, 16>();
}

TEST_CASE("vec: masks") {
  masks<1>();
  masks<4>();
  masks<8>();
  masks<16>();
}

TEST_CASE("vec: bits and signs") {
  const auto zero = simd::splat<float, 8>(-0.0F);
  CHECK(lanes(simd::bit_cast<std::uint32_t>(zero), [](int) { return 0x80000000U; }));
  CHECK(lanes(simd::bit_cast<std::uint32_t>(abs(zero)), [](int) { return 0U; }));
  CHECK(lanes(simd::bit_cast<std::uint32_t>(-abs(zero)), [](int) { return 0x80000000U; }));
  CHECK(lanes(simd::bit_cast<double>(simd::splat<std::int64_t, 4>(0x3ff0000000000000)), [](int) { return 1.0; }));
}

TEST_CASE("vec: sums are one tree on every target") {
  float x[8];
  for (int i = 0; i < 8; ++i) x[i] = 1.0F / static_cast<float>(i + 3);
  const float tree = ((x[0] + x[4]) + (x[2] + x[6])) + ((x[1] + x[5]) + (x[3] + x[7]));
  CHECK(hsum(simd::load<float, 8>(x)) == tree);
}

TEST_CASE("vec: the sums of as many vectors as lanes, each in its lane") {
  const auto check = []<class T, int L>(simd::Vec<T, L>) {
    simd::Vec<T, L> a[L];
    T want[L];
    for (int i = 0; i < L; ++i) {
      a[i] = simd::iota<T, L>(static_cast<T>(100 * i * i));
      want[i] = simd::hsum(a[i]);  // whole numbers: exact in any order
    }
    const auto sums = simd::hsums(a);
    for (int i = 0; i < L; ++i) CHECK(sums[i] == want[i]);
  };
  check(simd::Vec<float, ETCH_VECTOR_BYTES / 4>{});
  check(simd::Vec<double, ETCH_VECTOR_BYTES / 8>{});
  check(simd::Vec<float, 4>{});
  check(simd::Vec<float, 2>{});
}
