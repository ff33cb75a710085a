// The register tile of every matrix product: c[R][C vectors] (+)= a[R][k] b[k][C vectors], sums held in registers.
#pragma once

#include <etch/core/config.hpp>
#include <etch/core/vec.hpp>

#include <cstdint>
#include <utility>

namespace etch {
inline namespace ETCH_ABI {
namespace cpu {

using int64 = std::int64_t;

namespace detail {

constexpr int64 least(int64 a, int64 b) { return a < b ? a : b; }

/// How large a tile the registers hold: its sums, one row of B and one element of A.
template <class T>
struct Tile {
  static constexpr int lanes = ETCH_VECTOR_BYTES / static_cast<int>(sizeof(T));
  static constexpr int cols = 2 * lanes;
#if ETCH_VECTOR_BYTES == 64 || defined(__aarch64__)
  static constexpr int rows = 14;  // of 32 registers
#elif ETCH_VECTOR_BYTES == 32
  static constexpr int rows = 6;  // of 16
#else
  static constexpr int rows = 4;
#endif
  using V = simd::Vec<T, lanes>;
};

/// Element i of a column of A, or of the `step`-th after it where rows are contiguous, from two pointers and three strides. x86 adds an
/// index times 1, 2, 4 or 8 for nothing, so fourteen rows need no pointers of their own.
template <class T>
struct Column {
  const char *first, *seventh;
  std::int64_t one, three, five;

  /// Whether `step` counts columns that lie so far apart.
  ETCH_INLINE static bool counts(int64 apart) { return apart == 1; }
  ETCH_INLINE Column(const T* a, int64 stride)
      : first(reinterpret_cast<const char*>(a)),
        seventh(first + 7 * stride * int64{sizeof(T)}),
        one(stride * int64{sizeof(T)}),
        three(3 * one),
        five(5 * one) {}
  ETCH_INLINE T at(int i, int64 step) const {
    const char* at = i == 0    ? first
                     : i == 1  ? first + one
                     : i == 2  ? first + one * 2
                     : i == 3  ? first + three
                     : i == 4  ? first + one * 4
                     : i == 5  ? first + five
                     : i == 6  ? first + three * 2
                     : i == 7  ? seventh
                     : i == 8  ? first + one * 8
                     : i == 9  ? seventh + one * 2
                     : i == 10 ? first + five * 2
                     : i == 11 ? seventh + one * 4
                     : i == 12 ? first + three * 4
                               : seventh + three * 2;
    return reinterpret_cast<const T*>(at)[step];
  }
  ETCH_INLINE void advance(int64 elements) {
    first += elements * int64{sizeof(T)};
    seventh += elements * int64{sizeof(T)};
  }
};

/// The same of a copy whose columns are contiguous, a_copy_col elements each.
template <class T>
constexpr int a_copy_col = Tile<T>::rows > 8 ? 16 : Tile<T>::rows > 4 ? 8 : 4;
template <class T>
struct CopiedColumn {
  const T* a;
  ETCH_INLINE static bool counts(int64) { return true; }
  ETCH_INLINE CopiedColumn(const T* from, int64) : a(from) {}
  ETCH_INLINE T at(int i, int64 step) const { return a[step * a_copy_col<T> + i]; }
  ETCH_INLINE void advance(int64 elements) { a += elements; }
};

template <class T>
struct TileArguments {
  int64 k;
  const T* a;
  int64 a_row, a_col;
  const T* b;
  int64 b_row;
  T* c;
  int64 c_row;
  bool accumulate;
  int64 panels = 1, b_panel = 0;  // so many tiles side by side, and the elements from one's B to the next one's
  int lines = 0;                  // of each row that arrive while a tile is computed: of c where it is not in L1, or of what an epilogue writes
  T* line[2] = {};
  int64 line_row[2] = {};
  const T* next = nullptr;        // a line a step is fetched into L2 from here meanwhile, and from so
  int64 next_step = 0, next_panel = 0, next_panels = 1;  // much further on for each tile, up to so many
  T* packed = nullptr;            // where rows of B are copied to meanwhile, side by side, and from one tile's
  int64 packed_panel = 0;         // to the next one's
  bool strip = false;             // a is a copy whose columns are contiguous
};

inline constexpr bool tile_steps = ETCH_VECTOR_BYTES > 16;  // four of k at a time; of vectors of 16 bytes one is as fast

/// Where rows of B begin, step by step. With AVX2 the rows of four steps are addressed from one pointer, which moves once for all of them.
template <class T>
struct RowsOfB {
#if ETCH_VECTOR_BYTES == 32
  const char* first;
  std::int64_t one, three;
  ETCH_INLINE RowsOfB(const T* b, int64 row) : first(reinterpret_cast<const char*>(b)), one(row * int64{sizeof(T)}), three(3 * one) { asm("" : "+r"(three)); }
  ETCH_INLINE const T* take(int step) { return reinterpret_cast<const T*>(step == 0 ? first : step == 1 ? first + one : step == 2 ? first + one * 2 : first + three); }
  ETCH_INLINE void advance(int64 steps) { first += steps * one; }
#else
  const T* next;
  int64 row;
  ETCH_INLINE RowsOfB(const T* b, int64 b_row) : next(b), row(b_row) {}
  ETCH_INLINE const T* take(int) {
    const T* const b = next;
    next += row;
    return b;
  }
  ETCH_INLINE void advance(int64) {}
#endif
};

/// What a tile does beside its product: it fetches what comes next, or packs the rows of B that it reads.
enum class Beside { nothing, fetch, pack };

/// sum += columns of A times rows of B. Templates alone, no loop and no lambda, so that sums stay in registers.
template <Beside What, class T, int L, int R, int C, class A>
ETCH_INLINE void add_step(simd::Vec<T, L> (&sum)[R][C], const A& column, int64 step, const T* b, const T*& next, int64 next_step, [[maybe_unused]] T*& packed) {
  simd::Vec<T, L> row[C];
  ETCH_UNROLL for (int j = 0; j < C; ++j) row[j] = simd::load<T, L>(b + j * L);
  ETCH_UNROLL for (int i = 0; i < R; ++i) {
    const auto x = simd::splat<T, L>(column.at(i, step));
    ETCH_UNROLL for (int j = 0; j < C; ++j) sum[i][j] = simd::fma(x, row[j], sum[i][j]);
  }
  if constexpr (What == Beside::fetch) {
    ETCH_PREFETCH(next);
    next += next_step;
  }
  if constexpr (What == Beside::pack) {
    ETCH_UNROLL for (int j = 0; j < C; ++j) simd::store(packed + j * L, row[j]);
    packed += C * L;
  }
}

/// c = (accumulate ? c : 0) + a b, each element in order of k, for one tile after another: what lies between two of them costs
/// as much as some steps of k.
template <class T, int R, int C, Beside What = Beside::nothing, class A = Column<T>>
ETCH_NOINLINE void tile_product(TileArguments<T>& t) {
  using V = typename Tile<T>::V;
  constexpr int lanes = Tile<T>::lanes;
  for (;; t.b += t.b_panel, t.c += C * lanes, t.next += What == Beside::fetch ? t.next_panel : 0) {  // in memory: all registers are the steps'
    V sum[R][C];
    if (t.accumulate) {
      ETCH_UNROLL for (int i = 0; i < R; ++i) {
        ETCH_UNROLL for (int j = 0; j < C; ++j) sum[i][j] = simd::load<T, lanes>(t.c + i * t.c_row + j * lanes);
      }
    } else {
      ETCH_UNROLL for (int i = 0; i < R; ++i) {
        ETCH_UNROLL for (int j = 0; j < C; ++j) sum[i][j] = simd::splat<T, lanes>(0);
      }
    }
    for (int s = 0; s < t.lines; t.line[s++] += C * lanes) {
      ETCH_UNROLL for (int i = 0; i < R; ++i) {
        ETCH_UNROLL for (int j = 0; j < C * lanes; j += 64 / static_cast<int>(sizeof(T))) ETCH_PREFETCH_WRITE(t.line[s] + i * t.line_row[s] - j);
      }
    }
    const T* next = t.next;
    RowsOfB<T> b(t.b, t.b_row);
    T* packed = t.packed;
    const int64 a_col = t.a_col, next_step = t.next_step;
    int64 k = t.k;
    A column(t.a, t.a_row);
    if (tile_steps && What != Beside::pack && A::counts(a_col)) {
      for (; k >= 4; k -= 4, column.advance(4 * a_col), b.advance(4)) {
        add_step<What>(sum, column, 0, b.take(0), next, next_step, packed), add_step<What>(sum, column, 1, b.take(1), next, next_step, packed);
        add_step<What>(sum, column, 2, b.take(2), next, next_step, packed), add_step<What>(sum, column, 3, b.take(3), next, next_step, packed);
      }
    }
    for (; k > 0; --k, column.advance(a_col), b.advance(1)) add_step<What>(sum, column, 0, b.take(0), next, next_step, packed);
    T* const c = t.c;
    const int64 c_row = t.c_row;
    ETCH_UNROLL for (int i = 0; i < R; ++i) {
      ETCH_UNROLL for (int j = 0; j < C; ++j) simd::store(c + i * c_row + j * lanes, sum[i][j]);
    }
    if constexpr (What == Beside::pack) t.packed += t.packed_panel;
    if (--t.panels <= 0) return;
  }
}

/// Tiles as bits: heights and widths in vectors, the wider rows of a height of one, and that something is fetched or packed meanwhile; shifted, those of copied strips of A.
using TileSet = std::uint64_t;
constexpr TileSet tile_bit(int height, int vectors) { return TileSet{1} << (height == 1 && vectors > 2 ? 25 + vectors : 2 * height - 3 + vectors); }
inline constexpr TileSet tiles_fetch = TileSet{1} << 30, tiles_pack = TileSet{1} << 31, all_tiles = ~TileSet{0}, row_tiles = (TileSet{1} << 32) - 1;
inline constexpr int strip_tiles = 32;
/// By these every height is computed, at half the speed.
inline constexpr TileSet spare_tiles = tile_bit(1, 1) | tile_bit(1, 2) | tile_bit(4, 1) | tile_bit(4, 2);

/// tile_product for heights in [1, Tile::rows] and one or two vectors, four for a height of one: those a program may need.
template <class T>
struct TileTable {
  using Function = void (*)(TileArguments<T>&);
  static constexpr int rows = Tile<T>::rows;
  Function at[2][rows][2];  // of any A, of a strip
  Function row[4];
  Function fetching[2][2];
  Function packing[2];

  template <TileSet Tiles, int R, int C, Beside What = Beside::nothing, class A = Column<T>>
  static constexpr Function tile() {
    constexpr TileSet asked = tile_bit(R, C) | (What == Beside::fetch ? tiles_fetch : What == Beside::pack ? tiles_pack : 0);
    if constexpr ((Tiles & asked) == asked) return tile_product<T, R, C, What, A>;
    else return nullptr;
  }
  template <TileSet Tiles, int... R>
  static constexpr TileTable of(std::integer_sequence<int, R...>) {
    using S = CopiedColumn<T>;
    constexpr TileSet strips = Tiles >> strip_tiles;
    return {{{{tile<Tiles, R + 1, 1>(), tile<Tiles, R + 1, 2>()}...}, {{tile<strips, R + 1, 1, Beside::nothing, S>(), tile<strips, R + 1, 2, Beside::nothing, S>()}...}},
            {tile<Tiles, 1, 1>(), tile<Tiles, 1, 2>(), tile<Tiles, 1, 3>(), tile<Tiles, 1, 4>()},
            {{tile<Tiles, rows - 1, 2, Beside::fetch>(), tile<Tiles, rows, 2, Beside::fetch>()}, {tile<strips, rows - 1, 2, Beside::fetch, S>(), tile<strips, rows, 2, Beside::fetch, S>()}},
            {tile<Tiles, rows - 1, 2, Beside::pack>(), tile<Tiles, rows, 2, Beside::pack>()}};
  }
  ETCH_INLINE void operator()(int64 height, int64 vectors, const TileArguments<T>& t) const {
    TileArguments<T> copy = t;
    advance(height, vectors, copy);
  }
  /// The same without a copy, whose wide loads would wait for what has just been stored; b, c, lines and `next` may move on.
  ETCH_INLINE void advance(int64 height, int64 vectors, TileArguments<T>& t) const {
    if (height == 1) return row[vectors - 1](t);
    const bool strip = t.strip;
    const Function tile = at[strip][height - 1][vectors - 1];
    if (tile == nullptr) return by_spare(height, vectors, t);
    if (t.next != nullptr && height >= rows - 1 && vectors == 2) {
      const int64 all = t.panels;
      t.panels = least(all, t.next_panels);
      const int64 rest = all - t.panels;
      fetching[strip][height - rows + 1](t);
      t.next = nullptr;
      if (rest == 0) return;
      t.b += t.b_panel, t.c += Tile<T>::cols, t.panels = rest;
    }
    tile(t);
  }
  /// Whether a first tile of this height, whose A lies where it lies, packs whole panels of B.
  bool packs(int64 height) const { return height >= rows - 1 && packing[height - rows + 1] != nullptr; }
  ETCH_COLD void by_spare(int64 height, int64 vectors, const TileArguments<T>& t) const {
    for (int64 i = 0; i < height;) {
      TileArguments<T> part = t;
      part.a += i * t.a_row, part.c += i * t.c_row, part.lines = 0;
      const int64 some = height - i >= 4 ? 4 : 1;
      at[0][some - 1][vectors - 1](part);
      i += some;
    }
  }
};
template <class T, TileSet Tiles = all_tiles>
inline constexpr TileTable<T> tile_table = TileTable<T>::template of<Tiles>(std::make_integer_sequence<int, Tile<T>::rows>{});

/// R rows of tile_product whose sums are double, a T when they are whole.
template <class T, int R>
void rows_in_double(const TileArguments<T>& t) {
  constexpr int lanes = Tile<T>::lanes;
  simd::Vec<double, lanes> sum[R];
  ETCH_UNROLL for (int i = 0; i < R; ++i) {
    sum[i] = t.accumulate ? simd::convert<double>(simd::load<T, lanes>(t.c + i * t.c_row)) : simd::splat<double, lanes>(0);
  }
  for (int64 k = 0; k < t.k; ++k) {
    const auto row = simd::convert<double>(simd::load<T, lanes>(t.b + k * t.b_row));
    ETCH_UNROLL for (int i = 0; i < R; ++i) sum[i] = simd::fma(simd::splat<double, lanes>(t.a[i * t.a_row + k * t.a_col]), row, sum[i]);
  }
  ETCH_UNROLL for (int i = 0; i < R; ++i) simd::store(t.c + i * t.c_row, simd::convert<T>(sum[i]));
}
/// tile_product for products whose time is in their start: terms that cancel leave as many digits as a T has.
template <class T>
ETCH_NOINLINE void small_tile_in_double(int64 height, int64 vectors, TileArguments<T> t) {
  for (; vectors > 0; --vectors, t.b += Tile<T>::lanes, t.c += Tile<T>::lanes) {
    TileArguments<T> part = t;
    int64 rows = height;
    for (; rows >= 4; rows -= 4, part.a += 4 * t.a_row, part.c += 4 * t.c_row) rows_in_double<T, 4>(part);
    for (; rows > 0; --rows, part.a += t.a_row, part.c += t.c_row) rows_in_double<T, 1>(part);
  }
}

constexpr int64 pieces(int64 size, int64 piece) { return (size + piece - 1) / piece; }

/// [0, size) cut into `count` ranges as equal as can be.
struct Cut {
  int64 count, base, extra;
  constexpr Cut(int64 size, int64 ranges) : count(ranges), base(size / ranges), extra(size % ranges) {}
  constexpr int64 begin(int64 i) const { return i * base + least(i, extra); }
  constexpr int64 size(int64 i) const { return base + (i < extra ? 1 : 0); }
};

#if !defined(ETCH_CPU_EIGEN)
/// Lanes A, B, C, D of each four: 0 to 3 from x, 4 to 7 from y.
template <int A, int B, int C, int D, int L, int... I>
ETCH_INLINE simd::Vec<float, L> pick(simd::Vec<float, L> x, simd::Vec<float, L> y, std::integer_sequence<int, I...>) {
#if defined(__CUDACC__)  // nvcc drops the expansion of a pack in a builtin's arguments
  static_assert(L == 4);
  return {__builtin_shufflevector(x.v, y.v, A, B, C, D)};
#else
  constexpr int from[4] = {A, B, C, D};
  return {__builtin_shufflevector(x.v, y.v, (I / 4 * 4 + from[I % 4] % 4 + (from[I % 4] < 4 ? 0 : L))...)};
#endif
}

/// Four neighbours of every fourth row: of as many rows as L has fours.
template <int L>
ETCH_INLINE simd::Vec<float, L> every_fourth(const float* from, int64 row) {
  if constexpr (L == 4)
    return simd::load<float, 4>(from);
  else
    return simd::join(every_fourth<L / 2>(from, row), every_fourth<L / 2>(from + L / 2 * row, row));
}

/// Transposes L rows of four: each column becomes one vector.
template <int L>
ETCH_INLINE void transpose_fours(const float* from, int64 row, float* to, int64 to_row) {
  constexpr auto each = std::make_integer_sequence<int, L>{};
  const auto a = every_fourth<L>(from, row), b = every_fourth<L>(from + row, row);
  const auto c = every_fourth<L>(from + 2 * row, row), d = every_fourth<L>(from + 3 * row, row);
  const auto ab = pick<0, 4, 1, 5>(a, b, each), cd = pick<0, 4, 1, 5>(c, d, each);
  const auto ab2 = pick<2, 6, 3, 7>(a, b, each), cd2 = pick<2, 6, 3, 7>(c, d, each);
  simd::store(to, pick<0, 1, 4, 5>(ab, cd, each));
  simd::store(to + to_row, pick<2, 3, 6, 7>(ab, cd, each));
  simd::store(to + 2 * to_row, pick<0, 1, 4, 5>(ab2, cd2, each));
  simd::store(to + 3 * to_row, pick<2, 3, 6, 7>(ab2, cd2, each));
}

#if ETCH_VECTOR_BYTES == 64 && !defined(__CUDACC__)
/// Transposes sixteen rows of sixteen in registers: pairs, fours, then fours of fours change places.
ETCH_NOINLINE inline void transpose_sixteen(const float* from, int64 row, float* to, int64 to_row) {
  typedef float Row __attribute__((vector_size(64)));
  Row x[16], y[16];
  ETCH_UNROLL for (int i = 0; i < 16; ++i) x[i] = simd::load<float, 16>(from + i * row).v;
  ETCH_UNROLL for (int i = 0; i < 16; i += 2) {
    y[i] = __builtin_shufflevector(x[i], x[i + 1], 0, 16, 1, 17, 4, 20, 5, 21, 8, 24, 9, 25, 12, 28, 13, 29);
    y[i + 1] = __builtin_shufflevector(x[i], x[i + 1], 2, 18, 3, 19, 6, 22, 7, 23, 10, 26, 11, 27, 14, 30, 15, 31);
  }
  ETCH_UNROLL for (int i = 0; i < 16; i += 4) {
    ETCH_UNROLL for (int j = 0; j < 2; ++j) {
      x[i + 2 * j] = __builtin_shufflevector(y[i + j], y[i + 2 + j], 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29);
      x[i + 2 * j + 1] = __builtin_shufflevector(y[i + j], y[i + 2 + j], 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31);
    }
  }
  const auto even = [](Row a, Row b) { return __builtin_shufflevector(a, b, 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27); };
  const auto odd = [](Row a, Row b) { return __builtin_shufflevector(a, b, 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31); };
  ETCH_UNROLL for (int j = 0; j < 4; ++j) {
    const Row a = even(x[j], x[4 + j]), b = odd(x[j], x[4 + j]), c = even(x[8 + j], x[12 + j]), d = odd(x[8 + j], x[12 + j]);
    simd::store(to + j * to_row, simd::Vec<float, 16>{even(a, c)});
    simd::store(to + (j + 4) * to_row, simd::Vec<float, 16>{even(b, d)});
    simd::store(to + (j + 8) * to_row, simd::Vec<float, 16>{odd(a, c)});
    simd::store(to + (j + 12) * to_row, simd::Vec<float, 16>{odd(b, d)});
  }
}
#endif
#endif

template <class T>
ETCH_SHARED void transpose_plainly(int64 rows, int64 cols, const T* from, int64 from_row, T* to, int64 to_row) {
  for (int64 i = 0; i < rows; ++i) {
    for (int64 j = 0; j < cols; ++j) to[j * to_row + i] = from[i * from_row + j];
  }
}
/// to[j * to_row + i] = from[i * from_row + j] for i < rows, j < cols.
template <class T>
ETCH_SHARED void transpose(int64 rows, int64 cols, const T* from, int64 from_row, T* to, int64 to_row) {
  int64 i = 0;
#if !defined(ETCH_CPU_EIGEN)
  if constexpr (sizeof(T) == 4) {
#if defined(__CUDACC__)
    constexpr int some = 4;
#else
    constexpr int some = Tile<T>::lanes;
#endif
    for (; i + some <= rows; i += some) {
      const T* f = from + i * from_row;
      T* out = to + i;
      int64 j = 0;
#if ETCH_VECTOR_BYTES == 64 && !defined(__CUDACC__)
      for (; j + 16 <= cols; j += 16) transpose_sixteen(f + j, from_row, out + j * to_row, to_row);
#endif
      for (; j + 4 <= cols; j += 4) transpose_fours<some>(f + j, from_row, out + j * to_row, to_row);
      transpose_plainly(some, cols - j, f + j, from_row, out + j * to_row, to_row);
    }
  }
#endif
  transpose_plainly(rows - i, cols, from + i * from_row, from_row, to + i, to_row);
}

template <class T>
ETCH_SHARED void copy_tile(int64 rows, int64 cols, const T* from, int64 from_row, T* to, int64 to_row) {
  constexpr int lanes = Tile<T>::lanes;
  for (int64 i = 0; i < rows; ++i, from += from_row, to += to_row) {
    int64 j = 0;
    for (; j + lanes <= cols; j += lanes) simd::store(to + j, simd::load<T, lanes>(from + j));
    if (const int rest = static_cast<int>(cols - j); rest > 0) simd::store_partial(to + j, simd::load_partial<T, lanes>(from + j, rest), rest);
  }
}
template <class T>
ETCH_SHARED void add_tile(int64 rows, int64 cols, const T* from, int64 from_row, T* to, int64 to_row) {
  constexpr int lanes = Tile<T>::lanes;
  for (int64 i = 0; i < rows; ++i, from += from_row, to += to_row) {
    int64 j = 0;
    for (; j + lanes <= cols; j += lanes) simd::store(to + j, simd::load<T, lanes>(to + j) + simd::load<T, lanes>(from + j));
    if (const int rest = static_cast<int>(cols - j); rest > 0)
      simd::store_partial(to + j, simd::load_partial<T, lanes>(to + j, rest) + simd::load_partial<T, lanes>(from + j, rest), rest);
  }
}

}  // namespace detail
}  // namespace cpu
}  // namespace ETCH_ABI
}  // namespace etch
