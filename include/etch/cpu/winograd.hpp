// Convolutions with windows of 3 x 3 by Winograd's F(2, 3) along columns and F(4, 3) along lines: 24 products for eight places instead of 72.
//
//   y = A' [sum over channels of (G w H') (B' x C)] D     x: tiles of 4 x 6, two lines and four columns apart; y: tiles of 2 x 4
//   dw = G' [sum over tiles of (B' x C) (A dy D')] H      the transposed algorithm
//
//       1  0 -1  0          1    0    0
//  B' = 0  1  1  0     G = 1/2  1/2  1/2     A' = 1  1  1  0
//       0 -1  1  0         1/2 -1/2  1/2          0  1 -1 -1
//       0  1  0 -1          0    0    1
//
// C, H and D are those of Cook and Toom for the points 0, a, -a, b, -b and infinity: row i of C' is the product of x - p over the other
// points, of H (1, p, p^2) over that product's value at p, of D' (1, p, p^2, p^3). With a = 3/4 and b = 3/2 the largest error is about that
// of the products added up in order; with 1 and 2 it would be twice as large.
//
// Between the transforms are 24 matrix products, of all tiles of some lines of tiles at a time, which stay in the second-level cache.
#pragma once

#include <etch/cpu/matmul.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace cpu {
namespace detail {

inline constexpr int winograd_parts = 24;  ///< elements of a transformed tile

/// Elements of every second place of two vectors: the even ones, or the odd ones; and two vectors' elements in turn, the first half of them or the second.
template <int Odd, class T, int L, int... I>
ETCH_INLINE simd::Vec<T, L> every_second(simd::Vec<T, L> a, simd::Vec<T, L> b, std::integer_sequence<int, I...>) {
#if defined(__CUDACC__)  // which drops the expansion of a pack in a builtin's arguments
  return {decltype(a.v){(2 * I < L ? a.v[(2 * I + Odd) % L] : b.v[(2 * I + Odd) % L])...}};
#else
  return {__builtin_shufflevector(a.v, b.v, (2 * I + Odd)...)};
#endif
}
template <int Half, class T, int L, int... I>
ETCH_INLINE simd::Vec<T, L> in_turn(simd::Vec<T, L> a, simd::Vec<T, L> b, std::integer_sequence<int, I...>) {
#if defined(__CUDACC__)
  return {decltype(a.v){(I % 2 == 0 ? a.v[Half * L / 2 + I / 2] : b.v[Half * L / 2 + I / 2])...}};
#else
  return {__builtin_shufflevector(a.v, b.v, (Half * L / 2 + I / 2 + I % 2 * L)...)};
#endif
}

/// The transforms along lines.
template <class T>
struct LineTransform {
  using V = typename Tile<T>::V;
  static constexpr T a = T(0.75), b = T(1.5), aa = a * a, bb = b * b;
  static constexpr T at_zero = 1 / (aa * bb), at_a = 1 / (2 * aa * (aa - bb)), at_b = 1 / (2 * bb * (bb - aa));  ///< over the product of all distances

