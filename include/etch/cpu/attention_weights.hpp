// Rows of attention's scores become weights: p = exp(s - m), and ds = p (dp - delta) for the gradients.
#pragma once

#include <etch/core/config.hpp>
#include <etch/core/math.hpp>
#include <etch/core/vec.hpp>
#include <etch/cpu/tile_product.hpp>

#include <cstdint>

namespace etch {
inline namespace ETCH_ABI {
namespace cpu {
namespace detail {

/// e^x, and zero where it would be subnormal: such results are slow, and vanish beside the largest weight, which is 1.
template <class T, int L>
ETCH_INLINE simd::Vec<T, L> weight(simd::Vec<T, L> x) {
  return simd::select(x < simd::splat<T, L>(sizeof(T) == 4 ? T(-87) : T(-708)), simd::splat<T, L>(0), simd::detail::exp_normal(x));
}

/// Elements [count, to) of a row become `value`, vector by vector from `from` on; both ends are whole vectors. -inf weighs nothing.
template <class T>
ETCH_INLINE void hide(T* row, int64 from, int64 to, int64 count, T value) {
  constexpr int lanes = Tile<T>::lanes;
  for (; from < to; from += lanes) {
    const auto seen = simd::iota<std::int32_t, lanes>(0) < static_cast<std::int32_t>(count - from);
    simd::store(row + from, simd::select(seen, simd::load<T, lanes>(row + from), simd::splat<T, lanes>(value)));
  }
}

/// The larger of `least_top` and the largest of `count` scores, whole vectors.
template <class T>
ETCH_INLINE T largest(const T* scores, int64 count, T least_top) {
  constexpr int lanes = Tile<T>::lanes;
  auto top = simd::splat<T, lanes>(least_top);
  for (int64 j = 0; j < count; j += lanes) top = simd::greater(top, simd::load<T, lanes>(scores + j));
  return simd::detail::fold(top, [](auto x, auto y) { return simd::greater(x, y); });
}

// Two vectors at a time: what each waits for is long.

/// p = exp(s - m) over L scores.
template <int L, class T>
ETCH_INLINE simd::Vec<T, L> soften_some(T* scores, T m) {
  const auto p = weight(simd::load<T, L>(scores) - simd::splat<T, L>(m));
  simd::store(scores, p);
  return p;
}
/// Scores become p = exp(s - m), whole vectors; returns their sum.
template <class T>
ETCH_INLINE T soften(T* scores, int64 count, T m) {
  constexpr int lanes = Tile<T>::lanes;
  auto pairs = simd::splat<T, 2 * lanes>(0);
  int64 j = 0;
  for (; j + lanes < count; j += 2 * lanes) pairs = pairs + soften_some<2 * lanes>(scores + j, m);
  auto total = simd::lower(pairs) + simd::upper(pairs);
  if (j < count) total = total + soften_some<lanes>(scores + j, m);
  return simd::hsum(total);
}

/// p = exp(s - lse) over L scores s, and ds = p (dp - delta) over dp.
template <int L, class T>
ETCH_INLINE void differentiate_some(T* scores, T* slopes, T lse, T delta) {
  const auto x = simd::load<T, L>(scores) - simd::splat<T, L>(lse);
  const auto p = weight(simd::detail::at_most(x, T(1)));  // above 0 by rounding alone
  simd::store(scores, p);
  simd::store(slopes, p * (simd::load<T, L>(slopes) - simd::splat<T, L>(delta)));
}
/// The same for a row of whole vectors.
template <class T>
ETCH_INLINE void differentiate(T* scores, T* slopes, int64 count, T lse, T delta) {
  constexpr int lanes = Tile<T>::lanes;
  int64 j = 0;
  for (; j + lanes < count; j += 2 * lanes) differentiate_some<2 * lanes>(scores + j, slopes + j, lse, delta);
  if (j < count) differentiate_some<lanes>(scores + j, slopes + j, lse, delta);
}

/// The inner product of two rows.
template <class T>
ETCH_INLINE T inner(const T* x, const T* y, int64 count) {
  constexpr int lanes = Tile<T>::lanes;
  auto sum = simd::splat<T, lanes>(0);
  int64 j = 0;
  for (; j + lanes <= count; j += lanes) sum = simd::fma(simd::load<T, lanes>(x + j), simd::load<T, lanes>(y + j), sum);
  if (j < count) {
    const int rest = static_cast<int>(count - j);
    sum = simd::fma(simd::load_partial<T, lanes>(x + j, rest), simd::load_partial<T, lanes>(y + j, rest), sum);
  }
  return simd::hsum(sum);
}

}  // namespace detail
}  // namespace cpu
}  // namespace ETCH_ABI
}  // namespace etch
