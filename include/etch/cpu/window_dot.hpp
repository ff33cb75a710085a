// The kernel of StepKind::window_dot: a product whose operands' rows and columns may be several axes of memory, and which may
// be windows of an image that is padded as it is read.
//
//   accesses: [padded sizes, start, image sizes, strides of the padded one], sizes of a, sizes of b, a, b, and c without an epilogue
#pragma once

#include <etch/cpu/epilogue.hpp>
#include <etch/cpu/window_product.hpp>
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
  const int padded = static_cast<int>(step.arg) == 0 ? -1 : static_cast<int>(step.arg) == 1 ? a : b;
  const index_t m = size(batches), n = size(batches + 1), k = size(batches + 2);

  index_t size(int i) const { return bound ? machine.size(step.dim[i]) : machine.capacity(step.dim[i]); }
  index_t number(int access, int i) const { return bound ? machine.stride(access, i) : machine.stride_capacity(access, i); }
  /// The stride of axis i of an operand.
  index_t stride(int operand, int i) const { return number(operand == padded ? a - 3 : operand, i); }
  Axes axes(int operand, bool columns) const {
    const int counts = machine.index(operand - 2), rows = counts >> 8, first = columns ? batches + rows : batches;
    Axes r;
    for (r.count = 0; r.count < (columns ? counts & 255 : rows); ++r.count) {
      r.size[r.count] = number(operand - 2, first + r.count);
      r.stride[r.count] = stride(operand, first + r.count);
    }
    return r;
  }
  /// Offsets of an operand's rows and columns, written to `to`.
  Offsets offsets(int operand, index_t rows, std::int32_t* to) const {
    const Axes r = axes(operand, false), s = axes(operand, true);
    r.fill(to);
    s.fill(to + rows);
    return {to, to + rows, s.run(), r.run(), s.count == 1 ? s.stride[0] : 0};
  }
  Padded<T> padding() const {
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
    return r;
  }
  std::size_t table_bytes() const { return aligned(static_cast<std::size_t>(m + n + 2 * k) * sizeof(std::int32_t)); }

  void run(int s) const {
    if (m <= 0 || n <= 0) return;
    auto* const table = static_cast<std::int32_t*>(machine.workspace());
    char* const workspace = static_cast<char*>(machine.workspace()) + table_bytes();
    const Offsets left = offsets(a, m, table), right = offsets(b, k, table + m + k);
    Padded<T> pad = padded >= 0 ? padding() : Padded<T>{};
    if (padded >= 0) pad.image = reinterpret_cast<const T*>(machine.pointer(padded));
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
      const Epilogue<T> epilogue = fused ? Epilogue<T>{apply_epilogue<T>, &work} : turns ? Epilogue<T>{write_turned<T>, &turned} : Epilogue<T>{};
      Product<T> item{m, n, k, reinterpret_cast<const T*>(machine.pointer(a)) + at_a, a_row, a_col, reinterpret_cast<const T*>(machine.pointer(b)) + at_b, 0, 0, turns ? nullptr : to, c_row, false, epilogue};
      item.a_at = gathers_left ? &left : nullptr;
      item.b_at = &right;
      item.padded = padded >= 0 ? &pad : nullptr;
#if defined(ETCH_CPU_EIGEN)
      reference_gathered<T>(item, left, batch, a_batch, b_batch, c_batch, reinterpret_cast<T*>(workspace));
#else
      BatchedProduct<T, multiply_padded<T>> all{item, batch, a_batch, b_batch, turns ? 0 : c_batch, workspace, thread_bytes()};
      all.cut(num_threads());
      if (is_direct(item) || is_inner(item)) all.row_parts = all.col_parts = 1;
      parallel_for(static_cast<int>(all.chunks()), [](void* context, int chunk, int thread) { static_cast<const BatchedProduct<T, multiply_padded<T>>*>(context)->run(chunk, thread); }, &all);
#endif
    }
  }
  /// Bytes of each thread's own.
  std::size_t thread_bytes() const {
    const std::size_t pad = padded < 0 ? 0 : aligned(static_cast<std::size_t>(padding().elements() + 16) * sizeof(T));
#if defined(ETCH_CPU_EIGEN)
    return pad + reference_workspace_bytes<T>(m, n);
#else
    return pad + matmul_workspace_bytes<T>(m, n, k);
#endif
  }
};
template <class T>
void run_window_dot(Machine& machine, int s) {
  WindowDot<T>{machine, machine.step(s), true}.run(s);
}
template <class T>
std::size_t window_dot_workspace(const Machine& machine, const Step& s) {
  const WindowDot<T> w{machine, s, false};
  return w.table_bytes() + w.thread_bytes();
}

}  // namespace detail
}  // namespace cpu
}  // namespace ETCH_ABI
}  // namespace etch