  /// C' x
  static ETCH_INLINE void image(const V (&x)[6], V (&h)[6]) {
    const V p = simd::fma(x[2], -bb, x[4]), q = simd::fma(x[1], -bb, x[3]), r = simd::fma(x[2], -aa, x[4]), s = simd::fma(x[1], -aa, x[3]);
    h[0] = simd::fma(x[2], -(aa + bb), simd::fma(x[0], aa * bb, x[4]));
    h[1] = simd::fma(q, a, p), h[2] = simd::fma(q, -a, p);
    h[3] = simd::fma(s, b, r), h[4] = simd::fma(s, -b, r);
    h[5] = simd::fma(x[3], -(aa + bb), simd::fma(x[1], aa * bb, x[5]));
  }
  /// D' m
  static ETCH_INLINE void result(const V (&m)[6], V (&y)[4]) {
    const V p = m[1] + m[2], q = m[1] - m[2], r = m[3] + m[4], s = m[3] - m[4];
    y[0] = m[0] + (p + r), y[1] = simd::fma(q, a, s * b), y[2] = simd::fma(p, aa, r * bb), y[3] = simd::fma(q, a * aa, simd::fma(s, b * bb, m[5]));
  }
  /// H w
  static ETCH_INLINE void filter(const V (&w)[3], V (&g)[6]) {
    const V p = simd::fma(w[2], aa, w[0]) * at_a, q = w[1] * (a * at_a), r = simd::fma(w[2], bb, w[0]) * at_b, s = w[1] * (b * at_b);
    g[0] = w[0] * at_zero, g[1] = p + q, g[2] = p - q, g[3] = r + s, g[4] = r - s, g[5] = w[2];
  }
  /// D dy
  static ETCH_INLINE void back(const V (&d)[4], V (&z)[6]) {
    const V p = simd::fma(d[2], aa, d[0]), q = simd::fma(d[3], a * aa, d[1] * a), r = simd::fma(d[2], bb, d[0]), s = simd::fma(d[3], b * bb, d[1] * b);
    z[0] = d[0], z[1] = p + q, z[2] = p - q, z[3] = r + s, z[4] = r - s, z[5] = d[3];
  }
  /// H' s
  static ETCH_INLINE void weight(const V (&m)[6], V (&w)[3]) {
    const V p = (m[1] + m[2]) * at_a, q = (m[1] - m[2]) * (a * at_a), r = (m[3] + m[4]) * at_b, s = (m[3] - m[4]) * (b * at_b);
    w[0] = simd::fma(m[0], at_zero, p + r), w[1] = q + s, w[2] = simd::fma(p, aa, simd::fma(r, bb, m[5]));
  }
};

/// Images and the zeros around them, as windows of 3 x 3 at rows x cols places read them.
template <class T>
struct TiledImages {
  static constexpr int64 lanes = Tile<T>::lanes;
  const T* data;
  int64 count, step, channel, line;        ///< between images, channels and lines
  int64 height, width, top, left;          ///< of what is in memory; the zeros before it
  int64 rows, cols;
  int64 down() const { return (rows + 1) / 2; }
  int64 across() const { return (cols + 3) / 4; }
  /// A line lies as four, one for each place in a tile's step, `pitch` apart; each has `before` zeros in front, whole vectors.
  int64 before() const { return pieces(left, 4 * lanes) * lanes; }
  int64 filled() const { return pieces(width, 4 * lanes) * lanes; }
  int64 pitch() const {
    const int64 read = (across() < lanes ? lanes : across()) + 2;
    return pieces(before() + (read < filled() ? filled() : read), 16) * 16;
  }
  /// Where element `tap` of the first tile is in such a line.
  int64 place(int64 tap) const { return (tap + 4 * before() - left) % 4 * pitch() + (tap + 4 * before() - left) / 4; }
  /// `lines` lines of a channel from line `first` on; what never changes has been cleared.
  void copy_lines(int64 image, int64 c, int64 first, int64 lines, T* to) const {
    const T* const from = data + image * step + c * channel;
    to += before();
    for (int64 i = first - top; i < first - top + lines; ++i, to += 4 * pitch()) {
      if (i >= 0 && i < height) take_apart(from + i * line, to);
      else
        for (int64 k = 0; k < 4; ++k)
          for (int64 j = 0; j < filled(); j += lanes) simd::store(to + k * pitch() + j, simd::splat<T, Tile<T>::lanes>(0));
    }
  }
  void take_apart(const T* from, T* to) const {
    constexpr int L = Tile<T>::lanes;
    constexpr std::make_integer_sequence<int, L> each{};
    const int64 apart = pitch();
    for (int64 j = 0; j < width; j += 4 * L, to += L) {
      simd::Vec<T, L> v[4];
      ETCH_UNROLL for (int k = 0; k < 4; ++k) {
        const int64 n = width - j - k * L;
        v[k] = n >= L ? simd::load<T, L>(from + j + k * L) : n > 0 ? simd::load_partial<T, L>(from + j + k * L, static_cast<int>(n)) : simd::splat<T, L>(0);
      }
      const auto even = every_second<0>(v[0], v[1], each), even2 = every_second<0>(v[2], v[3], each), odd = every_second<1>(v[0], v[1], each), odd2 = every_second<1>(v[2], v[3], each);
      simd::store(to, every_second<0>(even, even2, each));
      simd::store(to + apart, every_second<0>(odd, odd2, each));
      simd::store(to + 2 * apart, every_second<1>(even, even2, each));
      simd::store(to + 3 * apart, every_second<1>(odd, odd2, each));
    }
  }
};

/// Calls f(t) for [t, t + lanes) of so many tiles or rows. The last end where these do; of less than a vector they end in what follows.
template <class T, class F>
ETCH_INLINE void each_piece(int64 count, F f) {
  constexpr int64 lanes = Tile<T>::lanes;
  for (int64 t = 0; t < count; t += lanes) f(count < lanes ? 0 : least(t, count - lanes));
}

/// B' x C of lines of tiles, from lines `row` apart whose six taps are at `place`: element i of them to to[i * plane].
template <class T>
ETCH_NOINLINE void transform_lines(const T* x, int64 row, const int64 (&place)[6], int64 lines, int64 tiles, T* to, int64 plane) {
  using V = typename Tile<T>::V;
  constexpr int L = Tile<T>::lanes;
  each_piece<T>(tiles, [=, &place](int64 t) {
    V h[4][6];
    const T* from = x + t;
    const auto take = [&](V (&line)[6]) {
      V tap[6];
      ETCH_UNROLL for (int j = 0; j < 6; ++j) tap[j] = simd::load<T, L>(from + place[j]);
      LineTransform<T>::image(tap, line);
      from += row;
    };
    take(h[0]), take(h[1]);
    T* out = to + t;
    for (int64 i = 0; i < lines; ++i, out += tiles) {
      take(h[2]), take(h[3]);
      ETCH_UNROLL for (int j = 0; j < 6; ++j) {
        simd::store(out + j * plane, h[0][j] - h[2][j]);
        simd::store(out + (6 + j) * plane, h[1][j] + h[2][j]);
        simd::store(out + (12 + j) * plane, h[2][j] - h[1][j]);
        simd::store(out + (18 + j) * plane, h[1][j] - h[3][j]);
        h[0][j] = h[2][j], h[1][j] = h[3][j];
      }
    }
  });
}

/// A' m D of a line of tiles: two lines of y, or one.
template <class T>
ETCH_NOINLINE void inverse_line(const T* m, int64 plane, int64 tiles, int64 lines, int64 cols, T* y) {
  using V = typename Tile<T>::V;
  constexpr int L = Tile<T>::lanes;
  each_piece<T>(tiles, [=](int64 t) {
    constexpr std::make_integer_sequence<int, L> each{};
    V v[2][6];
    ETCH_UNROLL for (int j = 0; j < 6; ++j) {
      const T* const from = m + j * plane + t;
      const V one = simd::load<T, L>(from + 6 * plane), two = simd::load<T, L>(from + 12 * plane);
      v[0][j] = simd::load<T, L>(from) + (one + two);
      v[1][j] = (one - two) - simd::load<T, L>(from + 18 * plane);
    }
    ETCH_UNROLL for (int i = 0; i < 2; ++i) {
      if (i == lines) return;
      V r[4];
      LineTransform<T>::result(v[i], r);
      const V even = in_turn<0>(r[0], r[2], each), even2 = in_turn<1>(r[0], r[2], each), odd = in_turn<0>(r[1], r[3], each), odd2 = in_turn<1>(r[1], r[3], each);
      const V out[4] = {in_turn<0>(even, odd, each), in_turn<1>(even, odd, each), in_turn<0>(even2, odd2, each), in_turn<1>(even2, odd2, each)};
      ETCH_UNROLL for (int k = 0; k < 4; ++k) {
        const int64 at = 4 * t + k * L, n = cols - at;
        if (n >= L) simd::store(y + i * cols + at, out[k]);
        else if (n > 0) simd::store_partial(y + i * cols + at, out[k], static_cast<int>(n));
      }
    }
  });
}

/// G w H' of a vector of filters, element i to to[i * plane].
template <class T>
ETCH_INLINE void transform_filters(const typename Tile<T>::V (&w)[9], T* to, int64 plane) {
  using V = typename Tile<T>::V;
  V h[4][3];
  ETCH_UNROLL for (int j = 0; j < 3; ++j) {
    const V ends = (w[j] + w[6 + j]) * T(0.5), middle = w[3 + j] * T(0.5);
    h[0][j] = w[j], h[1][j] = ends + middle, h[2][j] = ends - middle, h[3][j] = w[6 + j];
  }
  ETCH_UNROLL for (int i = 0; i < 4; ++i) {
    V g[6];
    LineTransform<T>::filter(h[i], g);
    ETCH_UNROLL for (int j = 0; j < 6; ++j) simd::store(to + (6 * i + j) * plane, g[j]);
  }
}

/// What the transforms of both directions share: lines of tiles at work at a time, and where their matrices lie.
template <class T>
struct WinogradBlocks {
  static constexpr int64 lanes = Tile<T>::lanes, height = Tile<T>::rows, depth = block_depth<T>, parts = winograd_parts;
  TiledImages<T> images;
  int64 channels, outputs;
  bool even;                                                             ///< whether blocks are equally large, where they could be
  int64 across = images.across(), total = images.count * images.down();  ///< tiles in a line; lines of tiles of all images
  int64 most = (channels <= 64 ? 120 : 60) * ETCH_VECTOR_BYTES / 64, most_lines = most > across ? most / across : 1, blocks = pieces(total, most_lines);
  int64 lines = even && blocks > 0 ? pieces(total, blocks) : most_lines;
  int64 pitch = pieces(lines * across, 16) * 16, plane = channels * pitch + 16;  ///< of what is transformed: [24][channels][tiles]

