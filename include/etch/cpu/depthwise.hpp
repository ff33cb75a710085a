// Convolutions of each channel with a window of its own, 3 x 3, and that window's gradient: vectors lie along the image's lines.
//
//   y[i][j] = sum over p, q of w[p][q] x[i + p][j + q]     four lines of y at a time, so that what is read serves three of them
//   dw[p][q] = sum over i, j of x[i + p][j + q] dy[i][j]   two lines of dy at a time
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

/// R lines of a vector each; lines of x are x_row apart, columns of the window `tap`.
template <class T, int R>
ETCH_INLINE void depthwise_lines(const typename Tile<T>::V (&w)[9], const T* x, int64 x_row, int64 tap, T* y, int64 y_row) {
  using V = typename Tile<T>::V;
  constexpr int lanes = Tile<T>::lanes;
  V sum[R];
  ETCH_UNROLL for (int r = 0; r < R; ++r) sum[r] = simd::splat<T, lanes>(0);
  ETCH_UNROLL for (int i = 0; i < R + 2; ++i, x += x_row) {
    ETCH_UNROLL for (int j = 0; j < 3; ++j) {
      const V v = simd::load<T, lanes>(x + j * tap);
      ETCH_UNROLL for (int r = 0; r < R; ++r) {
        if (i >= r && i < r + 3) sum[r] = simd::fma(w[3 * (i - r) + j], v, sum[r]);
      }
    }
  }
  ETCH_UNROLL for (int r = 0; r < R; ++r) simd::store(y + r * y_row, sum[r]);
}
template <class T>
ETCH_NOINLINE void depthwise_rows(const T* weight, int64 step, const T* x, int64 x_row, int64 tap, int64 rows, int64 cols, T* y, const T* ahead) {
  constexpr int lanes = Tile<T>::lanes;
  typename Tile<T>::V w[9];
  ETCH_UNROLL for (int i = 0; i < 9; ++i) w[i] = simd::splat<T, lanes>(weight[i * step]);
  int64 i = 0;
  for (; i + 4 <= rows; i += 4)
    for (int64 j = 0; j < cols; j += lanes) {
      const int64 at = least(j, cols - lanes);
      depthwise_lines<T, 4>(w, x + i * x_row + at, x_row, tap, y + i * cols + at, cols);
      const int64 done = i * cols + 4 * j;  // as many elements arrive for what comes next
      for (int64 e = done; e < done + 4 * lanes; e += 2 * lanes) {
        ETCH_PREFETCH_WRITE(y + 4 * cols + e);
        ETCH_PREFETCH(ahead + e);
      }
    }
  for (; i < rows; ++i)
    for (int64 j = 0; j < cols; j += lanes) {
      const int64 at = least(j, cols - lanes);
      depthwise_lines<T, 1>(w, x + i * x_row + at, x_row, tap, y + i * cols + at, cols);
    }
}

/// One row of nine times the windows of an image whose lines, a vector long at least, are evenly apart.
template <class T>
bool is_depthwise(const Product<T>& p) {
  if (p.m != 1 || p.k != 9 || p.in_double || p.accumulate || p.a_at != nullptr || p.b_at->along_row < Tile<T>::lanes) return false;
  return p.b_at->along_row <= direct_tile && is_window_of_nine(p.b_at->row) && has_even_lines(*p.b_at, p.n);
}
template <class T>
void multiply_depthwise(const Product<T>& p, T* tile) {
  const int64 run = p.b_at->along_row, rows = p.n / run, x_row = p.pitch > 0 ? p.pitch : p.b_at->row[3], tap = p.b_at->row[1];
  if (p.epilogue.apply == nullptr) return depthwise_rows(p.a, p.a_col, p.b, x_row, tap, rows, run, p.c, p.pitch > 0 ? p.ahead : p.b);
  const int64 room = direct_tile / run, most = room > 4 ? room / 4 * 4 : room;
  for (int64 i = 0; i < rows; i += most) {
    const int64 some = least(most, rows - i);
    depthwise_rows(p.a, p.a_col, p.b + i * x_row, x_row, tap, some, run, tile, (p.pitch > 0 ? p.ahead : p.b) + i * run);
    p.finish(0, i * run, 1, some * run, tile, some * run);
  }
}

