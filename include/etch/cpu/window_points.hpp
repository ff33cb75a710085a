// Convolutions in lanes whose windows are five elements wide, by Cook's and Toom's algorithm along lines: 6 products for each 10 of cpu/window_lanes.hpp.
//
//   y = D' [sum over channels and lines of (G w) (C' x)]    F(2, 5): x in tiles of six elements, two columns apart; y in tiles of two
//   y = C [sum over channels and lines of (G w) (D x)]      the same of an image with four zeros on either side: x in tiles of two, y in sums of six that overlap
//   dw = G' [sum over images and tiles of (C' x) (D dy)]    F(5, 2)
//
// C, D and the points are those of cpu/winograd.hpp, G (1, p, .., p^4) over the product of a point's distances; lines of the padding are left out.
#pragma once

#include <etch/cpu/window_lines.hpp>
#include <etch/cpu/winograd.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace cpu {
namespace detail {

inline constexpr int64 points = 6;  ///< that a tile becomes
inline constexpr int64 point_pair[3][2] = {{0, 5}, {1, 2}, {3, 4}};

/// The transforms of windows of five elements, of tiles of two of y, and of x in tiles of six.
template <class T>
struct PointTransform : LineTransform<T> {
  using V = typename Tile<T>::V;
  using LineTransform<T>::a, LineTransform<T>::b, LineTransform<T>::aa, LineTransform<T>::bb, LineTransform<T>::at_zero, LineTransform<T>::at_a, LineTransform<T>::at_b;

  using LineTransform<T>::image;
  /// D x
  static ETCH_INLINE void image(const V (&x)[2], V (&h)[6]) {
    h[0] = x[0], h[1] = simd::fma(x[1], a, x[0]), h[2] = simd::fma(x[1], -a, x[0]), h[3] = simd::fma(x[1], b, x[0]), h[4] = simd::fma(x[1], -b, x[0]), h[5] = x[1];
  }
  /// D' m
  static ETCH_INLINE void result(const V (&m)[6], V (&y)[2]) {
    y[0] = m[0] + ((m[1] + m[2]) + (m[3] + m[4]));
    y[1] = simd::fma(m[1] - m[2], a, simd::fma(m[3] - m[4], b, m[5]));
  }
  /// C m
  static ETCH_INLINE void overlapping(const V (&m)[6], V (&y)[6]) {
    const V p = m[1] + m[2], q = (m[1] - m[2]) * a, r = m[3] + m[4], s = (m[3] - m[4]) * b;
    y[0] = m[0] * (aa * bb), y[1] = simd::fma(q, -bb, simd::fma(s, -aa, m[5] * (aa * bb))), y[2] = simd::fma(p, -bb, simd::fma(r, -aa, m[0] * -(aa + bb)));
    y[3] = simd::fma(m[5], -(aa + bb), q + s), y[4] = m[0] + (p + r), y[5] = m[5];
  }
  /// G w
  static void filter(const T (&w)[5], T (&g)[6]) {
    const auto even = [&](T s) { return w[0] + s * (w[2] + s * w[4]); };
    const auto odd = [&](T s) { return w[1] + s * w[3]; };
    g[0] = w[0] * at_zero, g[5] = w[4];
    g[1] = (even(aa) + a * odd(aa)) * at_a, g[2] = (even(aa) - a * odd(aa)) * at_a;
    g[3] = (even(bb) + b * odd(bb)) * at_b, g[4] = (even(bb) - b * odd(bb)) * at_b;
  }
  /// G' s
  static ETCH_INLINE void filter_gradient(const V (&s)[6], V (&w)[5]) {
    const V p = (s[1] + s[2]) * at_a, q = (s[1] - s[2]) * (a * at_a), r = (s[3] + s[4]) * at_b, t = (s[3] - s[4]) * (b * at_b);
    w[0] = simd::fma(s[0], at_zero, p + r), w[1] = q + t, w[2] = simd::fma(p, aa, r * bb), w[3] = simd::fma(q, aa, t * bb), w[4] = simd::fma(p, aa * aa, simd::fma(r, bb * bb, s[5]));
  }
};

/// Images whose element (c, i, j) is `channel` c + `line` i + j of a turned block.
template <class T>
struct LaneLines {
  static constexpr int64 lanes = Tile<T>::lanes;
  using V = typename Tile<T>::V;
  LaneImages<T> images;
  int64 channels, height, width, channel, line;

