// Eight by eight elements of four bytes turned in registers: what a copy does where neighbours in memory become a line apart.
#pragma once

#include <etch/core/vec.hpp>

#include <cstdint>

namespace etch {
inline namespace ETCH_ABI {
namespace cpu {
namespace detail {

#if defined(__AVX__) && !defined(__CUDACC__) && !defined(ETCH_CPU_EIGEN)
inline constexpr int transpose_side = 8;  ///< rows and columns of a block; 0 where there are none

/// to[j][k] = from[k][j]; lines lie so many bytes apart.
ETCH_INLINE void transpose_block(const char* from, std::int64_t from_step, char* to, std::int64_t to_step) {
  typedef std::int32_t Line __attribute__((vector_size(32)));
  typedef std::int32_t Loose __attribute__((vector_size(32), aligned(4), may_alias));
  Line a[8], b[8];
  ETCH_UNROLL for (int k = 0; k < 8; ++k) a[k] = *reinterpret_cast<const Loose*>(from + k * from_step);
  ETCH_UNROLL for (int k = 0; k < 8; k += 2) {  // pairs
    b[k] = __builtin_shufflevector(a[k], a[k + 1], 0, 8, 1, 9, 4, 12, 5, 13);
    b[k + 1] = __builtin_shufflevector(a[k], a[k + 1], 2, 10, 3, 11, 6, 14, 7, 15);
  }
  ETCH_UNROLL for (int k = 0; k < 8; k += 4)  // fours
    ETCH_UNROLL for (int i = 0; i < 2; ++i) {
      a[k + 2 * i] = __builtin_shufflevector(b[k + i], b[k + 2 + i], 0, 1, 8, 9, 4, 5, 12, 13);
      a[k + 2 * i + 1] = __builtin_shufflevector(b[k + i], b[k + 2 + i], 2, 3, 10, 11, 6, 7, 14, 15);
    }
  ETCH_UNROLL for (int k = 0; k < 4; ++k) {
    *reinterpret_cast<Loose*>(to + k * to_step) = __builtin_shufflevector(a[k], a[k + 4], 0, 1, 2, 3, 8, 9, 10, 11);
    *reinterpret_cast<Loose*>(to + (k + 4) * to_step) = __builtin_shufflevector(a[k], a[k + 4], 4, 5, 6, 7, 12, 13, 14, 15);
  }
}
#else
inline constexpr int transpose_side = 0;
ETCH_INLINE void transpose_block(const char*, std::int64_t, char*, std::int64_t) {}
#endif

}  // namespace detail
}  // namespace cpu
}  // namespace ETCH_ABI
}  // namespace etch
