// Convolutions with windows of 3 x 3 by Winograd's F(2 x 2, 3 x 3): 16 products for four places instead of 36.
//
//   y = A' [sum over channels of (G w G') (B' x B)] A     x: tiles of 4 x 4, two apart; y: tiles of 2 x 2
//   dw = G' [sum over tiles of (B' x B) (A dy A')] G      the transposed algorithm
//
//       1  0 -1  0          1    0    0
//  B' = 0  1  1  0     G = 1/2  1/2  1/2     A' = 1  1  1  0
//       0 -1  1  0         1/2 -1/2  1/2          0  1 -1 -1
//       0  1  0 -1          0    0    1
//
// Between the transforms are 16 matrix products, of all tiles of some lines of tiles at a time, which stay in the second-level cache.
#pragma once

#include <etch/cpu/matmul.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace cpu {
namespace detail {

/// Images and the zeros around them, as windows of 3 x 3 at rows x cols places read them.
template <class T>
struct TiledImages {
  const T* data;
  int64 count, step, channel, line;        ///< between images, channels and lines
  int64 height, width, top, left;          ///< of what is in memory; the zeros before it
  int64 rows, cols;
  int64 down() const { return (rows + 1) / 2; }
  int64 across() const { return (cols + 1) / 2; }
  int64 pitch() const { return 2 * across() + 2; }
  /// `lines` lines of a channel from line `first` on, zeros included.
  void copy_lines(int64 image, int64 c, int64 first, int64 lines, T* to) const {
    const T* const from = data + image * step + c * channel;
    for (int64 i = first - top; i < first - top + lines; ++i, to += pitch()) {
      if (i >= 0 && i < height) fill_line(from + i * line, width, 1, left, pitch(), to);
      else
        for (int64 j = 0; j < pitch(); ++j) to[j] = T(0);
    }
  }
};

#if defined(__CUDACC__)  // where lanes move within fours alone
template <class T>
inline constexpr int tile_lanes = 4;
#else
template <class T>
inline constexpr int tile_lanes = Tile<T>::lanes;
#endif

/// Calls f.operator()<L>(t) for tiles [t, t + L) of a line, at least four: vectors whose lanes are in the order of tile_in_piece, then
/// fours in their own, of which the last end where the line does.
template <class T, class F>
ETCH_INLINE void each_piece(int64 tiles, F f) {
  int64 t = 0;
  if constexpr (tile_lanes<T> > 4)
    for (; tiles - t == tile_lanes<T> || tiles - t >= tile_lanes<T> + 4; t += tile_lanes<T>) f.template operator()<tile_lanes<T>>(t);
  for (; t < tiles; t += 4) f.template operator()<4>(least(t, tiles - 4));
}
/// The tile in lane `lane`: within each four of lanes two tiles are of the first vector that was read, two of the second.
template <int L>
constexpr int tile_in_piece(int lane) {
  return lane / 4 * 2 + lane % 2 + (lane % 4 < 2 ? 0 : L / 2);
}
/// x's elements at even and at odd places of two vectors, and the inverse.
template <class T, int L>
ETCH_INLINE void take_apart(simd::Vec<T, L> x, simd::Vec<T, L> y, simd::Vec<T, L>& even, simd::Vec<T, L>& odd) {
  constexpr auto each = std::make_integer_sequence<int, L>{};
  even = pick<0, 2, 4, 6>(x, y, each), odd = pick<1, 3, 5, 7>(x, y, each);
}
template <class T, int L>
ETCH_INLINE void put_together(simd::Vec<T, L> even, simd::Vec<T, L> odd, simd::Vec<T, L>& x, simd::Vec<T, L>& y) {
  constexpr auto each = std::make_integer_sequence<int, L>{};
  x = pick<0, 4, 1, 5>(even, odd, each), y = pick<2, 6, 3, 7>(even, odd, each);
}

/// B' x B of a line of tiles, from four lines: element i of them to to[i * plane].
template <class T>
ETCH_NOINLINE void transform_line(const T* lines, int64 pitch, int64 tiles, T* to, int64 plane) {
  each_piece<T>(tiles, [=]<int L>(int64 t) {
    using V = simd::Vec<T, L>;
    V h[4][4];
    ETCH_UNROLL for (int i = 0; i < 4; ++i) {
      const T* const x = lines + i * pitch + 2 * t;
      V odd, even;
      take_apart(simd::load<T, L>(x) - simd::load<T, L>(x + 2), simd::load<T, L>(x + L) - simd::load<T, L>(x + L + 2), h[i][0], h[i][3]);
      take_apart(simd::load<T, L>(x + 1), simd::load<T, L>(x + L + 1), odd, even);
      h[i][1] = odd + even, h[i][2] = even - odd;
    }
    ETCH_UNROLL for (int j = 0; j < 4; ++j) {
      T* const out = to + j * plane + t;
      simd::store(out, h[0][j] - h[2][j]);
      simd::store(out + 4 * plane, h[1][j] + h[2][j]);
      simd::store(out + 8 * plane, h[2][j] - h[1][j]);
      simd::store(out + 12 * plane, h[1][j] - h[3][j]);
    }
  });
}

/// A' m A of a line of tiles: two lines of y, or one.
template <class T>
ETCH_NOINLINE void inverse_line(const T* m, int64 plane, int64 tiles, int64 lines, int64 cols, T* y) {
  each_piece<T>(tiles, [=]<int L>(int64 t) {
    using V = simd::Vec<T, L>;
    V v[2][4];
    ETCH_UNROLL for (int j = 0; j < 4; ++j) {
      const T* const from = m + j * plane + t;
      const V one = simd::load<T, L>(from + 4 * plane), two = simd::load<T, L>(from + 8 * plane);
      v[0][j] = simd::load<T, L>(from) + (one + two);
      v[1][j] = (one - two) - simd::load<T, L>(from + 12 * plane);
    }
    ETCH_UNROLL for (int i = 0; i < 2; ++i) {
      V lo, hi;
      put_together(v[i][0] + (v[i][1] + v[i][2]), (v[i][1] - v[i][2]) - v[i][3], lo, hi);
      if (i == lines) return;
      T* const out = y + i * cols + 2 * t;
      simd::store(out, lo);
      if (2 * (t + L) <= cols) simd::store(out + L, hi);
      else simd::store_partial(out + L, hi, L - 1);
    }
  });
}

/// G w G' of a vector of filters, element i to to[i * plane].
template <class T, int L>
ETCH_INLINE void transform_filters(const simd::Vec<T, L> (&w)[9], T* to, int64 plane) {
  using V = simd::Vec<T, L>;
  V h[4][3];
  ETCH_UNROLL for (int j = 0; j < 3; ++j) {
    const V ends = (w[j] + w[6 + j]) * T(0.5), middle = w[3 + j] * T(0.5);
    h[0][j] = w[j], h[1][j] = ends + middle, h[2][j] = ends - middle, h[3][j] = w[6 + j];
  }
  ETCH_UNROLL for (int i = 0; i < 4; ++i) {
    const V ends = (h[i][0] + h[i][2]) * T(0.5), middle = h[i][1] * T(0.5);
    T* const out = to + 4 * i * plane;
    simd::store(out, h[i][0]);
    simd::store(out + plane, ends + middle);
    simd::store(out + 2 * plane, ends - middle);
    simd::store(out + 3 * plane, h[i][2]);
  }
}

/// What the transforms of both directions share: lines of tiles at work at a time, and where their 16 matrices lie.
template <class T>
struct WinogradBlocks {
  static constexpr int64 lanes = Tile<T>::lanes, height = Tile<T>::rows, depth = block_depth<T>;
  TiledImages<T> images;
  int64 channels, outputs;
  int64 across = images.across(), total = images.count * images.down();  ///< tiles in a line; lines of tiles of all images
  int64 most = channels <= 64 ? 128 : 64, lines = most > across ? most / across : 1, blocks = pieces(total, lines);
  int64 pitch = pieces(lines * across, 16) * 16, plane = channels * pitch + 16;  ///< of what is transformed: [16][channels][tiles]