  /// Where tiles begin and their values at two points are written, `channel` vectors from one channel to the next.
  struct TileOf {
    int64 left, tiles, channel;
    T *first, *second;
  };
  /// A block at two of the points, each [channel][line][tile]: tiles of as many elements begin two elements apart, the first of them `left` before the image.
  template <int Elements, int First, int Second>
  ETCH_NOINLINE void evaluate(const T* block, const TileOf& tile_of) const {
    for (int64 c = 0; c < channels; ++c) {
      T *to = tile_of.first + c * tile_of.channel * lanes, *other = tile_of.second + c * tile_of.channel * lanes;
      const T* from = block + c * channel * lanes;
      for (int64 i = 0; i < height; ++i, from += line * lanes)
        for (int64 tile = 0; tile < tile_of.tiles; ++tile, to += lanes, other += lanes) {
          const int64 first = 2 * tile - tile_of.left;
          V x[Elements], h[6];
          if (first >= 0 && first + Elements <= width) {
            ETCH_UNROLL for (int q = 0; q < Elements; ++q) x[q] = simd::load<T, Tile<T>::lanes>(from + (first + q) * lanes);
          } else {
            ETCH_UNROLL for (int q = 0; q < Elements; ++q) x[q] = element(from, first + q);
          }
          PointTransform<T>::image(x, h);
          simd::store(to, h[First]), simd::store(other, h[Second]);
        }
    }
  }
  /// The same of a pair of points, a number and its negative or 0 and infinity.
  template <int Elements>
  void evaluate_pair(int64 pair, const T* block, const TileOf& tile_of) const {
    if (pair == 0) evaluate<Elements, 0, 5>(block, tile_of);
    else if (pair == 1) evaluate<Elements, 1, 2>(block, tile_of);
    else evaluate<Elements, 3, 4>(block, tile_of);
  }
  ETCH_INLINE V element(const T* from, int64 j) const { return j >= 0 && j < width ? simd::load<T, Tile<T>::lanes>(from + j * lanes) : simd::splat<T, Tile<T>::lanes>(0); }
};

/// Whether four of each ten products are worth the transforms of `tiles` tiles.
constexpr bool points_pay(int64 products, int64 tiles) { return products > 10 * tiles; }
inline constexpr int64 point_bytes = 2 * lane_block_bytes;  ///< of a thread: they are read from the second-level cache

/// c[n] = a b[n] as LaneConvolution, b of `window` lines of five elements.
template <class T>
struct PointConvolution {
  using V = typename Tile<T>::V;
  using Transform = PointTransform<T>;
  static constexpr int64 lanes = Tile<T>::lanes, rows = lane_rows, wide = LaneConvolution<T>::tall_wide;
  Product<T> item;
  LaneLines<T> x;
  int64 batch, c_batch;
  int64 window, top, left, height, width;  ///< lines of a window, zeros before the image, sizes of the result
  bool overlaps = left == point_width - 1 && width == x.width + left;
  int64 tiles = pieces(overlaps ? x.width : width, 2), places = height * tiles, k = window * x.channels;
  int64 around = tiles == 0 ? 0 : least(height + window - 1 - x.height, pieces(wide - 1, tiles));  ///< lines of zeros that some place of a tile reads
  int64 channel = (x.height + 2 * around) * tiles, plane = x.channels * channel;  ///< vectors
  Cut cut = Cut(item.m, 1 + (item.m - 1) / rows);
  int64 lists = pieces(places, wide);
  // shared by all threads
  T* packed = nullptr;  ///< G w as [point][row tile][line of the window][channel][rows]
  Tap* tap = nullptr;
  std::int32_t* count = nullptr;

