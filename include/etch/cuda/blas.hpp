// A product as BLAS describes it: matrices whose columns lie one after another, some of them read transposed.
//
//   c = a b        where c's columns are dense
//   c^T = b^T a^T  where its rows are: c^T is the same memory, columns first
#pragma once

#include <etch/cuda/product_element.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace device {

/// One operand: `step` elements from a column to the next; `transposed` where rows are what is dense.
struct BlasMatrix {
  char* data = nullptr;
  index_t rows = 0, columns = 0, step = 1, batch = 0;  ///< as they lie in memory
  bool transposed = false;
};
/// d [m, n] = x [m, k] y [k, n], so many times.
struct BlasProduct {
  BlasMatrix x, y, d;
  index_t m = 0, n = 0, k = 0, batches = 1;
  bool turned = false;  ///< d is the transposed result: its rows are the result's columns
};

/// Whether the columns of a matrix lie one after another.
inline bool has_columns(const Matrix& a, index_t rows, index_t columns) { return (a.row == 1 || rows == 1) && (a.column >= rows || columns == 1); }
inline Matrix turned(const Matrix& a) { return {a.data, a.batch, a.column, a.row}; }
/// Whether BLAS can read rows x columns of it.
inline bool is_plain(const Matrix& a, index_t rows, index_t columns) { return has_columns(a, rows, columns) || has_columns(turned(a), columns, rows); }

/// A plain matrix of rows x columns.
inline BlasMatrix blas_matrix(const Matrix& a, index_t rows, index_t columns) {
  if (!has_columns(a, rows, columns)) {
    BlasMatrix r = blas_matrix(turned(a), columns, rows);
    r.transposed = true;
    return r;
  }
  return {a.data, rows, columns, a.column > rows ? a.column : rows, a.batch, false};
}
/// c [m, n] = a [m, k] b [k, n], all of them plain.
inline BlasProduct blas_product_of(const Matrix& a, const Matrix& b, const Matrix& c, index_t m, index_t n, index_t k, index_t batches) {
  if (has_columns(turned(c), n, m)) return {blas_matrix(turned(b), n, k), blas_matrix(turned(a), k, m), blas_matrix(turned(c), n, m), n, m, k, batches, true};
  return {blas_matrix(a, m, k), blas_matrix(b, k, n), blas_matrix(c, m, n), m, n, k, batches, false};
}

}  // namespace device
}  // namespace ETCH_ABI
}  // namespace etch
