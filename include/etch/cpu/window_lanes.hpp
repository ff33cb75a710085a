// Convolutions of small images, an image of the batch in each lane: their rows do not fill vectors, a batch does.
//
//   y[n] = w x[n]                   tiles of [rows of w][places], a vector of images each
//   dw = sum over n of x[n] dy[n]   sums keep a lane for each image until all are added
//
// A block of images is turned once, so that what any window reads is a whole vector; elements of the padding are left out.
#pragma once

#include <etch/cpu/window_product.hpp>

#include <cstring>

namespace etch {
inline namespace ETCH_ABI {
namespace cpu {
namespace detail {

inline constexpr int64 lane_block_bytes = int64{ETCH_VECTOR_BYTES} << 13;  // of a turned block: it is read from the second-level cache, of a megabyte at least where vectors are of 64 bytes
inline constexpr int64 lane_part_bytes = 49152;            // of finished places that wait to be turned back

/// An element of a window: where the matrix and the images have it, for the first of the channels.
struct Tap {
  std::int32_t a, b;
};
inline constexpr int64 lane_rows = 6;  ///< of the matrix in a tile, side by side
/// k = the taps of each of the channels, `b_channel` from one to the next.
template <class T>
struct LaneArguments {
  const Tap* tap;
  int64 taps, channels, b_channel;
  const T *a, *b;
  int64 column[4];  ///< where each of the tile's places begins
  T* c;
  int64 c_row, c_place[4];
  const T* term;   ///< of each row, and whether it is added and only what is positive kept
  bool rectifies;
};
template <class T, int R, int C>
ETCH_NOINLINE void lane_product(const LaneArguments<T>& t) {
  using V = typename Tile<T>::V;
  constexpr int lanes = Tile<T>::lanes;
  V sum[R][C];
  ETCH_UNROLL for (int i = 0; i < R; ++i) {
    ETCH_UNROLL for (int j = 0; j < C; ++j) sum[i][j] = simd::splat<T, lanes>(0);
  }
  for (const Tap *tap = t.tap, *end = tap + t.taps; tap != end; ++tap) {
    const T *a = t.a + tap->a, *b[C];
    ETCH_UNROLL for (int j = 0; j < C; ++j) b[j] = t.b + t.column[j] + tap->b;
    for (int64 c = t.channels; c > 0; --c, a += lane_rows) {
      V row[C];
      ETCH_UNROLL for (int j = 0; j < C; ++j) {
        row[j] = simd::load<T, lanes>(b[j]);
        b[j] += t.b_channel;
      }
      ETCH_UNROLL for (int i = 0; i < R; ++i) {
        const V x = simd::splat<T, lanes>(a[i]);
        ETCH_UNROLL for (int j = 0; j < C; ++j) sum[i][j] = simd::fma(x, row[j], sum[i][j]);
      }
    }
  }
  if (t.rectifies) {
    ETCH_UNROLL for (int i = 0; i < R; ++i) {
      ETCH_UNROLL for (int j = 0; j < C; ++j) sum[i][j] = Rectified<T>{simd::splat<T, lanes>(t.term[i])}(sum[i][j]);
    }
  }
  T* c[C];
  ETCH_UNROLL for (int j = 0; j < C; ++j) c[j] = t.c + t.c_place[j];
  const int64 c_row = t.c_row;
  ETCH_UNROLL for (int i = 0; i < R; ++i) {
    ETCH_UNROLL for (int j = 0; j < C; ++j) simd::store(c[j] + i * c_row, sum[i][j]);
  }
}

/// Images in blocks of as many as a vector has lanes, turned.
template <class T>
struct LaneImages {
  static constexpr int64 lanes = Tile<T>::lanes;
  const T* image;       ///< of the first one, or of the padded ones as a whole
  const Padded<T>* pad; ///< null where nothing is padded
  int64 step, span;     ///< between images, of one
  int64 elements() const { return span * lanes; }
  /// What no image writes.
  void clear(T* block) const { std::memset(static_cast<void*>(block), 0, static_cast<std::size_t>(elements()) * sizeof(T)); }
  /// Images [first, first + count), count <= lanes, as [span][lanes]; the block has been cleared before.
  void turn(int64 first, int64 count, T* block) const {
    if (count < lanes) clear(block);
    if (pad == nullptr) return transpose(count, span, image + first * step, step, block, lanes);
    const int64 apart = pad->box.stride[0];
    pad->box.each_line(pad->at, span, [&](int64 to, int64 from, int64 length) { transpose(count, length, image + first * apart + from, apart, block + to * lanes, lanes); });
  }
};

/// c[n] = a b[n]: a matrix [m, k] times the windows of each image.
template <class T>
struct LaneConvolution {
  static constexpr int64 lanes = Tile<T>::lanes, rows = lane_rows;
  static constexpr int tall_wide = ETCH_VECTOR_BYTES >= 64 ? 4 : 2;  // of 32 registers or 16
  Product<T> item;
  LaneImages<T> images;
  int64 batch, c_batch;
  int64 channels, taps, channel;     ///< the outermost axis of k, the rest of it, from one channel to the next
  int64 wide = item.m < 4 ? 4 : tall_wide;  ///< places in a tile
  int64 tiles = pieces(item.n, wide), part = least(tiles, 1 + lane_part_bytes / (1 + item.m * wide * lanes * int64{sizeof(T)}));
  Cut cut = Cut(item.m, 1 + (item.m - 1) / rows);
  bool skips = images.pad != nullptr;
  int64 lists = skips ? tiles : 1;
  // shared by all threads
  T* packed = nullptr;  ///< the matrix as [row tile][its rows' terms, then tap][channel][rows]
  Tap* tap = nullptr;
  std::int32_t* count = nullptr;

  /// Whether the epilogue is one of products' registers: a term of each row, then what is positive.
  bool rectifies() const { return item.epilogue.rectifies && (item.epilogue.terms == nullptr || item.epilogue.terms_count == item.m); }
  int64 packed_elements() const { return (cut.count * rows * (item.k + 1) + 15) / 16 * 16; }
  int64 mask_elements() const { return images.pad == nullptr ? 0 : (images.pad->box.room(images.span) + 15) / 16 * 16; }
  std::size_t shared_bytes() const {
    return static_cast<std::size_t>(packed_elements() + mask_elements()) * sizeof(T) + static_cast<std::size_t>(lists * taps) * sizeof(Tap) + static_cast<std::size_t>(lists) * sizeof(std::int32_t) + 64;
  }
  int64 part_elements() const { return item.m * part * wide * lanes; }
  std::size_t thread_bytes() const { return static_cast<std::size_t>(images.elements() + 2 * part_elements()) * sizeof(T); }

  void prepare(void* shared) {
    packed = static_cast<T*>(shared);
    for (int64 i = 0; i < cut.count; ++i) {
      const T* const a = item.a + cut.begin(i) * item.a_row;
      T* to = packed + i * rows * (item.k + 1);
      for (int64 r = 0; r < rows; ++r) *to++ = rectifies() && r < cut.size(i) ? item.epilogue.term(cut.begin(i) + r) : T(0);
      for (int64 p = 0; p < item.k; ++p, to += rows)
        for (int64 r = 0; r < cut.size(i); ++r) to[r] = a[r * item.a_row + (p % channels * taps + p / channels) * item.a_col];
    }
    T* const mask = packed + packed_elements();
    tap = reinterpret_cast<Tap*>(mask + mask_elements());
    count = reinterpret_cast<std::int32_t*>(tap + lists * taps);
    const T* inside = nullptr;
    if (skips) {  // ones among the padding's zeros
      Padding ones = images.pad->box;
      for (int64& s : ones.stride) s = 0;
      const T one = T(1);
      inside = ones.fill(&one, images.pad->at, images.span, mask);
      for (int64 e = 0; e + channel < images.span; ++e) skips = skips && inside[e] == inside[e + channel];
    }
    for (int64 tile = 0; tile < lists; ++tile) {
      Tap* to = tap + tile * taps;
      for (int64 p = 0; p < taps; ++p) {
        const std::int32_t at = item.b_at->row[p];
        bool reads = !skips;
        for (int64 j = 0; skips && j < wide; ++j) reads = reads || inside[at + item.b_at->column[place(tile, j)]] != T(0);
        if (reads) *to++ = {static_cast<std::int32_t>(p * channels * rows), static_cast<std::int32_t>(at * lanes)};
      }
      count[tile] = static_cast<std::int32_t>(to - (tap + tile * taps));
    }
  }
  /// Place j of a tile; the last tile's last one stands for those it lacks.
  int64 place(int64 tile, int64 j) const { return least(tile * wide + j, item.n - 1); }

  void run_parts(int64 begin, int64 end, T* workspace) const {
    if (images.pad != nullptr) images.clear(workspace);
    for (int64 block = begin; block < end; ++block) run(block, workspace);
  }
  /// Images [block * lanes, ..).
  void run(int64 block, T* workspace) const {
    const int64 first = block * lanes, some = least(lanes, batch - first), m = item.m;
    const Epilogue<T>& epilogue = item.epilogue;
    T* const sums = workspace + images.elements();
    T* const turned = sums + part_elements();
    images.turn(first, some, workspace);
    LaneArguments<T> t{};
    t.channels = channels, t.b_channel = channel * lanes;
    t.b = workspace;
    t.rectifies = rectifies();
    const bool staged = epilogue.apply != nullptr && !t.rectifies;
    const int64 row = t.rectifies ? epilogue.walked_row[0] : item.c_row, image = t.rectifies ? m * row : c_batch;
    T* const result = (t.rectifies ? epilogue.walked_at[0] : item.c) + first * image;
    for (int64 begin = 0; begin < tiles; begin += part) {
      const int64 end = least(begin + part, tiles), col = begin * wide, cols = least(end * wide, item.n) - col;
      t.c_row = cols * lanes;
      for (int64 tile = begin; tile < end; ++tile) {
        t.tap = tap + (skips ? tile * taps : 0), t.taps = count[skips ? tile : 0];
        for (int64 j = 0; j < wide; ++j) {
          t.column[j] = item.b_at->column[place(tile, j)] * lanes;
          t.c_place[j] = (place(tile, j) - col) * lanes;
        }
        for (int64 i = 0; i < cut.count; ++i) {
          t.term = packed + i * rows * (item.k + 1), t.a = t.term + rows;
          t.c = sums + cut.begin(i) * t.c_row;
          multiply(m, cut.size(i), t);
        }
      }
      T* const to = staged ? turned : result + col;
      const int64 to_row = staged ? cols : row, to_image = staged ? m * cols : image;
      for (int64 i = 0; i < m; ++i) transpose(cols, some, sums + i * t.c_row, lanes, to + i * to_row, to_image);
      for (int64 n = 0; staged && n < some; ++n) epilogue.apply(epilogue.context, (first + n) * m, col, m, cols, to + n * to_image, cols);
    }
  }
  /// `height` of m rows.
  static void multiply(int64 m, int64 height, const LaneArguments<T>& t) {
    using Function = void (*)(const LaneArguments<T>&);
    static constexpr Function narrow[] = {lane_product<T, 1, 4>, lane_product<T, 2, 4>, lane_product<T, 3, 4>};
    static constexpr Function tall[] = {lane_product<T, 3, tall_wide>, lane_product<T, 4, tall_wide>, lane_product<T, 5, tall_wide>, lane_product<T, 6, tall_wide>};
    if (m < 4) narrow[height - 1](t);
    else tall[height - 3](t);
  }
};

/// sum[i][o] += a[row i + at] b[column o + at] for each place.
template <class T>
struct LaneSums {
  int64 places;
  const std::int32_t *a_at, *b_at;
  const T* a[4];
  const T* b[4];
  T* sum;
  int64 sum_row;
};
template <class T, int R, int C>
ETCH_NOINLINE void add_lane_products(const LaneSums<T>& t) {
  using V = typename Tile<T>::V;
  constexpr int lanes = Tile<T>::lanes;
  V sum[R][C];
  const T *a[R], *b[C];
  ETCH_UNROLL for (int i = 0; i < R; ++i) {
    a[i] = t.a[i];
    ETCH_UNROLL for (int j = 0; j < C; ++j) sum[i][j] = simd::load<T, lanes>(t.sum + i * t.sum_row + j * lanes);
  }
  ETCH_UNROLL for (int j = 0; j < C; ++j) b[j] = t.b[j];
  const std::int32_t *a_at = t.a_at, *b_at = t.b_at;
  for (int64 p = 0; p < t.places; ++p) {
    const int64 at = a_at[p], to = b_at[p];
    V y[C];
    ETCH_UNROLL for (int j = 0; j < C; ++j) y[j] = simd::load<T, lanes>(b[j] + to);
    ETCH_UNROLL for (int i = 0; i < R; ++i) {
      V x = simd::load<T, lanes>(a[i] + at);
      simd::settle(x);  // loaded once: GCC would read it again in each product
      ETCH_UNROLL for (int j = 0; j < C; ++j) sum[i][j] = simd::fma(x, y[j], sum[i][j]);
    }
  }
  ETCH_UNROLL for (int i = 0; i < R; ++i) {
    ETCH_UNROLL for (int j = 0; j < C; ++j) simd::store(t.sum + i * t.sum_row + j * lanes, sum[i][j]);
  }
}

/// add_lane_products for as many rows and columns as a tile may have.
template <class T>
struct LaneSumTable {
  using Function = void (*)(const LaneSums<T>&);
  static constexpr int tall = 4, wide = ETCH_VECTOR_BYTES >= 64 ? 4 : 3;
  Function at[tall][wide] = {};
  constexpr LaneSumTable() { fill<1, 1>(); }
  template <int R, int C>
  constexpr void fill() {
    at[R - 1][C - 1] = add_lane_products<T, R, C>;
    if constexpr (C < wide) fill<R, C + 1>();
    else if constexpr (R < tall) fill<R + 1, 1>();
  }
};
template <class T>
inline constexpr LaneSumTable<T> lane_sum_table;

/// The result of `item`, of which each group of images has a part.
template <class T>
void add_groups(const Product<T>& item, T* sums, int64 groups) {
  const int64 count = item.m * item.n;
  for (int64 group = 1; group < groups; ++group)
    for (int64 e = 0; e < count; ++e) sums[e] += sums[group * count + e];
  item.finish(0, 0, item.m, item.n, sums, item.n);
}

/// c[i][o] = sum over images and places of x's windows times dy. Images are added up in up to `most_groups` groups, whatever the number of threads.
template <class T>
struct LaneGradient {
  static constexpr int64 lanes = Tile<T>::lanes, tall = LaneSumTable<T>::tall, wide = LaneSumTable<T>::wide, together = 128;  // places whose dy stay in the first-level cache
  static constexpr int64 most_groups = 4;
  Product<T> item;
  LaneImages<T> windows, results;
  int64 batch, places;
  Cut rows = Cut(item.m, 1 + (item.m - 1) / tall), columns = Cut(item.n, 1 + (item.n - 1) / wide);
  int64 blocks = pieces(batch, lanes), groups = least(blocks, most_groups), parts_of_all = groups * rows.count;  ///< parts are row tiles of a group
  std::int32_t *a_at = nullptr, *b_at = nullptr;
  T* sums = nullptr;  ///< of each group

  std::size_t shared_bytes() const { return static_cast<std::size_t>(2 * places) * sizeof(std::int32_t) + static_cast<std::size_t>(groups * item.m * item.n) * sizeof(T); }
  std::size_t thread_bytes() const { return static_cast<std::size_t>(windows.elements() + results.elements() + item.m * item.n * lanes) * sizeof(T); }

  void prepare(void* shared) {
    sums = static_cast<T*>(shared);
    a_at = reinterpret_cast<std::int32_t*>(sums + groups * item.m * item.n);
    b_at = a_at + places;
    for (int64 p = 0; p < places; ++p) {
      a_at[p] = static_cast<std::int32_t>(item.a_at->column[p] * lanes);
      b_at[p] = static_cast<std::int32_t>(item.b_at->row[p] * lanes);
    }
  }
  void run_parts(int64 begin, int64 end, T* workspace) const {
    if (windows.pad != nullptr) windows.clear(workspace);
    for (int64 next; begin < end; begin = next) {
      const int64 group = begin / rows.count;
      next = least(end, (group + 1) * rows.count);
      run(group, begin - group * rows.count, next - group * rows.count, workspace);
    }
  }
  /// Row tiles [row0, row1) of a group.
  void run(int64 group, int64 row0, int64 row1, T* workspace) const {
    T* const y = workspace + windows.elements();
    T* const sum = y + results.elements();
    const int64 n = item.n, top = rows.begin(row0), bottom = rows.begin(row1 - 1) + rows.size(row1 - 1);
    for (int64 e = top * n; e < bottom * n; ++e) simd::store(sum + e * lanes, simd::splat<T, Tile<T>::lanes>(0));
    LaneSums<T> t{};
    t.sum_row = n * lanes;
    for (int64 block = blocks * group / groups; block < blocks * (group + 1) / groups; ++block) {
      const int64 first = block * lanes, some = least(lanes, batch - first);
      windows.turn(first, some, workspace);
      results.turn(first, some, y);
      for (int64 p = 0; p < places; p += together) {
        t.places = least(together, places - p), t.a_at = a_at + p, t.b_at = b_at + p;
        for (int64 j = 0; j < columns.count; ++j) {
          const int64 col = columns.begin(j);
          for (int64 c = 0; c < columns.size(j); ++c) t.b[c] = y + item.b_at->column[col + c] * lanes;
          for (int64 i = row0; i < row1; ++i) {
            const int64 row = rows.begin(i);
            for (int64 r = 0; r < rows.size(i); ++r) t.a[r] = workspace + item.a_at->row[row + r] * lanes;
            t.sum = sum + (row * n + col) * lanes;
            lane_sum_table<T>.at[rows.size(i) - 1][columns.size(j) - 1](t);
          }
        }
      }
    }
    T* const to = sums + group * item.m * n;
    int64 e = top * n;
    for (; e + lanes <= bottom * n; e += lanes) simd::store(to + e, sum_of_lanes(sum + e * lanes));
    for (; e < bottom * n; ++e) to[e] = simd::hsum(simd::load<T, Tile<T>::lanes>(sum + e * lanes));
  }
  /// The sums of as many vectors as each has lanes.
  static ETCH_INLINE typename Tile<T>::V sum_of_lanes(const T* from) {
    typename Tile<T>::V v[lanes];
    ETCH_UNROLL for (int i = 0; i < lanes; ++i) v[i] = simd::load<T, Tile<T>::lanes>(from + i * lanes);
    return simd::hsums(v);
  }
  /// When all parts have run.
  void combine() const { add_groups(item, sums, groups); }
};

/// Whether blocks are nearly full.
template <class T>
constexpr bool fills_lanes(int64 batch) {
  return batch > 0 && pieces(batch, Tile<T>::lanes) * Tile<T>::lanes * 4 <= batch * 5;
}

}  // namespace detail
}  // namespace cpu
}  // namespace ETCH_ABI
}  // namespace etch