  bool pays() const { return x.channels > 1 && item.m >= 4 && points_pay(item.m * places * k, x.channels * x.height * tiles + item.m * places) && static_cast<int64>(thread_bytes()) <= point_bytes; }
  bool rectifies() const { return item.epilogue.rectifies && (item.epilogue.terms == nullptr || item.epilogue.terms_count == item.m); }
  int64 packed_elements() const { return (points * cut.count * rows * k + 15) / 16 * 16; }
  std::size_t shared_bytes() const { return static_cast<std::size_t>(packed_elements()) * sizeof(T) + static_cast<std::size_t>(lists * window) * sizeof(Tap) + static_cast<std::size_t>(lists) * sizeof(std::int32_t); }
  int64 sums() const { return points * item.m * places; }
  std::size_t thread_bytes() const { return static_cast<std::size_t>((2 * plane + sums() + x.images.span + 2 * height * width) * lanes) * sizeof(T); }

  void prepare(void* shared) {
    packed = static_cast<T*>(shared);
    tap = reinterpret_cast<Tap*>(packed + packed_elements());
    count = reinterpret_cast<std::int32_t*>(tap + lists * window);
    const int64 point = cut.count * rows * k;
    for (int64 i = 0; i < cut.count; ++i)
      for (int64 p = 0; p < window; ++p)
        for (int64 c = 0; c < x.channels; ++c)
          for (int64 r = 0; r < cut.size(i); ++r) {
            const T* const from = item.a + (cut.begin(i) + r) * item.a_row + (c * window + p) * point_width * item.a_col;
            T w[5], g[6];
            for (int q = 0; q < 5; ++q) w[q] = from[(overlaps ? 4 - q : q) * item.a_col];
            Transform::filter(w, g);
            for (int t = 0; t < 6; ++t) packed[t * point + ((i * window + p) * x.channels + c) * rows + r] = g[t];
          }
    for (int64 list = 0; list < lists; ++list) {
      Tap* to = tap + list * window;
      const int64 first = place(list, 0) / tiles - top, last = place(list, wide - 1) / tiles - top;
      for (int64 p = 0; p < window; ++p)
        if (last + p >= 0 && first + p < x.height) *to++ = {static_cast<std::int32_t>(p * x.channels * rows), static_cast<std::int32_t>(p * tiles * lanes)};
      count[list] = static_cast<std::int32_t>(to - (tap + list * window));
    }
  }
  int64 place(int64 list, int64 j) const { return least(list * wide + j, places - 1); }