  int64 line_elements() const { return (2 * lines + 2) * images.pitch() + 16; }
  /// Calls f(image, line of its tiles, lines, tiles before them) for the lines of a block in each image.
  template <class F>
  void each_image(int64 block, F f) const {
    const int64 end = least((block + 1) * lines, total), down = images.down();
    for (int64 r = block * lines, some; r < end; r += some) {
      some = least(end - r, down - r % down);
      f(r / down, r % down, some, (r - block * lines) * across);
    }
  }
  int64 tiles(int64 block) const { return (least((block + 1) * lines, total) - block * lines) * across; }
  /// Channels [c0, c1) of a block.
  void transform(int64 block, int64 c0, int64 c1, T* line, T* to) const {
    for (int64 c = c0; c < c1; ++c)
      each_image(block, [&](int64 image, int64 first, int64 some, int64 at) {
        images.copy_lines(image, c, 2 * first, 2 * some + 2, line);
        for (int64 i = 0; i < some; ++i) transform_line(line + 2 * i * images.pitch(), images.pitch(), across, to + (c - c0) * pitch + at + i * across, plane);
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
  int64 filters = cut.count * x.height * x.channels + 16;                ///< [16][row tile][channel][rows]
  int64 together = least(cut.count, 1 + 4096 / (x.pitch * x.height));    ///< row tiles whose sums stay in the cache
  int64 sum_plane = together * x.height * x.pitch + 16;
  T* filter = nullptr;

  std::size_t shared_bytes() const { return static_cast<std::size_t>(16 * filters + 9 * x.channels * x.lanes) * sizeof(T); }
  int64 most_places() const { return 4 * x.lines * x.across; }
  std::size_t thread_bytes() const { return static_cast<std::size_t>(16 * (x.plane + sum_plane) + x.line_elements() + (most_places() > finish_bytes ? most_places() : finish_bytes)) * sizeof(T); }

  void prepare(void* shared) {
    filter = static_cast<T*>(shared);
    T* const turned = filter + 16 * filters;
    for (int64 i = 0; i < cut.count; ++i) {
      transpose(least(x.lanes, item.m - cut.begin(i)), 9 * x.channels, item.a + cut.begin(i) * item.a_row, item.a_row, turned, x.lanes);
      for (int64 c = 0; c < x.channels; ++c) {  // rows beyond the tile's are overwritten by what comes next
        typename Tile<T>::V w[9];
        ETCH_UNROLL for (int k = 0; k < 9; ++k) w[k] = simd::load<T, Tile<T>::lanes>(turned + (9 * c + k) * x.lanes);
        transform_filters(w, filter + (i * x.channels + c) * x.height, filters);
      }
    }
  }
  void run_parts(int64 begin, int64 end, T* workspace) const {
    T *const v = workspace, *const sums = v + 16 * x.plane, *const line = sums + 16 * sum_plane, *const tile = line + x.line_elements();
    for (int64 block = begin; block < end; ++block) {
      x.transform(block, 0, x.channels, line, v);
      const int64 cols = pieces(x.tiles(block), x.lanes) * x.lanes;
      for (int64 k = 0; x.tiles(block) < cols && k < 16 * x.channels; ++k)  // what is computed with and read by no one
        for (int64 j = x.tiles(block); j < cols; ++j) v[k / x.channels * x.plane + k % x.channels * x.pitch + j] = T(0);
      for (int64 first = 0; first < cut.count; first += together) {
        const int64 last = least(first + together, cut.count);
        for (int64 e = 0; e < 16; ++e) multiply(first, last, filter + e * filters, v + e * x.plane, cols, sums + e * sum_plane);
        finish(block, cut.begin(first), cut.begin(last - 1) + cut.size(last - 1), sums, tile);
      }
    }
  }
  void multiply(int64 first, int64 last, const T* w, const T* v, int64 cols, T* to) const {
    TileArguments<T> t{};
    t.a_row = 1, t.a_col = x.height, t.b_row = t.c_row = x.pitch;
    for (int64 k = 0; k < x.channels; k += x.depth) {
      t.k = least(x.depth, x.channels - k), t.accumulate = k > 0;
      for (int64 col = 0; col < cols; col += Tile<T>::cols) {
        t.b = v + k * x.pitch + col;
        for (int64 i = first; i < last; ++i) {
          t.a = w + (i * x.channels + k) * x.height;
          t.c = to + (cut.begin(i) - cut.begin(first)) * x.pitch + col;
          tile_table<T>(cut.size(i), least(Tile<T>::cols, cols - col) / x.lanes, t);
        }
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

/// dw of x and dy: parts are row tiles of channels.
template <class T>
struct WinogradGradient {
  WinogradBlocks<T> x;
  Product<T> item;            ///< [channels 9][outputs]
  const T* y;
  int64 y_batch, y_channel;   ///< its lines lie together
  int64 batch = 1;
  Cut cut = Cut(x.channels, pieces(x.channels, x.height));
  int64 wide = pieces(x.outputs, 16) * 16;                                                      ///< from tile to tile of dy
  int64 y_plane = x.lines * x.across * wide + 16, sum_plane = x.channels * wide + 16;

  std::size_t shared_bytes() const { return 0; }
  std::size_t thread_bytes() const { return static_cast<std::size_t>(16 * (x.plane + y_plane + sum_plane) + x.line_elements() + (4 * x.across + 9) * wide) * sizeof(T); }
  void prepare(void*) {}

  void run_parts(int64 begin, int64 end, T* workspace) const {
    const int64 top = cut.begin(begin), bottom = cut.begin(end - 1) + cut.size(end - 1);
    T *const v = workspace, *const u = v + 16 * x.plane, *const sums = u + 16 * y_plane, *const line = sums + 16 * sum_plane, *const turned = line + x.line_elements();
    for (int64 e = 0; x.blocks == 0 && e < 16 * sum_plane; ++e) sums[e] = T(0);
    for (int64 block = 0; block < x.blocks; ++block) {
      x.transform(block, top, bottom, line, v);
      x.each_image(block, [&](int64 image, int64 first, int64 some, int64 at) {
        for (int64 i = 0; i < some; ++i) transform_result(image, first + i, turned, u + (at + i * x.across) * wide);
      });
      TileArguments<T> t{};
      t.k = x.tiles(block), t.a_row = x.pitch, t.a_col = 1, t.b_row = t.c_row = wide, t.accumulate = block > 0;
      for (int64 e = 0; e < 16; ++e)
        for (int64 i = begin; i < end; ++i)
          for (int64 col = 0; col < x.outputs; col += Tile<T>::cols) {
            t.a = v + e * x.plane + (cut.begin(i) - top) * x.pitch;
            t.b = u + e * y_plane + col;
            t.c = sums + e * sum_plane + cut.begin(i) * wide + col;
            tile_table<T>(cut.size(i), pieces(least(Tile<T>::cols, x.outputs - col), x.lanes), t);
          }
    }
    for (int64 c = top; c < bottom; ++c) {
      for (int64 o = 0; o < wide; o += x.lanes) finish_filters(sums + c * wide + o, turned + o);
      item.finish(9 * c, 0, 9, x.outputs, turned, wide);
    }
  }
  /// A dy A' of a line of tiles, without the signs of what A subtracts alone: [16][tiles][outputs].
  void transform_result(int64 image, int64 first, T* turned, T* to) const {
    constexpr int lanes = Tile<T>::lanes;
    using V = typename Tile<T>::V;
    const int64 cols = x.images.cols, room = 2 * x.across * wide;
    for (int64 i = 0; i < 2; ++i) {
      T* const out = turned + i * room;
      const bool within = 2 * first + i < x.images.rows;
      if (within) transpose(x.outputs, cols, y + image * y_batch + (2 * first + i) * cols, y_channel, out, wide);
      for (int64 e = within ? cols * wide : 0; e < room; ++e) out[e] = T(0);
    }
    each_piece<T>(x.across, [&]<int L>(int64 t) {
      for (int lane = 0; lane < L; ++lane) {
        const T* const from = turned + 2 * (t + tile_in_piece<L>(lane)) * wide;
        for (int64 o = 0; o < wide; o += lanes) {
          const V d[2][2] = {{simd::load<T, lanes>(from + o), simd::load<T, lanes>(from + wide + o)}, {simd::load<T, lanes>(from + room + o), simd::load<T, lanes>(from + room + wide + o)}};
          const V h[4][2] = {{d[0][0], d[0][1]}, {d[0][0] + d[1][0], d[0][1] + d[1][1]}, {d[0][0] - d[1][0], d[0][1] - d[1][1]}, {d[1][0], d[1][1]}};
          T* const out = to + (t + lane) * wide + o;
          ETCH_UNROLL for (int i = 0; i < 4; ++i) {
            simd::store(out + 4 * i * y_plane, h[i][0]);
            simd::store(out + (4 * i + 1) * y_plane, h[i][0] + h[i][1]);
            simd::store(out + (4 * i + 2) * y_plane, h[i][0] - h[i][1]);
            simd::store(out + (4 * i + 3) * y_plane, h[i][1]);
          }
        }
      }
    });
  }
  /// G' s G with those signs, of a vector of outputs: nine rows.
  void finish_filters(const T* s, T* to) const {
    constexpr int lanes = Tile<T>::lanes;
    using V = typename Tile<T>::V;
    V h[3][4];
    ETCH_UNROLL for (int j = 0; j < 4; ++j) {
      const auto at = [&](int i) { return simd::load<T, lanes>(s + (4 * i + j) * sum_plane); };
      const V half = (at(1) + at(2)) * T(0.5);
      h[0][j] = at(0) + half, h[1][j] = (at(1) - at(2)) * T(0.5), h[2][j] = half - at(3);
    }
    ETCH_UNROLL for (int i = 0; i < 3; ++i) {
      const V half = (h[i][1] + h[i][2]) * T(0.5);
      simd::store(to + 3 * i * wide, h[i][0] + half);
      simd::store(to + (3 * i + 1) * wide, (h[i][1] - h[i][2]) * T(0.5));
      simd::store(to + (3 * i + 2) * wide, half - h[i][3]);
    }
  }
};

}  // namespace detail
}  // namespace cpu
}  // namespace ETCH_ABI
}  // namespace etch
