// half and bfloat16: every value, every way to round, on scalars and in vectors.
#include <doctest/doctest.h>

#include <etch/core/vec_half.hpp>

#include <cmath>

using namespace etch;

namespace {

/// The value of `digits` bits nearest to x, ties to even, with 2^-least the smallest step: by counting steps in double.
double nearest(double x, int digits, int least, double largest) {
  if (std::isnan(x) || std::isinf(x) || x == 0) return x;
  int exponent = 0;
  std::frexp(x, &exponent);
  const double step = std::ldexp(1, std::max(exponent - digits, -least));
  const double r = std::nearbyint(x / step) * step;
  return std::abs(r) > largest ? std::copysign(HUGE_VAL, x) : r;
}
template <class T>
double expected(float x) {
  return std::is_same_v<T, half> ? nearest(x, 11, 24, 65504) : nearest(x, 8, 133, 3.3895313892515355e+38);
}
template <class A, class B>
bool same(A a, B b) {
  return (a == static_cast<A>(b) && std::signbit(a) == std::signbit(b)) || (a != a && b != b);
}

template <class T, int L>
bool vectors_agree(const float* x) {
  const auto v = simd::narrow<T>(simd::load<float, L>(x));
  const auto back = simd::widen<T>(v);
  bool good = true;
  for (int i = 0; i < L; ++i) {
    const T scalar = x[i];
    good = good && (x[i] != x[i] ? back[i] != back[i] : v[i] == scalar.bits) && same(back[i], static_cast<float>(scalar));
  }
  return good;
}

}  // namespace

TEST_CASE_TEMPLATE("every value survives the way to float and back", T, half, bfloat16) {
  bool good = true, same_in_vectors = true;
  for (int bits = 0; bits < 65536; ++bits) {
    const T x = detail::from_bits<T>(bits);
    const float f = x;
    if (f == f) good = good && T(f).bits == bits;
    else good = good && std::isnan(static_cast<float>(T(f)));
    same_in_vectors = same_in_vectors && same(simd::widen<T>(simd::splat<std::uint16_t, 8>(x.bits))[3], f) && same(simd::widen<T>(simd::splat<std::uint16_t, 2>(x.bits))[1], f);
  }
  CHECK(good);
  CHECK(same_in_vectors);
}

TEST_CASE_TEMPLATE("a float becomes the nearest value, ties to even, on scalars and in vectors", T, half, bfloat16) {
  std::uint64_t state = 1;
  bool good = true, vectors = true;
  for (int k = 0; k < 20000; ++k) {
    float x[16];
    for (float& f : x) {
      state = state * 6364136223846793005ULL + 1442695040888963407ULL;
      const auto bits = static_cast<std::uint32_t>(state >> 32);
      // random bits; and what lies halfway between two neighbours, or beside it
      if (k % 2 == 0) f = __builtin_bit_cast(float, bits);
      else f = __builtin_bit_cast(float, (bits & 0x8FFFE000u) + 0x38000000u - (bits >> 20 & 0x07800000u) + (std::is_same_v<T, half> ? 0x1000u : 0x8000u) + (bits & 1) - (bits >> 1 & 1));
      good = good && same(static_cast<double>(static_cast<float>(T(f))), expected<T>(f));
    }
    vectors = vectors && vectors_agree<T, 16>(x) && vectors_agree<T, 8>(x) && vectors_agree<T, 4>(x) && vectors_agree<T, 1>(x);
  }
  CHECK(good);
  CHECK(vectors);
  CHECK(static_cast<float>(half(65519.996f)) == 65504.f);
  CHECK(std::isinf(static_cast<float>(half(65520.f))));
}

TEST_CASE("both are numbers where C++ asks for one") {
  constexpr half h = 2.5;
  static_assert(h + 1 == 3.5f && h < 3 && half(1) == half(1.0));
  bfloat16 b = 1;
  b = b / 3;
  CHECK(static_cast<float>(b) == 0.333984375f);
}
