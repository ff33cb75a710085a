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

}  // namespace detail
}  // namespace cpu
}  // namespace ETCH_ABI
}  // namespace etch
