// The kernel of a StepKind::window_dot that plan/winograd.hpp finds: its numbers as images, filters and results.
#pragma once

#include <etch/cpu/split_window.hpp>
#include <etch/cpu/window_dot.hpp>
#include <etch/cpu/winograd.hpp>
#include <etch/plan/winograd.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace cpu {
namespace detail {

template <class T>
struct WinogradDot {
  WindowDot<T> dot;
  bool gradient = dot.batches == 0, padded = dot.padded >= 0;  ///< of the weight: images from the left
  int a = dot.a, b = a + 1, c = a + 2, windows = gradient ? a : b;
  int images = !gradient || dot.machine.index(a - 2) == (3 << 8 | 3) ? 1 : 0;  ///< axes of them, one or none
  int axis = gradient ? 0 : 1, place = gradient ? 3 + images : 4;              ///< of the channels, of the places

  WinogradBlocks<T> blocks() const {
    const int sizes = windows - 2;
    const auto size = [&](int i) { return dot.number(sizes, i); };
    const int n = gradient ? 3 : 0;
    TiledImages<T> x{};
    x.count = images != 0 ? size(n) : 1, x.rows = size(place), x.cols = size(place + 1);
    if (padded) {
      x.step = dot.number(windows, 0), x.channel = dot.number(windows, 1), x.line = dot.number(windows, 2);
      x.top = dot.number(a - 5, 2), x.left = dot.number(a - 5, 3), x.height = dot.number(a - 4, 2), x.width = dot.number(a - 4, 3);
    } else {
      x.step = images != 0 ? dot.number(windows, n) : 0, x.channel = dot.number(windows, axis), x.line = dot.number(windows, place);
      x.height = x.rows + 2, x.width = x.cols + 2;
    }
    return {.images = x, .channels = size(axis), .outputs = gradient ? dot.n : dot.m, .even = gradient};
  }
  WinogradConvolution<T> convolution(const Product<T>& item, index_t c_batch) const { return {.x = blocks(), .item = item, .c_batch = c_batch}; }
  WinogradGradient<T> weights(const Product<T>& item) const {
    return {.x = blocks(), .item = item, .y = item.b, .y_batch = images != 0 ? dot.number(b, 0) : 0, .y_channel = dot.number(b, images + 1)};
  }
  Product<T> sizes() const {
    Product<T> item{};
    item.m = dot.m, item.n = dot.n, item.k = dot.k;
    return item;
  }

  void run(int s, const ProductKernels<T>& kernels) const {
    const Machine& machine = dot.machine;
    const auto pointer = [&](int access) { return reinterpret_cast<T*>(machine.pointer(access)); };
    const int first = dot.batches;
    Product<T> item = sizes();
    if (item.m <= 0 || item.n <= 0) return;
    item.kernels = &kernels;
    const index_t c_row = dot.fused ? 0 : machine.stride(c, first), c_col = dot.fused ? 1 : machine.stride(c, first + 1);
    EpilogueWork work{dot.fused ? machine.kernel(s) : nullptr, &machine.args(s), 0};
    Turned<T> turned{dot.fused ? nullptr : pointer(c), item.m, 0, c_col};
    item.a = pointer(a), item.b = pointer(b), item.a_row = machine.stride(a, first), item.c = turned.c, item.c_row = c_row;
    if (dot.fused) item.epilogue = epilogue_of<T>(work, dot.slots());
    else if (c_col != 1) item.epilogue = {write_turned<T>, &turned};
    char* const workspace = static_cast<char*>(machine.workspace());
    if (gradient) {
      auto all = weights(item);
      all.x.images.data = item.a;
      dot.run_lanes(all, all.groups.count, workspace);
      all.ends = true;
      dot.run_lanes(all, all.x.channels, workspace);
    } else {
      auto all = convolution(item, dot.fused ? 0 : machine.stride(c, 0));
      all.x.images.data = item.b;
#if ETCH_AMX
      if (splits(all)) {
        SplitConvolution<T> split{.images = all.x.images, .channels = all.x.channels, .item = item, .c_batch = all.c_batch};
        dot.run_lanes(split, split.filter_parts(), workspace);
        split.packed = true;
        return dot.run_lanes(split, split.parts_of_all, workspace);
      }
#endif
      dot.run_lanes(all, all.x.blocks, workspace);
    }
  }
#if ETCH_AMX
  static bool splits(const WinogradConvolution<T>& all) { return splits_windows(all.x.channels, all.item.m) && amx::granted(); }
#endif
  std::size_t bytes() const {
    const auto of = [](const auto& all) { return aligned(all.shared_bytes()) + aligned(all.thread_bytes()); };
#if ETCH_AMX
    if (const auto all = convolution(sizes(), 0); !gradient && splits(all)) return of(SplitConvolution<T>{.images = all.x.images, .channels = all.x.channels, .item = all.item, .c_batch = 0});
#endif
    return gradient ? of(weights(sizes())) : of(convolution(sizes(), 0));
  }
};
template <class T>
ETCH_NOINLINE void run_winograd_with(Machine& machine, int s, const ProductKernels<T>& kernels) {
  WinogradDot<T>{{machine, machine.step(s), true}}.run(s, kernels);
}
template <class T, TileSet Tiles>
void run_winograd(Machine& machine, int s) {
  run_winograd_with<T>(machine, s, product_kernels<T, Tiles, 0>);
}
template <class T>
ETCH_COLD std::size_t winograd_workspace(const Machine& machine, const Step& s) {
  return WinogradDot<T>{{machine, s, false}}.bytes();
}

}  // namespace detail
}  // namespace cpu
}  // namespace ETCH_ABI
}  // namespace etch
