// Matrix products by Eigen: the reference evaluator. C[i] = A[i] B[i], as cpu/matmul.hpp, without its speed.
#pragma once

#include <etch/cpu/window_product.hpp>

#include <Eigen/Core>

namespace etch {
inline namespace ETCH_ABI {
namespace cpu {

/// Workspace of the reference: one whole product, for its epilogue.
template <class T>
constexpr std::size_t reference_workspace_bytes(int64 m, int64 n) {
  return (static_cast<std::size_t>(m * n) * sizeof(T) + 63) / 64 * 64;
}

/// batched_matmul by Eigen, on the calling thread; sums in Eigen's order.
template <class T>
void reference_matmul(int64 batch, int64 m, int64 n, int64 k, const T* a, int64 a_batch, int64 a_row, int64 a_col, const T* b, int64 b_batch, int64 b_row, int64 b_col,
                      T* c, int64 c_batch, int64 c_row, Epilogue<T> epilogue, void* workspace) {
  using Matrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  using Steps = Eigen::Stride<Eigen::Dynamic, Eigen::Dynamic>;
  using In = Eigen::Map<const Matrix, 0, Steps>;
  using Out = Eigen::Map<Matrix, 0, Eigen::OuterStride<>>;
  for (int64 i = 0; i < batch; ++i) {
    const In x(a + i * a_batch, m, k, Steps(a_row, a_col)), y(b + i * b_batch, k, n, Steps(b_row, b_col));
    T* const to = c != nullptr ? c + i * c_batch : static_cast<T*>(workspace);
    const int64 step = c != nullptr ? c_row : n;
    Out(to, m, n, Eigen::OuterStride<>(step)).noalias() = Matrix(x) * Matrix(y);
    if (epilogue.apply != nullptr) epilogue.apply(epilogue.context, i * m, 0, m, n, to, step);
  }
}

/// multiply_padded by Eigen: operands are copied first. `left` is where A lies, gathered or not.
template <class T>
void reference_gathered(const detail::Product<T>& p, const detail::Offsets& left, int64 batch, int64 a_batch, int64 b_batch, int64 c_batch, T* workspace) {
  using Matrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  Matrix x(p.m, p.k), y(p.k, p.n);
  const auto fill = [&](Matrix& to, const T* from, const detail::Offsets& at, bool is_a) {
    const detail::Padded<T>* const pad = p.padded != nullptr && p.padded->is_a == is_a ? p.padded : nullptr;
    const int64 parts = pad != nullptr ? pad->parts : 1, columns = to.cols() / parts;
    for (int64 part = 0; part < parts; ++part) {
      const T* const image = pad == nullptr ? from : pad->box.fill(pad->image, pad->at + (from - pad->image) + part * pad->step, pad->span, workspace);
      for (int64 i = 0; i < to.rows(); ++i)
        for (int64 j = 0; j < columns; ++j) to(i, part * columns + j) = image[at.row[i] + at.column[j]];
    }
  };
  for (int64 item = 0; item < batch; ++item) {
    fill(x, p.a + item * a_batch, left, true);
    fill(y, p.b + item * b_batch, *p.b_at, false);
    T* const to = p.c != nullptr ? p.c + item * c_batch : workspace;
    const int64 step = p.c != nullptr ? p.c_row : p.n;
    Eigen::Map<Matrix, 0, Eigen::OuterStride<>>(to, p.m, p.n, Eigen::OuterStride<>(step)).noalias() = x * y;
    if (p.epilogue.apply != nullptr) p.epilogue.apply(p.epilogue.context, item * p.m, 0, p.m, p.n, to, step);
  }
}

}  // namespace cpu
}  // namespace ETCH_ABI
}  // namespace etch
