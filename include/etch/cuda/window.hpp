// Convolutions and their gradients: products whose operands are windows, read where they lie; what is padded is padded first.
//
//   c[r][s] = sum over k of a[ar[r] + ac[k]] b[br[k] + bc[s]]    the four tables of offsets in the workspace
//
// On a GPU cuDNN computes what it can where it is asked for (cudnn.hpp), else a block 64 x 64 elements from tiles in shared memory; through Thrust every
// element is by itself.
#pragma once

#include <etch/cpu/window_dot.hpp>
#include <etch/cuda/machine.hpp>
#if ETCH_GPU
#include <etch/cuda/cudnn.hpp>
#include <etch/cuda/kernel.hpp>
#endif

namespace etch {
inline namespace ETCH_ABI {
namespace device {
inline namespace ETCH_PLACE {

/// Entry i of the tables, one after another.
struct OffsetElement {
  cpu::detail::Axes axes[4];
  index_t count[4];
  std::int32_t* to;
  ETCH_INLINE void operator()(index_t i) const {
    int t = 0;
    index_t at = i;
    while (at >= count[t]) at -= count[t++];
    index_t offset = 0;
    for (int d = axes[t].count - 1; d >= 0; --d) {
      offset += at % axes[t].size[d] * axes[t].stride[d];
      at /= axes[t].size[d];
    }
    to[i] = static_cast<std::int32_t>(offset);
  }
};
/// Element i of an image among zeros.
template <class T>
struct PadElement {
  cpu::detail::Padding box;
  char* const* image;
  T* to;
  ETCH_INLINE void operator()(index_t i) const {
    index_t rest = i, at_image = 0;
    bool inside = true;
    for (int d = box.rank - 1; d >= 0; --d) {
      const index_t j = rest % box.size[d] - box.start[d];
      rest /= box.size[d];
      inside = inside && j >= 0 && j < box.inside[d];
      at_image += j * box.stride[d];
    }
    to[i] = inside ? at<const T>(image)[at_image] : T(0);
  }
};

/// The operands: entries of the tables, or memory that was padded.
template <class T>
struct WindowProduct {
  using Sum = std::conditional_t<etch::detail::is_half<T>, float, T>;
  char* const* entry[3];
  T* given[3];
  index_t offset[3];           ///< of this item's first element
  index_t batch[3];
  index_t c_row, c_column;
  const std::int32_t *a_row, *a_column, *b_row, *b_column;
  index_t m, n, k;
  bool in_double;  ///< sums of a small product, as the CPU's

  template <class S>
  ETCH_INLINE T dot(const T* x, const T* y) const {
    S sum(0);
    for (index_t j = 0; j < k; ++j) sum = static_cast<S>(sum + static_cast<S>(x[a_column[j]]) * static_cast<S>(y[b_row[j]]));
    return static_cast<T>(sum);
  }
  ETCH_INLINE T* operand(int o, index_t b) const { return (given[o] != nullptr ? given[o] : at<T>(entry[o])) + offset[o] + b * batch[o]; }
  /// One element, for Thrust.
  ETCH_INLINE void operator()(index_t i) const {
    const index_t column = i % n, row = i / n % m, b = i / (m * n);
    const T *const x = operand(0, b) + a_row[row], *const y = operand(1, b) + b_column[column];
    T& to = operand(2, b)[row * c_row + column * c_column];
    if constexpr (sizeof(T) < sizeof(double)) to = in_double ? dot<double>(x, y) : dot<Sum>(x, y);
    else to = dot<Sum>(x, y);
  }
};

#if ETCH_GPU
inline constexpr int window_tile = 64, window_depth = 16;
/// Blocks of 64 x 64 elements, the z axis over batches; 16 x 16 threads with 4 x 4 elements each.
template <class T>
__global__ void window_kernel([[maybe_unused]] WindowProduct<T> p, [[maybe_unused]] index_t batches) {
#if defined(ETCH_GPU_CODE)
  using Sum = typename WindowProduct<T>::Sum;
  __shared__ Sum left[window_depth][window_tile + 1];
  __shared__ Sum right[window_depth][window_tile + 1];
  const int tx = static_cast<int>(threadIdx.x) % 16, ty = static_cast<int>(threadIdx.x) / 16;
  const index_t row0 = static_cast<index_t>(blockIdx.y) * window_tile, column0 = static_cast<index_t>(blockIdx.x) * window_tile;
  for (index_t b = blockIdx.z; b < batches; b += gridDim.z) {
    const T *const x = p.operand(0, b), *const y = p.operand(1, b);
    Sum sum[4][4];
    for (int i = 0; i < 16; ++i) sum[i / 4][i % 4] = Sum(0);
    for (index_t k0 = 0; k0 < p.k; k0 += window_depth) {
      for (int i = static_cast<int>(threadIdx.x); i < window_depth * window_tile; i += block_threads) {
        const index_t j = k0 + i / window_tile, row = row0 + i % window_tile, column = column0 + i % window_tile;
        left[i / window_tile][i % window_tile] = j < p.k && row < p.m ? static_cast<Sum>(x[p.a_row[row] + p.a_column[j]]) : Sum(0);
        right[i / window_tile][i % window_tile] = j < p.k && column < p.n ? static_cast<Sum>(y[p.b_row[j] + p.b_column[column]]) : Sum(0);
      }
      __syncthreads();
      for (int j = 0; j < window_depth; ++j)
        for (int i = 0; i < 16; ++i) sum[i / 4][i % 4] = static_cast<Sum>(sum[i / 4][i % 4] + left[j][ty * 4 + i / 4] * right[j][tx + i % 4 * 16]);
      __syncthreads();
    }
    T* const to = p.operand(2, b);
    for (int i = 0; i < 16; ++i) {
      const index_t row = row0 + ty * 4 + i / 4, column = column0 + tx + i % 4 * 16;
      if (row < p.m && column < p.n) to[row * p.c_row + column * p.c_column] = static_cast<T>(sum[i / 4][i % 4]);
    }
  }
#endif
}
template <class T>
void multiply_windows(const WindowProduct<T>& p, index_t batches) {
  const auto tiles = [](index_t n) { return static_cast<unsigned>((n + window_tile - 1) / window_tile); };
  if (p.in_double || tiles(p.m) > 65535U) return for_each(batches * p.m * p.n, p);
  launch(Message{} << "windows of (" << p.m << ", " << p.k << ") and (" << p.k << ", " << p.n << ")", window_kernel<T>, dim3(tiles(p.n), tiles(p.m), static_cast<unsigned>(batches < 65535 ? batches : 65535)), p, batches);
}
#else
template <class T>
void multiply_windows(const WindowProduct<T>& p, index_t batches) {
  for_each(batches * p.m * p.n, p);
}
#endif

/// The workspace: offsets, the padded image, the product where an epilogue reads it, a library's own.
template <class T>
struct WindowRoom {
  std::size_t padded, product, library, bytes;
  explicit WindowRoom(const cpu::detail::WindowDot<T>& w) {
    padded = aligned(static_cast<std::size_t>(w.m + w.n + 2 * w.k) * sizeof(std::int32_t));
    std::size_t elements = 0, results = w.fused ? 1 : 0;
    if (w.padded >= 0) {
      const cpu::detail::Padding box = w.padding().box;
      elements = 1;
      for (int d = 0; d < box.rank; ++d) elements *= static_cast<std::size_t>(box.size[d]);
    }
    for (int i = 0; i < w.batches; ++i) results *= static_cast<std::size_t>(w.size(i));
    product = padded + aligned(elements * sizeof(T));
    library = aligned_for_libraries(product + results * static_cast<std::size_t>(w.m * w.n) * sizeof(T));
    bytes = library;
#if ETCH_GPU
    bytes += cudnn_workspace;
#endif
  }
};
template <class T>
std::size_t window_workspace(const cpu::Machine& machine, const Step& s) {
  return WindowRoom<T>(cpu::detail::WindowDot<T>{machine, s, false}).bytes;
}

template <class T, std::uint64_t... Code>
void run_windows(Machine& machine, int s) {
  constexpr bool fused = sizeof...(Code) != 0;
  const Step& step = machine.step(s);
  cpu::Machine& host = machine.host();
  const cpu::detail::WindowDot<T> w{host, step, true};
  const WindowRoom<T> room(w);
  char* const work = machine.workspace();
  const TileView tile{work + room.product, w.n * static_cast<index_t>(sizeof(T)), static_cast<index_t>(sizeof(T))};
#if ETCH_GPU
  if (run_cudnn<T>(w, reinterpret_cast<T*>(fused ? tile.data : host.pointer(w.c)), work + room.library)) {
    if constexpr (fused) launch_group<Code...>(machine, s, tile);
    return;
  }
#endif
  auto* const table = reinterpret_cast<std::int32_t*>(work);
  const int operand[3] = {w.a, w.b, w.c}, last = w.batches - 1;
  for_each(w.m + w.n + 2 * w.k, OffsetElement{{w.axes(w.a, false), w.axes(w.a, true), w.axes(w.b, false), w.axes(w.b, true)}, {w.m, w.k, w.k, w.n}, table});
  WindowProduct<T> p{};
  p.a_row = table, p.a_column = table + w.m, p.b_row = p.a_column + w.k, p.b_column = p.b_row + w.k;
  p.m = w.m, p.n = w.n, p.k = w.k;
  index_t start[3]{};
  for (int o = 0; o < (fused ? 2 : 3); ++o) {
    p.entry[o] = machine.entry(s, operand[o]);
    if (last >= 0) p.batch[o] = o < 2 ? w.stride(operand[o], last) : host.stride(w.c, last);
    if (operand[o] != w.padded) continue;
    p.given[o] = reinterpret_cast<T*>(work + room.padded);
    start[o] = w.padding().at;
    const cpu::detail::Padding box = w.padding().box;
    index_t elements = 1;
    for (int d = 0; d < box.rank; ++d) elements *= box.size[d];
    for_each(elements, PadElement<T>{box, p.entry[o], p.given[o]});
  }
  const index_t batches = last >= 0 ? w.size(last) : 1;
  p.c_row = fused ? w.n : host.stride(w.c, w.batches), p.c_column = fused ? 1 : host.stride(w.c, w.batches + 1);
  if (fused) {
    p.given[2] = reinterpret_cast<T*>(work + room.product);
    p.batch[2] = w.m * w.n;
  }
  index_t outer = 1;
  for (int i = 0; i < last; ++i) outer *= w.size(i);
  p.in_double = sizeof(T) < sizeof(double) && outer * batches * w.m * w.n * w.k <= cpu::detail::double_products;
  for (index_t o = 0; o < outer && w.m * w.n * batches > 0; ++o) {
    for (int i = 0; i < 3; ++i) p.offset[i] = start[i];
    if (fused) p.offset[2] = o * batches * w.m * w.n;
    index_t rest = o;
    for (int i = last - 1; i >= 0; --i) {
      const index_t at_axis = rest % w.size(i);
      rest /= w.size(i);
      p.offset[0] += at_axis * w.stride(w.a, i);
      p.offset[1] += at_axis * w.stride(w.b, i);
      if (!fused) p.offset[2] += at_axis * host.stride(w.c, i);
    }
    multiply_windows(p, batches);
  }
  if constexpr (fused) launch_group<Code...>(machine, s, tile);
}

}  // namespace ETCH_PLACE
}  // namespace device
}  // namespace ETCH_ABI
}  // namespace etch
