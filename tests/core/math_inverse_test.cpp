// Tangent, inverse and hyperbolic functions and fmod of floats against the C library in double, over their ranges and at the edges.
#include <etch/core/math.hpp>

#include <cmath>
#include <cstring>
#include <doctest/doctest.h>

using namespace etch;

namespace {

/// Units in the last place between a float and an exact value; infinite where only one of them is a number or their zeros differ.
double ulps(float got, double want) {
  const float near = static_cast<float>(want);
  if (near != near) return got != got ? 0 : INFINITY;
  if (std::isinf(near) || std::isinf(got) || (near == 0 && got == 0)) return got == near && std::signbit(got) == std::signbit(near) ? 0 : INFINITY;
  const float size = std::fabs(near);
  return std::fabs(static_cast<double>(got) - want) / static_cast<double>(std::nextafter(size, INFINITY) - size);
}

constexpr int L = 8;

template <class F, class G>
double worst(F f, G exact, double low, double high) {
  constexpr int points = 40000;
  double error = 0;
  for (int i = 0; i < points; i += L) {
    float x[L], y[L];
    for (int j = 0; j < L; ++j) x[j] = static_cast<float>(low + (high - low) * (i + j) / (points - 1));
    simd::store(y, f(simd::load<float, L>(x)));
    for (int j = 0; j < L; ++j) error = std::fmax(error, ulps(y[j], exact(static_cast<double>(x[j]))));
  }
  return error;
}

constexpr float edge[] = {0, -0.0F, 1, -1, INFINITY, -INFINITY, NAN, 3e38F, -3e38F, 1e-40F, -1e-38F, 1e-10F, 20, 100, -100, 8388609, 1e20F, -1e20F};

#define FUNCTION(name, low, high)                                                                              \
  {                                                                                                            \
    auto f = [](auto x) { return simd::name(x); };                                                             \
    auto exact = [](double x) { return std::name(x); };                                                        \
    CAPTURE(#name);                                                                                            \
    CHECK(worst(f, exact, low, high) <= 3);                                                                    \
    for (const float x : edge) {                                                                               \
      CAPTURE(x);                                                                                              \
      CHECK(ulps(f(simd::splat<float, L>(x))[3], exact(static_cast<double>(x))) <= 3);                         \
    }                                                                                                          \
  }

}  // namespace

TEST_CASE("math: functions of one float within three ulp") {
  FUNCTION(tan, -20, 20);
  FUNCTION(lgamma, 0.001, 10);
  FUNCTION(lgamma, 0.99, 1.01);
  FUNCTION(lgamma, -9.99, 3000);
  FUNCTION(tan, -8000, 9000);
  FUNCTION(asin, -1.1, 1.1);
  FUNCTION(acos, -1.1, 1.1);
  FUNCTION(atan, -9, 9);
  FUNCTION(sinh, -9, 9);
  FUNCTION(sinh, -0.1, 0.1);
  FUNCTION(cosh, -90, 90);
  FUNCTION(asinh, -9, 9);
  FUNCTION(acosh, 0.5, 3);
  FUNCTION(acosh, 1, 100);
  FUNCTION(atanh, -1.1, 1.1);
}

TEST_CASE("math: erfc of floats within four ulp") {
  auto f = [](auto x) { return simd::erfc(x); };
  auto exact = [](double x) { return std::erfc(x); };
  CHECK(worst(f, exact, -5, 5) <= 4);  // 2.6 where multiply-adds are fused
  CHECK(worst(f, exact, 5, 11) <= 4.5);
  for (const float x : edge) CHECK(ulps(f(simd::splat<float, L>(x))[3], exact(static_cast<double>(x))) <= 1);
}

TEST_CASE("math: atan2 and fmod of floats, every pair of edges") {
  for (const float a : edge)
    for (const float b : edge) {
      CAPTURE(a);
      CAPTURE(b);
      const auto x = simd::splat<float, L>(a), y = simd::splat<float, L>(b);
      CHECK(ulps(simd::atan2(x, y)[5], std::atan2(static_cast<double>(a), static_cast<double>(b))) <= 3);
      const float got = simd::fmod(x, y)[5], want = std::fmod(a, b);
      CHECK((want != want ? got != got : got == want && std::signbit(got) == std::signbit(want)));
    }
}

TEST_CASE("math: atan2 within three ulp and fmod exact, on both sides of whole quotients") {
  double error = 0;
  int wrong = 0;
  for (int i = 0; i < 20000; ++i) {
    const float x = static_cast<float>(std::sin(i) * 10), y = static_cast<float>(std::cos(1.7 * i) * (1 + i % 7)), k = y * static_cast<float>(i % 1000);
    const auto v = simd::splat<float, L>(y);
    error = std::fmax(error, ulps(simd::atan2(v, simd::splat<float, L>(x))[0], std::atan2(static_cast<double>(y), static_cast<double>(x))));
    for (const float a : {x, k, std::nextafter(k, INFINITY), std::nextafter(k, -INFINITY), x * 1e6F}) wrong += simd::fmod(simd::splat<float, L>(a), v)[1] != std::fmod(a, y);
  }
  CHECK(error <= 3);
  CHECK(wrong == 0);
}
