// A row times the rows of a small weight, a network's answer to one input: sizes and strides are the plan's, nothing is cut or packed.
//
//   y[j] = sum_k x[k] w[j][k]   a vector of j at a time, then the epilogue over the row
#pragma once

#include <etch/cpu/machine.hpp>
#include <etch/cpu/matmul.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace cpu {
namespace detail {

inline constexpr int most_row_columns = 1024;  // of a row kept on the stack until its epilogue has run

/// The access of a product's right operand.
constexpr int right_operand(const Step& s) { return s.access + s.accesses - (s.words != 0 ? 1 : 2); }
/// What a kernel is made for where the plan knows a product's sizes and strides, those of an item where there is a batch; c_row is 0 where there is an epilogue.
struct ProductSizes {
  int m, n, k, a_row, a_col, b_row, b_col, c_row;
  bool keeps;  ///< b stays as it is: it is transposed once
  bool batched;
  constexpr bool operator==(const ProductSizes&) const = default;
};
constexpr ProductSizes sizes_of(const Step& s, const Access* access) {
  const Access *b = access + right_operand(s), *a = b - 1;
  const int row = s.dims - 3, n = s.dim[row + 1];
  const bool keeps = row == 0 && b->constant && b->stride[1] != 1 && n * static_cast<int>(size_of(s.dtype)) >= ETCH_VECTOR_BYTES;
  return {s.dim[row], n, s.dim[row + 2], number_of(a->stride[row]), number_of(a->stride[row + 1]), number_of(b->stride[row]), number_of(b->stride[row + 1]), s.words != 0 ? 0 : number_of(b[1].stride[row]), keeps, row > 0};
}
/// Whether rows or columns of k x n elements lie one after another, at places the plan knows.
constexpr bool is_matrix(int row, int col, std::int64_t k, std::int64_t n) { return (row == 1 && is_static(col) && number_of(col) >= k) || (col == 1 && is_static(row) && number_of(row) >= n); }
/// Whether a product is one; `access` are all of the plan's.
constexpr bool is_row_product(const Step& s, const Access* access) {
  if (s.kind != StepKind::dot || s.dims != 3) return false;
  for (int i = 0; i < 3; ++i)
    if (!is_static(s.dim[i])) return false;
  const Access *a = access + s.access + s.accesses - (s.words != 0 ? 2 : 3), *b = a + 1;
  const std::int64_t n = s.dim[1], k = s.dim[2];
  return s.dim[0] == 1 && n <= most_row_columns && k > 1 && n * k < parallel_flops / 2 && a->stride[1] == 1 && is_matrix(b->stride[0], b->stride[1], k, n) && (s.words != 0 || a[2].stride[1] == 1);
}

/// Whether a product is a matrix whose columns' elements lie apart times a vector.
constexpr bool is_column_product(const Step& s, const Access* access) {
  if (s.kind != StepKind::dot || s.words != 0) return false;
  const int row = s.dims - 3;  // of what is read and written, behind the batch
  const Access *a = access + s.access + s.accesses - 3, *c = a + 2;
  return s.dim[row + 1] == 1 && a->stride[row] == 1 && a->stride[row + 1] != 1 && c->stride[row] == 1;
}

/// to[k * ToRow + j] = from[j * Row + k] for j < N, k < K.
template <class T, int N, int K, int Row, int ToRow>
ETCH_INLINE void turn(const T* from, T* to) {
  [[maybe_unused]] constexpr int lanes = Tile<T>::lanes;
  int j = 0;
#if defined(ETCH_CPU_EIGEN) || defined(__CUDACC__)
  constexpr int rest = N;
#else
  constexpr int rest = sizeof(T) == 4 ? N % lanes : N;
  if constexpr (sizeof(T) == 4) {
    for (; j + lanes <= N; j += lanes) {
      for (int k = 0; k + 4 <= K; k += 4) transpose_fours<lanes>(from + j * Row + k, Row, to + k * ToRow + j, ToRow);
      for (int k = K / 4 * 4; k < K; ++k)
        for (int i = j; i < j + lanes; ++i) to[k * ToRow + i] = from[i * Row + k];
    }
  }
#endif
  if constexpr (rest > 0)
    for (; j < N; ++j)
      for (int k = 0; k < K; ++k) to[k * ToRow + j] = from[j * Row + k];
}

/// y[j] = sum_k x[k] w[k * Row + j * Col], y of whole vectors: one of the strides is 1.
template <class T, int N, int K, int Row, int Col>
struct RowProduct {
  static constexpr int lanes = Tile<T>::lanes;
  using V = typename Tile<T>::V;
  using Each = std::make_integer_sequence<int, lanes>;
  template <int C>
  static ETCH_INLINE V part(const T* p) {
    if constexpr (C >= lanes) return simd::load<T, lanes>(p);
    else return simd::load_partial<T, lanes>(p, C);
  }

