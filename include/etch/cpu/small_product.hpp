// A product whose operands fit the first cache: sizes and strides are the plan's, so that nothing is cut while it runs and nothing packed but a
// transposed B.
//
//   c[M][N] = a[M][K] b[K][N]   tiles of a height and width chosen for M and N, then the epilogue over all of it
#pragma once

#include <etch/cpu/epilogue.hpp>
#include <etch/cpu/machine.hpp>
#include <etch/cpu/matmul.hpp>
#include <etch/cpu/row_product.hpp>
#include <etch/plan/winograd.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace cpu {
namespace detail {

/// Whether a product of few columns is computed a column at a time, or turned: A's columns or rows lie side by side, of the latter B's columns, too.
constexpr bool is_narrow(int a_row, int a_col, int b_row, int b_col, std::int64_t m, std::int64_t k) {
  if (!is_static(b_row) || !is_static(b_col) || number_of(b_row) < 0 || number_of(b_col) < 0) return false;
  return is_matrix(a_col, a_row, k, m) && (a_row == 1 || b_row == 1);
}
inline constexpr std::int64_t small_bytes = 32 << 10;  // of all three matrices

/// Whether a product is one; `access` are all of the plan's.
constexpr bool is_small_product(const Step& s, const Access* access) {
  if (s.kind != StepKind::dot || s.dims != 3 || (s.dtype != DType::float32 && s.dtype != DType::float64)) return false;
  const Access *b = access + right_operand(s), *a = b - 1, *c = b + 1;
  for (int i = 0; i < 3; ++i)
    if (!is_static(s.dim[i]) || s.dim[i] < 1) return false;
  for (int i = 0; i < 2; ++i)
    if (!is_static(a->stride[i]) || !is_static(b->stride[i]) || (s.words == 0 && !is_static(c->stride[i]))) return false;
  const std::int64_t m = s.dim[0], n = s.dim[1], k = s.dim[2], size = static_cast<std::int64_t>(size_of(s.dtype));
  if (m <= 1 || (m * k + k * n + m * n) * size > small_bytes || (s.words == 0 && c->stride[1] != 1)) return false;
  if (n <= few) return m > few && is_narrow(a->stride[0], a->stride[1], b->stride[0], b->stride[1], m, k);
  return number_of(a->stride[0]) >= 0 && number_of(a->stride[1]) >= 0 && is_matrix(b->stride[0], b->stride[1], k, n);
}

/// What the products of a plan may call: tiles of these shapes, and what is no tile.
struct ProductParts {
  TileSet tiles = 0;
  PartSet parts = 0;
};
/// The same of a product with windows, apart from tiles; `gathers` where its A is not one axis of rows and one of columns.
constexpr PartSet window_parts_of(bool known, bool gathers, int64 m, int64 n, int64 k) {
  if (!known) return window_parts;
  if (m < 1) return 0;
  PartSet r = (m == 1 && k % 9 == 0) || (m == 9 && n == 1) ? part_depthwise : 0;
  if (!gathers && m <= direct_rows) r |= PartSet{1} << (direct_parts + m - 1);
  if ((gathers ? m : k) % point_width == 0) r |= part_points;
  const Cut cut(m, pieces(m, inner_rows));
  if (gathers && n <= few) r |= PartSet{1} << (inner_parts + cut.size(0) - 1) | PartSet{1} << (inner_parts + cut.size(cut.count - 1) - 1);
  return r;
}
template <class T, class P>
constexpr ProductParts parts_of(const P& plan) {
  ProductParts r;
  const auto may_be_one = [](int stride) { return !is_static(stride) || number_of(stride) == 1; };
  for (int i = 0; i < P::steps; ++i) {
    const Step& s = plan.step[i];
    const bool windows = s.kind == StepKind::window_dot;
    if ((s.kind != StepKind::dot && !windows) || s.dtype != dtype_of<T> || is_row_product(s, plan.access) || is_column_product(s, plan.access) || is_small_product(s, plan.access)) continue;
    const Access *a = plan.access + s.access + s.accesses - (s.words != 0 ? 2 : 3), *b = a + 1;
    const int row = s.dims - 3;
    const int m = s.dim[row], n = s.dim[row + 1], k = s.dim[row + 2], a_row = a->stride[row], a_col = a->stride[row + 1];
    const bool known = is_static(m) && is_static(n) && is_static(k) && (row == 0 || is_static(s.dim[row - 1]));
    if (etch::detail::is_winograd(s, plan.access)) {  // tiles of outputs times places, or of channels times outputs
      const bool gradient = row == 0;
      r.tiles |= gradient ? tiles_of<T>(m / 9, n, 0, false, false) : tiles_of<T>(m, 3 * Tile<T>::lanes, 0, false, false) | tiles_fetch;
      continue;
    }
    const bool few_columns = !known || n <= few, along = may_be_one(a_col) && may_be_one(b->stride[row]), gathers = windows && a[-2].index != 257;
    if (windows) r.parts |= window_parts_of(known, gathers, m, n, k) | (known && splits<T>(m, n, k) ? part_window_unit : 0);
    else if (along && (few_columns || m <= few)) r.parts |= part_dots;
    if (!windows) r.parts |= !known ? all_unit : unit_of<T>(m, n, k) | (row > 0 ? unit_of<T>(static_cast<int64>(m) * s.dim[row - 1], n, k) : 0);
    for (const bool strips : {false, true}) {
      if (strips ? gathers || (known && n <= Tile<T>::cols) || !may_be_one(a_row) || (is_static(a_col) && number_of(a_col) <= strip_apart)
                 : !gathers && known && n > Tile<T>::cols && is_static(a_row) && number_of(a_row) == 1 && is_static(a_col) && number_of(a_col) > strip_apart) continue;
      TileSet tiles = !known ? strips ? row_tiles << strip_tiles : row_tiles : tiles_of<T>(m, n, k, strips, !windows || (s.arg & 255) != 1);  // an A that is padded may be computed in parts of k
      if (known && row > 0 && !windows) tiles |= tiles_of<T>(static_cast<int64>(m) * s.dim[row - 1], n, k, strips);  // a batch that is one product
      r.tiles |= windows || !may_be_one(b->stride[row + 1]) ? tiles & ~tiles_pack : tiles;
    }
  }
  return r;
}

/// How a matrix is cut into tiles of vectors.
struct TileShape {
  int rows, vectors;
};
/// The tile of at most `registers` sums for M rows of V vectors whose steps take least: two of its products a cycle, three of its products and loads, and eight sums
/// at least at work; of equal ones that of fewest loads.
constexpr TileShape choose_tile(int m, int v, int registers) {
  TileShape best{1, 1};
  int least_time = 1 << 30, fewest_loads = 0;
  for (int c = 1; c <= v && c <= 5; ++c) {
    const int most = (registers - c - 1) / c;
    if (most < 1) break;
    const int tiles = (m + most - 1) / most, base = m / tiles, taller = m % tiles;
    int time = 0, loads = 0;
    for (int left = v; left > 0; left -= c) {
      const int width = left < c ? left : c;
      for (const bool tall : {false, true}) {
        const int r = base + tall, count = tall ? taller : tiles - taller, products = r * width > 8 ? r * width : 8, both = r * width + r + width;
        time += count * (3 * products > 2 * both ? 3 * products : 2 * both);
        loads += count * (r + width);
      }
    }
    if (time < least_time || (time == least_time && loads < fewest_loads)) {
      least_time = time;
      fewest_loads = loads;
      best = {base + (taller > 0), c};
    }
  }
  return best;
}

template <class T, int M, int N, int K, int ARow, int ACol, int BRow, int BCol>
struct SmallProduct {
  static constexpr int lanes = Tile<T>::lanes, vectors = (N + lanes - 1) / lanes, last = N - (vectors - 1) * lanes;
  static constexpr bool turned = BCol != 1;                             // B is transposed first
  static constexpr int b_row = turned ? vectors * lanes : BRow;
  static constexpr TileShape tile = choose_tile(M, vectors, Tile<T>::rows > 8 ? 32 : 16);
  static constexpr Cut heights = Cut(M, (M + tile.rows - 1) / tile.rows);