  void run_parts(int64 begin, int64 end, T* workspace) const {
    const int64 zeros = around * tiles * lanes;
    for (T* to = workspace; to < workspace + 2 * plane * lanes; to += channel * lanes)
      for (int64 e = 0; e < zeros; ++e) to[e] = to[channel * lanes - zeros + e] = T(0);
    for (int64 block = begin; block < end; ++block) run(block, workspace);
  }
  /// Images [block * lanes, ..).
  void run(int64 block, T* workspace) const {
    const int64 first = block * lanes, some = least(lanes, batch - first), m = item.m;
    T* const sum = workspace + 2 * plane * lanes;
    T* const turned = sum + sums() * lanes;
    T* const at_point = workspace + around * tiles * lanes;
    x.images.turn(first, some, turned);
    LaneArguments<T> t{};
    t.channels = x.channels, t.b_channel = channel * lanes, t.c_row = places * lanes;
    for (int64 p = 0; p < points; ++p) {
      const int64 point = point_pair[p / 2][p % 2];
      if (p % 2 == 0 && overlaps) x.template evaluate_pair<2>(p / 2, turned, {0, tiles, channel, at_point, at_point + plane * lanes});
      if (p % 2 == 0 && !overlaps) x.template evaluate_pair<6>(p / 2, turned, {left, tiles, channel, at_point, at_point + plane * lanes});
      t.b = at_point + p % 2 * plane * lanes;
      for (int64 list = 0; list < lists; ++list) {
        t.tap = tap + list * window, t.taps = count[list];
        for (int64 j = 0; j < wide; ++j) {
          const int64 at = place(list, j);
          t.column[j] = (at - top * tiles) * lanes;
          t.c_place[j] = at * lanes;
        }
        for (int64 i = 0; i < cut.count; ++i) {
          t.a = packed + (point * cut.count + i) * rows * k;
          t.c = sum + (point * m + cut.begin(i)) * places * lanes;
          LaneConvolution<T>::multiply(m, cut.size(i), t);
        }
      }
    }
    finish(first, some, sum, turned);
  }
  void finish(int64 first, int64 some, const T* sum, T* done) const {
    const int64 m = item.m, cols = height * width;
    const bool rectified = rectifies(), staged = item.epilogue.apply != nullptr && !rectified;
    const int64 row = rectified ? item.epilogue.walked_row[0] : item.c_row, image = rectified ? m * row : c_batch;
    T* const result = staged ? nullptr : (rectified ? item.epilogue.walked_at[0] : item.c) + first * image;
    T* const turned = done + cols * lanes;
    for (int64 i = 0; i < m; ++i) {
      if (overlaps) join_tiles(sum + i * places * lanes, done);
      else split_tiles(sum + i * places * lanes, done);
      if (rectified) {
        const Rectified<T> rectify{simd::splat<T, Tile<T>::lanes>(item.epilogue.term(i))};
        for (int64 e = 0; e < cols; ++e) simd::store(done + e * lanes, rectify(simd::load<T, Tile<T>::lanes>(done + e * lanes)));
      }
      transpose(cols, some, done, lanes, staged ? turned : result + i * row, staged ? cols : image);
      for (int64 n = 0; staged && n < some; ++n) item.epilogue.apply(item.epilogue.context, (first + n) * m + i, 0, 1, cols, turned + n * cols, cols);
    }
  }
  ETCH_INLINE void load(const T* sum, V (&v)[6]) const {
    const int64 point = item.m * places * lanes;
    ETCH_UNROLL for (int t = 0; t < 6; ++t) v[t] = simd::load<T, Tile<T>::lanes>(sum + t * point);
  }
  ETCH_NOINLINE void split_tiles(const T* sum, T* to) const {
    for (int64 i = 0; i < height; ++i, to += width * lanes)
      for (int64 j = 0; j < width; j += 2, sum += lanes) {
        V v[6], y[2];
        load(sum, v);
        Transform::result(v, y);
        simd::store(to + j * lanes, y[0]);
        if (j + 1 < width) simd::store(to + (j + 1) * lanes, y[1]);
      }
  }
  ETCH_NOINLINE void join_tiles(const T* sum, T* to) const {
    for (int64 i = 0; i < height; ++i, to += width * lanes) {
      const V zero = simd::splat<T, Tile<T>::lanes>(0);
      V rest[4] = {zero, zero, zero, zero};
      int64 j = 0;
      for (int64 tile = 0; tile < tiles; ++tile, j += 2, sum += lanes) {
        V v[6], y[6];
        load(sum, v);
        Transform::overlapping(v, y);
        simd::store(to + j * lanes, rest[0] + y[0]), simd::store(to + (j + 1) * lanes, rest[1] + y[1]);
        rest[0] = rest[2] + y[2], rest[1] = rest[3] + y[3], rest[2] = y[4], rest[3] = y[5];
      }
      ETCH_UNROLL for (int q = 0; q < 4; ++q) {
        if (j + q < width) simd::store(to + (j + q) * lanes, rest[q]);
      }
    }
  }
};

/// c[c p q][o] as LaneGradient, of windows of `window` lines of five elements.
template <class T>
struct PointGradient {
  using V = typename Tile<T>::V;
  static constexpr int64 lanes = Tile<T>::lanes, tall = LaneSumTable<T>::tall, wide = LaneSumTable<T>::wide;
  Product<T> item;
  LaneLines<T> x, y;
  int64 batch, window;
  int64 m = x.channels * window, tiles = pieces(y.width, 2), places = y.height * tiles;
  int64 x_plane = x.height * x.channels * tiles, y_plane = y.height * y.channels * tiles;
  Cut rows = Cut(m, 1 + (m - 1) / tall), columns = Cut(item.n, 1 + (item.n - 1) / wide);
  int64 blocks = pieces(batch, lanes), groups = least(blocks, LaneGradient<T>::most_groups), parts_of_all = groups * rows.count;  ///< parts are row tiles of a group
  std::int32_t* at = nullptr;  ///< of each place
  T* sums = nullptr;           ///< of each group

  bool pays() const { return x.channels > 1 && points_pay(places * m * item.n, x.channels * x.height * tiles + y.channels * places) && static_cast<int64>(thread_bytes()) <= point_bytes; }
  std::size_t shared_bytes() const { return static_cast<std::size_t>(places) * sizeof(std::int32_t) + static_cast<std::size_t>(groups * item.m * item.n) * sizeof(T); }
  std::size_t thread_bytes() const { return static_cast<std::size_t>((x.images.span + y.images.span + 2 * (x_plane + y_plane) + points * m * item.n + lanes) * lanes) * sizeof(T); }  // the last sums are read in whole blocks