  // ---- columns side by side: rows scaled and added, in sums enough for what an addition takes -----------------------------------------

  static constexpr int vectors = (N + lanes - 1) / lanes, most = 8;
  /// Vectors [First, First + Count) of y.
  template <int First, int Count>
  static ETCH_INLINE void columns(const T* x, const T* w, T* y) {
    constexpr int chains = most / Count > K ? K : most / Count;
    V sum[chains][Count];
    const auto add = [&]<int... I>(int k, std::integer_sequence<int, I...>, auto begins) {
      ((sum[I / Count % chains][I % Count] = [&] {
         const V left = simd::splat<T, lanes>(x[k + I / Count]);
         const V right = part<N - (First + I % Count) * lanes>(w + (k + I / Count) * Row + (First + I % Count) * lanes);
         return decltype(begins)::value ? left * right : simd::fma(left, right, sum[I / Count % chains][I % Count]);
       }()), ...);
    };
    constexpr std::make_integer_sequence<int, chains * Count> all{};
    add(0, all, std::true_type{});
    constexpr int steps = chains * (Count < most ? 1 : 4), rest = (K - chains) % steps;
    for (int k = chains; k + steps <= K; k += steps) add(k, std::make_integer_sequence<int, steps * Count>{}, std::false_type{});
    if constexpr (rest > 0) add(K - rest, std::make_integer_sequence<int, rest * Count>{}, std::false_type{});
    ETCH_UNROLL for (int step = 1; step < chains; step *= 2) {
      ETCH_UNROLL for (int i = 0; i + step < chains; i += 2 * step) {
        ETCH_UNROLL for (int j = 0; j < Count; ++j) sum[i][j] = sum[i][j] + sum[i + step][j];
      }
    }
    ETCH_UNROLL for (int j = 0; j < Count; ++j) simd::store(y + (First + j) * lanes, sum[0][j]);
    if constexpr (First + Count < vectors) columns<First + Count, (vectors - First - Count < most ? vectors - First - Count : most)>(x, w, y);
  }

  // ---- rows of w side by side: inner products, whose sums across vectors are taken together --------------------------------------------

  /// y[j] of as many j as Count says; the lanes behind them are of no use.
  template <int Count, int... J>
  static ETCH_INLINE void dots(const T* x, const T* w, T* y, std::integer_sequence<int, J...>) {
    constexpr int some = Count <= 1 ? 1 : Count <= 2 ? 2 : Count <= 4 ? 4 : Count <= 8 ? 8 : lanes;  // sums that repeat cost nothing
    constexpr int row[] = {(J % some < Count ? J % some : 0)...};
    const auto at = [&]<int C>(int k, std::integral_constant<int, C>, auto begins, V* v) {
      const V left = part<C>(x + k);
      ((v[J] = decltype(begins)::value ? left * part<C>(w + row[J] * Col + k) : simd::fma(left, part<C>(w + row[J] * Col + k), v[J])), ...);
    };
    V v[lanes];
    at(0, std::integral_constant<int, K>{}, std::true_type{}, v);
    constexpr int whole = K / lanes * lanes;
    ETCH_UNROLL for (int k = lanes; k < whole; k += lanes) at(k, std::integral_constant<int, lanes>{}, std::false_type{}, v);
    if constexpr (K > lanes && K % lanes != 0) at(whole, std::integral_constant<int, K % lanes>{}, std::false_type{}, v);
    simd::store(y, simd::hsums(v));
  }

#if !defined(ETCH_CPU_EIGEN) && !defined(__CUDACC__)
  // ---- short rows that lie without gaps: several of them in a vector --------------------------------------------------------------------

