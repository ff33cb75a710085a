// Windows added up: what flows back through `Builder::window`, and what `fold` computes.
//
//   x[p] = sum over i, k with i step + k dilation = p of w[i, k]
#pragma once

#include <etch/graph/builder.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace detail {

/// [.., count, K, ..] at `axis` as [.., n, ..]: the windows are written once, `step` apart among zeros, and n elements of it
/// are read for each k, so that all K are added in one pass.
constexpr int unwindowed(Builder& b, int w, int n, int axis, int step, int dilation) {
  Shape s = b.shape(w);
  const int size = s.size[axis + 1], reach = (size - 1) * dilation;
  s.size[axis] = n + reach;
  const int apart = b.place(b.constant(0, b.dtype(w), s), w, axis, reach, step);
  Shape to = s;
  --to.rank;
  for (int i = axis + 1; i < to.rank; ++i) to.size[i] = s.size[i + 1];
  to.size[axis] = n;
  int sum = -1;
  for (int k = 0; k < size; ++k) {
    const int part = b.reshape(b.slice(b.slice(apart, axis, reach - k * dilation, n, 1), axis + 1, k, 1, 1), to);
    sum = k == 0 ? part : b.map(Op::add, b.dtype(sum), sum, part);
  }
  return sum;
}

}  // namespace detail
}  // namespace ETCH_ABI
}  // namespace etch
