// The fused loop that a product applies to each finished block.
#pragma once

#include <etch/cpu/machine.hpp>
#include <etch/cpu/matmul.hpp>
#include <etch/plan/row_term.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace cpu {
namespace detail {

/// The loop, and the first row of the product among its rows.
struct EpilogueWork {
  Kernel kernel;
  const FusedArgs* args;
  index_t row_offset;
};
template <class T>
void apply_epilogue(void* context, int64 row, int64 col, int64 rows, int64 cols, T* tile, int64 ld) {
  const EpilogueWork& w = *static_cast<const EpilogueWork*>(context);
  FusedCall c;
  c.args = w.args;
  c.row0 = w.row_offset + row;
  c.row1 = c.row0 + rows;
  c.col0 = col;
  c.col1 = col + cols;
  c.tile = reinterpret_cast<char*>(tile);
  c.tile_row = ld * static_cast<index_t>(sizeof(T));
  w.kernel(c);
}
/// Names the numbers of an epilogue that does no more than add them and keep what is positive, if they lie evenly apart.
template <class T>
void name_terms(Epilogue<T>& e, const EpilogueWork& work, RowTerm r) {
  const FusedArgs& a = *work.args;
  if (!r.rectifies || e.walked != 1 || a.dims < 2) return;
  if (r.adds) {
    const index_t* const stride = a.stride + r.slot * a.dims;
    bool even = a.root[r.slot] <= Root::buffer && a.root[r.slot] != Root::none;
    for (int d = 0; d + 2 < a.dims; ++d) even = even && stride[d] == 0;
    if (!even) return;
    e.terms = reinterpret_cast<const T*>(a.base[r.slot]);
    e.first_term = work.row_offset, e.terms_count = a.extent[a.dims - 2], e.terms_step = stride[a.dims - 2] / static_cast<index_t>(sizeof(T));
  }
  e.rectifies = true;
}
/// The loop as an epilogue that names the matrices which it walks as the product walks C, of its first `slots` without those `streamed`, bits.
template <class T>
ETCH_SHARED Epilogue<T> epilogue_of(EpilogueWork& work, int slots, RowTerm term = {}, std::uint32_t streamed = 0) {
  constexpr index_t size = static_cast<index_t>(sizeof(T));
  Epilogue<T> e{apply_epilogue<T>, &work};
  const FusedArgs& a = *work.args;
  for (int s = 0; s < slots && e.walked < 2; ++s) {
    if (s < 32 && (streamed >> s & 1) != 0) continue;
    const index_t* const stride = a.stride + s * a.dims;
    const index_t row = a.dims > 1 ? stride[a.dims - 2] : 0;
    bool walks = a.root[s] <= Root::buffer && a.root[s] != Root::none && stride[a.dims - 1] == size && row > 0 && row % size == 0;
    for (int d = a.dims - 2; walks && d > 0; --d) walks = stride[d - 1] == a.extent[d] * stride[d];
    if (!walks) continue;
    e.walked_row[e.walked] = row / size;
    e.walked_at[e.walked++] = reinterpret_cast<T*>(a.base[s]) + work.row_offset * (row / size);
  }
  name_terms(e, work, term);
  return e;
}

}  // namespace detail
}  // namespace cpu
}  // namespace ETCH_ABI
}  // namespace etch