  int64 line_elements() const { return (2 * lines + 2) * 4 * images.pitch(); }
  /// Calls f(image, line of its tiles, lines, tiles before them) for the lines of a block in each image.
  template <class F>
  void each_image(int64 block, const F& f) const {
    const int64 end = least((block + 1) * lines, total), down = images.down();
    for (int64 r = block * lines, some; r < end; r += some) {
      some = least(end - r, down - r % down);
      f(r / down, r % down, some, (r - block * lines) * across);
    }
  }
  int64 tiles(int64 block) const { return (least((block + 1) * lines, total) - block * lines) * across; }
  void clear(T* line) const {
    for (int64 e = 0; e < line_elements(); ++e) line[e] = T(0);
  }
  /// Channels [c0, c1) of a block; `line` has been cleared once.
  void transform(int64 block, int64 c0, int64 c1, T* line, T* to) const {
    int64 place[6];
    for (int64 j = 0; j < 6; ++j) place[j] = images.place(j);
    for (int64 c = c0; c < c1; ++c)
      each_image(block, [&](int64 image, int64 first, int64 some, int64 at) {
        images.copy_lines(image, c, 2 * first, 2 * some + 2, line);
        transform_lines(line, 4 * images.pitch(), place, some, across, to + (c - c0) * pitch + at, plane);
      });
  }
};

/// y of x and w: parts are blocks of lines of tiles.
template <class T>
struct WinogradConvolution {
  WinogradBlocks<T> x;
  Product<T> item;  ///< of one image
  int64 c_batch;
  int64 batch = x.images.count;
  Cut cut = Cut(item.m, pieces(item.m, x.height));
  int64 filters = cut.count * x.height * x.channels + 16;                ///< [24][row tile][channel][rows]
  int64 together = least(cut.count, 1 + 1024 / (x.pitch * x.height));    ///< row tiles whose sums stay in the cache
  int64 sum_plane = together * x.height * x.pitch + 16;
  T* filter = nullptr;

