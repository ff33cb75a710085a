// The kernel of StepKind::window_dot: a product whose operands' rows and columns may be several axes of memory, and which may
// be windows of an image that is padded as it is read.
//
//   accesses: [padded sizes, start, image sizes, strides of the padded one], sizes of a, sizes of b, a, b, and c without an epilogue
#pragma once

#include <etch/cpu/epilogue.hpp>
#include <etch/cpu/window_points.hpp>
#if defined(ETCH_CPU_EIGEN)
#include <etch/cpu/eigen_matmul.hpp>
#endif

namespace etch {
inline namespace ETCH_ABI {
namespace cpu {
namespace detail {

template <class T>
struct WindowDot {
  const Machine& machine;
  const Step& step;
  const bool bound;  ///< whether sizes are the actual ones, or the largest
  const bool fused = step.words != 0;
  const int a = step.access + step.accesses - (fused ? 2 : 3), b = a + 1, c = a + 2, batches = step.dims - 3;
  const int padded = (step.arg & 255) == 0 ? -1 : (step.arg & 255) == 1 ? a : b;
  const index_t m = size(batches), n = size(batches + 1), k = size(batches + 2);

  index_t size(int i) const { return bound ? machine.size(step.dim[i]) : machine.capacity(step.dim[i]); }
  index_t number(int access, int i) const { return bound ? machine.stride(access, i) : machine.stride_capacity(access, i); }
  /// How many of the accesses are the epilogue's.
  int slots() const { return (padded >= 0 ? a - 6 : a - 2) - step.access; }
  /// The stride of axis i of an operand.
  index_t stride(int operand, int i) const { return number(operand == padded ? a - 3 : operand, i); }
  ETCH_NOINLINE Axes axes(int operand, bool columns) const {
    const int counts = machine.index(operand - 2), rows = counts >> 8, first = columns ? batches + rows : batches;
    Axes r;
    for (r.count = 0; r.count < (columns ? counts & 255 : rows); ++r.count) {
      r.size[r.count] = number(operand - 2, first + r.count);
      r.stride[r.count] = stride(operand, first + r.count);
    }
    return r;
  }
  /// Offsets of an operand's rows and columns, written to `to`; of k's outermost axis the first element's alone where that is enough.
  ETCH_NOINLINE Offsets offsets(int operand, index_t rows, std::int32_t* to, bool first = false) const {
    Axes r = axes(operand, false), s = axes(operand, true);
    if (first) (operand == a ? s : r).size[0] = 1;
    r.fill(to);
    s.fill(to + rows);
    return {to, to + rows, s.run(), r.run(), s.count == 1 ? s.stride[0] : 0};
  }
  ETCH_NOINLINE Padded<T> padding() const {
    Padded<T> r{};
    r.is_a = padded == a;
    r.at = machine.index(a - 3);
    r.box.rank = machine.index(a - 6);
    for (int d = 0; d < r.box.rank; ++d) {
      r.box.size[d] = number(a - 6, d);
      r.box.start[d] = number(a - 5, d);
      r.box.inside[d] = number(a - 4, d);
      r.box.stride[d] = number(padded, d);
    }
    const Axes rows = axes(padded, false), columns = axes(padded, true);
    const bool splits = r.is_a && r.box.size[0] > 1;
    r.parts = splits ? columns.size[0] : 1;
    r.step = splits ? columns.stride[0] : 0;
    r.sums = splits ? m * n : 0;
    r.span = 1;
    for (int i = 0; i < rows.count; ++i) r.span += (rows.size[i] - 1) * rows.stride[i];
    for (int i = splits ? 1 : 0; i < columns.count; ++i) r.span += (columns.size[i] - 1) * columns.stride[i];
    r.laid_out = (r.is_a ? m == 9 && n == 1 : m == 1 && k == 9) && r.box.is_plane(r.at, r.span, Tile<T>::lanes);
    return r;
  }
  /// Whether every item of a padded product is a depthwise convolution of one plane.
  ETCH_NOINLINE bool lays_out(const Product<T>& item) const {
    const Padded<T>& pad = *item.padded;
    if (!pad.laid_out || !WindowDot{machine, step, false}.padding().laid_out) return false;
    const index_t plane = pad.box.plane();
    for (int i = 0; i < batches; ++i)
      if (stride(padded, i) % plane != 0) return false;
    return pad.is_a ? pad.step % plane == 0 && is_depthwise_gradient(item) && has_even_lines(*item.a_at, k / pad.parts) : is_depthwise(item);
  }
  std::size_t table_bytes() const { return aligned(static_cast<std::size_t>(m + n + 2 * k) * sizeof(std::int32_t)); }

#if !defined(ETCH_CPU_EIGEN)
  ETCH_NOINLINE static index_t span_of(const Axes& x, int from = 0) {
    index_t span = 1;
    for (int i = from; i < x.count; ++i) span += (x.size[i] - 1) * x.stride[i];
    return span;
  }
  /// Whether each step of x leads on.
  ETCH_NOINLINE static bool ascends(const Axes& x) {
    for (int i = 0; i < x.count; ++i)
      if (x.stride[i] < 0) return false;
    return x.count > 0;
  }
  bool fits_lanes(index_t elements) const { return elements * Tile<T>::lanes * static_cast<index_t>(sizeof(T)) <= lane_block_bytes; }
  /// The product of one matrix with each small image's windows; `batch` 0 where it is something else.
  ETCH_NOINLINE LaneConvolution<T> convolution(const Product<T>& item, const Padded<T>* pad, index_t c_batch) const {
    LaneConvolution<T> r{};
    if (batches != 1 || machine.index(a - 2) != 257 || padded == a || stride(a, 0) != 0 || m <= 0 || n <= 0 || k <= 0) return r;
    const Axes rows = axes(b, false), columns = axes(b, true);
    const index_t images = size(0), span = span_of(rows) + span_of(columns) - 1, step = stride(b, 0);
    if (!ascends(rows) || !ascends(columns) || !fills_lanes<T>(images) || !fits_lanes(span) || !fits_lanes(m * k / Tile<T>::lanes) || columns.run() >= 8 * Tile<T>::lanes || (ETCH_VECTOR_BYTES >= 64 && m <= direct_rows && columns.run() >= Tile<T>::lanes)) return r;
    if (pad != nullptr && !pad->box.begins_with(step)) return r;
    return {.item = item, .images = {item.b, pad, step, span}, .batch = images, .c_batch = c_batch, .channels = rows.size[0], .taps = k / rows.size[0], .channel = rows.stride[0]};
  }
  /// That product where windows are five elements wide and fewer products pay; `batch` 0 where it is something else.
  ETCH_NOINLINE PointConvolution<T> point_convolution(const LaneConvolution<T>& all) const {
    PointConvolution<T> r{};
    if (all.batch == 0) return r;
    const Axes rows = axes(b, false), columns = axes(b, true);
    if (rows.count != 3 || columns.count != 2 || rows.size[2] != point_width || rows.stride[2] != 1 || columns.stride[1] != 1 || rows.stride[1] != columns.stride[0]) return r;
    const index_t channels = rows.size[0], window = rows.size[1], height = columns.size[0], width = columns.size[1];
    LaneLines<T> x{all.images, channels, height + window - 1, width + point_width - 1, rows.stride[0], rows.stride[1]};
    index_t top = 0, left = 0;
    if (all.images.pad != nullptr) {
      const Padding& box = all.images.pad->box;
      if (box.rank != 4 || all.images.pad->at != 0 || box.inside[1] != channels || box.size[1] != channels || box.size[2] != x.height || box.size[3] != x.width) return r;
      if (x.line != x.width || x.channel != x.line * x.height || box.stride[1] <= 0 || box.stride[2] <= 0 || box.start[3] >= point_width || x.width - box.start[3] - box.inside[3] >= point_width) return r;
      top = box.start[2], left = box.start[3];
      x = {{all.images.image, nullptr, box.stride[0], (channels - 1) * box.stride[1] + (box.inside[2] - 1) * box.stride[2] + box.inside[3]}, channels, box.inside[2], box.inside[3], box.stride[1], box.stride[2]};
    }
    r = {.item = all.item, .x = x, .batch = all.batch, .c_batch = all.c_batch, .window = window, .top = top, .left = left, .height = height, .width = width};
    if (!r.pays()) r.batch = 0;
    return r;
  }
  /// The product of windows and results over images and places; `batch` 0 where it is something else.
  ETCH_NOINLINE LaneGradient<T> gradient(const Product<T>& item, const Padded<T>* pad) const {
    LaneGradient<T> r{};
    if (batches != 0 || machine.index(a - 2) == 257 || padded == b || m <= 0 || n <= 0 || k <= 0) return r;
    const Axes taps = axes(a, false), places = axes(a, true), rows = axes(b, false), columns = axes(b, true);
    if (places.count < 2 || rows.count < 2 || places.size[0] != rows.size[0] || !ascends(taps) || !ascends(places) || !ascends(rows) || !ascends(columns)) return r;
    const index_t images = rows.size[0], x = span_of(taps) + span_of(places, 1) - 1, y = span_of(rows, 1) + span_of(columns) - 1;
    if (!fills_lanes<T>(images) || !fits_lanes(x + y) || !fits_lanes(m * n)) return r;
    if (pad != nullptr && !pad->box.begins_with(places.stride[0])) return r;
    return {.item = item, .windows = {item.a, pad, places.stride[0], x}, .results = {item.b, nullptr, rows.stride[0], y}, .batch = images, .places = k / images};
  }
  /// That product where windows are five elements wide and fewer products pay; `batch` 0 where it is something else.
  ETCH_NOINLINE PointGradient<T> point_gradient(const LaneGradient<T>& all) const {
    PointGradient<T> r{};
    if (all.batch == 0 || all.windows.pad != nullptr) return r;
    const Axes taps = axes(a, false), places = axes(a, true), rows = axes(b, false), columns = axes(b, true);
    if (taps.count != 3 || places.count != 3 || columns.count != 1) return r;
    const index_t window = taps.size[1], height = places.size[1], width = places.size[2];
    if (taps.size[2] != point_width || taps.stride[2] != 1 || places.stride[2] != 1 || taps.stride[1] != places.stride[1] || rows.run() % width != 0) return r;
    r = {.item = all.item, .x = {all.windows, taps.size[0], height + window - 1, width + point_width - 1, taps.stride[0], taps.stride[1]}, .y = {all.results, n, height, width, columns.stride[0], rows.count == 3 ? rows.stride[1] : width}, .batch = all.batch, .window = window};
    if (!r.pays()) r.batch = 0;
    return r;
  }
  /// That product where lines nearly fill vectors and registers hold a window's sums; `batch` 0 where it is something else.
  LineGradient<T> line_gradient(const LaneGradient<T>& all) const {
    LineGradient<T> r{};
    if (all.batch == 0 || line_windows == 0) return r;
    constexpr index_t lanes = Tile<T>::lanes;
    const Axes taps = axes(a, false), places = axes(a, true), rows = axes(b, false);
    if (places.count != 3 || taps.count < 2) return r;
    const index_t width = places.size[2], side = taps.size[taps.count - 1];
    if (places.stride[2] != 1 || places.size[1] < side || width < lanes || 5 * width < 4 * pieces(width, lanes) * lanes || rows.run() % width != 0) return r;
    if ((side != 3 && side != line_windows) || taps.size[taps.count - 2] != side || taps.stride[taps.count - 1] != 1 || taps.stride[taps.count - 2] != places.stride[1]) return r;
    return {.item = all.item, .images = all.windows, .results = all.results, .batch = all.batch, .side = side, .lines = places.size[1], .width = width};
  }
#endif

  /// `Points`: whether some window of the program may be computed at six points.
  template <bool Points>
  void run(int s, const ProductKernels<T>& kernels) const {
    if (m <= 0 || n <= 0) return;
    auto* const table = static_cast<std::int32_t*>(machine.workspace());
    char* const workspace = static_cast<char*>(machine.workspace()) + table_bytes();
    Padded<T> pad = padded >= 0 ? padding() : Padded<T>{};
    if (padded >= 0) pad.image = reinterpret_cast<const T*>(machine.pointer(padded));
#if defined(ETCH_CPU_EIGEN)
    const bool adds_lanes = false;
#else
    const WindowDot largest{machine, step, false};  // the workspace is for the largest sizes: with those lanes must fit too
    const bool adds_lanes = gradient({}, padded >= 0 ? &pad : nullptr).batch > 0 && largest.gradient({}, padded >= 0 ? &pad : nullptr).batch > 0;
#endif
    const Offsets left = offsets(a, m, table, adds_lanes), right = offsets(b, k, table + m + k, adds_lanes);
    const bool gathers_left = machine.index(a - 2) != 257;  // not one axis each
    const index_t a_row = gathers_left ? 0 : stride(a, batches), a_col = gathers_left ? 0 : stride(a, batches + 1);
    const int last = batches - 1;
    const index_t batch = batches > 0 ? machine.size(step.dim[last]) : 1, a_batch = last >= 0 ? stride(a, last) : 0, b_batch = last >= 0 ? stride(b, last) : 0;
    const index_t c_batch = fused || last < 0 ? 0 : machine.stride(c, last), c_row = fused ? 0 : machine.stride(c, batches), c_col = fused ? 1 : machine.stride(c, batches + 1);
    index_t outer = 1;
    for (int i = 0; i < last; ++i) outer *= machine.size(step.dim[i]);
    for (index_t o = 0; o < outer; ++o) {
      index_t at_a = 0, at_b = 0, at_c = 0, rest = o;
      for (int i = last - 1; i >= 0; --i) {
        const index_t size = machine.size(step.dim[i]), index = rest % size;
        rest /= size;
        at_a += index * stride(a, i);
        at_b += index * stride(b, i);
        if (!fused) at_c += index * machine.stride(c, i);
      }
      T* const to = fused ? nullptr : reinterpret_cast<T*>(machine.pointer(c)) + at_c;
      EpilogueWork work{fused ? machine.kernel(s) : nullptr, &machine.args(s), o * batch * m};
      Turned<T> turned{to, m, c_batch, c_col};
      const bool turns = !fused && c_col != 1 && n != 1;
      const Epilogue<T> epilogue = fused ? epilogue_of<T>(work, slots(), RowTerm::of(step.arg)) : turns ? Epilogue<T>{write_turned<T>, &turned} : Epilogue<T>{};
      Product<T> item{m, n, k, reinterpret_cast<const T*>(machine.pointer(a)) + at_a, a_row, a_col, reinterpret_cast<const T*>(machine.pointer(b)) + at_b, 0, 0, turns ? nullptr : to, c_row, false, epilogue, &kernels};
      item.a_at = gathers_left ? &left : nullptr;
      item.b_at = &right;
      item.padded = padded >= 0 ? &pad : nullptr;
      item.in_double = sizeof(T) < sizeof(double) && outer * batch * m * n * k <= double_products;
      item.split = !item.in_double && is_split(kernels, m, n, padded >= 0 ? k / pad.parts : k);
      pad.laid_out = padded >= 0 && lays_out(item);
      pad.in_place = pad.laid_out && pad.has_one_around(pad.is_a ? left : right);
#if defined(ETCH_CPU_EIGEN)
      reference_gathered<T>(item, left, batch, a_batch, b_batch, c_batch, reinterpret_cast<T*>(workspace));
#else
      if (adds_lanes) {
        auto all = gradient(item, item.padded);
        if (auto lines = line_gradient(all); lines.batch > 0 && largest.line_gradient(largest.gradient(item, item.padded)).batch > 0) {
          run_lanes(lines, lines.parts_of_all, workspace, lines.groups);
          return lines.combine();
        }
        if constexpr (Points) {
          if (auto fewer = point_gradient(all); fewer.batch > 0 && largest.point_gradient(largest.gradient(item, item.padded)).batch > 0) {
            run_lanes(fewer, fewer.parts_of_all, workspace, fewer.groups);
            return fewer.combine();
          }
        }
        run_lanes(all, all.parts_of_all, workspace, all.groups);
        return all.combine();
      }
      if (auto all = convolution(item, item.padded, c_batch); !turns && all.batch > 0 && largest.convolution(item, item.padded, c_batch).batch > 0) {
        if constexpr (Points) {
          if (auto fewer = point_convolution(all); fewer.batch > 0 && largest.point_convolution(largest.convolution(item, item.padded, c_batch)).batch > 0) return run_lanes(fewer, pieces(fewer.batch, fewer.lanes), workspace);
        }
        return run_lanes(all, pieces(all.batch, all.lanes), workspace);
      }
      BatchedProduct<T, multiply_padded<T>> all{item, batch, a_batch, b_batch, turns ? 0 : c_batch, workspace, thread_bytes()};
      all.cut(num_threads());
      if (is_direct(item) || is_inner(item)) all.row_parts = all.col_parts = 1;
      parallel_for(static_cast<int>(all.chunks()), [](void* context, int chunk, int thread) { static_cast<const BatchedProduct<T, multiply_padded<T>>*>(context)->run(chunk, thread); }, &all);
#endif
    }
  }
#if !defined(ETCH_CPU_EIGEN)
  /// [shared by all threads][each thread's own]; where `groups` of parts are enough for all threads, none is divided.
  template <class Lanes>
  void run_lanes(Lanes& all, index_t parts, char* workspace, index_t groups = 0) const {
    all.prepare(workspace);
    struct Work {
      const Lanes* all;
      char* workspace;
      std::size_t bytes;
      index_t parts, chunks;
    };
    const index_t chunks = num_threads() == 1 || 2 * m * n * k * all.batch <= parallel_flops ? 1 : groups >= 2 * num_threads() ? groups : least(parts, 4 * num_threads());
    Work work{&all, workspace + aligned(all.shared_bytes()), aligned(all.thread_bytes()), parts, chunks};
    parallel_for(static_cast<int>(chunks), [](void* context, int chunk, int thread) {
      const Work& w = *static_cast<const Work*>(context);
      w.all->run_parts(w.parts * chunk / w.chunks, w.parts * (chunk + 1) / w.chunks, reinterpret_cast<T*>(w.workspace + static_cast<std::size_t>(thread) * w.bytes));
    }, &work);
  }
  ETCH_NOINLINE std::size_t lane_bytes(bool shared) const {
    Product<T> item{};
    item.m = m, item.n = n, item.k = k;
    const Padded<T> pad = padded >= 0 ? padding() : Padded<T>{};
    const Padded<T>* const p = padded >= 0 ? &pad : nullptr;
    const auto larger = [](std::size_t u, std::size_t v) { return u > v ? u : v; };
    const auto bytes_of = [shared](const auto& lanes) { return lanes.batch == 0 ? 0 : aligned(shared ? lanes.shared_bytes() : lanes.thread_bytes()); };
    if (const auto c = convolution(item, p, 0); c.batch > 0) return larger(bytes_of(c), bytes_of(point_convolution(c)));
    if (const auto g = gradient(item, p); g.batch > 0) return larger(bytes_of(g), larger(bytes_of(line_gradient(g)), bytes_of(point_gradient(g))));
    return 0;
  }
#endif
  /// Bytes of each thread's own.
  std::size_t thread_bytes() const {
    const std::size_t pad = padded < 0 ? 0 : aligned(static_cast<std::size_t>(padding().elements() + 16) * sizeof(T));
#if defined(ETCH_CPU_EIGEN)
    return pad + reference_workspace_bytes<T>(m, n);
#else
    const std::size_t plain = pad + matmul_workspace_bytes<T>(m, n, k), lanes = lane_bytes(false);
    return plain > lanes ? plain : lanes;
#endif
  }
  /// Bytes that all threads share.
  std::size_t shared_bytes() const {
#if defined(ETCH_CPU_EIGEN)
    return table_bytes();
#else
    return table_bytes() + lane_bytes(true);
#endif
  }
};
template <class T, bool Points>
ETCH_NOINLINE void run_window_dot_with(Machine& machine, int s, const ProductKernels<T>& kernels) {
  WindowDot<T>{machine, machine.step(s), true}.template run<Points>(s, kernels);
}
template <class T, TileSet Tiles, PartSet Parts>
void run_window_dot(Machine& machine, int s) {
  run_window_dot_with<T, (Parts & part_points) != 0>(machine, s, product_kernels<T, Tiles, Parts & window_parts>);
}
template <class T>
std::size_t window_dot_workspace(const Machine& machine, const Step& s) {
  const WindowDot<T> w{machine, s, false};
  return w.shared_bytes() + w.thread_bytes();
}

}  // namespace detail
}  // namespace cpu
}  // namespace ETCH_ABI
}  // namespace etch
