// Singular values and vectors of small matrices, by one-sided Jacobi rotations in double.
//
//   W = A;  until its columns are orthogonal: rotate each pair of them, and those of Z with them;  A = W Z^T, s = |W|, U = W / s
//
// Of a wide matrix the transpose is taken apart. Every singular value, however small, is accurate to its own last digits
// (Demmel and Veselic), and one matrix is one thread's, so that nothing depends on their number.
#pragma once

#include <etch/cpu/machine.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace cpu {
namespace detail {

/// One matrix, its longer side first: `rows` x `columns`, everything by columns.
struct Jacobi {
  index_t rows, columns;
  double *w, *z, *s;

  static std::size_t bytes(index_t m, index_t n) {
    const index_t k = m < n ? m : n;
    return aligned(static_cast<std::size_t>((m + n + 1) * k) * sizeof(double));
  }
  Jacobi(char* memory, index_t m, index_t n) : rows(m < n ? n : m), columns(m < n ? m : n), w(reinterpret_cast<double*>(memory)), z(w + rows * columns), s(z + columns * columns) {}

  static double dot(const double* a, const double* b, index_t n) {
    double r = 0;
    for (index_t i = 0; i < n; ++i) r += a[i] * b[i];
    return r;
  }
  static void rotate(double* a, double* b, index_t n, double cosine, double sine) {
    for (index_t i = 0; i < n; ++i) {
      const double x = a[i], y = b[i];
      a[i] = cosine * x - sine * y;
      b[i] = sine * x + cosine * y;
    }
  }
  /// Whether there was a pair to rotate.
  bool sweep() {
    constexpr double enough = 1e-15;
    bool rotated = false;
    for (index_t p = 0; p + 1 < columns; ++p)
      for (index_t q = p + 1; q < columns; ++q) {
        double *a = w + p * rows, *b = w + q * rows;
        const double aa = dot(a, a, rows), bb = dot(b, b, rows), ab = dot(a, b, rows);
        if (!(__builtin_fabs(ab) > enough * __builtin_sqrt(aa) * __builtin_sqrt(bb))) continue;
        const double zeta = (bb - aa) / (2 * ab), t = (zeta < 0 ? -1 : 1) / (__builtin_fabs(zeta) + __builtin_sqrt(1 + zeta * zeta));
        const double cosine = 1 / __builtin_sqrt(1 + t * t), sine = cosine * t;
        rotate(a, b, rows, cosine, sine);
        rotate(z + p * columns, z + q * columns, columns, cosine, sine);
        rotated = true;
      }
    return rotated;
  }
  static void exchange(double* a, double* b, index_t n) {
    for (index_t i = 0; i < n; ++i) {
      const double x = a[i];
      a[i] = b[i];
      b[i] = x;
    }
  }
  /// The unit vector that lies least in the span of the first k columns, made orthogonal to them: for a singular value of 0.
  void complete(index_t k) {
    double* const a = w + k * rows;
    index_t best = 0;
    double least = 2;
    for (index_t i = 0; i < rows; ++i) {
      double inside = 0;
      for (index_t j = 0; j < k; ++j) inside += w[j * rows + i] * w[j * rows + i];
      if (inside < least) {
        least = inside;
        best = i;
      }
    }
    for (index_t i = 0; i < rows; ++i) a[i] = i == best;
    for (int twice = 0; twice < 2; ++twice)
      for (index_t j = 0; j < k; ++j) {
        const double part = dot(a, w + j * rows, rows);
        for (index_t i = 0; i < rows; ++i) a[i] -= part * w[j * rows + i];
      }
    const double length = __builtin_sqrt(dot(a, a, rows));
    for (index_t i = 0; i < rows; ++i) a[i] /= length;
  }
  /// From W, scaled so that no square overflows: orthonormal columns in w and z, and s with the largest first.
  void solve(double scale) {
    for (index_t i = 0; i < columns * columns; ++i) z[i] = i % (columns + 1) == 0;
    for (int sweeps = 0; sweeps < 60 && sweep(); ++sweeps) {
    }
    for (index_t k = 0; k < columns; ++k) s[k] = __builtin_sqrt(dot(w + k * rows, w + k * rows, rows));
    for (index_t k = 0; k < columns; ++k) {
      index_t top = k;
      for (index_t j = k + 1; j < columns; ++j)
        if (s[j] > s[top]) top = j;
      exchange(s + k, s + top, 1);
      exchange(w + k * rows, w + top * rows, rows);
      exchange(z + k * columns, z + top * columns, columns);
      if (s[k] <= s[0] * 1e-15 * static_cast<double>(rows)) complete(k);
      else
        for (index_t i = 0; i < rows; ++i) w[k * rows + i] /= s[k];
    }
    for (index_t k = 0; k < columns; ++k) s[k] *= scale;
  }
};

/// [matrices, M, N]; accesses a, out: rows of U, s and rows of V.
template <class T>
void run_svd(Machine& machine, int step_number) {
  const Step& step = machine.step(step_number);
  struct Work {
    const T* a;
    T* y;
    char* room;
    std::size_t room_bytes;
    index_t m, n;
  };
  const index_t count = machine.size(step.dim[0]), m = machine.size(step.dim[1]), n = machine.size(step.dim[2]);
  Work work{reinterpret_cast<const T*>(machine.pointer(step.access)), reinterpret_cast<T*>(machine.pointer(step.access + 1)), static_cast<char*>(machine.workspace()), Jacobi::bytes(m, n), m, n};
  auto part = [](void* context, int which, int thread) {
    const Work& k = *static_cast<const Work*>(context);
    Jacobi j(k.room + static_cast<std::size_t>(thread) * k.room_bytes, k.m, k.n);
    const T* const a = k.a + which * k.m * k.n;
    T* y = k.y + which * (k.m + 1 + k.n) * j.columns;
    double scale = 0;
    for (index_t i = 0; i < k.m * k.n; ++i) {
      const double x = __builtin_fabs(static_cast<double>(a[i]));
      if (!(x <= scale)) scale = x;  // what is not a number stays
    }
    if (scale == 0) scale = 1;
    const bool tall = k.m >= k.n;
    for (index_t r = 0; r < k.m; ++r)
      for (index_t c = 0; c < k.n; ++c) j.w[tall ? c * k.m + r : r * k.n + c] = static_cast<double>(a[r * k.n + c]) / scale;
    j.solve(scale);
    const double* const u = tall ? j.w : j.z;
    const double* const v = tall ? j.z : j.w;
    for (index_t r = 0; r < k.m; ++r)
      for (index_t c = 0; c < j.columns; ++c) *y++ = static_cast<T>(u[c * k.m + r]);
    for (index_t c = 0; c < j.columns; ++c) *y++ = static_cast<T>(j.s[c]);
    for (index_t r = 0; r < k.n; ++r)
      for (index_t c = 0; c < j.columns; ++c) *y++ = static_cast<T>(v[c * k.n + r]);
  };
  parallel_for(static_cast<int>(count), part, &work);
}
inline std::size_t svd_workspace(const Machine& machine, const Step& s) { return Jacobi::bytes(machine.capacity(s.dim[1]), machine.capacity(s.dim[2])); }

}  // namespace detail
}  // namespace cpu
}  // namespace ETCH_ABI
}  // namespace etch