  std::size_t shared_bytes() const { return static_cast<std::size_t>(x.parts * filters + 9 * x.channels * x.lanes) * sizeof(T); }
  int64 most_places() const { return 8 * x.lines * x.across; }
  std::size_t thread_bytes() const { return static_cast<std::size_t>(x.parts * (x.plane + sum_plane) + x.line_elements() + (most_places() > finish_bytes ? most_places() : finish_bytes)) * sizeof(T); }

  void prepare(void* shared) {
    filter = static_cast<T*>(shared);
    T* const turned = filter + x.parts * filters;
    for (int64 i = 0; i < cut.count; ++i)
      each_piece<T>(cut.size(i), [&](int64 r) {  // of rows; those beyond the tile's are overwritten by what comes next
        transpose(least(x.lanes, cut.size(i)), 9 * x.channels, item.a + (cut.begin(i) + r) * item.a_row, item.a_row, turned, x.lanes);
        T* const to = filter + i * x.channels * x.height + r;
        for (int64 c = 0; c < x.channels; ++c) {
          typename Tile<T>::V w[9];
          ETCH_UNROLL for (int k = 0; k < 9; ++k) w[k] = simd::load<T, Tile<T>::lanes>(turned + (9 * c + k) * x.lanes);
          transform_filters<T>(w, to + c * x.height, filters);
        }
      });
  }
  void run_parts(int64 begin, int64 end, T* workspace) const {
    T *const v = workspace, *const sums = v + x.parts * x.plane, *const line = sums + x.parts * sum_plane, *const tile = line + x.line_elements();
    x.clear(line);
    for (int64 block = begin; block < end; ++block) {
      x.transform(block, 0, x.channels, line, v);
      const int64 cols = pieces(x.tiles(block), x.lanes) * x.lanes;
      for (int64 k = 0; x.tiles(block) < cols && k < x.parts * x.channels; ++k)  // what is computed with and read by no one
        for (int64 j = x.tiles(block); j < cols; ++j) v[k / x.channels * x.plane + k % x.channels * x.pitch + j] = T(0);
      Ahead next[2] = {lines_of(block + 1, end), places_of(block)};
      for (int64 first = 0; first < cut.count; first += together) {
        const int64 last = least(first + together, cut.count);
        for (int64 e = 0; e < x.parts; ++e) multiply(first, last, filter + e * filters, v + e * x.plane, cols, sums + e * sum_plane, next);
        finish(block, cut.begin(first), cut.begin(last - 1) + cut.size(last - 1), sums, tile);
      }
    }
  }
  /// What is fetched while tiles are computed: pieces `step` apart.
  struct Ahead {
    const T* at;
    int64 step, pieces;
  };
  /// Of each channel the lines of a block's first image.
  Ahead lines_of(int64 block, int64 end) const {
    const int64 down = x.images.down(), row = block * x.lines, line = 2 * (row % down) - x.images.top;
    return block < end ? Ahead{x.images.data + row / down * x.images.step + (line > 0 ? line * x.images.line : 0), x.images.channel, x.channels} : Ahead{};
  }
  /// Of each output the places.
  Ahead places_of(int64 block) const {
    const int64 down = x.images.down(), row = block * x.lines, image = row / down, place = 2 * (row % down) * x.images.cols;
    if (item.epilogue.apply == nullptr) return {item.c + image * c_batch + place, item.c_row, item.m};
    const int s = item.epilogue.walked - 1;
    return s >= 0 ? Ahead{item.epilogue.walked_at[s] + image * item.m * item.epilogue.walked_row[s] + place, item.epilogue.walked_row[s], item.m} : Ahead{};
  }
  void multiply(int64 first, int64 last, const T* w, const T* v, int64 cols, T* to, Ahead (&next)[2]) const {
    constexpr int64 wide = Tile<T>::cols;
    TileArguments<T> t{};
    t.a_row = 1, t.a_col = x.height, t.b_row = t.c_row = x.pitch, t.b_panel = wide, t.next_step = 64 / int64{sizeof(T)};
    for (int64 k = 0; k < x.channels; k += x.depth) {
      t.k = least(x.depth, x.channels - k), t.accumulate = k > 0;
      for (int64 i = first; i < last; ++i) {
        const int64 height = cut.size(i);
        const auto& tile = item.kernels->tile.at[0][height - 1];
        t.a = w + (i * x.channels + k) * x.height;
        t.b = v + k * x.pitch, t.c = to + (cut.begin(i) - cut.begin(first)) * x.pitch, t.panels = cols / wide;
        t.lines = 2, t.line[0] = t.c, t.line[1] = t.c + x.lanes, t.line_row[0] = t.line_row[1] = x.pitch;
        Ahead& fetched = next[next[0].pieces > 0 ? 0 : 1];
        if (height >= Tile<T>::rows - 1 && t.panels > 0 && fetched.pieces >= t.panels) {
          t.next = fetched.at, t.next_panel = fetched.step;
          fetched.at += t.panels * fetched.step, fetched.pieces -= t.panels;
          item.kernels->tile.fetching[0][height - Tile<T>::rows + 1](t);
        } else if (t.panels > 0) {
          tile[1](t);
        }
        if (cols % wide == 0) continue;
        t.b = v + k * x.pitch + cols / wide * wide, t.c = to + (cut.begin(i) - cut.begin(first)) * x.pitch + cols / wide * wide, t.panels = 1, t.lines = 1, t.line[0] = t.c;
        tile[0](t);
      }
    }
  }
  /// Rows [row0, row1) of a block's places.
  void finish(int64 block, int64 row0, int64 row1, const T* sums, T* tile) const {
    x.each_image(block, [&](int64 image, int64 first, int64 some, int64 at) {
      const int64 n = x.images.cols, places = least(2 * some, x.images.rows - 2 * first) * n, col = 2 * first * n;
      const bool staged = item.epilogue.apply != nullptr;
      const int64 rows = staged ? 1 + finish_bytes / int64{sizeof(T)} / places : row1 - row0;
      for (int64 row = row0; row < row1; row += rows) {
        const int64 end = least(row + rows, row1);
        T* const to = staged ? tile : item.c + image * c_batch + row * item.c_row + col;
        const int64 to_row = staged ? places : item.c_row;
        for (int64 r = row; r < end; ++r)
          for (int64 i = 0; i < some; ++i)
            inverse_line(sums + (r - row0) * x.pitch + at + i * x.across, sum_plane, x.across, least(2, x.images.rows - 2 * (first + i)), n, to + (r - row) * to_row + 2 * i * n);
        if (staged) item.epilogue.apply(item.epilogue.context, image * item.m + row, col, end - row, places, tile, places);
      }
    });
  }
};

/// dw of x and dy, in two rounds: parts are groups of blocks, each with its own sums, then channels, whose groups are added in order.
template <class T>
struct WinogradGradient {
  WinogradBlocks<T> x;
  Product<T> item;            ///< [channels 9][outputs]
  const T* y;
  int64 y_batch, y_channel;   ///< its lines lie together
  int64 batch = 1;
  Cut cut = Cut(x.channels, pieces(x.channels, x.height));
  Cut groups = Cut(x.blocks, x.blocks >= 16 ? 4 : x.blocks >= 2 ? 2 : 1);                       ///< as many for any number of threads
  bool ends = false;                                                                            ///< the second round
  T* sums_of_all = nullptr;                                                                     ///< [group][24][channels][outputs]
  int64 wide = pieces(x.outputs, 16) * 16;                                                      ///< from tile to tile of dy
  int64 y_plane = x.lines * x.across * wide + 16, sum_plane = x.channels * wide + 16;

