// Elementary functions against the C library in long double: errors in ulp over wide ranges, and the edge values.
#include <doctest/doctest.h>

#include <etch/core/math.hpp>

#include <cmath>
#include <limits>

using namespace etch;

namespace {

#if defined(ETCH_CPU_EIGEN)
constexpr bool native = false;  // Eigen 3.4: tanh 6 ulp, no subnormals, zeros without sign, exp overflows at 88.4
#else
constexpr bool native = true;
#endif

// The error of `got` in units of the last place of the true value.
template <class T>
double ulps(T got, long double want) {
  const T w = static_cast<T>(want);
  if (std::isnan(w) || std::isnan(got)) return std::isnan(w) == std::isnan(got) ? 0 : 1e9;
  if (got == w && (std::isinf(w) || w == 0)) return std::signbit(got) == std::signbit(w) || !native ? 0 : 1e9;
  if (std::isinf(got) || std::isinf(w)) return 1e9;
  const int lowest = std::numeric_limits<T>::min_exponent;
  const int exponent = std::max(w == 0 ? lowest : std::ilogb(w) + 1, lowest);
  return static_cast<double>(std::fabs(got - want) / std::ldexp(1.0L, exponent - std::numeric_limits<T>::digits));
}

struct Range {
  double low, high;
  bool logarithmic = false;
};

// The largest error of f against `exact` over the range.
template <class T, int L, class F, class G>
double worst(F f, G exact, Range r) {
  constexpr int points = 20000;
  double error = 0;
  for (int i = 0; i < points; i += L) {
    T x[L], y[L];
    for (int j = 0; j < L; ++j) {
      const double at = (i + j + 0.37) / points;
      x[j] = static_cast<T>(r.logarithmic ? r.low * std::pow(r.high / r.low, at) : r.low + (r.high - r.low) * at);
    }
    simd::store(y, f(simd::load<T, L>(x)));
    for (int j = 0; j < L; ++j) error = std::max(error, ulps<T>(y[j], exact(static_cast<long double>(x[j]))));
  }
  return error;
}

template <class T, class F, class G>
void edges(F f, G exact, double limit) {
  const T most = std::numeric_limits<T>::max(), least = std::numeric_limits<T>::min(), inf = static_cast<T>(INFINITY);
  const T tiny = std::numeric_limits<T>::denorm_min();
  const T values[] = {0,    T(-0.0), 1,     -1,     inf,   -inf,    static_cast<T>(NAN),
                      most, -most,   least, -least, 0.5,   -0.5,    2,
                      -2,   100,     -100,  1000,   -1000, T(1e-10)};
  for (const T x : values) {
    CAPTURE(x);
    CHECK(ulps<T>(f(simd::splat<T, 8>(x))[3], exact(static_cast<long double>(x))) <= limit);
  }
  if (!native) return;
  for (const T x : {tiny, -tiny, least / 4, -least / 4}) {
    CAPTURE(x);
    CHECK(ulps<T>(f(simd::splat<T, 8>(x))[5], exact(static_cast<long double>(x))) <= limit);
  }
}

template <class F, class G>
void function(const char* name, F f, G exact, double limit, std::initializer_list<Range> r) {
  CAPTURE(name);
  for (const Range range : r) {
    CAPTURE(range.low);
    CAPTURE(range.high);
    CHECK(worst<float, 16>(f, exact, range) <= limit);
    CHECK(worst<double, 8>(f, exact, range) <= limit);
  }
  edges<float>(f, exact, limit);
  edges<double>(f, exact, limit);
}

}  // namespace

#define ETCH_FUNCTION(name) #name, [](auto v) { return simd::name(v); }, [](long double x) { return std::name(x); }

TEST_CASE("math: exponentials") {
  const double top = native ? 88.7 : 88.3;
  function(ETCH_FUNCTION(exp), native ? 1 : 30, {{-1, 1}, {-87, top}});
  function(ETCH_FUNCTION(exp2), 1.1, {{-1, 1}, {-126, 127.9}});
  function(ETCH_FUNCTION(expm1), 2, {{-1, 1}, {-20, 88}, {1e-30, 1, true}});
  if (native) {
    const auto e = [](auto v) { return simd::exp(v); };
    const auto exact = [](long double x) { return std::exp(x); };
    CHECK(worst<float, 16>(e, exact, {-104, -87}) <= 1);  // subnormal results
    CHECK(worst<double, 4>(e, exact, {-746, -708}) <= 1);
    CHECK(worst<double, 4>(e, exact, {-708, 709.7}) <= 1);
  }
}

