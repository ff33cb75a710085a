// Convolutions of each channel with a window of its own, 3 x 3, and that window's gradient: vectors lie along the image's lines.
//
//   y[i][j] = sum over p, q of w[p][q] x[i + p][j + q]     a line of x at a time, added to the three of y that it serves, or four of y at a time
//   dw[p][q] = sum over i, j of x[i + p][j + q] dy[i][j]   four lines of dy at a time
//
// An image with one line and column of zeros around it is read where it lies, with any other padding it is laid out first.
#pragma once

#include <etch/cpu/gathered.hpp>
#include <etch/cpu/matmul.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace cpu {
namespace detail {

inline constexpr int64 direct_tile = 2048;  // elements that one call of an epilogue finishes

/// Whether offsets are those of a window of 3 x 3, any distance apart.
inline bool is_window_of_nine(const std::int32_t* at) {
  for (int i = 0; i < 9; ++i)
    if (at[i] != i / 3 * at[3] + i % 3 * at[1]) return false;
  return true;
}
/// Whether its first `places` are lines as far apart as its own.
inline bool has_even_lines(const Offsets& windows, int64 places) {
  const int64 run = windows.along_row, lines = places / run;
  return lines == 1 || (windows.column[run] == windows.row[3] && windows.column[(lines - 1) * run] == (lines - 1) * windows.row[3]);
}

/// The plane of a padded image around element `at`, whose lines begin at vectors' boundaries in `to`; returns where `at` is.
template <class T>
const T* lay_out(const Padding& box, const T* from, int64 at, T* to) {
  constexpr int64 lanes = Tile<T>::lanes;
  const auto zeros = simd::splat<T, Tile<T>::lanes>(0);
  const int last = box.rank - 1;
  const int64 pitch = box.pitch(lanes), width = box.inside[last], first = box.start[last - 1], height = box.inside[last - 1];
  T* line = to;
  for (int64 i = -first; i < box.size[last - 1] - first; ++i, line += pitch) {
    if (i >= 0 && i < height) {
      simd::store(line, zeros);
      simd::store(line + lanes + width, zeros);
      copy_piece(from + i * box.stride[last - 1], width, line + lanes);
    } else {
      for (int64 j = 0; j < pitch; j += lanes) simd::store(line + j, zeros);
    }
  }
  const int64 in_plane = at % box.plane(), columns = box.size[last];
  return to + in_plane / columns * pitch + in_plane % columns + lanes - box.start[last];
}

/// The lines that windows read, and columns of a window `tap` apart. Where there is a line of `zeros`, the zeros around the plane are
/// nowhere in memory: `from` is its first line, element 0 in the middle of its window, and taps are neighbours.
template <class T>
struct PlaneLines {
  const T* from;
  int64 pitch, tap, above, height;
  const T* zeros;
  PlaneLines(const Product<T>& p, const T* image, const std::int32_t* window)
      : from(image), pitch(p.plane.pitch > 0 ? p.plane.pitch : window[3]), tap(window[1]), above(p.plane.above), height(p.plane.height), zeros(p.plane.zeros) {}
  const T* at(int64 i) const { return zeros == nullptr || (i >= above && i < above + height) ? from + (i - above) * pitch : zeros; }
  template <int R>
  ETCH_INLINE void take(int64 i, const T* (&line)[R]) const {
    ETCH_UNROLL for (int r = 0; r < R; ++r) line[r] = at(i + r);
  }
};
/// Which ends of a line a vector has; the element beyond is a zero.
enum Ends { no_end, left_end, right_end, both_ends };

/// Lane i of a is lane i + By of the result, zeros come in.
template <int By, class T, int L, int... I>
ETCH_INLINE simd::Vec<T, L> shifted(simd::Vec<T, L> a, std::integer_sequence<int, I...>) {
#if defined(__CUDACC__)  // which drops the expansion of a pack in a builtin's arguments
  return {decltype(a.v){(I >= By && I - By < L ? a.v[(I - By + L) % L] : T(0))...}};
#else
  return {__builtin_shufflevector(a.v, simd::splat<T, L>(0).v, (I >= By && I - By < L ? I - By : L)...)};
#endif
}
/// The three vectors that a line of windows reads, the first at x where no end is near, else the middle one.
template <class T, int E>
ETCH_INLINE void load_taps(const T* x, int64 tap, typename Tile<T>::V (&v)[3]) {
  constexpr int lanes = Tile<T>::lanes;
  constexpr std::make_integer_sequence<int, lanes> each{};
  if constexpr (E == no_end) {
    ETCH_UNROLL for (int j = 0; j < 3; ++j) v[j] = simd::load<T, lanes>(x + j * tap);
  } else {
    v[1] = simd::load<T, lanes>(x);
    if constexpr ((E & left_end) != 0) v[0] = shifted<1>(v[1], each);
    else v[0] = simd::load<T, lanes>(x - 1);
    if constexpr ((E & right_end) != 0) v[2] = shifted<-1>(v[1], each);
    else v[2] = simd::load<T, lanes>(x + 1);
  }
  ETCH_UNROLL for (int j = 0; j < 3; ++j) simd::settle(v[j]);  // loaded once: GCC would read it again in each product
}

/// What is done with a vector of finished sums: nothing, or a number is added and what is positive kept, 0 where it is NaN.
template <class T>
struct NoTerm {
  ETCH_INLINE typename Tile<T>::V operator()(typename Tile<T>::V y) const { return y; }
};
template <class T>
struct Rectified {
  static constexpr int lanes = Tile<T>::lanes;
  typename Tile<T>::V term;
  ETCH_INLINE typename Tile<T>::V operator()(typename Tile<T>::V y) const { return simd::greater(y + term, simd::splat<T, lanes>(0)); }
};

/// R lines of a vector each, from R + 2 lines at `at`; meanwhile as many elements arrive from `ahead` and for `target`.
template <class T, int R, int E, class Finish>
ETCH_INLINE void depthwise_lines(const Finish& finish, const typename Tile<T>::V (&w)[9], const T* const (&x)[R + 2], int64 at, int64 tap, T* y, int64 y_row, const T* ahead, T* target) {
  using V = typename Tile<T>::V;
  constexpr int lanes = Tile<T>::lanes;
  V sum[R];
  ETCH_UNROLL for (int e = 0; e < R * lanes; e += 64 / static_cast<int>(sizeof(T))) {
    ETCH_PREFETCH(ahead + e);
    ETCH_PREFETCH_WRITE(target + e);
  }
  ETCH_UNROLL for (int r = 0; r < R; ++r) sum[r] = simd::splat<T, lanes>(0);
  ETCH_UNROLL for (int i = 0; i < R + 2; ++i) {
    V v[3];
    load_taps<T, E>(x[i] + at, tap, v);
    ETCH_UNROLL for (int j = 0; j < 3; ++j) {
      ETCH_UNROLL for (int r = 0; r < R; ++r) {
        if (i >= r && i < r + 3) sum[r] = simd::fma(w[3 * (i - r) + j], v[j], sum[r]);
      }
    }
  }
  ETCH_UNROLL for (int r = 0; r < R; ++r) simd::store(y + r * y_row, finish(sum[r]));
}
template <class T, int R, class Finish>
ETCH_INLINE void depthwise_band(const Finish& finish, const typename Tile<T>::V (&w)[9], const PlaneLines<T>& x, int64 row, int64 cols, T* y, const T* ahead, T* target) {
  constexpr int64 lanes = Tile<T>::lanes;
  const T* from[R + 2];
  x.take(row, from);
  if (x.zeros == nullptr) {
    for (int64 j = 0; j < cols; j += lanes) {
      const int64 at = least(j, cols - lanes);
      depthwise_lines<T, R, no_end>(finish, w, from, at, x.tap, y + at, cols, ahead + R * j, target + R * j);
    }
    return;
  }
  if (cols == lanes) return depthwise_lines<T, R, both_ends>(finish, w, from, 0, 1, y, cols, ahead, target);
  const int64 last = cols - lanes;
  depthwise_lines<T, R, left_end>(finish, w, from, 0, 1, y, cols, ahead, target);
  for (int64 j = lanes; j < last; j += lanes) depthwise_lines<T, R, no_end>(finish, w, from, j - 1, 1, y + j, cols, ahead + R * j, target + R * j);
  depthwise_lines<T, R, right_end>(finish, w, from, last, 1, y + last, cols, ahead + R * last, target + R * last);
}
/// C vectors of all lines, from column `begin` on, the last of which ends where the line does. Each line of x is loaded once; its taps are neighbours.
template <class T, int C, class Finish>
ETCH_INLINE void depthwise_strip(const Finish& finish, const typename Tile<T>::V (&w)[9], PlaneLines<T> x, int64 row, int64 rows, int64 begin, int64 cols, T* y, const T* ahead, T* target) {
  using V = typename Tile<T>::V;
  constexpr int lanes = Tile<T>::lanes;
  constexpr std::make_integer_sequence<int, lanes> each{};
  const bool ends = x.zeros != nullptr, left = ends && begin == 0, right = ends && begin + C * lanes >= cols;
  const int64 first = begin + (ends ? 0 : 1), last = least(begin + (C - 1) * lanes, cols - lanes) - begin;
  V sum[3][C];  // of the lines that x's line is the third, the second and the first of
  ETCH_UNROLL for (int c = 0; c < C; ++c) sum[0][c] = sum[1][c] = simd::splat<T, lanes>(0);
  y += begin, ahead += begin, target += begin;
  for (int64 i = 0; i < rows + 2; ++i) {
    const T* const from = x.at(row + i) + first;
    ETCH_UNROLL for (int c = 0; c < C; ++c) {
      const T* const at = c < C - 1 ? from + c * lanes : from + last;
      V v[3];
      v[1] = simd::load<T, lanes>(at);
      if (c == 0 && left) v[0] = shifted<1>(v[1], each);
      else v[0] = simd::load<T, lanes>(at - 1);
      if (c == C - 1 && right) v[2] = shifted<-1>(v[1], each);
      else v[2] = simd::load<T, lanes>(at + 1);
      sum[2][c] = simd::splat<T, lanes>(0);
      ETCH_UNROLL for (int j = 0; j < 3; ++j) {
        simd::settle(v[j]);
        ETCH_UNROLL for (int r = 0; r < 3; ++r) sum[r][c] = simd::fma(w[6 - 3 * r + j], v[j], sum[r][c]);
      }
    }
    ETCH_UNROLL for (int c = 0; c < C; ++c) {
      ETCH_PREFETCH(ahead + c * lanes);
      ETCH_PREFETCH_WRITE(target + c * lanes);
      simd::store(c < C - 1 ? y + c * lanes : y + last, finish(sum[0][c]));
      sum[0][c] = sum[1][c], sum[1][c] = sum[2][c];
    }
    if (i >= 2) y += cols, ahead += cols, target += cols;  // what the first two lines write is written again
  }
}
template <class T, class Finish>
ETCH_NOINLINE void depthwise_rows(const Finish& finish, const T* weight, int64 step, const PlaneLines<T>& x, int64 row, int64 rows, int64 cols, T* y, const T* ahead, T* target) {
  typename Tile<T>::V w[9];
  ETCH_UNROLL for (int i = 0; i < 9; ++i) w[i] = simd::splat<T, Tile<T>::lanes>(weight[i * step]);
  if constexpr (ETCH_VECTOR_BYTES >= 64) {  // whose 32 registers hold three lines of four
    const int64 vectors = pieces(cols, Tile<T>::lanes), strips = pieces(vectors, 4);
    if (vectors >= 3 && x.tap == 1) {
      for (int64 s = 0; s < strips; ++s) {
        if (vectors <= 3 * strips) depthwise_strip<T, 3>(finish, w, x, row, rows, least(3 * s, vectors - 3) * Tile<T>::lanes, cols, y, ahead, target);
        else depthwise_strip<T, 4>(finish, w, x, row, rows, least(4 * s, vectors - 4) * Tile<T>::lanes, cols, y, ahead, target);
      }
      return;
    }
  }
  int64 i = 0;
  for (; i + 4 <= rows; i += 4) depthwise_band<T, 4>(finish, w, x, row + i, cols, y + i * cols, ahead + i * cols, target + i * cols);
  for (; i < rows; ++i) depthwise_band<T, 1>(finish, w, x, row + i, cols, y + i * cols, ahead + i * cols, target + i * cols);
}

/// One row of nine times the windows of an image whose lines, a vector long at least, are evenly apart.
template <class T>
bool is_depthwise(const Product<T>& p) {
  if (p.m != 1 || p.k != 9 || p.in_double || p.accumulate || p.a_at != nullptr || p.b_at->along_row < Tile<T>::lanes) return false;
  return p.b_at->along_row <= direct_tile && is_window_of_nine(p.b_at->row) && has_even_lines(*p.b_at, p.n);
}
template <class T>
void multiply_depthwise(const Product<T>& p, T* tile) {
  const int64 run = p.b_at->along_row, rows = p.n / run;
  const PlaneLines<T> x(p, p.b, p.b_at->row);
  const T* const ahead = p.plane.ahead != nullptr ? p.plane.ahead : p.b + 8 * run;
  if (p.epilogue.apply == nullptr) return depthwise_rows(NoTerm<T>{}, p.a, p.a_col, x, 0, rows, run, p.c, ahead, p.c + 4 * run);
  const int result = p.epilogue.walked - 1;
  T* const target = result >= 0 ? p.epilogue.walked_at[result] + p.row_offset * p.epilogue.walked_row[result] : nullptr;
  if (p.epilogue.rectifies) return depthwise_rows(Rectified<T>{simd::splat<T, Tile<T>::lanes>(p.epilogue.term(p.row_offset))}, p.a, p.a_col, x, 0, rows, run, target, ahead, target + 4 * run);
  const int64 room = direct_tile / run, most = room > 4 ? room / 4 * 4 : room;
  for (int64 i = 0; i < rows; i += most) {
    const int64 some = least(most, rows - i);
    depthwise_rows(NoTerm<T>{}, p.a, p.a_col, x, i, some, run, tile, ahead + i * run, target != nullptr ? target + i * run : tile);
    p.finish(0, i * run, 1, some * run, tile, some * run);
  }
}

/// sum[p][q] += what a vector of R lines of dy gives; of it what `some` names, also where the rest is not finite.
template <class T, int R, int E, class Some>
ETCH_INLINE void add_depthwise(typename Tile<T>::V (&sum)[9], const T* const (&x)[R + 2], int64 at, int64 tap, const T* const (&dy)[R], int64 col, Some some) {
  using V = typename Tile<T>::V;
  V d[R];
  ETCH_UNROLL for (int r = 0; r < R; ++r) d[r] = some(simd::load<T, Tile<T>::lanes>(dy[r] + col));
  ETCH_UNROLL for (int i = 0; i < R + 2; ++i) {
    V v[3];
    load_taps<T, E>(x[i] + at, tap, v);
    ETCH_UNROLL for (int j = 0; j < 3; ++j) {
      const V value = some(v[j]);
      ETCH_UNROLL for (int r = 0; r < R; ++r) {
        if (i >= r && i < r + 3) sum[3 * (i - r) + j] = simd::fma(value, d[r], sum[3 * (i - r) + j]);
      }
    }
  }
}
/// The last vector of a line ends where the line does; of it, what the one before had is left out.
template <class T, int R>
ETCH_INLINE void add_depthwise_lines(typename Tile<T>::V (&sum)[9], const T* const (&x)[R + 2], int64 tap, bool ends, const T* const (&dy)[R], int64 cols) {
  using V = typename Tile<T>::V;
  constexpr int lanes = Tile<T>::lanes;
  const int64 last = cols - lanes, whole = cols / lanes * lanes;
  const auto all = [](V v) { return v; };
  const auto tail = simd::iota<std::int32_t, lanes>(0) >= simd::splat<std::int32_t, lanes>(static_cast<int>(whole == cols ? 0 : whole - last));
  const auto rest = [=](V v) { return simd::select(tail, v, simd::splat<T, lanes>(0)); };
  if (!ends) {
    for (int64 j = 0; j < whole; j += lanes) add_depthwise<T, R, no_end>(sum, x, j, tap, dy, j, all);
    if (whole < cols) add_depthwise<T, R, no_end>(sum, x, last, tap, dy, last, rest);
    return;
  }
  if (cols == lanes) return add_depthwise<T, R, both_ends>(sum, x, 0, 1, dy, 0, all);
  add_depthwise<T, R, left_end>(sum, x, 0, 1, dy, 0, all);
  for (int64 j = lanes; j < (whole < cols ? whole : last); j += lanes) add_depthwise<T, R, no_end>(sum, x, j - 1, 1, dy, j, all);
  add_depthwise<T, R, right_end>(sum, x, last, 1, dy, last, rest);
}

/// Nine windows of an image times a column whose lines are the image's.
template <class T>
bool is_depthwise_gradient(const Product<T>& p) {
  if (p.n != 1 || p.m != 9 || p.in_double || p.a_at == nullptr || p.a_at->along_row < Tile<T>::lanes) return false;
  return p.b_at->along_column % p.a_at->along_row == 0 && is_window_of_nine(p.a_at->row);
}
/// R lines of dy, from element k on.
template <class T, int R>
ETCH_INLINE void add_depthwise_band(typename Tile<T>::V (&sum)[9], const Product<T>& p, const PlaneLines<T>& plane, int64 k, int64 run) {
  const T *x[R + 2], *dy[R];
  if (p.plane.pitch > 0) plane.take(k / run, x);
  else
    for (int r = 0; r < R + 2; ++r) x[r] = p.a + p.a_at->column[k] + r * plane.pitch;
  ETCH_UNROLL for (int r = 0; r < R; ++r) dy[r] = p.b + p.b_at->column[0] + p.b_at->row[k + r * run];
  if (const T* const ahead = p.plane.ahead)
    for (int64 j = 0; j < R * run; j += 64 / int64{sizeof(T)}) ETCH_PREFETCH(ahead + k + j);
  add_depthwise_lines<T, R>(sum, x, plane.tap, plane.zeros != nullptr, dy, run);
}
template <class T>
ETCH_NOINLINE void multiply_depthwise_gradient(const Product<T>& p, T* tile) {
  const int64 run = p.a_at->along_row;
  const PlaneLines<T> plane(p, p.a, p.a_at->row);
  const auto are_even = [&](int64 k) {  // the next four lines
    for (int r = 1; p.plane.pitch == 0 && r < 4; ++r)
      if (p.a_at->column[k + r * run] - p.a_at->column[k] != r * plane.pitch) return false;
    return true;
  };
  typename Tile<T>::V sum[9];
  ETCH_UNROLL for (int i = 0; i < 9; ++i) sum[i] = simd::splat<T, Tile<T>::lanes>(0);
  for (int64 k = 0; k < p.k;) {
    if (k + 4 * run <= p.k && are_even(k)) {
      add_depthwise_band<T, 4>(sum, p, plane, k, run);
      k += 4 * run;
    } else {
      add_depthwise_band<T, 1>(sum, p, plane, k, run);
      k += run;
    }
  }
  ETCH_UNROLL for (int i = 0; i < 9; ++i) tile[i] = simd::hsum(sum[i]) + (p.accumulate ? p.c[i * p.c_row] : T(0));
  p.finish(0, 0, 9, 1, tile, 1);
}

}  // namespace detail
}  // namespace cpu
}  // namespace ETCH_ABI
}  // namespace etch
