// What a fused loop is called with, and how its pointers move from row to row.
#pragma once

#include <etch/plan/types.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace cpu {

using namespace etch::detail;  // the plan's names: what kernels are made from

using index_t = std::int64_t;

/// Everything a fused loop reads, filled once for a program: strides in bytes, the column's last.
struct FusedArgs {
  int dims = 0;                    ///< of the loop, the column included
  const index_t* extent = nullptr; ///< sizes, outermost first
  char* const* base = nullptr;     ///< of each slot
  const index_t* stride = nullptr; ///< slot * dims + dimension
  const index_t* chunk = nullptr;  ///< bytes between the partial results of two chunks, for each slot
  const Root* root = nullptr;      ///< of each slot
  const std::uint64_t* random = nullptr;  ///< seed and step
  int tile = -1;                   ///< the slot of a product's finished block
  bool plain = false;              ///< a first row begins at the slots' bases: none lies in a thread's scratch rows
};

/// One part of a fused loop.
struct FusedCall {
  const FusedArgs* args = nullptr;
  index_t row0 = 0, row1 = 0, col0 = 0, col1 = 0;
  int chunk = 0;
  char* scratch = nullptr;  ///< rows kept between passes
  char* tile = nullptr;     ///< the finished block of a product: element (row0, col0)
  index_t tile_row = 0;     ///< bytes from one row of it to the next
};

using Kernel = void (*)(const FusedCall&);

namespace detail {

/// An index is counted in a pointer that begins at null, which pointer arithmetic does not allow.
ETCH_INLINE void move_pointer(char*& pointer, index_t by) {
  pointer = reinterpret_cast<char*>(reinterpret_cast<std::uintptr_t>(pointer) + static_cast<std::uintptr_t>(by));
}
/// Where a call begins: the index of its first row, the pointers of each slot there and their steps to the next row of the
/// innermost dimension; which slot is the tile, or -1.
/// Within the kernels it would cost the compiler as much as their loops.
ETCH_SHARED int begin_rows(const FusedCall& c, int slots, char** p, index_t* step, index_t* at) {
  const FusedArgs& a = *c.args;
  int tile = -1;
  index_t rest = c.row0;
  for (int d = a.dims - 2; d >= 0; --d) {
    at[d] = a.extent[d] > 0 && rest > 0 ? rest % a.extent[d] : 0;
    rest = a.extent[d] > 0 && rest > 0 ? rest / a.extent[d] : 0;
  }
  for (int s = 0; s < slots; ++s) {
    p[s] = a.root[s] == Root::scratch ? c.scratch + reinterpret_cast<index_t>(a.base[s]) : a.base[s] + c.chunk * a.chunk[s];
    step[s] = a.dims > 1 ? a.stride[s * a.dims + a.dims - 2] : 0;
    if (a.root[s] == Root::tile) {
      tile = s;
      step[s] = c.tile_row;
      p[s] = c.tile - c.col0 * a.stride[s * a.dims + a.dims - 1];
    } else if (c.row0 > 0) {
      for (int d = 0; d + 1 < a.dims; ++d) move_pointer(p[s], at[d] * a.stride[s * a.dims + d]);
    }
  }
  return tile;
}
/// Whether all a call does is the one row that begins at the slots' bases.
ETCH_INLINE bool is_one_row(const FusedCall& c) { return c.row1 == 1 && c.row0 == 0 && c.chunk == 0 && c.args->plain; }
/// Rows of the innermost of them that follow the one at this index.
ETCH_INLINE index_t rows_left(const FusedArgs& a, const index_t* at) { return a.dims > 1 ? a.extent[a.dims - 2] - at[a.dims - 2] - 1 : 0; }

/// Behind the last row of the innermost dimension: to its first, and one further in the dimensions around it; returns the rows that follow.
ETCH_SHARED index_t wrap_rows(const FusedCall& c, int slots, char** p, index_t* at, int tile) {
  const FusedArgs& a = *c.args;
  int d = a.dims - 2;
  const index_t left = d >= 0 ? a.extent[d] - 1 : 0;
  for (bool wraps = true; wraps && d >= 0; --d) {
    wraps = d == a.dims - 2 || ++at[d] == a.extent[d];
    const index_t by = wraps ? 1 - a.extent[d] : 1;
    for (int s = 0; s < slots; ++s)
      if (s != tile) move_pointer(p[s], by * a.stride[s * a.dims + d]);
    if (wraps) at[d] = 0;
  }
  if (tile >= 0) move_pointer(p[tile], c.tile_row);
  return left;
}

/// The pointers of each slot, moved from row to row through the outer dimensions.
template <int Slots>
struct Cursor {
  char* p[Slots];
  index_t step[Slots];  ///< to the next row of the innermost dimension
  index_t at[max_rank];
  int tile;
  index_t left;         ///< rows of the innermost dimension that follow this one

  ETCH_INLINE Cursor(const FusedCall& c) {
    const FusedArgs& a = *c.args;
    if (is_one_row(c)) {
      left = 0;
      for (int s = 0; s < Slots; ++s) p[s] = a.base[s], step[s] = 0;
      if (c.tile != nullptr) p[a.tile] = c.tile - c.col0 * a.stride[a.tile * a.dims + a.dims - 1];
    } else {
      tile = begin_rows(c, Slots, p, step, at);
      left = rows_left(a, at);
    }
  }
  /// To the next row, of which there must be one.
  ETCH_INLINE void next(const FusedCall& c) {
    if (__builtin_expect(--left < 0, 0)) {
      left = wrap_rows(c, Slots, p, at, tile);
      return;
    }
    for (int s = 0; s < Slots; ++s) move_pointer(p[s], step[s]);
  }
  /// So many rows further, all of this row's innermost dimension.
  ETCH_INLINE void skip(index_t rows) {
    for (int s = 0; s < Slots; ++s) move_pointer(p[s], rows * step[s]);
    left -= rows;
  }
};

}  // namespace detail
}  // namespace cpu
}  // namespace ETCH_ABI
}  // namespace etch