TEST_CASE("math: logarithms") {
  const double tiny = native ? 1e-44 : 1e-37;
  function(ETCH_FUNCTION(log), native ? 1 : 1.5, {{0.5, 2}, {tiny, 1e38, true}});
  function(ETCH_FUNCTION(log2), 2, {{0.5, 2}, {1e-44, 1e38, true}});
  function(ETCH_FUNCTION(log10), 2, {{0.5, 2}, {1e-44, 1e38, true}});
  function(ETCH_FUNCTION(log1p), 2, {{-0.9, 2}, {1e-30, 1e38, true}, {0.2, 1e7, true}});
}

TEST_CASE("math: activations") {
  function(ETCH_FUNCTION(tanh), native ? 1.6 : 6, {{-1, 1}, {-22, 22}, {1e-30, 1, true}, {0.05, 0.6}, {3, 6}});
  function(ETCH_FUNCTION(erf), 1.5, {{-2, 2}, {-7, 7}, {1e-30, 1, true}, {0.03, 0.2}, {1.8, 4}});
  const auto sigmoid = [](auto v) { return simd::sigmoid(v); };
  const auto exact = [](long double x) { return 1 / (1 + std::exp(-x)); };
  function("sigmoid", sigmoid, exact, native ? 2 : 30, {{-20, 20}, {-86, 1}});
}

TEST_CASE("math: gelu and its derivative") {
  const auto check = []<class T>(T tolerance) {
    constexpr int lanes = 8;
    for (int i = -12000; i <= 12000; i += lanes) {
      const auto x = (simd::iota<T, lanes>(T(0)) + T(i)) * T(0.001);
      const auto y = simd::gelu(x), slope = simd::gelu_grad(x);
      for (int j = 0; j < lanes; ++j) {
        const long double v = x[j], half = 0.5L, cdf = half * std::erfc(-v * std::sqrt(half));
        const long double bell = std::exp(-half * v * v) / std::sqrt(2 * 3.14159265358979323846L);
        CHECK(std::fabs(y[j] - v * cdf) <= tolerance * std::fmax(1.0L, std::fabs(v)));
        CHECK(std::fabs(slope[j] - (cdf + v * bell)) <= 2 * tolerance);
        if (sizeof(T) == 4 && v > -5) CHECK(std::fabs(y[j] - v * cdf) <= 1e-4L * std::fabs(v * cdf));
      }
    }
    CHECK(simd::gelu(simd::splat<T, 1>(T(-1e30)))[0] == 0);
    CHECK(simd::gelu(simd::splat<T, 1>(T(1e30)))[0] == T(1e30));
    CHECK(simd::gelu_grad(simd::splat<T, 1>(T(-1e30)))[0] == 0);
    CHECK(simd::gelu_grad(simd::splat<T, 1>(T(1e30)))[0] == 1);
    CHECK(std::isnan(simd::gelu(simd::splat<T, 1>(std::numeric_limits<T>::quiet_NaN()))[0]));
  };
  check(2e-7F);
  check(5e-16);
}

TEST_CASE("math: sine and cosine, through the far arguments") {
  function(ETCH_FUNCTION(sin), 2.5, {{-4, 4}, {-8192, 8192}, {1e-30, 1e30, true}});
  function(ETCH_FUNCTION(cos), 2.5, {{-4, 4}, {-8192, 8192}, {1e-30, 1e30, true}});
}

TEST_CASE("math: roots and rounding are exact") {
  function(ETCH_FUNCTION(sqrt), 0.5, {{0, 10}, {1e-44, 1e38, true}});
  function(ETCH_FUNCTION(floor), 0, {{-5, 5}, {1, 1e30, true}});
  function(ETCH_FUNCTION(ceil), 0, {{-5, 5}, {1, 1e30, true}});
  function(ETCH_FUNCTION(trunc), 0, {{-5, 5}, {1, 1e30, true}});
  function(
      "round", [](auto v) { return simd::round(v); }, [](long double x) { return std::nearbyint(x); }, 0,
      {{-5, 5}, {1, 1e30, true}});
  CHECK(simd::round(simd::splat<float, 4>(2.5F))[0] == 2.0F);
  CHECK(simd::round(simd::splat<double, 4>(-3.5))[0] == -4.0);
  CHECK(simd::rsqrt(simd::splat<float, 4>(16.0F))[2] == 0.25F);
}

