// Philox against the known answers of Random123; vectors against scalars; the moments of what is made from them.
#include <doctest/doctest.h>

#include <etch/core/rng.hpp>

#include <cmath>

using namespace etch;

namespace {

constexpr bool equal(Philox a, Philox b) {
  for (int i = 0; i < 4; ++i)
    if (a.word[i] != b.word[i]) return false;
  return true;
}
constexpr std::uint32_t ones = 0xffffffff;

// Random123, kat_vectors: philox4x32 10.
static_assert(equal(philox4x32({{0, 0, 0, 0}}, 0, 0), {{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}}));
static_assert(equal(philox4x32({{ones, ones, ones, ones}}, ones, ones),
                    {{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}}));
static_assert(equal(philox4x32({{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}}, 0xa4093822, 0x299f31d0),
                    {{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}}));

template <int L>
void same_words() {
  const std::uint64_t seed = 0x0123456789abcdef, step = (std::uint64_t(7) << 40) + 5;
  for (const std::uint64_t start : {std::uint64_t(0), std::uint64_t(4), std::uint64_t(5), std::uint64_t(7),
                                    std::uint64_t(1) << 34, (std::uint64_t(1) << 34) - 2}) {
    for (const int draw : {0, 1, 255}) {
      const auto v = simd::philox<L>(seed, step, start, draw);
      for (int i = 0; i < L; ++i) {
        const std::uint64_t at = start + static_cast<std::uint64_t>(i), block = at / 4;
        const Philox counter{{static_cast<std::uint32_t>(block),
                              static_cast<std::uint32_t>(block >> 32) | static_cast<std::uint32_t>(draw) << 24,
                              static_cast<std::uint32_t>(step), static_cast<std::uint32_t>(step >> 32)}};
        CHECK(v[i] == philox4x32(counter, 0x89abcdef, 0x01234567).word[at % 4]);
      }
    }
  }
}

struct Moments {
  double mean = 0, variance = 0, fourth = 0, low = 1e9, high = -1e9;
};
template <class T, class F>
Moments moments(F draw) {
  constexpr int n = 1 << 16, L = 8;
  Moments m;
  for (int i = 0; i < n; i += L) {
    const auto v = draw(static_cast<std::uint64_t>(i));
    for (int j = 0; j < L; ++j) {
      const double x = static_cast<double>(v[j]);
      m.mean += x / n, m.variance += x * x / n, m.fourth += x * x * x * x / n;
      m.low = x < m.low ? x : m.low, m.high = x > m.high ? x : m.high;
    }
  }
  m.variance -= m.mean * m.mean;
  return m;
}

}  // namespace

TEST_CASE("rng: the same words in every number of lanes") {
  same_words<1>();
  same_words<4>();
  same_words<8>();
  same_words<16>();
}

TEST_CASE_TEMPLATE("rng: uniform and normal", T, float, double) {
  const auto u = moments<T>([](std::uint64_t i) { return simd::uniform<T, 8>(42, 0, i); });
  CHECK(u.mean == doctest::Approx(0.5).epsilon(0.01));
  CHECK(u.variance == doctest::Approx(1.0 / 12).epsilon(0.02));
  CHECK(u.low >= 0);
  CHECK(u.high < 1);
  const auto z = moments<T>([](std::uint64_t i) { return simd::normal<T, 8>(42, 1, i); });
  CHECK(std::abs(z.mean) < 0.015);
  CHECK(z.variance == doctest::Approx(1).epsilon(0.02));
  CHECK(z.fourth == doctest::Approx(3).epsilon(0.05));
  CHECK(z.high > 3.5);
  CHECK(z.low < -3.5);
}

TEST_CASE("rng: uniform is the high bits of its words") {
  const auto w = simd::philox<4>(1, 2, 8), w1 = simd::philox<4>(1, 2, 8, 1);
  for (int i = 0; i < 4; ++i) {
    CHECK(simd::uniform<float, 4>(1, 2, 8)[i] == static_cast<float>(w[i] >> 8) * 0x1p-24F);
    const double high = w[i] >> 5, low = w1[i] >> 6;
    CHECK(simd::uniform<double, 4>(1, 2, 8)[i] == (high * 0x1p26 + low) * 0x1p-53);
  }
}

TEST_CASE("rng: a generator hands out steps") {
  Generator g{42};
  CHECK(g.seed() == 42);
  CHECK(g.next() == 0);
  CHECK(g.next() == 1);
  g.manual_seed(7);
  CHECK(g.seed() == 7);
  CHECK(g.next() == 0);
}
