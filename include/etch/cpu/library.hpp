// Kernels that are no fused loop: products with their epilogues, attention, lookup and its scatter.
//
// A program's table names those it uses for the dtypes it uses (`library_kernel`), so the compiler sees no others.
#pragma once

#include <etch/cpu/attention.hpp>
#include <etch/cpu/column_product.hpp>
#include <etch/cpu/ctc.hpp>
#include <etch/cpu/gather.hpp>
#include <etch/cpu/loop.hpp>
#include <etch/cpu/machine.hpp>
#include <etch/cpu/matmul.hpp>
#include <etch/cpu/order.hpp>
#include <etch/cpu/pool.hpp>
#include <etch/cpu/row_product.hpp>
#include <etch/cpu/scan.hpp>
#include <etch/cpu/small_product.hpp>
#include <etch/cpu/svd.hpp>
#include <etch/cpu/window_dot.hpp>
#include <etch/cpu/winograd_dot.hpp>
#if defined(ETCH_CPU_EIGEN)
#include <etch/cpu/eigen_matmul.hpp>
#endif

namespace etch {
inline namespace ETCH_ABI {
namespace cpu {
namespace detail {

/// [batch.., M, N, K]; accesses a, b, and c where there is no epilogue. The innermost batch axis is one call.
template <class T, class Multiply>
ETCH_INLINE void each_product(Machine& machine, int s, Multiply multiply) {
  const Step& step = machine.step(s);
  const bool fused = step.words != 0;
  const int a = step.access + step.accesses - (fused ? 2 : 3), b = a + 1, c = a + 2;
  const int batches = step.dims - 3, last = batches - 1;
  index_t sizes[max_rank + 1];  // not cleared: a small product takes little longer than that
  for (int k = 0; k < step.dims; ++k) sizes[k] = machine.size(step.dim[k]);
  const index_t m = sizes[batches], n = sizes[batches + 1], k = sizes[batches + 2];
  index_t outer = 1;
  for (int i = 0; i < last; ++i) outer *= sizes[i];
  const index_t batch = batches > 0 ? sizes[last] : 1;
  for (index_t o = 0; o < outer; ++o) {
    index_t at_a = 0, at_b = 0, at_c = 0, rest = o;
    for (int i = last - 1; i >= 0; --i) {
      const index_t index = rest % sizes[i];
      rest /= sizes[i];
      at_a += index * machine.stride(a, i);
      at_b += index * machine.stride(b, i);
      if (!fused) at_c += index * machine.stride(c, i);
    }
    EpilogueWork work{machine.kernel(s), &machine.args(s), o * batch * m};
    const bool far = batch * m * n * static_cast<index_t>(sizeof(T)) > far_bytes;
    const Epilogue<T> epilogue = fused ? epilogue_of<T>(work, far ? step.accesses - 2 : 0, {}, step.streamed) : Epilogue<T>{};
    const T* const x = reinterpret_cast<const T*>(machine.pointer(a)) + at_a;
    const T* const y = reinterpret_cast<const T*>(machine.pointer(b)) + at_b;
    T* const to = fused ? nullptr : reinterpret_cast<T*>(machine.pointer(c)) + at_c;
    const index_t x_batch = last >= 0 ? machine.stride(a, last) : 0, x_row = machine.stride(a, batches), x_col = machine.stride(a, batches + 1);
    const index_t y_batch = last >= 0 ? machine.stride(b, last) : 0, y_row = machine.stride(b, batches), y_col = machine.stride(b, batches + 1);
    const index_t to_batch = fused || last < 0 ? 0 : machine.stride(c, last), to_row = fused ? 0 : machine.stride(c, batches);
    multiply(epilogue, batch, m, n, k, x, x_batch, x_row, x_col, y, y_batch, y_row, y_col, to, to_batch, to_row);
  }
}
#if !defined(ETCH_CPU_EIGEN)
template <class T>
ETCH_NOINLINE void run_dot_with(Machine& machine, int s, const ProductKernels<T>& kernels) {
  each_product<T>(machine, s, [&](const Epilogue<T>& epilogue, auto... product) { batched_matmul<T>(product..., false, epilogue, machine.workspace(), kernels); });
}
#endif
template <class T, TileSet Tiles, PartSet Parts>
void run_dot(Machine& machine, int s) {
#if defined(ETCH_CPU_EIGEN)
  each_product<T>(machine, s, [&](const Epilogue<T>& epilogue, auto... product) { reference_matmul<T>(product..., epilogue, machine.workspace()); });
#else
  run_dot_with<T>(machine, s, product_kernels<T, Tiles, Parts & dot_parts>);
#endif
}
/// One column from an A with contiguous columns: rows scaled and added.
template <class T>
void run_column_product(Machine& machine, int s) {
  each_product<T>(machine, s, [](const Epilogue<T>&, index_t batch, index_t m, index_t, index_t k, const T* x, index_t x_batch, index_t, index_t x_col, const T* y, index_t y_batch, index_t y_row, index_t, T* to, index_t to_batch, index_t) {
    for (index_t i = 0; i < batch; ++i) column_product<T>({m, k, x + i * x_batch, x_col, y + i * y_batch, y_row, to + i * to_batch});
  });
}
template <class T>
ETCH_COLD std::size_t dot_workspace(const Machine& machine, const Step& s) {
  const int d = s.dims;
  const index_t m = machine.capacity(s.dim[d - 3]), n = machine.capacity(s.dim[d - 2]);
#if defined(ETCH_CPU_EIGEN)
  return reference_workspace_bytes<T>(m, n);
#else
  return matmul_workspace_bytes<T>(m, n, machine.capacity(s.dim[d - 1]));
#endif
}

/// [indices, rows, columns]; accesses table, index, out.
inline void run_take(Machine& machine, int s) {
  const Step& step = machine.step(s);
  const index_t count = machine.size(step.dim[0]), rows = machine.size(step.dim[1]);
  const std::size_t bytes = static_cast<std::size_t>(machine.size(step.dim[2])) * machine.element_size(step.access);
  const char* table = machine.pointer(step.access);
  const auto* index = reinterpret_cast<const std::int64_t*>(machine.pointer(step.access + 1));
  char* to = machine.pointer(step.access + 2);
  for (index_t i = 0; i < count; ++i) {
    if (ETCH_CHECKS && (index[i] < 0 || index[i] >= rows))
      fail("embedding", "an index must lie within the table",
           Message{} << "got " << static_cast<long>(index[i]) << " at position " << static_cast<long>(i) << " for " << static_cast<long>(rows) << " rows");
    if (bytes == 4) std::memcpy(to + i * 4, table + index[i] * 4, 4);  // one number, as `gather` takes them: no call
    else if (bytes == 8) std::memcpy(to + i * 8, table + index[i] * 8, 8);
    else std::memcpy(to + static_cast<std::size_t>(i) * bytes, table + static_cast<std::size_t>(index[i]) * bytes, bytes);
  }
}

[[noreturn]] ETCH_NOINLINE inline void refuse_row(const std::int64_t* index, index_t i, index_t rows) {
  fail("scatter_add", "an index must lie within the table",
       Message{} << "got " << static_cast<long>(index[i]) << " at position " << static_cast<long>(i) << " for " << static_cast<long>(rows) << " rows");
}
/// index[i], which must be one of the rows.
ETCH_INLINE index_t row_named(const std::int64_t* index, index_t i, index_t rows) {
  if (ETCH_CHECKS && __builtin_expect(static_cast<std::uint64_t>(index[i]) >= static_cast<std::uint64_t>(rows), 0)) refuse_row(index, i, rows);
  return index[i];
}

/// [indices, rows, columns]; accesses index, values, out. One value after another, so that the order never changes.
template <class T>
void run_scatter_add(Machine& machine, int s) {
  const Step& step = machine.step(s);
  const index_t count = machine.size(step.dim[0]), rows = machine.size(step.dim[1]), columns = machine.size(step.dim[2]);
  const auto* index = reinterpret_cast<const std::int64_t*>(machine.pointer(step.access));
  const T* from = reinterpret_cast<const T*>(machine.pointer(step.access + 1));
  T* to = reinterpret_cast<T*>(machine.pointer(step.access + 2));
  std::memset(static_cast<void*>(to), 0, static_cast<std::size_t>(rows * columns) * sizeof(T));
  if (columns == 1) {  // counts
    for (index_t i = 0; i < count; ++i) {
      T& y = to[row_named(index, i, rows)];
      y = static_cast<T>(y + from[i]);
    }
    return;
  }
  for (index_t i = 0; i < count; ++i) {
    T* ETCH_RESTRICT row = to + row_named(index, i, rows) * columns;
    const T* ETCH_RESTRICT add = from + i * columns;
    for (index_t c = 0; c < columns; ++c) row[c] = static_cast<T>(row[c] + add[c]);
  }
}

/// [batch, heads, queries, keys, head_dim, value_dim]; accesses q, k, v, out, lse, and dout, dq, dk, dv for the gradient.
template <class T, bool Backward>
void run_attention(Machine& machine, int s) {
  const Step& step = machine.step(s);
  const double scale = static_cast<double>(__builtin_bit_cast(float, static_cast<std::uint32_t>(step.arg)));
  index_t d[6];
  for (int i = 0; i < 6; ++i) d[i] = machine.size(step.dim[i]);
  const AttentionShape shape{d[0], d[1], d[2], d[3], d[4], d[5], scale, (step.arg >> 32 & 1) != 0};
  auto rows = [&]<class E>(E*, int i) {
    const int a = step.access + i;
    return HeadRows<E>{reinterpret_cast<E*>(machine.pointer(a)), machine.stride(a, 0), machine.stride(a, 1), machine.stride(a, 2)};
  };
  const T* in = nullptr;
  T* out = nullptr;
  T* lse = reinterpret_cast<T*>(machine.pointer(step.access + 4));
  if constexpr (Backward)
    attention_backward<T>(shape, rows(in, 0), rows(in, 1), rows(in, 2), rows(in, 3), lse, rows(in, 5), rows(out, 6), rows(out, 7), rows(out, 8), machine.workspace());
  else
    attention_forward<T>(shape, rows(in, 0), rows(in, 1), rows(in, 2), rows(out, 3), lse, machine.workspace());
}
template <class T, bool Backward>
ETCH_COLD std::size_t attention_workspace(const Machine& machine, const Step& s) {
  index_t d[6];
  for (int i = 0; i < 6; ++i) d[i] = machine.capacity(s.dim[i]);
  const AttentionShape shape{d[0], d[1], d[2], d[3], d[4], d[5], 1, false};
  if constexpr (Backward) return attention_backward_workspace_bytes<T>(shape);
  else return attention_forward_workspace_bytes<T>(shape);
}

}  // namespace detail

template <StepKind K, class T>
constexpr LibraryKernel along_kernel() {
  if constexpr (K == StepKind::cumsum) return {detail::run_scan<T, detail::RunningSum>, nullptr};
  else if constexpr (K == StepKind::cumprod) return {detail::run_scan<T, detail::RunningProduct>, nullptr};
  else if constexpr (K == StepKind::logcumsumexp) return {detail::run_scan<T, detail::RunningLogSumExp>, nullptr};
  else if constexpr (K == StepKind::cummax) return {detail::run_scan<T, detail::RunningExtremum<false>>, nullptr};
  else if constexpr (K == StepKind::cummin) return {detail::run_scan<T, detail::RunningExtremum<true>>, nullptr};
  else if constexpr (K == StepKind::recurrence) return {detail::run_scan<T, detail::Recurrence>, nullptr};
  else if constexpr (K == StepKind::delay) return {detail::run_delay<T>, nullptr};
  else if constexpr (K == StepKind::argsort) return {detail::run_argsort<T>, detail::argsort_workspace<T>};
  else return {detail::run_searchsorted<T>, nullptr};
}

/// Whether a step asks of its values that they are indices.
constexpr bool asks_for_indices(const Step& s) { return static_cast<Demand>(s.arg >> 48 & 255) == Demand::index; }
/// The ways of a product: most are tiles; a row times a small weight, a matrix times a vector, what fits the first cache and what Winograd's algorithm computes have kernels of their own.
enum class ProductWay : std::uint8_t { tiles, row, column, small, winograd };
constexpr ProductWay product_way([[maybe_unused]] const Step& s, [[maybe_unused]] const Access* access) {
#if !defined(ETCH_CPU_EIGEN)
  if (detail::is_row_product(s, access)) return ProductWay::row;
  if (detail::is_column_product(s, access)) return ProductWay::column;
  if (detail::is_small_product(s, access)) return ProductWay::small;
  if (etch::detail::is_winograd(s, access)) return ProductWay::winograd;
#endif
  return ProductWay::tiles;
}

/// The kernel of a step of this kind and dtype; a `checked` one is of indices or of other values, a product's has its way and may call these parts.
template <StepKind K, DType D, bool Indices, ProductWay Way = ProductWay::tiles, detail::TileSet Tiles = detail::all_tiles, detail::PartSet Parts = detail::all_parts>
constexpr LibraryKernel library_kernel() {
  using T = type_of<D>;
  if constexpr (Way == ProductWay::column) return {detail::run_column_product<T>, nullptr};
  else if constexpr (Way == ProductWay::winograd) return {detail::run_winograd<T, Tiles>, detail::winograd_workspace<T>};
  else if constexpr (K == StepKind::dot) return {detail::run_dot<T, Tiles, Parts & detail::dot_parts>, detail::dot_workspace<T>};
  else if constexpr (K == StepKind::window_dot) return {detail::run_window_dot<T, Tiles, Parts & detail::window_parts>, detail::window_dot_workspace<T>};
  else if constexpr (K == StepKind::take) return {detail::run_take, nullptr};
  else if constexpr (K == StepKind::scatter_add) return {detail::run_scatter_add<T>, nullptr};
  else if constexpr (K == StepKind::attention) return {detail::run_attention<T, false>, detail::attention_workspace<T, false>};
  else if constexpr (K == StepKind::attention_grad) return {detail::run_attention<T, true>, detail::attention_workspace<T, true>};
  else if constexpr (K == StepKind::checked && Indices) return {detail::run_checked, nullptr};
  else if constexpr (K == StepKind::checked) return {detail::run_demand<T>, nullptr};
  else if constexpr (K == StepKind::gather) return {detail::run_gather<sizeof(T)>, nullptr};
  else if constexpr (K == StepKind::scatter) return {detail::run_scatter<T>, nullptr};
  else if constexpr (K == StepKind::loop) return {detail::run_loop, nullptr};
  else if constexpr (is_along(K)) return along_kernel<K, T>();
  else if constexpr (K == StepKind::ctc) return {detail::run_ctc<T>, detail::ctc_workspace<T>};
  else if constexpr (K == StepKind::max_pool) return {detail::run_pool<T, false>, detail::pool_workspace<T, false>};
  else if constexpr (K == StepKind::max_pool_back) return {detail::run_pool<T, true>, detail::pool_workspace<T, true>};
  else if constexpr (K == StepKind::svd) return {detail::run_svd<T>, detail::svd_workspace};
  else return {};
}

}  // namespace cpu
}  // namespace ETCH_ABI
}  // namespace etch
