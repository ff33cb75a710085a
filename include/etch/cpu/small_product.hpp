// A product whose operands fit the nearest caches, or a batch of such: sizes and strides are the plan's, so that nothing is cut while it runs and nothing packed
// but a transposed B.
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
/// Bytes of all three matrices, in the first cache; and in the second, where rows of B are vectors as they lie and do not fill the matrix unit's tiles; measured.
inline constexpr std::int64_t small_bytes = 32 << 10, near_bytes = 120 << 10;
constexpr bool is_near_product(int b_col, std::int64_t m, std::int64_t n, std::int64_t size, std::int64_t bytes) {
  return bytes > small_bytes && bytes <= near_bytes && b_col == 1 && n * size > ETCH_VECTOR_BYTES && !(ETCH_AMX && m % 16 == 0 && n % 16 == 0 && m * n >= 96 * 96);
}

/// Whether a product is one; `access` are all of the plan's.
constexpr bool is_small_product(const Step& s, const Access* access) {
  if (s.kind != StepKind::dot || s.dims > 4 || (s.dtype != DType::float32 && s.dtype != DType::float64)) return false;
  const Access *b = access + right_operand(s), *a = b - 1, *c = b + 1;
  const int row = s.dims - 3, col = row + 1;
  if (row > 0 && (!is_static(s.dim[0]) || b->stride[0] == 0)) return false;  // one B for all may be one product
  for (int i = row; i < s.dims; ++i)
    if (!is_static(s.dim[i]) || s.dim[i] < 1) return false;
  for (int i = row; i <= col; ++i)
    if (!is_static(a->stride[i]) || !is_static(b->stride[i]) || (s.words == 0 && !is_static(c->stride[i]))) return false;
  const std::int64_t m = s.dim[row], n = s.dim[col], k = s.dim[col + 1], size = static_cast<std::int64_t>(size_of(s.dtype)), bytes = (m * k + k * n + m * n) * size;
  if (m <= 1 || (bytes > small_bytes && !is_near_product(b->stride[col], m, n, size, bytes)) || (s.words == 0 && c->stride[col] != 1)) return false;
  if (n <= few) return row == 0 && m > few && is_narrow(a->stride[row], a->stride[col], b->stride[row], b->stride[col], m, k);
  return number_of(a->stride[row]) >= 0 && number_of(a->stride[col]) >= 0 && is_matrix(b->stride[row], b->stride[col], k, n);
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
  /// b as it lies, or transposed; finish(row, rows, c) has each tile's rows, and says where the next ones go.
  template <class Finish>
  static ETCH_INLINE void run(const T* a, const T* b, T* c, int c_row, Finish finish) {
    constexpr int taller = static_cast<int>(heights.extra), base = static_cast<int>(heights.base);
    int row = 0;
    if constexpr (taller > 0)
      for (; row < taller * (base + 1); a += (base + 1) * ARow, c = finish(row, base + 1, c), row += base + 1) rows<base + 1>(a, b, c, c_row);
    for (; row < M; a += base * ARow, c = finish(row, base, c), row += base) rows<base>(a, b, c, c_row);
  }
  static ETCH_INLINE void run(const T* a, const T* b, T* c, int c_row) {
    run(a, b, c, c_row, [c_row](int, int rows, T* to) { return to + rows * c_row; });
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

/// What Sizes say of a product of T. Its workspace: a result that waits for its epilogue, then B transposed, unless that is kept.
template <class T, ProductSizes Z>
struct SmallKernel {
  using P = SmallProduct<T, Z.m, Z.n, Z.k, Z.a_row, Z.a_col, Z.b_row, Z.b_col>;
  using Narrow = NarrowProduct<T, Z.m, Z.n, Z.k, Z.a_row, Z.a_col, Z.b_row, Z.b_col>;
  static constexpr bool narrow = Z.n <= few, fused = Z.c_row == 0;
  static constexpr int width = P::vectors * P::lanes;
  static constexpr std::size_t turned = narrow ? static_cast<std::size_t>(Narrow::height) * Z.n * sizeof(T) : P::turned ? static_cast<std::size_t>(Z.k) * width * sizeof(T) : 0, kept = Z.keeps && !narrow ? turned : 0;
  static constexpr bool by_tiles = fused && static_cast<std::int64_t>(Z.m * Z.k + Z.k * Z.n + Z.m * Z.n) * std::int64_t{sizeof(T)} > small_bytes;  // whose rows are finished while they are near
  static constexpr std::size_t tile = fused ? static_cast<std::size_t>(by_tiles ? P::tile.rows : Z.m) * width * sizeof(T) : 0;
  static ETCH_INLINE void multiply(const T* x, const T* y, T* to, int row, [[maybe_unused]] T* work) {
    if constexpr (narrow) Narrow::run(x, y, to, row, work);
    else P::run(x, y, to, row);
  }
  static ETCH_INLINE void run_item(Machine& machine, int s, index_t item, const T* x, const T* y, T* to, T* work) {
    if constexpr (P::turned && !narrow) {
      T* const turn_to = Z.keeps ? static_cast<T*>(machine.kept(s)) : work + tile / sizeof(T);
      if (!Z.keeps || machine.is_new()) turn<T, Z.n, Z.k, Z.b_col, width>(y, turn_to);
      y = turn_to;
    }
    if constexpr (!fused) {
      multiply(x, y, to, Z.c_row, work);
    } else {
      EpilogueWork epilogue{machine.kernel(s), &machine.args(s), item * Z.m};
      if constexpr (by_tiles) {
        P::run(x, y, work, width, [&](int row, int rows, T* c) {
          apply_epilogue<T>(&epilogue, row, 0, rows, Z.n, c, width);
          return c;
        });
      } else {
        multiply(x, y, work, width, work + tile / sizeof(T));
        apply_epilogue<T>(&epilogue, 0, 0, Z.m, Z.n, work, width);
      }
    }
  }
  static void run(Machine& machine, int s) {
    const int b = right_operand(machine.step(s));
    const T *x = reinterpret_cast<const T*>(machine.pointer(b - 1)), *y = reinterpret_cast<const T*>(machine.pointer(b));
    T* const to = fused ? nullptr : reinterpret_cast<T*>(machine.pointer(b + 1));
    if constexpr (!Z.batched) {
      run_item(machine, s, 0, x, y, to, static_cast<T*>(machine.workspace()));
    } else {
      constexpr index_t group = 1 + parallel_flops / 4 / (2 * static_cast<index_t>(Z.m) * Z.n * Z.k);
      struct Batch {
        Machine& machine;
        int s;
        index_t items, x_item, y_item, to_item;
        const T *x, *y;
        T* to;
      } batch{machine, s, machine.size(machine.step(s).dim[0]), machine.stride(b - 1, 0), machine.stride(b, 0), fused ? 0 : machine.stride(b + 1, 0), x, y, to};
      const auto some = [](void* context, int chunk, int thread) {
        const Batch& all = *static_cast<const Batch*>(context);
        T* const work = reinterpret_cast<T*>(static_cast<char*>(all.machine.workspace()) + static_cast<std::size_t>(thread) * item_bytes);
        for (index_t i = chunk * group; i < least(chunk * group + group, all.items); ++i)
          run_item(all.machine, all.s, i, all.x + i * all.x_item, all.y + i * all.y_item, fused ? nullptr : all.to + i * all.to_item, work);
      };
      parallel_for(static_cast<int>(pieces(batch.items, group)), some, &batch);
    }
  }
  static constexpr std::size_t item_bytes = (tile + turned - kept + 63) / 64 * 64;
  static std::size_t workspace(const Machine&, const Step&) { return item_bytes; }
};

}  // namespace detail
}  // namespace cpu
}  // namespace ETCH_ABI
}  // namespace etch
