#include <etch/cpu/extremum.hpp>

#include <cmath>
#include <limits>
#include <vector>

#include <doctest/doctest.h>

using namespace etch;

namespace {
template <class T, int L>
void check() {
  using V = simd::Vec<T, L>;
  const T none = std::numeric_limits<T>::quiet_NaN(), inf = std::numeric_limits<T>::infinity();
  std::vector<T> x(9 * L);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<T>(static_cast<int>(i * 37 % 101) - 50);
  auto largest = [&](std::size_t n) { return simd::hmax(cpu::detail::extremum<true>(x.data(), static_cast<std::int64_t>(n), simd::splat<T, L>(-inf))); };
  auto smallest = [&](std::size_t n) { return simd::hmin(cpu::detail::extremum<false>(x.data(), static_cast<std::int64_t>(n), V(simd::splat<T, L>(inf)))); };
  for (std::size_t n = 0; n <= x.size(); n += L) {
    T most = -inf, least = inf;
    for (std::size_t i = 0; i < n; ++i) most = x[i] > most ? x[i] : most, least = x[i] < least ? x[i] : least;
    CHECK(largest(n) == most);
    CHECK(smallest(n) == least);
  }
  for (std::size_t at = 0; at < x.size(); ++at) {  // one anywhere is the result
    const T kept = x[at];
    x[at] = none;
    CHECK(std::isnan(largest(x.size())));
    CHECK(std::isnan(smallest(x.size())));
    x[at] = kept;
  }
  x[0] = inf;
  x[4 * L] = -inf;  // their sum is none, the extrema are
  CHECK(largest(x.size()) == inf);
  CHECK(smallest(x.size()) == -inf);
}
}  // namespace

TEST_CASE("the extremum of neighbours is that of a loop, and NaN where any is") {
  check<float, 8>();
  check<double, 4>();
  check<float, 1>();
}