  static constexpr bool is_short = Col == K && K > 1 && K < lanes && lanes % K == 0;
  template <int... I>
  static ETCH_INLINE V repeated(const T* x, std::integer_sequence<int, I...>) {
    const auto v = simd::load_partial<T, lanes>(x, K).v;
    return {__builtin_shufflevector(v, v, (I % K)...)};
  }
  template <int... I>
  static ETCH_INLINE V ordered(V a, std::integer_sequence<int, I...>) {
    return {__builtin_shufflevector(a.v, a.v, (I % (lanes / K) * K + I / (lanes / K))...)};
  }
  template <int Count>
  static ETCH_INLINE void sum_within(V* v) {
    if constexpr (Count > 1) {
      const auto pairs = [&]<int... I>(std::integer_sequence<int, I...>) { ((v[I] = simd::detail::pair_sums<K>(v[2 * I], v[2 * I + 1], Each{})), ...); };
      pairs(std::make_integer_sequence<int, Count / 2>{});
      sum_within<Count / 2>(v);
    }
  }
  template <int... I>
  static ETCH_INLINE void short_dots(V repeated, const T* w, T* y, std::integer_sequence<int, I...>) {
    V v[K] = {(repeated * simd::load<T, lanes>(w + I * lanes))...};
    sum_within<K>(v);
    simd::store(y, ordered(v[0], Each{}));
  }
#else
  static constexpr bool is_short = false;
#endif

  static ETCH_INLINE void run(const T* x, const T* w, T* y) {
    if constexpr (Col == 1) {
      columns<0, (vectors < most ? vectors : most)>(x, w, y);
    } else {
      int j = 0;
#if !defined(ETCH_CPU_EIGEN) && !defined(__CUDACC__)
      if constexpr (is_short) {
        const V all = repeated(x, Each{});
        for (; j + lanes <= N; j += lanes) short_dots(all, w + j * Col, y + j, std::make_integer_sequence<int, K>{});
      }
#endif
      for (; j + lanes <= N; j += lanes) dots<lanes>(x, w + j * Col, y + j, Each{});
      if constexpr (N % lanes != 0) dots<N % lanes>(x, w + j * Col, y + j, Each{});
    }
  }
};

/// Keeps: w, whose rows lie side by side, is transposed when it is new. Epilogue: the fused loop behind it, or void.
template <class T, int N, int K, int Row, int Col, bool Keeps, class Epilogue>
struct RowKernel {
  static constexpr int lanes = Tile<T>::lanes, width = (N + lanes - 1) / lanes * lanes;
  static void run(Machine& machine, int s) {
    constexpr bool fused = !std::is_void_v<Epilogue>;
    const int b = right_operand(machine.step(s));
    const T *x = reinterpret_cast<const T*>(machine.pointer(b - 1)), *w = reinterpret_cast<const T*>(machine.pointer(b));
    alignas(64) T row[width];
    T* const to = fused || N != width ? row : reinterpret_cast<T*>(machine.pointer(b + 1));
    if constexpr (Keeps) {
      T* const kept = static_cast<T*>(machine.kept(s));
      if (__builtin_expect(machine.is_new(), 0)) turn<T, N, K, Col, width>(w, kept);
      RowProduct<T, N, K, width, 1>::run(x, kept, to);
    } else {
      RowProduct<T, N, K, Row, Col>::run(x, w, to);
    }
    if constexpr (fused) {
      Epilogue::template run_row<N>(machine.args(s), reinterpret_cast<char*>(row));
    } else if constexpr (N != width) {
      std::memcpy(machine.pointer(b + 1), row, N * sizeof(T));
    }
  }
  static constexpr std::size_t kept = Keeps ? static_cast<std::size_t>(K) * width * sizeof(T) : 0;
};

}  // namespace detail
}  // namespace cpu
}  // namespace ETCH_ABI
}  // namespace etch
