// Products large enough for a processor's matrix unit, which splits floats into parts: where there is none, the same by vectors.
#include <etch/cpu/matmul.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

namespace {

using namespace etch;
using cpu::int64;

struct Buffer {
  std::vector<float> memory;
  float* start;
  explicit Buffer(std::size_t bytes) : memory(bytes / 4 + 16), start(memory.data()) {
    while (reinterpret_cast<std::uintptr_t>(start) % 64 != 0) ++start;
  }
};

std::vector<float> normals(int64 count, unsigned seed) {
  std::mt19937 bits{seed};
  std::normal_distribution<float> normal;
  std::vector<float> x(static_cast<std::size_t>(count));
  for (float& value : x) value = normal(bits);
  return x;
}

/// A B of row-major matrices, in the layouts `a_turned` and `b_turned` ask for.
std::vector<float> product(int64 m, int64 n, int64 k, const std::vector<float>& a, const std::vector<float>& b, bool a_turned = false, bool b_turned = false) {
  Buffer space(cpu::matmul_workspace_bytes<float>(m, n, k));
  std::vector<float> c(static_cast<std::size_t>(m * n), -1);
  cpu::matmul<float>(m, n, k, a.data(), a_turned ? 1 : k, a_turned ? m : 1, b.data(), b_turned ? 1 : n, b_turned ? k : 1, c.data(), n, false, {}, space.start);
  return c;
}

/// The largest error, in units of 2^-24 of the sum of the terms' sizes.
double worst(int64 m, int64 n, int64 k, const std::vector<float>& a, const std::vector<float>& b, const std::vector<float>& c, bool a_turned = false, bool b_turned = false) {
  double most = 0;
  for (int64 i = 0; i < m; ++i)
    for (int64 j = 0; j < n; ++j) {
      double sum = 0, size = 0;
      for (int64 p = 0; p < k; ++p) {
        const double term = static_cast<double>(a[static_cast<std::size_t>(a_turned ? p * m + i : i * k + p)]) * static_cast<double>(b[static_cast<std::size_t>(b_turned ? j * k + p : p * n + j)]);
        sum += term, size += std::fabs(term);
      }
      most = std::fmax(most, std::fabs(static_cast<double>(c[static_cast<std::size_t>(i * n + j)]) - sum) / size * 0x1p24);
    }
  return most;
}

}  // namespace

TEST_CASE("all digits of a float: the error of a few roundings, in every layout, for sizes that fill no tile and several blocks of terms") {
  const int64 sizes[][3] = {{64, 64, 32}, {70, 90, 33}, {57, 129, 100}, {96, 64, 513}, {200, 75, 1100}, {33, 700, 40}};
  for (const auto& [m, n, k] : sizes)
    for (int form = 0; form < 4; ++form) {
      const std::vector<float> a = normals(m * k, 1), b = normals(k * n, 2);
      CHECK(worst(m, n, k, a, b, product(m, n, k, a, b, form % 2, form / 2), form % 2, form / 2) < 12);
    }
}

TEST_CASE("numbers that have no three parts: infinities, NaN, the largest and the smallest") {
  const int64 m = 70, n = 80, k = 64;
  constexpr float inf = std::numeric_limits<float>::infinity(), most = std::numeric_limits<float>::max();
  std::vector<float> a = normals(m * k, 3), b = normals(k * n, 4);
  std::vector<float> special = a;
  special[3 * k + 5] = inf, special[40 * k + 1] = std::nanf(""), special[69 * k] = most;
  std::memset(&special[20 * k + 9], 255, sizeof(float));  // a NaN of which rounding leaves zero
  for (std::size_t i = 0; i < 64; ++i) special[50 * 64 + i] = 0;
  special[50 * 64 + 7] = most;
  const std::vector<float> c = product(m, n, k, special, b), usual = product(m, n, k, a, b);
  for (int64 j = 0; j < n; ++j) {
    CHECK(c[static_cast<std::size_t>(3 * n + j)] == (b[static_cast<std::size_t>(5 * n + j)] > 0 ? inf : -inf));
    CHECK(std::isnan(c[static_cast<std::size_t>(40 * n + j)]));
    CHECK(std::isnan(c[static_cast<std::size_t>(20 * n + j)]));
    CHECK(c[static_cast<std::size_t>(50 * n + j)] == most * b[static_cast<std::size_t>(7 * n + j)]);
    CHECK(c[static_cast<std::size_t>(10 * n + j)] == doctest::Approx(usual[static_cast<std::size_t>(10 * n + j)]).epsilon(1e-4));
  }
  for (float& x : a) x *= 0x1p-110f;  // their last parts would be less than any normal number
  CHECK(worst(m, n, k, a, b, product(m, n, k, a, b)) < 12);
  for (float& x : b) x *= 0x1p100f;
  CHECK(worst(m, n, k, a, b, product(m, n, k, a, b)) < 12);
  const std::vector<float> zeros(static_cast<std::size_t>(m * k));
  for (float x : product(m, n, k, zeros, b)) CHECK(x == 0);
}

TEST_CASE("strips and panels that are packed while others are multiplied, from every layout, whichever operand is larger, in several blocks of terms") {
  constexpr float inf = std::numeric_limits<float>::infinity();
  const int64 sizes[][3] = {{96, 160, 1088}, {160, 96, 1088}, {64, 224, 96}, {224, 70, 64}, {70, 224, 64}};
  for (const auto& [m, n, k] : sizes)
    for (int form = 0; form < 4; ++form) {
      const bool a_turned = form % 2 != 0, b_turned = form / 2 != 0;
      std::vector<float> a = normals(m * k, 6), b = normals(k * n, 7);
      CHECK(worst(m, n, k, a, b, product(m, n, k, a, b, a_turned, b_turned), a_turned, b_turned) < 12);
      const int64 row = m - 1, col = n - 1, term = k - 1;  // of the last strip and the last panel
      a[static_cast<std::size_t>(a_turned ? term * m + row : row * k + term)] = inf;
      b[static_cast<std::size_t>(b_turned ? col * k : col)] = -inf;
      const std::vector<float> c = product(m, n, k, a, b, a_turned, b_turned);
      int64 finite = 0;
      for (float x : c) finite += std::isfinite(x) ? 1 : 0;
      CHECK(finite == (m - 1) * (n - 1));
    }
}

TEST_CASE("results of several lines a row, whose lines arrive while the strip before them is computed") {
  const int64 sizes[][3] = {{600, 330, 120}, {700, 200, 544}};  // 792 and 560 kB
  for (const auto& [m, n, k] : sizes) {
    const std::vector<float> a = normals(m * k, 8), b = normals(k * n, 9);
    CHECK(worst(m, n, k, a, b, product(m, n, k, a, b)) < 12);
    CHECK(worst(m, n, k, a, b, product(m, n, k, a, b, true, true), true, true) < 12);
  }
}

TEST_CASE("integers as large as their sums allow are exact") {
  const int64 m = 64, n = 96, k = 256;
  std::mt19937 bits{5};
  std::vector<float> a(static_cast<std::size_t>(m * k)), b(static_cast<std::size_t>(k * n));
  for (float& x : a) x = static_cast<float>(static_cast<int>(bits() % 255) - 127);
  for (float& x : b) x = static_cast<float>(static_cast<int>(bits() % 255) - 127);
  CHECK(worst(m, n, k, a, b, product(m, n, k, a, b)) == 0);
}
