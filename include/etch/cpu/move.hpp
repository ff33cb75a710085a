// Kernels that compute nothing: rows copied as bytes, and blocks of columns turned into rows.
#pragma once

#include <etch/cpu/copy_rows.hpp>
#include <etch/cpu/cursor.hpp>
#include <etch/cpu/transpose.hpp>
#include <etch/cpu/words.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace cpu {
namespace detail {

/// What a fused kernel asks before it goes element by element.
template <class Fused>
struct Move {
  static constexpr Instruction from() { return decode(Fused::code[Fused::regs.position[2]]); }
  static constexpr Instruction to() { return decode(Fused::code[Fused::regs.position[3]]); }
  /// Whether all a kernel does is to move elements of one type from one place to another.
  static constexpr bool moves() {
    if (Fused::regs.sections != 2 || Fused::regs.instructions != 2 + 3 || Fused::regs.column_begin[0] != 2 || Fused::regs.slots != 2) return false;
    const Instruction x = from(), y = to();
    return x.op == static_cast<std::uint8_t>(Word::load) && y.op == static_cast<std::uint8_t>(Word::store) && y.a == x.d && x.type == y.type && x.memory == y.memory;
  }
  /// Whether those lie side by side here and there.
  static constexpr bool rows() {
    return moves() && static_cast<Stride>(from().mode) == Stride::unit && static_cast<Stride>(to().mode) == Stride::unit;
  }
  static ETCH_INLINE void run(const FusedCall& call) {
    constexpr Instruction x = from(), y = to();
    constexpr index_t size = static_cast<index_t>(size_of(x.memory));
    if (call.row0 >= call.row1) return;
    Cursor<Fused::regs.slots> cursor(call);
    for (index_t row = call.row0;;) {
      const index_t n = cursor.left + 1 < call.row1 - row ? cursor.left + 1 : call.row1 - row;
      copy_rows(cursor.p[x.slot] + call.col0 * size, cursor.step[x.slot], cursor.p[y.slot] + call.col0 * size, cursor.step[y.slot], n, (call.col1 - call.col0) * size);
      if ((row += n) == call.row1) return;
      cursor.skip(n - 1);
      cursor.next(call);
    }
  }

  /// Whether all a kernel does is to move elements of four bytes from or to places that do not lie side by side.
  static constexpr bool columns() {
    if (transpose_side == 0 || !moves()) return false;
    const Instruction x = from(), y = to();
    const auto here = static_cast<Stride>(x.mode), there = static_cast<Stride>(y.mode);
    return ((x.type == Class::f32 && x.memory == DType::float32) || (x.type == Class::i32 && x.memory == DType::int32)) &&
           ((here == Stride::strided && there == Stride::unit) || (here == Stride::unit && there == Stride::strided));
  }
  /// A block of rows, where elements below each other lie side by side in the memory whose columns do not; whether that was done.
  static ETCH_INLINE bool block(const FusedCall& call, Cursor<Fused::regs.slots>& cursor) {
    constexpr index_t side = transpose_side, bytes = 4;
    constexpr Instruction x = from(), y = to();
    constexpr bool gathers = static_cast<Stride>(x.mode) == Stride::strided;
    constexpr int far = gathers ? x.slot : y.slot, near = gathers ? y.slot : x.slot;
    if (cursor.step[far] != bytes || cursor.left + 1 < side || call.col1 - call.col0 < side) return false;
    const FusedArgs& a = *call.args;
    const index_t apart = a.stride[far * a.dims + a.dims - 1], row = cursor.step[near];
    char *const there = cursor.p[far], *const here = cursor.p[near];
    index_t c = call.col0;
    for (; c + side <= call.col1; c += side) {
      if constexpr (gathers) transpose_block(there + c * apart, apart, here + c * bytes, row);
      else transpose_block(here + c * bytes, row, there + c * apart, apart);
    }
    for (; c < call.col1; ++c)
      for (index_t k = 0; k < side; ++k) {
        char *const p = there + c * apart + k * bytes, *const q = here + k * row + c * bytes;
        if constexpr (gathers) __builtin_memcpy(q, p, bytes);
        else __builtin_memcpy(p, q, bytes);
      }
    cursor.skip(side - 1);
    return true;
  }
};

}  // namespace detail
}  // namespace cpu
}  // namespace ETCH_ABI
}  // namespace etch
