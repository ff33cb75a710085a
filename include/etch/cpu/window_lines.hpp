// Gradients of few windows over long lines: vectors lie along dy's lines, and an output's sums stay in registers.
//
//   dw[o][c][p][q] = sum over n, i, j of x[n][c][i + p][j + q] dy[n][o][i][j]     a line of x at a time, times the lines of dy that it meets
//
// Images are not turned, as window_lanes.hpp turns them; an image with padding is laid out.
#pragma once

#include <etch/cpu/window_lanes.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace cpu {
namespace detail {

inline constexpr int line_windows = ETCH_VECTOR_BYTES >= 64 ? 5 : 0;  ///< the largest side of a window whose sums registers hold; 0: none is computed so

template <class T>
struct LineSums {
  const T *x, *dy;
  int64 x_line, dy_line, lines, width;
  T* sum;  ///< a vector for each of the window's elements
};
/// sum[p][q] += x[q] d[p] for First <= p < Last, of a vector what `some` names; d[p] is p lines before the next line of dy.
template <class T, int S>
ETCH_INLINE void add_line(typename Tile<T>::V (&sum)[S * S], const T* x, const typename Tile<T>::V (&d)[S], int first, int last, simd::Mask<Tile<T>::lanes> some) {
  constexpr int lanes = Tile<T>::lanes;
  ETCH_UNROLL for (int q = 0; q < S; ++q) {
    auto v = simd::select(some, simd::load<T, lanes>(x + q), simd::splat<T, lanes>(0));  // what is not finite counts once
    simd::settle(v);
    ETCH_UNROLL for (int p = 0; p < S; ++p) {
      if (p >= first && p < last) sum[p * S + q] = simd::fma(v, d[p], sum[p * S + q]);
    }
  }
}
template <class T, int S>
ETCH_NOINLINE void add_line_products(const LineSums<T>& t) {
  using V = typename Tile<T>::V;
  constexpr int lanes = Tile<T>::lanes;
  V sum[S * S], d[S];
  ETCH_UNROLL for (int i = 0; i < S * S; ++i) sum[i] = simd::load<T, lanes>(t.sum + i * lanes);
  for (int64 j = 0; j < t.width; j += lanes) {  // the last vector ends where the line does; of it, what the one before had is left out
    const int64 at = least(j, t.width - lanes);
    const auto some = simd::iota<std::int32_t, lanes>(0) >= simd::splat<std::int32_t, lanes>(static_cast<int>(j - at));
    const T *x = t.x + at, *dy = t.dy + at;
    const auto next = [&] {
      ETCH_UNROLL for (int p = S - 1; p > 0; --p) d[p] = d[p - 1];
      d[0] = simd::select(some, simd::load<T, lanes>(dy), simd::splat<T, lanes>(0));
      dy += t.dy_line;
    };
    ETCH_UNROLL for (int i = 1; i < S; ++i, x += t.x_line) next(), add_line<T, S>(sum, x, d, 0, i, some);
    for (int64 i = S - 1; i < t.lines; ++i, x += t.x_line) next(), add_line<T, S>(sum, x, d, 0, S, some);
    ETCH_UNROLL for (int i = 1; i < S; ++i, x += t.x_line) {
      ETCH_UNROLL for (int p = S - 1; p > 0; --p) d[p] = d[p - 1];
      add_line<T, S>(sum, x, d, i, S, some);
    }
  }
  ETCH_UNROLL for (int i = 0; i < S * S; ++i) simd::store(t.sum + i * lanes, sum[i]);
}

/// c[c p q][o] as LaneGradient; images are added up in groups, whatever the number of threads.
template <class T>
struct LineGradient {
  static constexpr int64 lanes = Tile<T>::lanes;
  Product<T> item;
  LaneImages<T> images, results;
  int64 batch, side, lines, width;
  int64 taps = side * side, groups = least(batch, LaneGradient<T>::most_groups), parts_of_all = groups;
  T* sums = nullptr;  ///< of each group

  std::size_t shared_bytes() const { return static_cast<std::size_t>(groups * item.m * item.n) * sizeof(T); }
  int64 sum_elements() const { return item.m * item.n * lanes; }
  std::size_t thread_bytes() const { return static_cast<std::size_t>(sum_elements() + (images.pad == nullptr ? 0 : images.pad->box.room(images.span))) * sizeof(T); }
  void prepare(void* shared) { sums = static_cast<T*>(shared); }
  void run_parts(int64 begin, int64 end, T* workspace) const {
    for (; begin < end; ++begin) run(begin, workspace);
  }
  void run(int64 group, T* sum) const {
    for (int64 e = 0; e < sum_elements(); e += lanes) simd::store(sum + e, simd::splat<T, Tile<T>::lanes>(0));
    LineSums<T> t{};
    t.x_line = item.a_at->row[side], t.dy_line = lines > 1 ? item.b_at->row[width] : 0, t.lines = lines, t.width = width;
    for (int64 n = batch * group / groups; n < batch * (group + 1) / groups; ++n) {
      const T* const x = images.pad == nullptr ? images.image + n * images.step : images.pad->box.fill(images.pad->image, images.pad->at + n * images.step, images.span, sum + sum_elements());
      for (int64 o = 0; o < item.n; ++o)
        for (int64 tap = 0; tap < item.m; tap += taps) {
          t.x = x + item.a_at->row[tap], t.dy = results.image + n * results.step + item.b_at->column[o];
          t.sum = sum + (o * item.m + tap) * lanes;
          if (side == 3) add_line_products<T, 3>(t);
          else add_line_products<T, 5>(t);
        }
    }
    T* const to = sums + group * item.m * item.n;
    for (int64 o = 0; o < item.n; ++o)
      for (int64 i = 0; i < item.m; ++i) to[i * item.n + o] = simd::hsum(simd::load<T, Tile<T>::lanes>(sum + (o * item.m + i) * lanes));
  }
  /// When all parts have run.
  void combine() const { add_groups(item, sums, groups); }
};

}  // namespace detail
}  // namespace cpu
}  // namespace ETCH_ABI
}  // namespace etch