TEST_CASE("math: a root is that of one lane, bit by bit") {
  // Every mantissa of two exponents, and of all others every 4096th: what a root of guesses and corrections must round as the instruction does.
  constexpr int lanes = 16;
  long wrong = 0;
  auto check = [&](std::uint32_t first, std::uint32_t step) {
    float x[lanes], y[lanes];
    for (int i = 0; i < lanes; ++i) x[i] = __builtin_bit_cast(float, first + static_cast<std::uint32_t>(i) * step);
    simd::store(y, simd::sqrt(simd::load<float, lanes>(x)));
    for (int i = 0; i < lanes; ++i) {
      const float want = std::sqrt(x[i]);
      if (std::isnan(want) ? !std::isnan(y[i]) : __builtin_bit_cast(std::uint32_t, want) != __builtin_bit_cast(std::uint32_t, y[i])) ++wrong;
    }
  };
  for (std::uint32_t b = 0x3f800000; b < 0x40800000; b += lanes) check(b, 1);
  for (std::uint64_t b = 0; b < 0x100000000; b += 4096 * lanes) {
    check(static_cast<std::uint32_t>(b), 4096);
    check(static_cast<std::uint32_t>(b), 1);
    check(static_cast<std::uint32_t>(b) + 4081, 4096);
  }
  CHECK(wrong == 0);
}

TEST_CASE("math: pow") {
  double error = 0;
  for (int i = 0; i < 40000; ++i) {
    const float x = std::exp(static_cast<float>(i % 1000 - 500) * 0.17F);
    const float y = static_cast<float>(i * 7919LL % 10007 - 5003) * 0.01F;
    const float got = simd::pow(simd::splat<float, 4>(x), simd::splat<float, 4>(y))[1];
    error = std::max(error, ulps<float>(got, std::pow(static_cast<long double>(x), static_cast<long double>(y))));
  }
  CHECK(error <= 0.6);
  const float values[] = {0,         -0.0F, 1,      -1,    2,      -2,   3,     -3,    0.5F,        -0.5F, INFINITY,
                          -INFINITY, NAN,   1e-45F, 3e38F, -3e38F, 1.5F, -1.5F, 1e10F, 16777217.0F, 0.999F};
  for (const float x : values) {
    for (const float y : values) {
      CAPTURE(x);
      CAPTURE(y);
      CHECK(ulps<float>(simd::pow(simd::splat<float, 16>(x), simd::splat<float, 16>(y))[9],
                        std::pow(static_cast<long double>(x), static_cast<long double>(y))) <= 1);
      CHECK(ulps<double>(simd::pow(simd::splat<double, 2>(x), simd::splat<double, 2>(y))[1],
                         std::pow(static_cast<long double>(x), static_cast<long double>(y))) <= 2);
    }
  }
}

TEST_CASE("math: what goes lane by lane") {
  const float x[4] = {0.25F, 0.5F, 0.75F, 0.9F};
  const auto v = simd::load<float, 4>(x);
#define ETCH_LANES(name) \
  for (int i = 0; i < 4; ++i) CHECK(ulps<float>(simd::name(v)[i], std::name(static_cast<long double>(x[i]))) <= 2)
  ETCH_LANES(cbrt);
  ETCH_LANES(tan);
  ETCH_LANES(asin);
  ETCH_LANES(acos);
  ETCH_LANES(atan);
  ETCH_LANES(sinh);
  ETCH_LANES(cosh);
  ETCH_LANES(asinh);
  ETCH_LANES(atanh);
  ETCH_LANES(erfc);
  ETCH_LANES(lgamma);
  CHECK(ulps<float>(simd::acosh(v + 1.0F)[1], std::acosh(1.5L)) <= 2);
  CHECK(ulps<float>(simd::atan2(v, -v)[1], std::atan2(0.5L, -0.5L)) <= 2);
  CHECK(simd::fmod(v * 10.0F, v + 1.0F)[1] == 0.5F);
}

TEST_CASE("math: one lane gives what many give, to an ulp") {
  for (const float x : {-3.0F, -0.7F, 0.01F, 0.6F, 2.5F, 40.0F}) {
    const auto one = simd::splat<float, 1>(x);
    const auto many = simd::splat<float, 16>(x);
    CHECK(ulps<float>(exp(one)[0], exp(many)[7]) <= 2);
    CHECK(ulps<float>(tanh(one)[0], tanh(many)[7]) <= 5);
    CHECK(ulps<float>(erf(one)[0], erf(many)[7]) <= 1);
    CHECK(ulps<float>(log(abs(one))[0], log(abs(many))[7]) <= 1);
    CHECK(ulps<float>(sin(one)[0], sin(many)[7]) <= 2);
    CHECK(ulps<float>(pow(abs(one), one)[0], pow(abs(many), many)[7]) <= 1);
  }
}