  void prepare(void* shared) {
    sums = static_cast<T*>(shared);
    at = reinterpret_cast<std::int32_t*>(sums + groups * item.m * item.n);
    for (int64 p = 0; p < places; ++p) at[p] = static_cast<std::int32_t>(p * lanes);
  }
  void run_parts(int64 begin, int64 end, T* workspace) const {
    for (int64 next; begin < end; begin = next) {
      const int64 group = begin / rows.count;
      next = least(end, (group + 1) * rows.count);
      run(group, begin - group * rows.count, next - group * rows.count, workspace);
    }
  }
  /// Row tiles [row0, row1) of a group.
  void run(int64 group, int64 row0, int64 row1, T* windows) const {
    const int64 n = item.n, top = rows.begin(row0), bottom = rows.begin(row1 - 1) + rows.size(row1 - 1);
    T* const results = windows + x.images.span * lanes;
    T* const a = results + y.images.span * lanes;
    T* const b = a + 2 * x_plane * lanes;
    T* const sum = b + 2 * y_plane * lanes;
    for (int64 t = 0; t < points; ++t)
      for (int64 e = top * n; e < bottom * n; ++e) simd::store(sum + (t * m * n + e) * lanes, simd::splat<T, Tile<T>::lanes>(0));
    LaneSums<T> s{};
    s.places = places, s.a_at = s.b_at = at, s.sum_row = n * lanes;
    for (int64 block = blocks * group / groups; block < blocks * (group + 1) / groups; ++block) {
      const int64 first = block * lanes, some = least(lanes, batch - first);
      x.images.turn(first, some, windows);
      y.images.turn(first, some, results);
      for (int64 p = 0; p < points; ++p) {
        const int64 t = point_pair[p / 2][p % 2];
        if (p % 2 == 0) {
          x.template evaluate_pair<6>(p / 2, windows, {0, tiles, x.height * tiles, a, a + x_plane * lanes});
          y.template evaluate_pair<2>(p / 2, results, {0, tiles, places, b, b + y_plane * lanes});
        }
        for (int64 j = 0; j < columns.count; ++j) {
          const int64 col = columns.begin(j);
          for (int64 c = 0; c < columns.size(j); ++c) s.b[c] = b + (p % 2 * y_plane + (col + c) * places) * lanes;
          for (int64 i = row0; i < row1; ++i) {
            const int64 row = rows.begin(i);
            for (int64 r = 0; r < rows.size(i); ++r) s.a[r] = a + (p % 2 * x_plane + ((row + r) / window * x.height + (row + r) % window) * tiles) * lanes;
            s.sum = sum + ((t * m + row) * n + col) * lanes;
            lane_sum_table<T>.at[rows.size(i) - 1][columns.size(j) - 1](s);
          }
        }
      }
    }
    T* const to = sums + group * item.m * n;
    for (int64 e = top * n; e < bottom * n; e += lanes) {  // as many sums as each has lanes
      T lane[point_width * lanes];
      V v[6], w[5];
      for (int t = 0; t < 6; ++t) v[t] = LaneGradient<T>::sum_of_lanes(sum + (t * m * n + e) * lanes);
      PointTransform<T>::filter_gradient(v, w);
      ETCH_UNROLL for (int q = 0; q < 5; ++q) simd::store(lane + q * lanes, w[q]);
      for (int64 i = 0, some = least(lanes, bottom * n - e), piece; i < some; i += piece) {
        const int64 row = (e + i) / n, col = e + i - row * n;
        piece = least(some - i, n - col);
        for (int64 q = 0; q < point_width; ++q)
          for (int64 j = 0; j < piece; ++j) to[(row * point_width + q) * n + col + j] = lane[q * lanes + i + j];
      }
    }
  }
  /// When all parts have run.
  void combine() const { add_groups(item, sums, groups); }
};

}  // namespace detail
}  // namespace cpu
}  // namespace ETCH_ABI
}  // namespace etch
