// Matrix product on one core or several: C = A B, with an epilogue applied to each finished tile while it is in L1.
//
//   for columns and a k block whose B fits L2:  for row tiles:  for column panels:  tile += A(tile, k) B(k, panel)
//
// B is packed into panels as wide as the register tile, each just before its first use; A is read where it lies.
#pragma once

#include <etch/core/config.hpp>
#include <etch/cpu/gathered.hpp>
#include <etch/cpu/parallel.hpp>
#include <etch/cpu/split_product.hpp>
#include <etch/cpu/tile_product.hpp>

#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace etch {
inline namespace ETCH_ABI {
namespace cpu {

/// Called once for each finished tile: rows [row, row + rows) x columns [col, col + cols) of the product (plus C when
/// accumulating), at tile[r * ld + c]; it writes the result where it belongs. Without one the tile goes to C.
/// Tiles are the same for any number of threads. In a batch, rows count on: row + item * m.
template <class T>
struct Epilogue {
  void (*apply)(void* context, int64 row, int64 col, int64 rows, int64 cols, T* tile, int64 ld) = nullptr;
  void* context = nullptr;
  int walked = 0;  ///< matrices like C that it reads or, last, writes: their lines arrive while a tile is computed
  T* walked_at[2] = {};
  int64 walked_row[2] = {};
  bool rectifies = false;  ///< it does nothing but add to row i terms[(first_term + i) % terms_count * terms_step], where there are any, keep
  const T* terms = nullptr;  ///< what is positive, and write that to what is walked
  int64 first_term = 0, terms_count = 1, terms_step = 0;
  T term(int64 row) const { return terms == nullptr ? T(0) : terms[(first_term + row) % terms_count * terms_step]; }
};

namespace detail {

template <class T>
inline constexpr int64 block_depth = 2048 / int64{sizeof(T)};  // of a tile of A that stays in L1
inline constexpr int64 packed_bytes = int64{1} << 20;
inline constexpr int64 gathered_bytes = int64{1} << 18;  // as few rows share them, they are read again from L2
inline constexpr int64 most_panels = 128;
inline constexpr int64 kept_bytes = 5 * (int64{1} << 20);  // of tiles that wait for their last k block
inline constexpr int64 finish_bytes = 8192;              // of tiles side by side that one call of an epilogue finishes
inline constexpr int64 a_strip = 8;                      // row tiles of an A with contiguous columns that are copied at a time
inline constexpr int64 kept_a_bytes = 32768;             // of an A that stays in L1
inline constexpr int64 strip_apart = 16;                 // from where on contiguous columns of A are copied in strips
inline constexpr int64 far_bytes = int64{1} << 18;       // of a result that L2 does not keep beside what it is made from
inline constexpr int64 point_width = 5;                  // of a window in lanes that is computed at six points
inline constexpr int64 few = 4;                          // rows or columns for which inner products beat packing
inline constexpr int64 least_halved = 1024, most_halved = int64{1} << 17;  // terms, results
inline constexpr int64 parallel_flops = int64{1} << 21;  // about 10 us of one core: below, one thread is faster

template <class T>
struct Padded;
template <class T>
struct Product;

/// Ways of a product that are no tiles: inner products, planes of a depthwise convolution; few rows, and inner products of windows, of these heights; windows five elements wide at six points.
using PartSet = std::uint32_t;
inline constexpr int direct_parts = 2, inner_parts = 8, direct_rows = 6, inner_rows = 9;
inline constexpr PartSet part_dots = 1, part_depthwise = 2, all_direct = ((1 << direct_rows) - 1) << direct_parts, all_inner = ((1 << inner_rows) - 1) << inner_parts, part_points = PartSet{1} << (inner_parts + inner_rows);
inline constexpr int unit_parts = inner_parts + inner_rows + 1;  // the matrix unit's kernels, each by itself or all of them for windows
inline constexpr PartSet all_unit = PartSet{255} << unit_parts, part_window_unit = PartSet{1} << (unit_parts + 8);
inline constexpr PartSet dot_parts = part_dots | all_unit, window_parts = part_depthwise | all_direct | all_inner | part_points | part_window_unit, all_parts = dot_parts | window_parts;

/// What a product may call: a program names what its sizes ask for, and the rest is not compiled.
template <class T>
struct ProductKernels {
  TileTable<T> tile;
  void (*dots)(const Product<T>& p, int64 row0, int64 row1, int64 panel0, int64 panel1, T* tile);  ///< null where inner products are never better
  bool (*windows)(const Product<T>& p, T* workspace);  ///< of an operand that is windows: whether it was none for tiles, and has been computed
#if ETCH_AMX
  void (*split)(const Product<T>& p, int64 row0, int64 row1, int64 panel0, int64 panel1, T* workspace);  ///< on the matrix unit, null where that is never better
  amx::Kernel unit[amx::kernels];
#endif
};
template <class T, PartSet Parts>
bool multiply_windows(const Product<T>& p, T* workspace);
template <class T>
ETCH_NOINLINE void multiply_dots(const Product<T>& p, int64 row0, int64 row1, int64 panel0, int64 panel1, T* tile);
#if ETCH_AMX
template <PartSet Parts, int... I>
constexpr void name_unit(amx::Kernel (&to)[amx::kernels], std::integer_sequence<int, I...>) {
  const auto name = []<int N>(std::integral_constant<int, N>) -> amx::Kernel {
    if constexpr ((Parts >> (unit_parts + N) & 1) != 0) return amx::product<(N & 2) != 0, (N & 1) != 0, (N & 4) != 0>;
    else return nullptr;
  };
  ((to[I] = name(std::integral_constant<int, I>{})), ...);
}
#endif
template <class T, bool Gathers>
ETCH_NOINLINE void multiply_split(const Product<T>& p, int64 row0, int64 row1, int64 panel0, int64 panel1, T* workspace);
template <class T, TileSet Tiles, PartSet Parts>
constexpr ProductKernels<T> name_kernels() {
  ProductKernels<T> r{};
  r.tile = tile_table<T, Tiles>;
  if constexpr ((Parts & part_dots) != 0) r.dots = multiply_dots<T>;
#if ETCH_AMX
  if constexpr (std::is_same_v<T, float> && (Parts & (all_unit | part_window_unit)) != 0) {
    constexpr bool windows = (Parts & part_window_unit) != 0;
    r.split = multiply_split<T, windows>;
    name_unit<windows ? all_unit : Parts>(r.unit, std::make_integer_sequence<int, amx::kernels>{});
  }
#endif
#if !defined(ETCH_CPU_EIGEN)  // whose reference computes windows
  if constexpr ((Parts & window_parts) != 0) r.windows = multiply_windows<T, Parts & window_parts>;
#endif
  return r;
}
template <class T, TileSet Tiles = all_tiles, PartSet Parts = dot_parts>
inline constexpr ProductKernels<T> product_kernels = name_kernels<T, Tiles, Parts>();

/// The image of a depthwise convolution's item.
template <class T>
struct Plane {
  int64 pitch = 0;              // between its lines, 0 where offsets say
  int64 above = 0, height = 0;  // lines of zeros above it; its own
  const T* zeros = nullptr;     // a line of them, where it is read where it lies
  const T* ahead = nullptr;     // what comes next, fetched meanwhile
};

/// Whether a product's terms are many beside its results, as of weights' gradients: they are added up in two halves, whose sums are then added. A thread may have
/// one of them: rows of A and B that it wrote itself, where parts of the results would ask each for all of an operand.
constexpr bool is_halved(int64 m, int64 n, int64 k) { return k >= least_halved && k >= 2 * m && k >= 2 * n && m * n <= most_halved; }

/// Whether a product is better computed by the processor's matrix unit, where it has one: what that saves is more than splitting A and B
/// takes; measured.
template <class T>
constexpr bool splits(int64 m, int64 n, int64 k) {
  return ETCH_AMX && std::is_same_v<T, float> && k >= 32 && m * n >= 28 * (m + n);
}

/// Whether B, of contiguous rows, is packed by the first row tile: where L2 holds it, a step's row is read soon enough; measured.
template <class T>
constexpr bool tile_packs(int64 m, int64 n, int64 k) {
  const int64 bytes = n * k * int64{sizeof(T)};
  return bytes > 32768 && bytes <= packed_bytes && m > 16 * Tile<T>::rows;
}

template <class T>
struct Product {
  int64 m, n, k;
  const T* a;
  int64 a_row, a_col;
  const T* b;
  int64 b_row, b_col;
  T* c;
  int64 c_row;
  bool accumulate;
  Epilogue<T> epilogue;
  const ProductKernels<T>* kernels = nullptr;
  int64 row_offset = 0;  // of this item in its batch
  const Offsets *a_at = nullptr, *b_at = nullptr;  // where a and b lie, of a Multiplication that gathers
  const Padded<T>* padded = nullptr;        // of an operand that is padded first
  bool in_double = false;  // of one that gathers: what is added up is double
  Plane<T> plane{};        // of a depthwise convolution
  bool split = false;      // by the processor's matrix unit
  bool halved = false;     // on the unit: its terms are added up in two halves
  bool adds = false;       // the second of them, to what is in C

  /// Half of its terms.
  constexpr Product half(bool second) const {
    const int64 first = pieces(k, 64) * 32;
    Product r = *this;
    r.halved = false, r.k = second ? k - first : first;
    if (second) r.a += first * a_col, r.b += first * b_row;
    return r;
  }

  /// Packing pays from some sixteen row tiles on where B does not fit L1 anyway, from a few on where it lies beyond L2, too; measured.
  constexpr bool packs() const {
    const int64 bytes = n * k * int64{sizeof(T)};
    return b_col != 1 || (bytes > 32768 && m > (bytes > packed_bytes ? 4 : 16) * Tile<T>::rows);
  }
  /// Rows of A a multiple of 4 KiB apart share one set of L1; columns far apart share few, and touch a page each.
  constexpr bool copies() const {
    if (n <= Tile<T>::cols) return false;
    return a_row == 1 ? a_col > strip_apart : a_col == 1 && a_row * int64{sizeof(T)} % 4096 == 0;
  }
  /// Rows of A against columns of B, both contiguous: inner products.
  constexpr bool dots() const { return (m <= few || n <= few) && a_col == 1 && b_row == 1 && (b_col != 1 || n == 1); }

  constexpr Cut row_tiles() const { return Cut(m, pieces(m, split ? 32 : Tile<T>::rows)); }
  constexpr int64 width() const { return m == 1 && !packs() && !dots() ? 4 * Tile<T>::lanes : Tile<T>::cols; }
  constexpr int64 panels() const { return pieces(n, width()); }

  void finish(int64 row, int64 col, int64 rows, int64 cols, T* tile, int64 ld) const {
    if (epilogue.apply != nullptr)
      epilogue.apply(epilogue.context, row_offset + row, col, rows, cols, tile, ld);
    else if (adds)
      add_tile(rows, cols, tile, ld, c + row * c_row + col, c_row);
    else
      copy_tile(rows, cols, tile, ld, c + row * c_row + col, c_row);
  }
};

/// What a product of these sizes may call, on the matrix unit where that may be; sizes of one product at least, `few` rows or columns for inner
/// products. `strips`: of an A that is copied so.
template <class T>
constexpr TileSet tiles_of(int64 m, int64 n, int64 k, bool strips, bool unit = true) {
  constexpr int lanes = Tile<T>::lanes;
  if (m == 1) return tile_bit(1, 1) | tile_bit(1, 2) | tile_bit(1, 3) | tile_bit(1, 4);
  if (unit && splits<T>(m, n, k)) return spare_tiles;  // where the system withholds the unit
  const Cut rows(m, pieces(m, Tile<T>::rows));
  const bool ahead = m * k * int64{sizeof(T)} > kept_a_bytes && rows.count > (strips ? a_strip : 1);
  TileSet r = 0;
  for (int edge = 0; edge < 2; ++edge) {  // panels of two vectors, and what is left of the columns
    const int64 columns = edge == 0 ? n / Tile<T>::cols * Tile<T>::cols : n % Tile<T>::cols;
    if (columns == 0) continue;
    if (!strips && tile_packs<T>(m, n, k)) r |= tiles_pack;
    const int vectors = edge == 0 ? 2 : static_cast<int>(pieces(columns, lanes));
    for (int64 i = 0; i < 2; ++i)
      if (rows.base + i > 0 && (i == 0 || rows.extra > 0))
        r |= tile_bit(static_cast<int>(rows.base + i), vectors) | (ahead && vectors == 2 && rows.base + i >= Tile<T>::rows - 1 ? tiles_fetch : 0);
  }
  return strips ? r << strip_tiles : r;
}

/// The same of the matrix unit's kernels.
template <class T>
constexpr PartSet unit_of([[maybe_unused]] int64 m, [[maybe_unused]] int64 n, [[maybe_unused]] int64 k) {
  PartSet r = 0;
#if ETCH_AMX
  if (!splits<T>(m, n, k)) return r;
  const auto has = [](bool two, int64 size) { return two ? size >= amx::wide || size % amx::wide > 16 : size % amx::wide > 0 && size % amx::wide <= 16; };
  const int64 least_k = is_halved(m, n, k) ? k / 2 - 32 : k;  // at least of a half
  for (int i = 0; i < amx::kernels; ++i)
    if (has((i & 2) != 0, m) && has((i & 1) != 0, n) && ((i & 4) != 0 ? is_near(m, n, least_k) : !is_near(m, n, k))) r |= PartSet{1} << (unit_parts + i);
#endif
  return r;
}

/// Between rows in the copy of a tile of A; between columns where those are contiguous.
template <class T>
constexpr int64 a_copy_row = block_depth<T> + 16;
template <class T>
constexpr int64 a_copy_tile = block_depth<T> * a_copy_col<T> + 16;  // from tile to tile of a strip: not in the same sets

/// to[k][width] = b[k][cols], zeros on the right.
template <class T>
ETCH_NOINLINE void pack_panel(int64 k, int64 cols, int64 width, const T* b, int64 b_row, int64 b_col, T* to) {
  constexpr int lanes = Tile<T>::lanes;
  if (b_col == 1 && cols == 2 * lanes) {
    for (; k > 0; --k, b += b_row, to += 2 * lanes) {
      const auto left = simd::load<T, lanes>(b), right = simd::load<T, lanes>(b + lanes);
      simd::store(to, left);
      simd::store(to + lanes, right);
    }
    return;
  }
  for (int64 j = cols / lanes * lanes; cols < width && j < width; j += lanes) {
    for (int64 p = 0; p < k; ++p) simd::store(to + p * width + j, simd::splat<T, lanes>(0));
  }
  if (b_row == 1) return transpose(cols, k, b, b_col, to, width);
  for (int64 p = 0; p < k; ++p, b += b_row, to += width) {
    for (int64 j = 0; j < cols; ++j) to[j] = b[j * b_col];
  }
}

/// Row tiles [i, i + count) of an A whose columns are contiguous, of `m` rows in all; a strip of
/// several tiles reads every line of A once.
template <class T>
ETCH_NOINLINE void copy_strip(const Cut& rows, int64 i, int64 count, int64 m, int64 k, const T* a, int64 a_col, T* to) {
  constexpr int wide = a_copy_col<T>;
  int64 at[a_strip], whole = 0;
  for (int64 j = 0; j < count; ++j) at[j] = rows.begin(i + j);
  while (whole < count && at[whole] + wide <= m) ++whole;
  for (; k > 0; --k, a += a_col, to += wide) {
    for (int64 j = 0; j < whole; ++j) simd::store(to + j * a_copy_tile<T>, simd::load<T, wide>(a + at[j]));
    for (int64 j = whole; j < count; ++j)
      simd::store(to + j * a_copy_tile<T>, simd::load_partial<T, wide>(a + at[j], static_cast<int>(m - at[j])));
  }
}

/// out[j * step] += x . y[j] for j < count <= 4, the inner products of vectors of k elements.
template <class T>
ETCH_SHARED void inner_products(int64 k, const T* x, const T* y, int64 y_row, int64 count, T* out, int64 step) {
  using V = typename Tile<T>::V;
  constexpr int lanes = Tile<T>::lanes;
  const T *y1 = y + least(1, count - 1) * y_row, *y2 = y + least(2, count - 1) * y_row, *y3 = y + (count - 1) * y_row;
  V v0 = simd::splat<T, lanes>(0), v1 = v0, v2 = v0, v3 = v0;
  int64 p = 0;
  for (; p + lanes <= k; p += lanes) {
    const V v = simd::load<T, lanes>(x + p);
    v0 = simd::fma(v, simd::load<T, lanes>(y + p), v0);
    v1 = simd::fma(v, simd::load<T, lanes>(y1 + p), v1);
    v2 = simd::fma(v, simd::load<T, lanes>(y2 + p), v2);
    v3 = simd::fma(v, simd::load<T, lanes>(y3 + p), v3);
  }
  T sum[4] = {simd::hsum(v0), simd::hsum(v1), simd::hsum(v2), simd::hsum(v3)};
  for (; p < k; ++p) {
    sum[0] += x[p] * y[p];
    sum[1] += x[p] * y1[p];
    sum[2] += x[p] * y2[p];
    sum[3] += x[p] * y3[p];
  }
  for (int64 j = 0; j < count; ++j) out[j * step] += sum[j];
}

/// What is at work at a time: panels of B, a k block deep; tiles side by side that an epilogue finishes in one call, so
/// that its rows are long; and row tiles of them where it waits for several k blocks.
template <class T>
struct Portion {
  static constexpr int64 row_bytes = Tile<T>::cols * int64{sizeof(T)}, tile_bytes = row_bytes * Tile<T>::rows;
  static constexpr int64 together = least(8, finish_bytes / tile_bytes);
  static constexpr int64 kept_row = together * Tile<T>::cols + 64 / int64{sizeof(T)};  // rows in different cache sets
  static constexpr int64 kept_group = kept_row * Tile<T>::rows, group_bytes = kept_group * int64{sizeof(T)};
  int64 depth, panels, tiles = 1, groups = 1;
  constexpr Portion(int64 m, int64 n, int64 k, bool waits, int64 most_bytes, int64 deepest)
      : depth(least(k, deepest)), panels(pieces(n, Tile<T>::cols)) {
    panels = least(panels, least(most_panels, most_bytes / (row_bytes * (depth > 0 ? depth : 1))));
    if (!waits) return;
    const int64 rows = pieces(m, Tile<T>::rows), room = kept_bytes / group_bytes;
    groups = least(pieces(panels, together), room > rows ? room / rows : 1);  // B is packed once where all rows of its columns may wait
    panels = least(panels, groups * together);
    tiles = least(rows, room / groups);
  }
  constexpr int64 packed() const { return panels * Tile<T>::cols * depth; }
  constexpr int64 kept() const { return groups * tiles * kept_group; }

  /// Bytes enough for every portion of a product of up to these sizes.
  static constexpr int64 bytes(int64 m, int64 n, int64 k) {
    const int64 all = pieces(n, Tile<T>::cols);
    const int64 packed = least(least(all, most_panels) * row_bytes * least(k, block_depth<T>), packed_bytes);
    const int64 most = pieces(m, Tile<T>::rows) * pieces(all, together);
    const int64 waiting = k <= block_depth<T> ? 1 : least(most, kept_bytes / group_bytes);
    return packed + (waiting + 1) * group_bytes + a_strip * 16 * a_copy_row<T> * int64{sizeof(T)};
  }
};

/// y = w x for n rows of k contiguous elements: as many rows as a vector has lanes at a time, whose sums across vectors are taken together.
template <class T>
ETCH_NOINLINE void row_product(int64 n, int64 k, const T* x, const T* w, int64 w_row, T* y) {
  constexpr int lanes = Tile<T>::lanes;
  using V = typename Tile<T>::V;
  constexpr std::make_integer_sequence<int, lanes> each{};
  const int64 whole = k / lanes * lanes;
  const int rest = static_cast<int>(k - whole);
  const V last = simd::load_partial<T, lanes>(x + whole, rest);
  int64 j = 0;
#if !defined(ETCH_CPU_EIGEN) && !defined(__CUDACC__)
  if constexpr (lanes == 8) {  // rows of half a vector: two of them in one
    const auto four = [w_row](const T* row) { return simd::join(simd::load<T, 4>(row), simd::load<T, 4>(row + 4 * w_row)); };
    const auto pairs = [](V a, V b) { return simd::detail::pair_sums<4>(a, b, std::make_integer_sequence<int, 8>{}); };
    const V both = k == 4 ? simd::join(simd::load<T, 4>(x), simd::load<T, 4>(x)) : last;
    for (; k == 4 && j + lanes <= n; j += lanes, w += lanes * w_row)
      simd::store(y + j, pairs(pairs(both * four(w), both * four(w + w_row)), pairs(both * four(w + 2 * w_row), both * four(w + 3 * w_row))));
  }
#endif
  for (; j + lanes <= n; j += lanes, w += lanes * w_row) {
    V v[lanes];
    for (V& sum : v) sum = simd::splat<T, lanes>(0);
    const auto add = [&]<int... J>(V left, auto load, std::integer_sequence<int, J...>) { ((v[J] = simd::fma(left, load(w + J * w_row), v[J])), ...); };
    for (int64 p = 0; p < whole; p += lanes) add(simd::load<T, lanes>(x + p), [p](const T* row) { return simd::load<T, lanes>(row + p); }, each);
    if (rest > 0) add(last, [whole, rest](const T* row) { return simd::load_partial<T, lanes>(row + whole, rest); }, each);
    simd::store(y + j, simd::hsums(v));
  }
  for (; j < n; j += 4, w += 4 * w_row) {
    const int64 count = least(4, n - j);
    T sum[4] = {};
    inner_products(k, x, w, w_row, count, sum, 1);
    for (int64 i = 0; i < count; ++i) y[j + i] = sum[i];
  }
}

/// As Multiplication::run, where inner products are better.
template <class T>
void multiply_dots(const Product<T>& p, int64 row0, int64 row1, int64 panel0, int64 panel1, T* tile) {
  constexpr int64 lanes = Tile<T>::lanes, width = Portion<T>::together * Tile<T>::cols, step = Portion<T>::kept_row;
  const Cut tiles = p.row_tiles();
  const int64 end = least(p.n, panel1 * Tile<T>::cols);
  for (int64 i = row0; i < row1; ++i) {
    const int64 row = tiles.begin(i), rows = tiles.size(i);
    for (int64 col = panel0 * Tile<T>::cols; col < end; col += width) {
      const int64 cols = least(width, end - col);
      const T *a = p.a + row * p.a_row, *b = p.b + col * p.b_col;
      if (p.n <= few) {
        for (int64 r = 0; r < rows; ++r)
          for (int64 j = 0; j < cols; j += lanes) simd::store(tile + r * step + j, simd::splat<T, Tile<T>::lanes>(0));
        for (int64 c = 0; c < cols; ++c)
          for (int64 r = 0; r < rows; r += 4) inner_products(p.k, b + c * p.b_col, a + r * p.a_row, p.a_row, least(4, rows - r), tile + r * step + c, step);
      } else {
        for (int64 r = 0; r < rows; ++r) row_product(cols, p.k, a + r * p.a_row, b, p.b_col, tile + r * step);
      }
      for (int64 r = 0; p.accumulate && r < rows; ++r)
        for (int64 j = 0; j < cols; ++j) tile[r * step + j] += p.c[(row + r) * p.c_row + col + j];
      p.finish(row, col, rows, cols, tile, step);
    }
  }
}

/// One product at work in one thread's workspace: [packed panels of B][tiles kept][a copy of tiles of A]. Where it gathers, B, and
/// A where it has offsets, are always copied.
template <class T, bool Gathers = false>
struct Multiplication {
  static constexpr int64 lanes = Tile<T>::lanes, together = Portion<T>::together;
  const Product<T>& p;
  T* const packed;
  const bool packs = Gathers || p.packs(), strips = p.a_at == nullptr && p.copies() && p.a_row == 1;
  const int64 depth = strips && p.epilogue.apply == nullptr ? block_depth<T> / 2 : block_depth<T>;  // B, a strip of A and what is fetched of the next fit L2
  const Cut rows = p.row_tiles(), blocks = Cut(p.k, p.k > 0 ? pieces(p.k, depth) : 1);
  const bool copies = p.copies() && !strips, applies = p.epilogue.apply != nullptr;
  const bool waits = applies && blocks.count > 1;
  const Portion<T> portion = Portion<T>(p.m, p.n, p.k, waits, Gathers ? gathered_bytes : packed_bytes, depth);
  const int64 width = p.width();
  const bool tile_packs = !Gathers && packs && !strips && p.b_col == 1 && detail::tile_packs<T>(p.m, p.n, p.k);
  T* const kept = packed + portion.packed();
  T* const a_copy = kept + portion.kept();

  /// Row tiles [row0, row1) x panels [panel0, panel1), counted in the whole product.
  void run(int64 row0, int64 row1, int64 panel0, int64 panel1) const {
    const int64 group = waits ? portion.tiles : row1 - row0;
    for (int64 first = panel0; first < panel1; first += portion.panels) {
      const int64 last = least(first + portion.panels, panel1);
      for (int64 top = row0; top < row1; top += group) {
        for (int64 block = 0; block < blocks.count; ++block) {
          const bool rowwise = !Gathers && packs && p.b_col == 1 && last - first > 2 && !(tile_packs && p.kernels->tile.packs(rows.size(top)));
          if (rowwise) pack_rows(first, last, block);
          const int64 bottom = least(top + group, row1);
          for (int64 i = top; i < bottom; ++i) {
            if (strips && (i - top) % a_strip == 0)
              copy_strip(rows, i, least(a_strip, bottom - i), p.m, blocks.size(block), p.a + blocks.begin(block) * p.a_col, p.a_col, a_copy);
            row_tile(i, i - top, first, last, block, rowwise);
          }
        }
      }
    }
  }

  /// Row tile i, number `place` of those at work.
  void row_tile(int64 i, int64 place, int64 first, int64 last, int64 block, bool packed_before) const {
    const int64 row = rows.begin(i), height = rows.size(i), k0 = blocks.begin(block);
    TileArguments<T> t{};
    t.k = blocks.size(block);
    t.accumulate = p.accumulate || block != 0;
    if (Gathers && p.a_at != nullptr) {
      copy_gathered(*p.a_at, row, height, k0, t.k, p.a, a_copy, a_copy_row<T>);
      t.a = a_copy, t.a_row = a_copy_row<T>, t.a_col = 1;
    } else {
      take_a(t, p.a + row * p.a_row + k0 * p.a_col, height, place % a_strip);
    }
    const bool last_block = block == blocks.count - 1;
    for (int64 from = first; from < last; from += together) {  // panels side by side
      const int64 to = least(from + together, last), col = from * width, cols = least(to * width, p.n) - col, whole = cols / width;
      const int64 kept_place = waits ? place * portion.groups + (from - first) / together : 0;
      T* const tile = kept + kept_place * Portion<T>::kept_group;
      fetch_a(t, i, height, k0, from == first);
      multiply_panels(t, row, height, col, whole, whole * width, from - first, block, place == 0, packed_before, tile);
      if (whole * width < cols) multiply_panels(t, row, height, col + whole * width, 1, cols - whole * width, from - first + whole, block, place == 0, false, tile + whole * width);
      if (applies && (!waits || last_block)) p.finish(row, col, height, cols, tile, Portion<T>::kept_row);
    }
  }

  /// `panels` whole ones from column `col` on, number `at` of those packed, or a last one that is not whole.
  void multiply_panels(TileArguments<T>& t, int64 row, int64 height, int64 col, int64 panels, int64 cols, int64 at, int64 block, bool first_rows, bool packed_before, T* tile) const {
    if (panels == 0) return;
    const int64 k0 = blocks.begin(block), wide = pieces(least(cols, width), lanes);
    const T* const b = p.b + (Gathers ? 0 : k0 * p.b_row + col * p.b_col);
    const bool pack = packs || cols % lanes != 0;  // edges always, so that they may be read a whole vector at a time
    const bool by_tile = tile_packs && first_rows && cols == panels * width && p.kernels->tile.packs(height), read = pack && !by_tile;
    t.b = read ? packed + (packs ? at : 0) * portion.depth * width : b;
    t.b_row = read ? wide * lanes : p.b_row;
    t.b_panel = read ? portion.depth * width : width;
    t.packed = packed + at * portion.depth * width, t.packed_panel = portion.depth * width;
    for (int64 j = 0; j < panels && read && first_rows && !packed_before; ++j) {
      T* const to = packed + (packs ? at + j : 0) * portion.depth * width;
      if constexpr (Gathers) pack_gathered(*p.b_at, k0, t.k, col + j * width, least(cols, width), p.b, to, t.b_row);
      else pack_panel(t.k, least(cols, width), t.b_row, b + j * width * p.b_col, p.b_row, p.b_col, to);
    }
    T* const c = p.c == nullptr ? nullptr : p.c + row * p.c_row + col;
    const bool staged = applies || cols % lanes != 0;
    t.c = staged ? tile : c;
    t.c_row = staged ? Portion<T>::kept_row : p.c_row;
    t.panels = panels;
    t.lines = 0;
    const bool finishes = applies && block == blocks.count - 1;
    if (!staged || (waits && !finishes)) {  // its own lines, or the next one's where sums are read
      t.line[t.lines] = t.c + (t.accumulate ? 2 : 1) * width - 1;
      t.line_row[t.lines++] = t.c_row;
    }
    for (int s = 0; finishes && s < p.epilogue.walked; ++s) {
      t.line_row[t.lines] = p.epilogue.walked_row[s];
      t.line[t.lines++] = p.epilogue.walked_at[s] + (p.row_offset + row) * p.epilogue.walked_row[s] + col + width - 1;
    }
    if (staged && t.accumulate && (!waits || block == 0)) copy_tile(height, cols, c, p.c_row, t.c, t.c_row);
    if (Gathers && p.in_double) {
      for (TileArguments<T> one = t; panels > 0; --panels, one.b += one.b_panel, one.c += width) small_tile_in_double(height, wide, one);
    } else if (by_tile) {
      p.kernels->tile.packing[height - Tile<T>::rows + 1](t);
    } else {
      p.kernels->tile.advance(height, wide, t);
    }
    if (staged && !applies) p.finish(row, col, height, cols, tile, t.c_row);
  }

  /// What the tiles beside each other fetch meanwhile: a row of A's next tile each; of a strip both lines that a column of a tile of the next one may lie in.
  void fetch_a(TileArguments<T>& t, int64 i, int64 height, int64 k0, bool first) const {
    t.next = nullptr;
    if (!first || p.m * p.k * int64{sizeof(T)} <= kept_a_bytes || (Gathers && p.a_at != nullptr)) return;  // where all of A stays in L1, too
    if (strips && i + a_strip < rows.count) {
      t.next = p.a + rows.begin(i + a_strip) + k0 * p.a_col;
      t.next_step = p.a_col, t.next_panel = 60 / int64{sizeof(T)}, t.next_panels = 2;
    } else if (!strips && p.a_col == 1 && i + 1 < rows.count) {
      t.next = p.a + (rows.begin(i) + height) * p.a_row + k0;
      t.next_step = 1, t.next_panel = p.a_row, t.next_panels = height;
    }
  }

  /// Whole panels of a row-major B, packed row after row: B is read as it lies, which the hardware fetches ahead.
  void pack_rows(int64 first, int64 last, int64 block) const {
    const int64 k0 = blocks.begin(block), k = blocks.size(block), whole = least(last, p.n / width);
    for (int64 r = 0; r < k; ++r) {
      const T* from = p.b + (k0 + r) * p.b_row + first * width;
      T* to = packed + r * width;
      for (int64 panel = first; panel < whole; ++panel, from += width, to += portion.depth * width) {
        simd::store(to, simd::load<T, Tile<T>::lanes>(from));
        simd::store(to + lanes, simd::load<T, Tile<T>::lanes>(from + lanes));
      }
    }
  }

  void take_a(TileArguments<T>& t, const T* a, int64 height, int64 place) const {
    if (copies) copy_tile(height, t.k, a, p.a_row, a_copy, a_copy_row<T>);
    t.strip = strips;
    t.a = strips ? a_copy + place * a_copy_tile<T> : copies ? a_copy : a;
    t.a_row = strips ? 1 : copies ? a_copy_row<T> : p.a_row;
    t.a_col = strips ? a_copy_col<T> : copies ? 1 : p.a_col;
  }
};

template <class T>
bool is_split([[maybe_unused]] const ProductKernels<T>& kernels, [[maybe_unused]] int64 m, [[maybe_unused]] int64 n, [[maybe_unused]] int64 k) {
#if ETCH_AMX
  return kernels.split != nullptr && splits<T>(m, n, k) && amx::granted();
#else
  return false;
#endif
}

#if ETCH_AMX
template <class T, bool Gathers>
void multiply_split(const Product<T>& p, int64 row0, int64 row1, int64 panel0, int64 panel1, T* workspace) {
  for (Product<T> part = p.halved ? p.half(false) : p;; part = p.half(true), part.adds = true) {
    SplitMultiplication<Product<T>, Gathers>{part, reinterpret_cast<char*>(workspace)}.run(row0, row1, panel0, panel1);
    if (!p.halved || part.adds) return;
  }
}
#endif

template <class T, bool Gathers = false>
ETCH_NOINLINE void multiply(Product<T> p, int64 row0, int64 row1, int64 panel0, int64 panel1, T* workspace) {
#if ETCH_AMX
  if (p.split) return p.kernels->split(p, row0, row1, panel0, panel1, workspace);
#endif
  if (p.k <= 0) p.a = p.b = workspace;  // where they may be null
  if (!Gathers && p.kernels->dots != nullptr && p.dots())
    p.kernels->dots(p, row0, row1, panel0, panel1, workspace);
  else
    Multiplication<T, Gathers>{.p = p, .packed = workspace}.run(row0, row1, panel0, panel1);
}

/// A batch of products cut into chunks: `group` items each, or one of rows x cols parts of an item.
template <class T, void (*Multiply)(Product<T>, int64, int64, int64, int64, T*) = multiply<T>>
struct BatchedProduct {
  Product<T> item;
  int64 batch, a_batch, b_batch, c_batch;
  char* workspace;
  std::size_t workspace_bytes;
  int64 group = batch, row_parts = 1, col_parts = 1;
  T* second = nullptr;  ///< where the sums of the second half of the terms go, if halves are shared out
  int64 adders = 1;

  /// Some chunks for each thread, none much shorter than it takes to wake one.
  ETCH_SHARED void cut(int64 threads) {
    const int64 flops = 2 * item.m * item.n * item.k + 1, rows = item.row_tiles().count, panels = item.panels();
    if (threads == 1 || flops <= parallel_flops / batch) return;
    group = 1 + parallel_flops / 4 / flops;
    if (group > 1 || batch >= 2 * threads) return;
    int64 parts = least(pieces((item.split ? 1 : 2) * threads, batch), 1 + 8 * flops / parallel_flops);  // each splits what it shares with others again
    if (item.halved) {
      parts = pieces(parts, 2), adders = threads;
      second = reinterpret_cast<T*>(workspace + 2 * workspace_bytes) - item.m * item.n;
    }
    row_parts = least(item.m >= item.n ? parts : 1, rows);
    col_parts = least(pieces(parts, row_parts), panels);
    row_parts = least(pieces(parts, col_parts), rows);
  }
  int64 chunks() const { return (second != nullptr ? 2 : pieces(batch, group)) * row_parts * col_parts; }

  void run(int64 chunk, int thread) const {
    T* const space = reinterpret_cast<T*>(workspace + static_cast<std::size_t>(thread) * workspace_bytes);
    const int64 parts = row_parts * col_parts, first = chunk / parts * group;
    const Cut rows(item.row_tiles().count, row_parts), cols(item.panels(), col_parts);
    const int64 i = chunk % parts / col_parts, j = chunk % col_parts;
    if (second != nullptr) {
      Product<T> p = item.half(first == 1);
      if (first == 1) p.c = second, p.c_row = p.n;
      return Multiply(p, rows.begin(i), rows.begin(i) + rows.size(i), cols.begin(j), cols.begin(j) + cols.size(j), space);
    }
    for (int64 index = first; index < least(first + group, batch); ++index) {
      Product<T> p = item;
      if (p.k > 0) p.a += index * a_batch, p.b += index * b_batch;
      if (p.c != nullptr) p.c += index * c_batch;
      p.row_offset = index * p.m;
      Multiply(p, rows.begin(i), rows.begin(i) + rows.size(i), cols.begin(j), cols.begin(j) + cols.size(j), space);
    }
  }
};

}  // namespace detail

/// Bytes of workspace, at 64-byte alignment, for one thread's part in a product of up to these sizes.
template <class T>
constexpr std::size_t matmul_workspace_bytes(int64 m, int64 n, int64 k) {
  int64 bytes = detail::Portion<T>::bytes(m, n, k);
#if ETCH_AMX
  if (detail::splits<T>(m, n, k)) {
    const int64 split = detail::SplitPortion::bytes(m, n, k) + (k >= detail::least_halved ? detail::least(m * n, detail::most_halved) * 4 + 64 : 0);
    bytes = bytes > split ? bytes : split;
  }
#endif
  return static_cast<std::size_t>((bytes + 63) / 64 * 64);
}

/// C[m, n] = A[m, k] B[k, n] (C += with `accumulate`) for any strides, counted in elements; the columns of C are
/// contiguous. With an epilogue C is only read, and only when accumulating. Runs on one thread.
/// Workspace: matmul_workspace_bytes<T>(m, n, k).
template <class T>
void matmul(int64 m, int64 n, int64 k, const T* a, int64 a_row, int64 a_col, const T* b, int64 b_row, int64 b_col, T* c,
            int64 c_row, bool accumulate, Epilogue<T> epilogue, void* workspace) {
  if (m <= 0 || n <= 0) return;
  detail::Product<T> p{m, n, k, a, a_row, a_col, b, b_row, b_col, c, c_row, accumulate, epilogue, &detail::product_kernels<T>};
  p.split = detail::is_split(*p.kernels, m, n, k);
  p.halved = p.split && !accumulate && epilogue.apply == nullptr && detail::is_halved(m, n, k);
  detail::multiply(p, 0, p.row_tiles().count, 0, p.panels(), static_cast<T*>(workspace));
}

/// C[i] = A[i] B[i] for i < batch, each item `*_batch` elements after the one before (0: shared by all), on all threads
/// where the work pays for them. How an element is computed depends on the sizes and strides of one item alone, so
/// results are bit-equal for any number of threads. Workspace: num_threads() times matmul_workspace_bytes<T>(m, n, k).
template <class T>
void batched_matmul(int64 batch, int64 m, int64 n, int64 k, const T* a, int64 a_batch, int64 a_row, int64 a_col,
                    const T* b, int64 b_batch, int64 b_row, int64 b_col, T* c, int64 c_batch, int64 c_row,
                    bool accumulate, Epilogue<T> epilogue, void* workspace, const detail::ProductKernels<T>& kernels = detail::product_kernels<T>) {
  if (batch <= 0 || m <= 0 || n <= 0) return;
  if (b_batch == 0 && a_batch == m * a_row && (c == nullptr || c_batch == m * c_row))
    m *= batch, batch = 1;  // one product
  detail::Product<T> item{m, n, k, a, a_row, a_col, b, b_row, b_col, c, c_row, accumulate, epilogue, &kernels};
  item.split = detail::is_split(kernels, m, n, k);
  item.halved = item.split && batch == 1 && !accumulate && epilogue.apply == nullptr && detail::is_halved(m, n, k);
  if (batch == 1 && 2 * m * n * k < detail::parallel_flops)  // never cut: what follows takes as long as the smallest products
    return detail::multiply(item, 0, item.row_tiles().count, 0, item.panels(), static_cast<T*>(workspace));
  detail::BatchedProduct<T> work{
      item, batch, a_batch, b_batch, c_batch, static_cast<char*>(workspace), matmul_workspace_bytes<T>(m, n, k)};
  work.cut(num_threads());
  const auto run = [](void* context, int chunk, int thread) {
    static_cast<const detail::BatchedProduct<T>*>(context)->run(chunk, thread);
  };
  parallel_for(static_cast<int>(work.chunks()), run, &work);
  if (work.second == nullptr) return;
  const auto add = [](void* context, int chunk, int) {
    const auto& w = *static_cast<const detail::BatchedProduct<T>*>(context);
    const detail::Cut rows(w.item.m, w.adders);
    detail::add_tile(rows.size(chunk), w.item.n, w.second + rows.begin(chunk) * w.item.n, w.item.n, w.item.c + rows.begin(chunk) * w.item.c_row, w.item.c_row);
  };
  parallel_for(static_cast<int>(work.adders), add, &work);
}

/// matmul on all threads where the work pays for them; workspace as for batched_matmul.
template <class T>
void matmul_parallel(int64 m, int64 n, int64 k, const T* a, int64 a_row, int64 a_col, const T* b, int64 b_row,
                     int64 b_col, T* c, int64 c_row, bool accumulate, Epilogue<T> epilogue, void* workspace) {
  batched_matmul<T>(1, m, n, k, a, 0, a_row, a_col, b, 0, b_row, b_col, c, 0, c_row, accumulate, epilogue, workspace);
}

}  // namespace cpu
}  // namespace ETCH_ABI
}  // namespace etch