  template <bool Whole>
  static ETCH_INLINE auto part(const T* p) {
    if constexpr (Whole) return simd::load<T, lanes>(p);
    else return simd::load_partial<T, lanes>(p, last);
  }
  /// R rows of C vectors, the last of which may be a part of one.
  template <int R, int C, bool Whole>
  static ETCH_INLINE void multiply(const T* a, const T* b, T* c, int c_row) {
    typename Tile<T>::V sum[R][C];
    ETCH_UNROLL for (int i = 0; i < R; ++i) {
      ETCH_UNROLL for (int j = 0; j < C; ++j) sum[i][j] = simd::splat<T, lanes>(0);
    }
    for (int k = 0; k < K; ++k, a += ACol, b += b_row) {
      typename Tile<T>::V row[C];
      ETCH_UNROLL for (int j = 0; j + 1 < C; ++j) row[j] = simd::load<T, lanes>(b + j * lanes);
      row[C - 1] = part<Whole>(b + (C - 1) * lanes);
      ETCH_UNROLL for (int i = 0; i < R; ++i) {
        const auto x = simd::splat<T, lanes>(a[i * ARow]);
        ETCH_UNROLL for (int j = 0; j < C; ++j) sum[i][j] = simd::fma(x, row[j], sum[i][j]);
      }
    }
    ETCH_UNROLL for (int i = 0; i < R; ++i) {
      ETCH_UNROLL for (int j = 0; j + 1 < C; ++j) simd::store(c + i * c_row + j * lanes, sum[i][j]);
      if constexpr (Whole) simd::store(c + i * c_row + (C - 1) * lanes, sum[i][C - 1]);
      else simd::store_partial(c + i * c_row + (C - 1) * lanes, sum[i][C - 1], last);
    }
  }
  template <int R, int C, bool Whole>
  static ETCH_INLINE void panels(const T* a, const T* b, T* c, int c_row, int count) {
    for (; count > 0; --count, b += C * lanes, c += C * lanes) multiply<R, C, Whole>(a, b, c, c_row);
  }
  /// R rows.
  template <int R>
  static ETCH_INLINE void rows(const T* a, const T* b, T* c, int c_row) {
    constexpr int width = tile.vectors, whole = N / (width * lanes), rest = vectors - whole * width;
    panels<R, width, true>(a, b, c, c_row, whole);
    if constexpr (rest > 0) multiply<R, rest, last == lanes>(a, b + whole * width * lanes, c + whole * width * lanes, c_row);
  }
  /// b as it lies, or transposed.
  static ETCH_INLINE void run(const T* a, const T* b, T* c, int c_row) {
    constexpr int taller = static_cast<int>(heights.extra), base = static_cast<int>(heights.base);
    if constexpr (taller > 0)
      for (int i = 0; i < taller; ++i, a += (base + 1) * ARow, c += (base + 1) * c_row) rows<base + 1>(a, b, c, c_row);
    for (int i = taller; i < static_cast<int>(heights.count); ++i, a += base * ARow, c += base * c_row) rows<base>(a, b, c, c_row);
  }
};

/// The same of at most `few` columns: c's columns as rows, in `work`.
template <class T, int M, int N, int K, int ARow, int ACol, int BRow, int BCol>
struct NarrowProduct {
  static constexpr int lanes = Tile<T>::lanes, height = (M + lanes - 1) / lanes * lanes;
  static ETCH_INLINE void run(const T* a, const T* b, T* c, int c_row, T* work) {
    if constexpr (ARow == 1) SmallProduct<T, N, M, K, BCol, BRow, ACol, 1>::run(b, a, work, height);
    else
      for (int j = 0; j < N; ++j) RowProduct<T, M, K, 1, ARow>::run(b + j * BCol, a, work + j * height);
    for (int i = 0; i < M; ++i) {
      ETCH_UNROLL for (int j = 0; j < N; ++j) c[i * c_row + j] = work[j * height + i];
    }
  }
};

/// CRow is 0 where there is an epilogue. Keeps: B is transposed when it is new.
template <class T, int M, int N, int K, int ARow, int ACol, int BRow, int BCol, int CRow, bool Keeps>
struct SmallKernel {
  using P = SmallProduct<T, M, N, K, ARow, ACol, BRow, BCol>;
  using Narrow = NarrowProduct<T, M, N, K, ARow, ACol, BRow, BCol>;
  static constexpr bool narrow = N <= few;
  static constexpr int width = P::vectors * P::lanes;
  static constexpr std::size_t turned = narrow ? static_cast<std::size_t>(Narrow::height) * N * sizeof(T) : P::turned ? static_cast<std::size_t>(K) * width * sizeof(T) : 0, kept = Keeps && !narrow ? turned : 0;
  static constexpr std::size_t tile = CRow > 0 ? 0 : static_cast<std::size_t>(M) * width * sizeof(T);
  static ETCH_INLINE void multiply(const T* x, const T* y, T* to, int row, [[maybe_unused]] T* work) {
    if constexpr (narrow) Narrow::run(x, y, to, row, work);
    else P::run(x, y, to, row);
  }
  static void run(Machine& machine, int s) {
    const int b = right_operand(machine.step(s));
    T* const work = static_cast<T*>(machine.workspace());
    const T *x = reinterpret_cast<const T*>(machine.pointer(b - 1)), *y = reinterpret_cast<const T*>(machine.pointer(b));
    if constexpr (P::turned && !narrow) {
      T* const to = Keeps ? static_cast<T*>(machine.kept(s)) : work + tile / sizeof(T);
      if (!Keeps || machine.is_new()) turn<T, N, K, BCol, width>(y, to);
      y = to;
    }
    if constexpr (CRow > 0) {
      multiply(x, y, reinterpret_cast<T*>(machine.pointer(b + 1)), CRow, work);
    } else {
      multiply(x, y, work, width, work + tile / sizeof(T));
      EpilogueWork epilogue{machine.kernel(s), &machine.args(s), 0};
      apply_epilogue<T>(&epilogue, 0, 0, M, N, work, width);
    }
  }
  static std::size_t workspace(const Machine&, const Step&) { return tile + turned - kept; }
};

}  // namespace detail
}  // namespace cpu
}  // namespace ETCH_ABI
}  // namespace etch
