// The largest of each window, and what its gradient puts where that stands.
//
//   y[i] = v[p], x[p] the first of the largest of window i, v = x unless told otherwise;   dx[p] = sum of dy[i] over the windows it is the largest of
//
// Windows of 2 x 2 side by side are read in pairs. Of others a plane is copied once, padded, its columns sorted by their place in the
// stride: then an element of all windows of a row is whole vectors side by side, and no lane needs an index.
#pragma once

#include <etch/cpu/gathered.hpp>
#include <etch/cpu/machine.hpp>
#include <etch/graph/pool.hpp>

#include <cstring>
#include <limits>

namespace etch {
inline namespace ETCH_ABI {
namespace cpu {
namespace detail {

/// Planes of windows of 2 x 2 side by side.
template <class T>
struct PairPool {
  using V = typename Tile<T>::V;
  static constexpr int64 lanes = Tile<T>::lanes;
  int64 planes, height, width, out_height, out_width;

  /// The vectors of a row of windows: the last one ends with the row. Where a row is shorter than a vector, it ends in what follows.
  int64 column(int64 c) const { return out_width < lanes ? 0 : least(c, out_width - lanes); }

  ETCH_NOINLINE void forward(const T* x, T* y) const {
    const T *const x_end = x + planes * height * width, *const y_end = y + planes * out_height * out_width;
    for (int64 p = 0; p < planes; ++p) {
      const T* r = x + p * height * width;
      for (int64 i = 0; i < out_height; ++i, r += 2 * width, y += out_width) {
        const T* const q = r + width;
        for (int64 c = 0; c < out_width; c += lanes) {
          const int64 at = column(c);
          if (out_width >= lanes || (q + 2 * lanes <= x_end && y + lanes <= y_end)) {
            const auto a = simd::load_pair<T, Tile<T>::lanes>(r + 2 * at), b = simd::load_pair<T, Tile<T>::lanes>(q + 2 * at);
            simd::store(y + at, simd::max(simd::max(a.even, a.odd), simd::max(b.even, b.odd)));
            continue;
          }
          for (int64 j = 0; j < out_width; ++j) y[j] = largest(largest(r[2 * j], r[2 * j + 1]), largest(q[2 * j], q[2 * j + 1]));
        }
      }
    }
  }
  static T largest(T a, T b) { return b > a || b != b ? b : a; }

  ETCH_NOINLINE void backward(const T* x, const T* dy, T* dx) const {
    const int64 all = planes * height * width;
    const T *const x_end = x + all, *const dy_end = dy + planes * out_height * out_width;
    T* const dx_end = dx + all;
    const int64 some = least(lanes, out_width);
    for (int64 p = 0; p < planes; ++p) {
      const T* r = x + p * height * width;
      T* to = dx + p * height * width;
      for (int64 i = 0; i < out_height; ++i, r += 2 * width, to += 2 * width, dy += out_width) {
        const T* const q = r + width;
        T* const below = to + width;
        for (int64 c = 0; c < out_width; c += lanes) {
          const int64 at = column(c);
          if (out_width >= lanes || (q + 2 * lanes <= x_end && dy + lanes <= dy_end && below + 2 * lanes <= dx_end)) {
            spread(r + 2 * at, q + 2 * at, dy + at, some, to + 2 * at, below + 2 * at);
            continue;
          }
          T room[5 * lanes]{};
          copy_piece(r, 2 * some, room), copy_piece(q, 2 * some, room + 2 * lanes), copy_piece(dy, some, room + 4 * lanes);
          spread(room, room + 2 * lanes, room + 4 * lanes, some, room, room + 2 * lanes);
          copy_piece(room, 2 * some, to), copy_piece(room + 2 * lanes, 2 * some, below);
        }
        for (int64 j = 2 * out_width; j < width; ++j) to[j] = below[j] = T(0);
      }
      for (T* const end = dx + (p + 1) * height * width; to < end; ++to) *to = T(0);
    }
  }
  /// The upper row of a window's gradient is written before the lower: it may end in that.
  static ETCH_INLINE void spread(const T* r, const T* q, const T* dy, int64 some, T* above, T* below) {
    constexpr int L = Tile<T>::lanes;
    const auto a = simd::load_pair<T, L>(r), b = simd::load_pair<T, L>(q);
    const V y = simd::max(simd::max(a.even, a.odd), simd::max(b.even, b.odd)), zero = simd::splat<T, L>(0);
    V rest = simd::load<T, L>(dy), part[4] = {a.even, a.odd, b.even, b.odd};
    if (some < L) rest = simd::select(simd::iota<std::int32_t, L>(0) < simd::splat<std::int32_t, L>(static_cast<std::int32_t>(some)), rest, zero);
    ETCH_UNROLL for (int k = 0; k < 4; ++k) {
      const auto hit = (part[k] == y) | (part[k] != part[k]);
      part[k] = simd::select(hit, rest, zero);
      rest = simd::select(hit, zero, rest);
    }
    simd::store_pair(above, part[0], part[1]);
    simd::store_pair(below, part[2], part[3]);
  }
};

/// Any windows, a plane at a time.
template <class T>
struct PlanePool {
  using V = typename Tile<T>::V;
  static constexpr int L = Tile<T>::lanes;
  int64 height, width, out_height, out_width;
  PoolWindow window;

  const PoolAxis& down() const { return window.axis[0]; }
  const PoolAxis& along() const { return window.axis[1]; }
  int64 rows() const { return (out_height - 1) * down().stride + (down().kernel - 1) * down().dilation + 1; }
  /// Of each place in the stride: as many as whole vectors read.
  int64 columns() const { return pieces(out_width, L) * L + (along().kernel - 1) * along().dilation / along().stride; }
  int64 elements() const { return (rows() * along().stride * columns() + 15) / 16 * 16; }
  int64 taps() const { return static_cast<int64>(down().kernel) * along().kernel; }
  /// Where the windows of row i begin, and where after that each of their elements does; those lie behind two planes with a row each.
  int64 start(int64 i) const { return i * down().stride * along().stride * columns(); }
  const int64* find_starts(T* room) const {
    int64* const to = reinterpret_cast<int64*>(room);
    for (int64 k = 0; k < taps(); ++k) {
      const int64 row = k / along().kernel * down().dilation, column = k % along().kernel * along().dilation;
      to[k] = (row * along().stride + column % along().stride) * columns() + column / along().stride;
    }
    return to;
  }
  int64 lines() const { return (columns() + L + 15) / 16 * 16; }
  std::size_t bytes(bool backward) const {
    return static_cast<std::size_t>(backward ? elements() + 2 * window_rows() + along().stride * input_row() : 2 * (elements() + lines())) * sizeof(T) + static_cast<std::size_t>(backward ? 3 * taps() + 2 * (down().kernel + along().kernel) : taps()) * sizeof(int64);
  }
  /// Windows before the first that could hold an element, and a row of windows with as many zeros in front.
  int64 reach() const { return (along().kernel - 1) * along().dilation / along().stride; }
  int64 window_row() const { return reach() + pieces(columns(), L) * L; }
  int64 window_rows() const { return (out_height * window_row() + 15) / 16 * 16; }
  /// A row of the image's elements at one place in the stride.
  int64 input_row() const { return (pieces((width + along().before) / along().stride + 1, L) + 1) * L; }
  /// Calls f(place in a padded plane, place in the plane itself, elements) for each piece of each row that is not padding.
  template <class F>
  void each_piece(F f) const {
    const int64 step = along().stride, before = along().before;
    for (int64 i = 0; i < rows(); ++i) {
      const int64 row = i - down().before;
      if (row < 0 || row >= height) continue;
      for (int64 place = 0; place < step; ++place) {
        const int64 begin = place < before ? pieces(before - place, step) : 0, end = least(columns(), place < width + before ? pieces(width + before - place, step) : 0);
        if (begin < end) f((i * step + place) * columns() + begin, row * width + begin * step + place - before, end - begin);
      }
    }
  }
  /// Where column 0 and column 1 of the image are in rows of `step` elements, one for each place in a stride of 2.
  int64 even(int64 step) const { return along().before % 2 * step + along().before / 2; }
  int64 odd(int64 step) const { return along().before % 2 == 0 ? step + along().before / 2 : along().before / 2 + 1; }
  void pad_row_of_pairs(const T* x, T* to) const {
    T *const a = to + even(columns()), *const b = to + odd(columns());
    const int64 first = columns() - along().before / 2, second = first - along().before % 2, both = least(width / 2, second);
    int64 j = 0;
    for (; j + L <= both; j += L) {
      const auto pair = simd::load_pair<T, L>(x + 2 * j);
      simd::store(a + j, pair.even), simd::store(b + j, pair.odd);
    }
    for (int64 k = j; k < first && 2 * k < width; ++k) a[k] = x[2 * k];
    for (int64 k = j; k < second && 2 * k + 1 < width; ++k) b[k] = x[2 * k + 1];
  }
  void pad(const T* x, T outside, T* to) const {
    for (int64 e = 0; e < elements(); ++e) to[e] = outside;
    if (along().stride == 2) {
      for (int64 i = 0; i < rows(); ++i)
        if (const int64 row = i - down().before; row >= 0 && row < height) pad_row_of_pairs(x + row * width, to + 2 * i * columns());
      return;
    }
    each_piece([&](int64 in, int64 at, int64 count) {
      if (along().stride == 1) return copy_piece(x + at, count, to + in);
      for (int64 j = 0; j < count; ++j) to[in + j] = x[at + j * along().stride];
    });
  }
  /// Which element of each window is the first of the largest, of windows [c, c + L) of row i.
  V largest(const T* row, const int64* at, int64 i, int64 c, V& best) const {
    V which = simd::splat<T, L>(0);
    best = simd::load<T, L>(row + at[0] + c);
    for (int64 k = 1, count = taps(); k < count; ++k) {
      const V v = simd::load<T, L>(row + at[k] + c);
      const auto hit = (v > best) | ((v != v) & (best == best));
      best = simd::select(hit, v, best);
      which = simd::select(hit, simd::splat<T, L>(static_cast<T>(k)), which);
    }
    if (simd::hmin(best) > lowest) return which;
    T of[L], least_of[L];  // nothing exceeds the padding: the first element that is none
    simd::store(of, which), simd::store(least_of, best);
    for (int64 j = 0; j < least(L, out_width - c); ++j)
      for (int64 k = taps(); least_of[j] == lowest && k-- > 0;) {
        const int64 row = i * down().stride + k / along().kernel * down().dilation - down().before, column = (c + j) * along().stride + k % along().kernel * along().dilation - along().before;
        if (row >= 0 && row < height && column >= 0 && column < width) of[j] = static_cast<T>(k);
      }
    return simd::load<T, L>(of);
  }
  static constexpr T lowest = -std::numeric_limits<T>::infinity();

  /// `room`: bytes().
  ETCH_NOINLINE void forward(const T* x, const T* v, T* y, T* room) const {
    T *const line = room + elements(), *const other = line + lines();
    pad(x, lowest, room);
    if (v != nullptr) pad(v, T(0), other);
    const int64* const at = find_starts(room + 2 * (elements() + lines()));
    const int64 count = taps();
    for (int64 i = 0; i < out_height; ++i, y += out_width) {
      const T *const row = room + start(i), *const from = other + start(i);
      for (int64 c = 0; c < out_width; c += L) {
        V best;
        if (v == nullptr) {
          best = simd::load<T, L>(row + at[0] + c);
          for (int64 k = 1; k < count; ++k) best = simd::max(best, simd::load<T, L>(row + at[k] + c));
        } else {
          const V which = largest(row, at, i, c, best);
          for (int64 k = 0; k < count; ++k) best = simd::select(which == simd::splat<T, L>(static_cast<T>(k)), simd::load<T, L>(from + at[k] + c), best);
        }
        simd::store(line + c, best);
      }
      copy_piece(line, out_width, y);
    }
  }
  /// Which element of each window is the largest, then each element's windows, which are read, not added to one by one: what was
  /// written a moment ago is not read again.
  ETCH_NOINLINE void backward(const T* x, const T* dy, T* dx, T* room) const {
    const int64 step = along().stride, row = window_row(), first = reach(), count = taps(), wide = input_row(), within = least(wide, pieces(columns(), L) * L);
    T *const which = room + elements(), *const g = which + window_rows(), *const lines = g + window_rows();
    const int64* const at = find_starts(lines + step * wide);
    int64 *const windows = const_cast<int64*>(at) + count, *const tap = windows + count;
    const Steps below(down(), tap + count), beside(along(), tap + count + 2 * down().kernel);
    pad(x, lowest, room);
    for (int64 e = 0; e < window_rows(); ++e) g[e] = T(0);
    for (int64 i = 0; i < out_height; ++i, dy += out_width) {
      copy_piece(dy, out_width, g + i * row + first);
      for (int64 c = 0; c < out_width; c += L) {
        V best;
        simd::store(which + i * row + first + c, largest(room + start(i), at, i, c, best));
      }
    }
    for (int64 e = 0; e < step * wide; ++e) lines[e] = T(0);
    int64 whole = down().before / down().stride, rest = down().before % down().stride;  // of the padded row
    for (int64 r = 0; r < height; ++r, dx += width) {
      for (int64 place = 0; place < step; ++place) {
        const int64 found = windows_of(whole, below, rest, beside, place, row, first, windows, tap);
        for (int64 c = 0; c < within; c += L) {
          V sum = simd::splat<T, L>(0);
          for (int64 k = 0; k < found; ++k)
            sum = sum + simd::select(simd::load<T, L>(which + windows[k] + c) == simd::splat<T, L>(static_cast<T>(tap[k])), simd::load<T, L>(g + windows[k] + c), simd::splat<T, L>(0));
          simd::store(lines + place * wide + c, sum);
        }
      }
      join(lines, wide, dx);
      if (++rest == down().stride) rest = 0, ++whole;
    }
  }
  /// Of each element of a window along an axis: whole strides from its beginning, and the rest.
  struct Steps {
    int64 *whole, *rest;
    Steps(const PoolAxis& a, int64* room) : whole(room), rest(room + a.kernel) {
      for (int64 k = 0; k < a.kernel; ++k) whole[k] = k * a.dilation / a.stride, rest[k] = k * a.dilation % a.stride;
    }
  };
  /// The windows that an element of a padded row may be in, in order, of rows of `step` elements of which the first window is `first`, and which of their elements it is; returns how many.
  int64 windows_of(int64 row, const Steps& below, int64 rest, const Steps& beside, int64 place, int64 step, int64 first, int64* windows, int64* tap) const {
    int64 n = 0;
    for (int64 k = down().kernel; k-- > 0;) {
      const int64 i = row - below.whole[k];
      if (below.rest[k] != rest || i < 0 || i >= out_height) continue;
      for (int64 l = along().kernel; l-- > 0;) {
        if (beside.rest[l] != place) continue;
        windows[n] = i * step + first - beside.whole[l];
        tap[n++] = k * along().kernel + l;
      }
    }
    return n;
  }
  /// A row of the image from one for each place in the stride, `wide` elements apart.
  void join(const T* lines, int64 wide, T* to) const {
    const int64 step = along().stride, before = along().before;
    if (step == 1) return copy_piece(lines + before, width, to);
    if (step == 2) {
      const T *const a = lines + even(wide), *const b = lines + odd(wide);
      int64 j = 0;
      for (; j + L <= width / 2; j += L) simd::store_pair(to + 2 * j, simd::load<T, L>(a + j), simd::load<T, L>(b + j));
      for (int64 c = 2 * j; c < width; ++c) to[c] = (c % 2 == 0 ? a : b)[c / 2];
      return;
    }
    for (int64 c = 0; c < width; ++c) to[c] = lines[(c + before) % step * wide + (c + before) / step];
  }
};

/// [planes, height, width, height and width of the result]; accesses x, v where it is another, y; or x, dy, dx.
template <class T, bool Backward>
struct PoolStep {
  const Machine& machine;
  const Step& step;
  const PoolWindow window = PoolWindow::of(step.arg);
  index_t size(int i) const { return machine.size(step.dim[i]); }
  PlanePool<T> plane() const { return {machine.capacity(step.dim[1]), machine.capacity(step.dim[2]), machine.capacity(step.dim[3]), machine.capacity(step.dim[4]), window}; }
  std::size_t bytes() const {
    return aligned(plane().bytes(Backward));
  }
  void run_planes(index_t begin, index_t end, T* room) const {
    const PlanePool<T> p = plane();
    const index_t in = p.height * p.width, out = p.out_height * p.out_width;
    const bool picks = !Backward && step.accesses == 3;
    const T* const x = reinterpret_cast<const T*>(machine.pointer(step.access)) + begin * in;
    const T* const other = Backward || picks ? reinterpret_cast<const T*>(machine.pointer(step.access + 1)) + begin * (Backward ? out : in) : nullptr;
    T* const y = reinterpret_cast<T*>(machine.pointer(step.access + step.accesses - 1)) + begin * (Backward ? in : out);
    if (!picks && window.pairs() && 2 * p.out_height <= p.height && 2 * p.out_width <= p.width) {
      const PairPool<T> pool{end - begin, p.height, p.width, p.out_height, p.out_width};
      if constexpr (Backward) pool.backward(x, other, y);
      else pool.forward(x, y);
      return;
    }
    for (index_t i = 0; i < end - begin; ++i) {
      if constexpr (Backward) p.backward(x + i * in, other + i * out, y + i * in, room);
      else p.forward(x + i * in, picks ? other + i * in : nullptr, y + i * out, room);
    }
  }
};
template <class T, bool Backward>
void run_pool(Machine& machine, int s) {
  const PoolStep<T, Backward> pool{machine, machine.step(s)};
  struct Work {
    const PoolStep<T, Backward>* pool;
    index_t planes, chunks;
  };
  const index_t planes = pool.size(0), work = planes * pool.size(1) * pool.size(2) * pool.window.axis[0].kernel * pool.window.axis[1].kernel;
  Work w{&pool, planes, num_threads() == 1 ? 1 : least(planes, 1 + work / (index_t{1} << 17))};
  if (planes == 0) return;
  parallel_for(static_cast<int>(w.chunks), [](void* context, int chunk, int thread) {
    const Work& k = *static_cast<const Work*>(context);
    char* const room = static_cast<char*>(k.pool->machine.workspace()) + static_cast<std::size_t>(thread) * k.pool->bytes();
    k.pool->run_planes(k.planes * chunk / k.chunks, k.planes * (chunk + 1) / k.chunks, reinterpret_cast<T*>(room));
  }, &w);
}
template <class T, bool Backward>
std::size_t pool_workspace(const Machine& machine, const Step& s) {
  return PoolStep<T, Backward>{machine, s}.bytes();
}

}  // namespace detail
}  // namespace cpu
}  // namespace ETCH_ABI
}  // namespace etch