  int64 group_elements() const { return x.parts * sum_plane; }
  std::size_t shared_bytes() const { return static_cast<std::size_t>(groups.count * group_elements()) * sizeof(T); }
  std::size_t thread_bytes() const { return static_cast<std::size_t>(x.parts * (x.plane + y_plane) + x.line_elements() + (8 * x.across + 9) * wide) * sizeof(T); }
  void prepare(void* shared) { sums_of_all = static_cast<T*>(shared); }

  void run_parts(int64 begin, int64 end, T* workspace) const {
    for (int64 i = begin; i < end; ++i) ends ? finish(i, workspace) : add_up(i, workspace);
  }

 private:
  void add_up(int64 group, T* workspace) const {
    T *const v = workspace, *const u = v + x.parts * x.plane, *const line = u + x.parts * y_plane, *const turned = line + x.line_elements(), *const sums = sums_of_all + group * group_elements();
    x.clear(line);
    for (int64 e = 0; x.blocks == 0 && e < group_elements(); ++e) sums[e] = T(0);
    for (int64 block = groups.begin(group), first = block; block < first + groups.size(group); ++block) {
      x.transform(block, 0, x.channels, line, v);
      x.each_image(block, [&](int64 image, int64 row, int64 some, int64 at) {
        for (int64 i = 0; i < some; ++i) transform_result(image, row + i, turned, u + (at + i * x.across) * wide);
      });
      TileArguments<T> t{};
      t.k = x.tiles(block), t.a_row = x.pitch, t.a_col = 1, t.b_row = t.c_row = wide, t.accumulate = block > first;
      for (int64 e = 0; e < x.parts; ++e)
        for (int64 i = 0; i < cut.count; ++i)
          for (int64 col = 0; col < x.outputs; col += Tile<T>::cols) {
            t.a = v + e * x.plane + cut.begin(i) * x.pitch;
            t.b = u + e * y_plane + col;
            t.c = sums + e * sum_plane + cut.begin(i) * wide + col;
            item.kernels->tile(cut.size(i), pieces(least(Tile<T>::cols, x.outputs - col), x.lanes), t);
          }
    }
  }
  void finish(int64 c, T* turned) const {
    for (int64 o = 0; o < wide; o += x.lanes) finish_filters(sums_of_all + c * wide + o, turned + o);
    item.finish(9 * c, 0, 9, x.outputs, turned, wide);
  }
  /// A dy D' of a line of tiles, without the signs of what A subtracts alone: [24][tiles][outputs].
  void transform_result(int64 image, int64 first, T* turned, T* to) const {
    constexpr int lanes = Tile<T>::lanes;
    using V = typename Tile<T>::V;
    const int64 cols = x.images.cols, room = 4 * x.across * wide;
    for (int64 i = 0; i < 2; ++i) {
      T* const out = turned + i * room;
      const bool within = 2 * first + i < x.images.rows;
      if (within) transpose(x.outputs, cols, y + image * y_batch + (2 * first + i) * cols, y_channel, out, wide);
      for (int64 e = within ? cols * wide : 0; e < room; ++e) out[e] = T(0);
    }
    for (int64 t = 0; t < x.across; ++t)
      for (int64 o = 0; o < wide; o += lanes) {
        const T* const from = turned + 4 * t * wide + o;
        T* const out = to + t * wide + o;
        V d[4][4], z[6];
        ETCH_UNROLL for (int j = 0; j < 4; ++j) {
          d[0][j] = simd::load<T, lanes>(from + j * wide), d[3][j] = simd::load<T, lanes>(from + room + j * wide);
          d[1][j] = d[0][j] + d[3][j], d[2][j] = d[0][j] - d[3][j];
        }
        ETCH_UNROLL for (int i = 0; i < 4; ++i) {
          LineTransform<T>::back(d[i], z);
          ETCH_UNROLL for (int j = 0; j < 6; ++j) simd::store(out + (6 * i + j) * y_plane, z[j]);
        }
      }
  }
  /// G' s H with those signs, of a vector of outputs: nine rows.
  void finish_filters(const T* s, T* to) const {
    constexpr int lanes = Tile<T>::lanes;
    using V = typename Tile<T>::V;
    V h[3][6];
    ETCH_UNROLL for (int j = 0; j < 6; ++j) {
      const auto at = [&](int i) {
        V sum = simd::load<T, lanes>(s + (6 * i + j) * sum_plane);
        for (int64 g = 1; g < groups.count; ++g) sum = sum + simd::load<T, lanes>(s + g * group_elements() + (6 * i + j) * sum_plane);
        return sum;
      };
      const V half = (at(1) + at(2)) * T(0.5);
      h[0][j] = at(0) + half, h[1][j] = (at(1) - at(2)) * T(0.5), h[2][j] = half - at(3);
    }
    ETCH_UNROLL for (int i = 0; i < 3; ++i) {
      V w[3];
      LineTransform<T>::weight(h[i], w);
      ETCH_UNROLL for (int j = 0; j < 3; ++j) simd::store(to + (3 * i + j) * wide, w[j]);
    }
  }
};

}  // namespace detail
}  // namespace cpu
}  // namespace ETCH_ABI
}  // namespace etch
