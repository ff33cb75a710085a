// A row times the rows of a small weight, a network's answer to one input: sizes and strides are the plan's, nothing is cut or packed.
//
//   y[j] = sum_k x[k] w[j][k]   a vector of j at a time, then the epilogue over the row
#pragma once

#include <etch/cpu/epilogue.hpp>
#include <etch/cpu/machine.hpp>
#include <etch/cpu/matmul.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace cpu {
namespace detail {

inline constexpr int most_row_columns = 1024;  // of a row kept on the stack until its epilogue has run

/// Whether a product is one; `access` are all of the plan's.
constexpr bool is_row_product(const Step& s, const Access* access) {
  if (s.kind != StepKind::dot || s.dims != 3) return false;
  for (int i = 0; i < 3; ++i)
    if (!is_static(s.dim[i])) return false;
  const Access *a = access + s.access + s.accesses - (s.words != 0 ? 2 : 3), *b = a + 1;
  const std::int64_t n = s.dim[1], k = s.dim[2];
  return s.dim[0] == 1 && n <= most_row_columns && k > 1 && n * k < parallel_flops / 2 && a->stride[1] == 1 && b->stride[0] == 1 && b->stride[1] >= k && (s.words != 0 || a[2].stride[1] == 1);
}

/// Whether a product is a matrix whose columns' elements lie apart times a vector.
constexpr bool is_column_product(const Step& s, const Access* access) {
  if (s.kind != StepKind::dot || s.words != 0) return false;
  const int row = s.dims - 3;  // of what is read and written, behind the batch
  const Access *a = access + s.access + s.accesses - 3, *c = a + 2;
  return s.dim[row + 1] == 1 && a->stride[row] == 1 && a->stride[row + 1] != 1 && c->stride[row] == 1;
}

/// What the products of a plan may call: tiles of these shapes, inner products.
struct ProductParts {
  unsigned tiles = 0;
  bool dots = false;
};
template <class T, class P>
constexpr ProductParts parts_of(const P& plan) {
  ProductParts r;
  const auto may_be_one = [](int stride) { return !is_static(stride) || number_of(stride) == 1; };
  for (int i = 0; i < P::steps; ++i) {
    const Step& s = plan.step[i];
    if (s.kind != StepKind::dot || s.dtype != dtype_of<T> || is_row_product(s, plan.access) || is_column_product(s, plan.access)) continue;
    const Access *a = plan.access + s.access + s.accesses - (s.words != 0 ? 2 : 3), *b = a + 1;
    const int row = s.dims - 3;
    int m = s.dim[row], n = s.dim[row + 1];
    if (!is_static(m) || !is_static(n) || (row > 0 && !is_static(s.dim[row - 1]))) return {all_tiles, true};
    const bool few_columns = n <= few, along = may_be_one(a->stride[row + 1]) && may_be_one(b->stride[row]);
    r.dots = r.dots || (along && (few_columns || m <= few));
    r.tiles |= tiles_of<T>(m, n);
    if (row > 0) r.tiles |= tiles_of<T>(static_cast<int64>(m) * s.dim[row - 1], n);  // a batch that is one product
  }
  return r;
}

template <class T>
void run_row_product(Machine& machine, int s) {
  const Step& step = machine.step(s);
  const bool fused = step.words != 0;
  const int a = step.access + step.accesses - (fused ? 2 : 3);
  const int n = step.dim[1];
  alignas(64) T row[most_row_columns];
  T* const to = fused ? row : reinterpret_cast<T*>(machine.pointer(a + 2));
  row_product(n, step.dim[2], reinterpret_cast<const T*>(machine.pointer(a)), reinterpret_cast<const T*>(machine.pointer(a + 1)), machine.stride(a + 1, 1), to);
  if (!fused) return;
  EpilogueWork work{machine.kernel(s), &machine.args(s), 0};
  apply_epilogue<T>(&work, 0, 0, 1, n, row, most_row_columns);
}

}  // namespace detail
}  // namespace cpu
}  // namespace ETCH_ABI
}  // namespace etch
