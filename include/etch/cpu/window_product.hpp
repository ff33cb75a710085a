// Matrix products whose operands are windows of an image, read where they lie: convolutions and their gradients.
//
//   y = w x    few rows: register tiles straight from the image;  many: panels of windows are packed and used for all rows
//   one row of 3 x 3 taps, and its gradient: cpu/depthwise.hpp
//   dw = x dy  few columns: inner products of neighbouring elements;  many: tiles of windows are copied
//
// Small ones are added up in double.
#pragma once

#include <etch/cpu/depthwise.hpp>
#include <etch/cpu/gathered.hpp>
#include <etch/cpu/machine.hpp>
#include <etch/cpu/matmul.hpp>
#if defined(ETCH_CPU_EIGEN)
#include <etch/cpu/eigen_matmul.hpp>
#endif

namespace etch {
inline namespace ETCH_ABI {
namespace cpu {
namespace detail {

inline constexpr int64 double_products = int64{1} << 16;  // multiplications that take some 4 us in double

/// c[R][..] = a b, of C vectors anywhere in the image.
template <class T>
struct DirectArguments {
  int64 k;
  const T* a;
  int64 a_row, a_col;
  const T* b;
  const std::int32_t* row;
  int64 column[8];  ///< where each of the vectors begins in the image,
  T* c;
  int64 c_row, to[8];  ///< and in c
  const T* term;       ///< of each row, if it is added and only what is positive kept
};
template <class T, int R, int C>
ETCH_NOINLINE void direct_product(const DirectArguments<T>& t) {
  using V = typename Tile<T>::V;
  constexpr int lanes = Tile<T>::lanes;
  V sum[R][C];
  const T *a = t.a, *b[C];
  ETCH_UNROLL for (int j = 0; j < C; ++j) {
    b[j] = t.b + t.column[j];
    ETCH_UNROLL for (int i = 0; i < R; ++i) sum[i][j] = simd::splat<T, lanes>(0);
  }
  for (int64 k = 0; k < t.k; ++k, a += t.a_col) {
    V row[C];
    ETCH_UNROLL for (int j = 0; j < C; ++j) row[j] = simd::load<T, lanes>(b[j] + t.row[k]);
    ETCH_UNROLL for (int i = 0; i < R; ++i) {
      const V x = simd::splat<T, lanes>(a[i * t.a_row]);
      ETCH_UNROLL for (int j = 0; j < C; ++j) sum[i][j] = simd::fma(x, row[j], sum[i][j]);
    }
  }
  ETCH_UNROLL for (int i = 0; i < R; ++i) {
    if (t.term != nullptr) {
      ETCH_UNROLL for (int j = 0; j < C; ++j) sum[i][j] = Rectified<T>{simd::splat<T, lanes>(t.term[i])}(sum[i][j]);
    }
    ETCH_UNROLL for (int j = 0; j < C; ++j) simd::store(t.c + i * t.c_row + t.to[j], sum[i][j]);
  }
}
/// direct_product for the rows named, of one vector or of as many as its registers hold.
template <class T, PartSet Parts>
struct DirectTable {
  using Function = void (*)(const DirectArguments<T>&);
  static constexpr int vectors(int r) { return r == 1 ? 8 : r < 4 || ETCH_VECTOR_BYTES >= 64 ? 4 : 2; }
  Function one[direct_rows] = {}, all[direct_rows] = {};
  constexpr DirectTable() { fill<1>(); }
  template <int R>
  constexpr void fill() {
    if constexpr ((Parts >> (direct_parts + R - 1) & 1) != 0) {
      one[R - 1] = direct_product<T, R, 1>;
      all[R - 1] = direct_product<T, R, vectors(R)>;
    }
    if constexpr (R < direct_rows) fill<R + 1>();
  }
};
template <class T, PartSet Parts>
inline constexpr DirectTable<T, Parts> direct_table;

/// Few rows, columns that lie together a vector at least: every element of B is used once, so nothing is packed.
template <class T>
bool is_direct(const Product<T>& p) {
  return !p.in_double && p.m <= direct_rows && p.a_at == nullptr && p.b_at->along_row >= Tile<T>::lanes && !p.accumulate;
}
template <class T, PartSet Parts>
void multiply_direct(const Product<T>& p, T* tile) {
  constexpr int64 lanes = Tile<T>::lanes;
  const int64 run = p.b_at->along_row, most = DirectTable<T, Parts>::vectors(static_cast<int>(p.m)), room = direct_tile / p.m;
  const int64 together = run < room ? room / run : 1;
  const Cut cuts(run, pieces(run, room));  // several runs side by side, or parts of one
  const bool rectifies = p.epilogue.rectifies, staged = p.epilogue.apply != nullptr && !rectifies;
  T term[direct_rows];
  for (int64 r = 0; rectifies && r < p.m; ++r) term[r] = p.epilogue.term(p.row_offset + r);
  DirectArguments<T> t{.k = p.k, .a = p.a, .a_row = p.a_row, .a_col = p.a_col, .b = p.b, .row = p.b_at->row, .column = {}, .c = {}, .c_row = {}, .to = {}, .term = rectifies ? term : nullptr};
  T* const c = rectifies ? p.epilogue.walked_at[0] + p.row_offset * p.epilogue.walked_row[0] : p.c;
  for (int64 first = 0; first < p.n; first += together * run) {
    for (int64 part = 0; part < cuts.count; ++part) {
      const int64 begin = first + cuts.begin(part), cols = cuts.count > 1 ? cuts.size(part) : least(together * run, p.n - first);
      t.c = staged ? tile : c + begin;
      t.c_row = staged ? cols : rectifies ? p.epilogue.walked_row[0] : p.c_row;
      const int64 piece = least(run, cols), vectors = pieces(piece, lanes), all = cols / piece * vectors;
      for (int64 v = 0; v < all;) {
        const int64 some = 2 * (all - v) > most ? most : 1;
        for (int64 j = 0; j < some; ++j) {
          const int64 w = least(v + j, all - 1), line = w / vectors * piece, from = least(w % vectors * lanes, piece - lanes);
          t.column[j] = p.b_at->column[begin + line] + from;
          t.to[j] = line + from;
        }
        (some == 1 ? direct_table<T, Parts>.one : direct_table<T, Parts>.all)[p.m - 1](t);
        v += some;
      }
      if (staged) p.finish(0, begin, p.m, cols, tile, t.c_row);
    }
  }
}

/// sum[r] += a[r][..] . b over the pieces of k that lie together in both.
template <class T, int R>
ETCH_NOINLINE void add_inner(const Product<T>& p, int64 row, const T* b, T* to, int64 to_row) {
  using V = typename Tile<T>::V;
  constexpr int lanes = Tile<T>::lanes;
  V sum[R];
  const T* a[R];
  ETCH_UNROLL for (int r = 0; r < R; ++r) {
    sum[r] = simd::splat<T, lanes>(0);
    a[r] = p.a + p.a_at->row[row + r];
  }
  const int64 run = least(p.a_at->along_row, p.b_at->along_column);
  const int64 whole = run / lanes * lanes;
  const auto tail = simd::iota<std::int32_t, lanes>(0) >= simd::splat<std::int32_t, lanes>(static_cast<int>(whole + lanes - run));
  for (int64 k = 0; k < p.k; k += run) {
    const T* const y = b + p.b_at->row[k];
    const int64 at = p.a_at->column[k];
    for (int64 j = 0; j < whole; j += lanes) {
      const V v = simd::load<T, lanes>(y + j);
      ETCH_UNROLL for (int r = 0; r < R; ++r) sum[r] = simd::fma(v, simd::load<T, lanes>(a[r] + at + j), sum[r]);
    }
    if (whole == run) continue;
    const V v = simd::select(tail, simd::load<T, lanes>(y + run - lanes), simd::splat<T, lanes>(0));
    const auto some = [&](const T* x) { return simd::select(tail, simd::load<T, lanes>(x), simd::splat<T, lanes>(0)); };  // what is not finite counts once
    ETCH_UNROLL for (int r = 0; r < R; ++r) sum[r] = simd::fma(v, some(a[r] + at + run - lanes), sum[r]);
  }
  ETCH_UNROLL for (int r = 0; r < R; ++r) to[r * to_row] = simd::hsum(sum[r]);
}
template <class T, PartSet Parts>
struct InnerTable {
  using Function = void (*)(const Product<T>&, int64, const T*, T*, int64);
  Function at[inner_rows] = {};
  constexpr InnerTable() { fill<1>(); }
  template <int R>
  constexpr void fill() {
    if constexpr ((Parts >> (inner_parts + R - 1) & 1) != 0) at[R - 1] = add_inner<T, R>;
    if constexpr (R < inner_rows) fill<R + 1>();
  }
};
template <class T, PartSet Parts>
inline constexpr InnerTable<T, Parts> inner_table;

/// Few columns, and k in pieces of a vector at least: nothing is packed.
template <class T>
bool is_inner(const Product<T>& p) {
  if (p.in_double || p.n > few || p.a_at == nullptr) return false;
  const int64 a = p.a_at->along_row, b = p.b_at->along_column;
  return least(a, b) >= Tile<T>::lanes && (a < b ? b % a : a % b) == 0;
}
template <class T, PartSet Parts>
void multiply_inner(const Product<T>& p, T* tile) {
  const Cut cut(p.m, pieces(p.m, inner_rows));
  for (int64 i = 0; i < cut.count; ++i) {
    const int64 row = cut.begin(i), rows = cut.size(i);
    for (int64 j = 0; j < p.n; ++j) inner_table<T, Parts>.at[rows - 1](p, row, p.b + p.b_at->column[j], tile + j, p.n);
    for (int64 r = 0; p.accumulate && r < rows; ++r)
      for (int64 j = 0; j < p.n; ++j) tile[r * p.n + j] += p.c[(row + r) * p.c_row + j];
    p.finish(row, 0, rows, p.n, tile, p.n);
  }
}

template <class T, PartSet Parts>
bool multiply_windows(const Product<T>& p, T* workspace) {
  if constexpr ((Parts & part_depthwise) != 0) {
    if (is_depthwise(p)) return multiply_depthwise(p, workspace), true;
    if (is_depthwise_gradient(p)) return multiply_depthwise_gradient(p, workspace), true;
  }
  if constexpr ((Parts & all_direct) != 0) {
    if (is_direct(p)) return multiply_direct<T, Parts>(p, workspace), true;
  }
  if constexpr ((Parts & all_inner) != 0) {
    if (is_inner(p)) return multiply_inner<T, Parts>(p, workspace), true;
  }
  return false;
}
template <class T>
void multiply_gathered(const Product<T>& p, int64 row0, int64 row1, int64 panel0, int64 panel1, T* workspace) {
  if (p.kernels->windows == nullptr || !p.kernels->windows(p, workspace)) multiply<T, true>(p, row0, row1, panel0, panel1, workspace);
}

/// Which operand is padded as it is read: A in `parts` of its columns, one after another, or B as a whole.
template <class T>
struct Padded {
  Padding box;
  const T* image;
  int64 at, span;  ///< of the first item's first part, in the padded box
  int64 parts, step, sums;  ///< parts of k, `step` apart in the box; elements of sums kept between parts
  bool is_a;
  bool laid_out;  ///< whether it is the plane of a depthwise convolution, with lines at vectors' boundaries,
  bool in_place;  ///< or read where it lies
  int64 elements() const {
    const int64 lines = box.room(span), plane = laid_out ? box.size[box.rank - 2] * box.pitch(Tile<T>::lanes) : 0;
    return ((lines > plane ? lines : plane) + 15) / 16 * 16 + sums;
  }
  /// Whether a plane's windows of 3 x 3, as `of` has them, reach one element beyond it.
  bool has_one_around(const Offsets& of) const {
    const int last = box.rank - 1;
    return at % box.plane() == 0 && box.start[last] == 1 && box.size[last] == box.inside[last] + 2 && of.along_row == box.inside[last] && of.row[1] == 1 && of.row[3] == box.size[last];
  }
  /// The operand of p that begins at `from`, copied to `to`; `next` is what will be taken after it.
  const T* take(Product<T>& p, int64 from, int64 next, T* to) const {
    if (!laid_out) return box.fill(image, from, span, to);
    if (in_place) {
      const int64 width = box.inside[box.rank - 1];
      for (int64 j = 0; j < width; ++j) to[j] = T(0);
      p.plane = {box.stride[box.rank - 2], box.start[box.rank - 2], box.inside[box.rank - 2], to, nullptr};
      return image + box.image_plane(from);
    }
    p.plane = {.pitch = box.pitch(Tile<T>::lanes), .ahead = image + box.image_plane(next)};
    return lay_out(box, image + box.image_plane(from), from, to);
  }
};
/// As multiply_gathered; the pointer of an operand that is padded is `image` and where the item begins in the box.
template <class T>
void multiply_padded(Product<T> p, int64 row0, int64 row1, int64 panel0, int64 panel1, T* workspace) {
  if (p.padded == nullptr) return multiply_gathered(p, row0, row1, panel0, panel1, workspace);
  const Padded<T>& pad = *p.padded;
  T* const sums = workspace + (pad.elements() - pad.sums);
  T* const rest = sums + (pad.sums + 15) / 16 * 16;
  const T*& operand = pad.is_a ? p.a : p.b;
  const int64 at = pad.at + (operand - pad.image);
  if (pad.parts == 1) {
    operand = pad.take(p, at, at + pad.box.plane(), workspace);
    return multiply_gathered(p, row0, row1, panel0, panel1, rest);
  }
  const Product<T> whole = p;
  p.k /= pad.parts;
  p.c = sums, p.c_row = p.n, p.epilogue = {};
  for (int64 i = 0; i < pad.parts; ++i) {
    p.a = pad.take(p, at + i * pad.step, at + (i + 1) * pad.step, workspace);
    p.b = whole.b + p.b_at->row[i * p.k];
    p.accumulate = i > 0;
    if (i == pad.parts - 1) {
      if (whole.epilogue.apply != nullptr) p.epilogue = whole.epilogue;
      else p.epilogue = {[](void* to, int64 row, int64 col, int64 rows, int64 cols, T* tile, int64 ld) {
        const Product<T>& w = *static_cast<const Product<T>*>(to);
        copy_tile(rows, cols, tile, ld, w.c + (row - w.row_offset) * w.c_row + col, w.c_row);
      }, const_cast<Product<T>*>(&whole)};
    }
    multiply_gathered(p, row0, row1, panel0, panel1, rest);
  }
}

/// Writes finished tiles where C's rows, not its columns, are contiguous.
template <class T>
struct Turned {
  T* c;
  int64 m, c_batch, c_col;
};
template <class T>
void write_turned(void* context, int64 row, int64 col, int64 rows, int64 cols, T* tile, int64 ld) {
  const Turned<T>& t = *static_cast<const Turned<T>*>(context);
  T* const to = t.c + row / t.m * t.c_batch + row % t.m + col * t.c_col;
  for (int64 j = 0; j < cols; ++j)
    for (int64 i = 0; i < rows; ++i) to[j * t.c_col + i] = tile[i * ld + j];
}

}  // namespace detail
}  // namespace cpu
}  // namespace ETCH_ABI
}  // namespace etch