/// sum[p][q] += what R lines of dy give.
template <class T, int R, class Load>
ETCH_INLINE void add_depthwise(typename Tile<T>::V (&sum)[9], const T* x, int64 x_row, int64 tap, const T* (&dy)[2], Load load) {
  using V = typename Tile<T>::V;
  V d[R];
  ETCH_UNROLL for (int r = 0; r < R; ++r) d[r] = load(dy[r]);
  ETCH_UNROLL for (int i = 0; i < R + 2; ++i, x += x_row) {
    ETCH_UNROLL for (int j = 0; j < 3; ++j) {
      const V v = load(x + j * tap);
      ETCH_UNROLL for (int r = 0; r < R; ++r) {
        if (i >= r && i < r + 3) sum[3 * (i - r) + j] = simd::fma(v, d[r], sum[3 * (i - r) + j]);
      }
    }
  }
}
/// The last vector of a line ends where the line does; of it, what the one before had is left out, also where it is not finite.
template <class T, int R>
ETCH_INLINE void add_depthwise_lines(typename Tile<T>::V (&sum)[9], const T* x, int64 x_row, int64 tap, const T* dy0, const T* dy1, int64 cols) {
  constexpr int lanes = Tile<T>::lanes;
  const int64 whole = cols / lanes * lanes, last = cols - lanes;
  for (int64 j = 0; j < whole; j += lanes) {
    const T* dy[2] = {dy0 + j, dy1 + j};
    add_depthwise<T, R>(sum, x + j, x_row, tap, dy, [](const T* from) { return simd::load<T, lanes>(from); });
  }
  if (whole == cols) return;
  const auto tail = simd::iota<std::int32_t, lanes>(0) >= simd::splat<std::int32_t, lanes>(static_cast<int>(whole - last));
  const T* dy[2] = {dy0 + last, dy1 + last};
  add_depthwise<T, R>(sum, x + last, x_row, tap, dy, [&](const T* from) { return simd::select(tail, simd::load<T, lanes>(from), simd::splat<T, lanes>(0)); });
}

/// Nine windows of an image times a column whose lines are the image's.
template <class T>
bool is_depthwise_gradient(const Product<T>& p) {
  if (p.n != 1 || p.m != 9 || p.in_double || p.a_at == nullptr || p.a_at->along_row < Tile<T>::lanes) return false;
  return p.b_at->along_column % p.a_at->along_row == 0 && is_window_of_nine(p.a_at->row);
}
template <class T>
ETCH_NOINLINE void multiply_depthwise_gradient(const Product<T>& p, T* tile) {
  constexpr int lanes = Tile<T>::lanes;
  const int64 run = p.a_at->along_row, x_row = p.pitch > 0 ? p.pitch : p.a_at->row[3], tap = p.a_at->row[1];
  const T* const b = p.b + p.b_at->column[0];
  typename Tile<T>::V sum[9];
  ETCH_UNROLL for (int i = 0; i < 9; ++i) sum[i] = simd::splat<T, lanes>(0);
  for (int64 k = 0; k < p.k; k += run) {
    const T *const x = p.a + (p.pitch > 0 ? k / run * x_row : p.a_at->column[k]), *const dy = b + p.b_at->row[k];
    for (int64 j = 0; p.pitch > 0 && j < 2 * run; j += 2 * lanes) ETCH_PREFETCH(p.ahead + k + j);
    if (k + run < p.k && p.a_at->column[k + run] - p.a_at->column[k] == p.a_at->row[3]) {
      k += run;
      add_depthwise_lines<T, 2>(sum, x, x_row, tap, dy, b + p.b_at->row[k], run);
    } else {
      add_depthwise_lines<T, 1>(sum, x, x_row, tap, dy, dy, run);
    }
  }
  ETCH_UNROLL for (int i = 0; i < 9; ++i) tile[i] = simd::hsum(sum[i]) + (p.accumulate ? p.c[i * p.c_row] : T(0));
  p.finish(0, 0, 9, 1, tile, 1);
}

}  // namespace detail
}  // namespace cpu
}  // namespace ETCH_ABI
}  // namespace etch
