// The fused loop that a product applies to each finished block.
#pragma once

#include <etch/cpu/machine.hpp>
#include <etch/cpu/matmul.hpp>

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
/// The loop as an epilogue; `target` is where what the last of its slots [0, slots) whose rows lie evenly begins.
template <class T>
Epilogue<T> epilogue_of(EpilogueWork& work, int slots) {
  Epilogue<T> e{apply_epilogue<T>, &work};
  const FusedArgs& f = *work.args;
  for (int i = 0; i < slots && f.dims >= 2; ++i) {
    const index_t* const stride = f.stride + i * f.dims;
    const int row = f.dims - 2;
    bool even = (f.root[i] == etch::detail::Root::output || f.root[i] == etch::detail::Root::buffer) && stride[row + 1] == index_t{sizeof(T)};
    for (int k = row; k > 0; --k) even = even && stride[k - 1] == stride[k] * f.extent[k];
    if (even) e.target = reinterpret_cast<T*>(f.base[i] + work.row_offset * stride[row]), e.target_row = stride[row] / index_t{sizeof(T)};
  }
  return e;
}

/// Names the matrices that the loop walks as the product walks C: so that their lines arrive meanwhile.
template <class T>
void name_walked(Epilogue<T>& e, const FusedArgs& a, int slots, index_t row_offset) {
  constexpr index_t size = static_cast<index_t>(sizeof(T));
  for (int s = 0; s < slots && e.walked < 2; ++s) {
    const index_t* const stride = a.stride + s * a.dims;
    const index_t row = a.dims > 1 ? stride[a.dims - 2] : 0;
    bool walks = a.root[s] <= Root::buffer && a.root[s] != Root::none && stride[a.dims - 1] == size && row > 0 && row % size == 0;
    for (int d = a.dims - 2; walks && d > 0; --d) walks = stride[d - 1] == a.extent[d] * stride[d];
    if (!walks) continue;
    e.walked_row[e.walked] = row / size;
    e.walked_at[e.walked++] = reinterpret_cast<T*>(a.base[s]) + row_offset * (row / size);
  }
}

}  // namespace detail
}  // namespace cpu
}  // namespace ETCH_ABI
}  // namespace etch
