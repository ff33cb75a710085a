// A matrix whose columns' elements lie apart times a vector: rows scaled and added, nothing is cut or packed.
//
//   y[i] = sum_k w[k] x[k][i]   eight rows at a time, so that y is read and written an eighth as often
#pragma once

#include <etch/core/vec.hpp>
#include <etch/cpu/parallel.hpp>

#include <cstdint>
#include <utility>

namespace etch {
inline namespace ETCH_ABI {
namespace cpu {
namespace detail {

/// n elements of y from k rows of x that lie `x_step` elements apart, the factors `w_step`.
template <class T>
struct ColumnProduct {
  static constexpr int L = ETCH_VECTOR_BYTES / static_cast<int>(sizeof(T));
  static constexpr int together = 8;
  std::int64_t n, k;
  const T* x;
  std::int64_t x_step;
  const T* w;
  std::int64_t w_step;
  T* y;
  int parts = 1;

  template <int... J>
  ETCH_INLINE void add_rows(std::int64_t row, std::int64_t begin, std::int64_t end, std::integer_sequence<int, J...>) const {
    const T* const from[] = {x + (row + J) * x_step...};
    const T factor[] = {w[(row + J) * w_step]...};
    const simd::Vec<T, L> all[] = {simd::splat<T, L>(factor[J])...};
    std::int64_t i = begin;
    for (; i + L <= end; i += L) {
      auto sum = row == 0 ? simd::splat<T, L>(T(0)) : simd::load<T, L>(y + i);
      ((sum = simd::fma(simd::load<T, L>(from[J] + i), all[J], sum)), ...);
      simd::store(y + i, sum);
    }
    for (; i < end; ++i) {
      T sum = row == 0 ? T(0) : y[i];
      ((sum = simd::fma(simd::splat<T, 1>(from[J][i]), simd::splat<T, 1>(factor[J]), simd::splat<T, 1>(sum))[0]), ...);
      y[i] = sum;
    }
  }
  void run(std::int64_t begin, std::int64_t end) const {
    std::int64_t row = 0;
    for (std::int64_t i = begin; k == 0 && i < end; ++i) y[i] = T(0);
    for (; row + together <= k; row += together) add_rows(row, begin, end, std::make_integer_sequence<int, together>{});
    for (; row < k; ++row) add_rows(row, begin, end, std::make_integer_sequence<int, 1>{});
  }
};

/// In parts of whole cache lines where it is worth it; the order of an element's sum does not depend on their number.
template <class T>
void column_product(ColumnProduct<T> work) {
  const std::int64_t lines = (work.n + 15) / 16, parts = num_threads() == 1 ? 1 : work.n * work.k >> 17;
  work.parts = static_cast<int>(parts < 2 ? 1 : parts < 16 ? (parts < lines ? parts : lines) : (lines < 16 ? lines : 16));
  auto part = [](void* context, int chunk, int) {
    const auto& p = *static_cast<const ColumnProduct<T>*>(context);
    const std::int64_t all = (p.n + 15) / 16, end = all * (chunk + 1) / p.parts * 16;
    p.run(all * chunk / p.parts * 16, end < p.n ? end : p.n);
  };
  if (work.parts == 1) work.run(0, work.n);
  else parallel_for(work.parts, part, &work);
}

}  // namespace detail
}  // namespace cpu
}  // namespace ETCH_ABI
}  // namespace etch
