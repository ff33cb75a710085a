// The largest or smallest of elements that lie side by side: one instruction an element where none is NaN, which a sum tells.
//
//   best = x > best ? x : best;  sum += x;  a NaN passes the first by and stays in the second, and all is done again with care
#pragma once

#include <etch/core/vec.hpp>

#include <cstdint>

namespace etch {
inline namespace ETCH_ABI {
namespace cpu {
namespace detail {

/// `best` and the n elements at p, lane by lane; whole vectors only. NaN where a lane met one.
template <bool Largest, class T, int L>
ETCH_INLINE simd::Vec<T, L> extremum(const T* p, std::int64_t n, simd::Vec<T, L> best) {
  using V = simd::Vec<T, L>;
  constexpr int side = 4;
  const V first = best, zero = simd::splat<T, L>(T(0));
  V most[side] = {best, best, best, best}, sum[side] = {zero, zero, zero, zero};
  auto take = [&](int k, V v) {
    most[k] = Largest ? simd::greater(v, most[k]) : simd::lesser(v, most[k]);
    sum[k] = sum[k] + v;
  };
  std::int64_t c = 0;
  for (; c + side * L <= n; c += side * L)
    ETCH_UNROLL for (int k = 0; k < side; ++k) take(k, simd::load<T, L>(p + c + k * L));
  for (; c + L <= n; c += L) take(0, simd::load<T, L>(p + c));
  const V all = (sum[0] + sum[1]) + (sum[2] + sum[3]);
  auto join = [](V a, V b) { return Largest ? simd::greater(a, b) : simd::lesser(a, b); };
  best = join(join(most[0], most[1]), join(most[2], most[3]));
  if (__builtin_expect(any(all != all), 0)) {  // or infinities of both signs
    best = first;
    for (c = 0; c + L <= n; c += L) best = Largest ? simd::max(best, simd::load<T, L>(p + c)) : simd::min(best, simd::load<T, L>(p + c));
  }
  return best;
}

}  // namespace detail
}  // namespace cpu
}  // namespace ETCH_ABI
}  // namespace etch
