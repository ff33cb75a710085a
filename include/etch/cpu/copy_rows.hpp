// Rows copied as bytes: what a kernel that only moves elements side by side does, whatever their type.
//
//   a row of n bytes, vectors of v: whole vectors from the front, the last v bytes as one that overlaps them
#pragma once

#include <etch/core/vec.hpp>

#include <cstddef>
#include <cstdint>

namespace etch {
inline namespace ETCH_ABI {
namespace cpu {
namespace detail {

inline constexpr std::int64_t long_row_bytes = 4096;  ///< from here on the C library knows the machine better

/// Rows of less than 2 W bytes and of W at least: from both ends, by the widest move that fits.
template <int W>
ETCH_INLINE void copy_short_rows(const char* from, std::int64_t from_step, char* to, std::int64_t to_step, std::int64_t rows, std::int64_t bytes) {
  if constexpr (W > 0) {
    if (bytes < W) return copy_short_rows<W / 2>(from, from_step, to, to_step, rows, bytes);
    struct Piece {
      char byte[W];
    };
    for (; rows > 0; --rows, from += from_step, to += to_step) {
      Piece head, tail;
      __builtin_memcpy(&head, from, W);
      __builtin_memcpy(&tail, from + bytes - W, W);
      __builtin_memcpy(to, &head, W);
      __builtin_memcpy(to + bytes - W, &tail, W);
    }
  }
}

/// Rows of so many bytes that begin so many bytes apart. The end is read before anything is written, so that a row may be copied to its own place.
ETCH_SHARED void copy_rows(const char* from, std::int64_t from_step, char* to, std::int64_t to_step, std::int64_t rows, std::int64_t bytes) {
  constexpr int W = ETCH_VECTOR_BYTES < 32 ? ETCH_VECTOR_BYTES : 32;  // of 64, most of those that are not aligned cross a line
  using Byte = std::uint8_t;
  if (from == to && from_step == to_step) return;
  if (bytes < W) return copy_short_rows<W / 2>(from, from_step, to, to_step, rows, bytes);
  constexpr std::int64_t ahead = 512;
  const bool many = rows * bytes >= 1 << 14;  // else stores wait for their lines from the second cache
  for (; rows > 0; --rows, from += from_step, to += to_step) {
    if (bytes >= long_row_bytes) {
      __builtin_memmove(to, from, static_cast<std::size_t>(bytes));
      continue;
    }
    const Byte* const x = reinterpret_cast<const Byte*>(from);
    Byte* const y = reinterpret_cast<Byte*>(to);
    const auto tail = simd::load<Byte, W>(x + bytes - W);
    std::int64_t k = 0;
    if (bytes >= 4 * W) {  // a store that crosses lines takes as long as two
      simd::store(y, simd::load<Byte, W>(x));
      k = W - static_cast<std::int64_t>(reinterpret_cast<std::uintptr_t>(y) % W);
    }
    for (; k + 4 * W <= bytes; k += 4 * W) {
      if (many) {
        __builtin_prefetch(y + k + ahead, 1);
        __builtin_prefetch(y + k + ahead + 64, 1);
      }
      const auto a = simd::load<Byte, W>(x + k), b = simd::load<Byte, W>(x + k + W), c = simd::load<Byte, W>(x + k + 2 * W), d = simd::load<Byte, W>(x + k + 3 * W);
      simd::store(y + k, a);
      simd::store(y + k + W, b);
      simd::store(y + k + 2 * W, c);
      simd::store(y + k + 3 * W, d);
    }
    for (; k + W <= bytes; k += W) simd::store(y + k, simd::load<Byte, W>(x + k));
    simd::store(y + bytes - W, tail);
  }
}

}  // namespace detail
}  // namespace cpu
}  // namespace ETCH_ABI
}  // namespace etch
