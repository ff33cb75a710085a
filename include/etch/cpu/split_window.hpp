// Convolutions with windows of 3 x 3 on the processor's matrix unit: images are split into three bfloat16 once, and a tap reads them where they lie.
//
//   y[p][o] = sum over lines i and columns j of the window and channels c of x[p + i pitch + j][c] w[i][j][c][o]
//
// Lines of an image lie one after another with zeros of the padding between them, so that places are the rows of one product, a cache line of 32
// channels each; sums of those between the lines are left out when the others are turned.
#pragma once

#include <etch/cpu/winograd.hpp>

#if ETCH_AMX
namespace etch {
inline namespace ETCH_ABI {
namespace cpu {
namespace detail {

namespace amx {

/// What is fetched meanwhile, a cache line a step: rows of `lines` of them each, to be read, or to be written.
struct Fetched {
  const char* at = nullptr;
  int64 row = 0, lines = 0, rows = 0, line = 0;
  template <bool Writes>
  ETCH_INLINE void step() {
    if (rows == 0) return;
    if (Writes) ETCH_PREFETCH_WRITE(at + 64 * line);
    else ETCH_PREFETCH(at + 64 * line);
    if (++line == lines) line = 0, at += row, --rows;
  }
};

/// c[16 or 32][16 or 32] = x w, of `chunks` times 32 channels: as product, with rows of x in parts `part` bytes apart and lines of places `line` bytes.
template <bool Rows, bool Cols>
ETCH_NOINLINE void window_product(const char* x, int64 part, int64 line, int64 chunks, const char* b, float* c, Fetched& next, Fetched& results) {
  Fetched read = next, written = results;
  clear<0>(), clear<1>(), clear<2>(), clear<3>();
  for (int64 i = 0; i < 3; ++i)
    for (int64 q = 0; q < chunks; ++q) {
      const char* a = x + i * line + q * parts * part;
      const auto with_b = [&](int64 p) {
        load<6>(b + 2 * p * tile_bytes), multiply<0, 4, 6>();
        if (Rows) multiply<2, 5, 6>();
        if (Cols) load<7>(b + (2 * p + 1) * tile_bytes), multiply<1, 4, 7>();
        if (Rows && Cols) multiply<3, 5, 7>();
        read.step<false>(), written.step<true>();
      };
      const auto with_a = [&](int64 p) {
        load<4>(a + p * part), multiply<0, 4, 6>();
        if (Cols) multiply<1, 4, 7>();
        if (Rows) load<5>(a + p * part + tile_bytes), multiply<2, 5, 6>();
        if (Rows && Cols) multiply<3, 5, 7>();
        read.step<false>(), written.step<true>();
      };
      for (int64 j = 0; j < 3; ++j, a += 64, b += chunk_bytes) {
        load<4>(a);
        if (Rows) load<5>(a + tile_bytes);
        with_b(2), with_b(1), with_a(1), with_b(0), with_a(2), with_a(0);
      }
    }
  next = read, results = written;
  store<0>(c, 4 * wide);
  if (Cols) store<1>(c + 16, 4 * wide);
  if (Rows) store<2>(c + 16 * wide, 4 * wide);
  if (Rows && Cols) store<3>(c + 16 * wide + 16, 4 * wide);
}

}  // namespace amx

/// Whether the matrix unit computes a convolution faster than Winograd's algorithm on vectors: its tiles are nearly full.
constexpr bool splits_windows(int64 channels, int64 outputs) {
  return pieces(channels, amx::depth) * amx::depth * pieces(outputs, 16) * 16 * 4 <= channels * outputs * 5;
}

/// y of x and w, in two rounds: parts are 16 outputs of the filter, then lines of an image, or images.
template <class T>
struct SplitConvolution {
  static constexpr int64 most_places = 1024, most_bytes = 3 << 18, wide = amx::wide;  ///< of a part; outputs at a time
  TiledImages<T> images;
  int64 channels;
  Product<T> item;  ///< of one image
  int64 c_batch;
  int64 batch = images.count;
  int64 right = images.cols + 2 - images.left - images.width, around = images.left > right ? images.left : right;
  int64 pitch = images.width + around > images.cols ? images.width + around : images.cols;
  int64 chunks = pieces(channels, amx::depth), strips = pieces(item.m, wide);
  int64 most = least(most_places, most_bytes / (chunks * amx::parts * 64)), all = images.rows * pitch;
  Cut cut = Cut(images.rows, least(images.rows, pieces(all, most)));
  int64 together = cut.count == 1 && most > all ? most / all : 1, parts_of_all = cut.count * pieces(images.count, together);
  int64 lines = cut.base + (cut.extra > 0 ? 1 : 0), span = images.left + (lines + 2) * pitch + 2 * wide;  ///< places of an image in a part, with those that tiles end in
  int64 part = together * span * 64;  ///< bytes of a part of split numbers
  char* filter = nullptr;             ///< [strip][line of the window][32 channels][tap] chunks
  bool packed = false, fits = false;  ///< the second round; whether the filter's numbers can be split
  bool* normal = nullptr;             ///< of each part of the filter

  int64 strip_bytes() const { return 9 * chunks * amx::chunk_bytes; }
  int64 sum_elements() const { return (lines * pitch + 2 * wide) * wide; }
  int64 turned_elements() const {
    const int64 line = images.width * amx::depth, tile = finish_lines() * images.cols * wide;
    return line > tile ? line : tile;
  }
  int64 finish_lines() const { return 1 + finish_bytes / 4 / (images.cols * wide); }
  int64 filter_parts() const { return pieces(item.m, 16); }
  std::size_t shared_bytes() const { return static_cast<std::size_t>(strips * strip_bytes() + filter_parts()); }
  std::size_t thread_bytes() const {
    const int64 lines_of_all = chunks * amx::parts * part + (sum_elements() + turned_elements()) * 4, outputs = 9 * channels * 16 * 4;
    return static_cast<std::size_t>(lines_of_all > outputs ? lines_of_all : outputs);
  }

  void prepare(void* shared) {
    filter = static_cast<char*>(shared);
    normal = reinterpret_cast<bool*>(filter + strips * strip_bytes());
    fits = packed;
    for (int64 i = 0; packed && i < filter_parts(); ++i) fits &= normal[i];
  }
  void run_parts(int64 begin, int64 end, T* workspace) const {
    for (; !packed && begin < end; ++begin) pack(begin, workspace);
    if (begin < end) convolve(begin, end, workspace);
  }

 private:
  /// Outputs [16 i, 16 i + 16) of the filter.
  void pack(int64 i, T* turned) const {
    const int64 o = 16 * i, count = least(16, item.m - o), row = 9 * 16;
    amx::Sizes sizes{};
    transpose(count, 9 * channels, item.a + o * item.a_row, item.a_row, turned, 16);
    char* to = filter + o / wide * strip_bytes() + o % wide / 16 * amx::tile_bytes;
    for (int64 line = 0; line < 3; ++line)
      for (int64 c = 0; c < channels; c += amx::depth)
        for (int64 j = 0; j < 3; ++j, to += amx::chunk_bytes) amx::pack_columns(least(amx::depth, channels - c), count, turned + c * row + (3 * line + j) * 16, row, to, sizes);
    normal[i] = amx::is_normal(sizes);
  }
  void convolve(int64 begin, int64 end, T* workspace) const {
    const amx::Unit unit;
    char* const x = reinterpret_cast<char*>(workspace);
    T *const sums = reinterpret_cast<T*>(x + chunks * amx::parts * part), *const turned = sums + sum_elements();
    for (int64 at = begin; at < end; ++at) {
      const int64 first = at / cut.count * together, count = least(together, images.count - first), line = cut.begin(at % cut.count), some = cut.size(at % cut.count);
      bool normal = fits;
      for (int64 i = 0; i < count; ++i) normal &= split_lines(first + i, line, some, turned, x + i * span * 64);
      amx::Fetched next = at + 1 < end ? lines_of(at + 1) : amx::Fetched{};
      for (int64 strip = 0; strip < strips; ++strip)
        for (int64 i = 0; i < count; ++i) {
          if (normal) multiply(strip, x + i * span * 64, (some - 1) * pitch + images.cols, sums, next, places_of(first + i, strip, line, some));
          else multiply_plainly(first + i, strip, line, some, sums);
          finish(first + i, strip, line, some, sums, turned);
        }
    }
  }
  /// The lines that windows of `some` lines of places read; whether they can be split.
  ETCH_NOINLINE bool split_lines(int64 image, int64 line, int64 some, T* turned, char* to) const {
    amx::Sizes sizes{};
    for (int64 c = 0; c < channels; c += amx::depth, to += amx::parts * part) {
      const int64 count = least(amx::depth, channels - c);
      const T* const from = images.data + image * images.step + c * images.channel;
      for (int64 e = 0; count < amx::depth && e < images.width * amx::depth; ++e) turned[e] = 0;
      clear(to, images.left);
      char* place = to + 64 * images.left;
      for (int64 i = line - images.top; i < line - images.top + some + 2; ++i, place += 64 * pitch) {
        if (i < 0 || i >= images.height) {
          clear(place, pitch);
          continue;
        }
        transpose(count, images.width, from + i * images.line, images.channel, turned, amx::depth);
        amx::Sizes most = sizes;
        for (int64 j = 0; j < images.width; ++j) amx::split(simd::load<T, 16>(turned + j * amx::depth), simd::load<T, 16>(turned + j * amx::depth + 16), place + 64 * j, most, part);
        sizes = most;
        clear(place + 64 * images.width, pitch - images.width);
      }
    }
    return amx::is_normal(sizes);
  }
  void clear(char* place, int64 count) const {
    for (int64 p = 0; p < amx::parts; ++p, place += part) std::memset(place, 0, static_cast<std::size_t>(64 * count));
  }
  /// The lines that a part begins with.
  amx::Fetched lines_of(int64 at) const {
    const int64 first = at / cut.count * together, line = cut.begin(at % cut.count) - images.top;
    const T* const from = images.data + first * images.step + (line > 0 ? line * images.line : 0);
    return {reinterpret_cast<const char*>(from), images.channel * 4, pieces(cut.size(at % cut.count) * images.line, 16), channels};
  }
  /// What finish writes.
  amx::Fetched places_of(int64 image, int64 strip, int64 line, int64 some) const {
    const int64 n = images.cols, first = strip * wide, count = least(wide, item.m - first), lines = pieces(some * n, 16);
    if (item.epilogue.apply == nullptr) return {reinterpret_cast<const char*>(item.c + image * c_batch + first * item.c_row + line * n), item.c_row * 4, lines, count};
    const int s = item.epilogue.walked - 1;
    if (s < 0) return {};
    const int64 row = item.epilogue.walked_row[s];
    return {reinterpret_cast<const char*>(item.epilogue.walked_at[s] + (image * item.m + first) * row + line * n), row * 4, lines, count};
  }
  void multiply(int64 strip, const char* x, int64 places, T* sums, amx::Fetched& next, amx::Fetched results) const {
    const bool cols = item.m - strip * wide > 16;
    for (int64 p = 0; p < places; p += wide) {
      const auto one = places - p > 16 ? cols ? amx::window_product<true, true> : amx::window_product<true, false> : cols ? amx::window_product<false, true> : amx::window_product<false, false>;
      one(x + 64 * p, part, 64 * pitch, chunks, filter + strip * strip_bytes(), sums + p * wide, next, results);
    }
  }
  /// Where numbers are too large or too small to be split.
  ETCH_COLD void multiply_plainly(int64 image, int64 strip, int64 line, int64 some, T* sums) const {
    const T* const x = images.data + image * images.step;
    for (int64 o = strip * wide; o < least(strip * wide + wide, item.m); ++o)
      for (int64 i = 0; i < some; ++i)
        for (int64 j = 0; j < images.cols; ++j) {
          const T* w = item.a + o * item.a_row;
          double sum = 0;
          for (int64 c = 0; c < channels; ++c)
            for (int64 k = 0; k < 9; ++k, ++w)
              if (const int64 p = line + i + k / 3 - images.top, q = j + k % 3 - images.left; p >= 0 && p < images.height && q >= 0 && q < images.width)
                sum += static_cast<double>(*w) * static_cast<double>(x[c * images.channel + p * images.line + q]);
          sums[(i * pitch + j) * wide + o % wide] = static_cast<T>(sum);
        }
  }
  void finish(int64 image, int64 strip, int64 line, int64 some, const T* sums, T* tile) const {
    const int64 n = images.cols, first = strip * wide, count = least(wide, item.m - first);
    if (item.epilogue.apply == nullptr) {
      for (int64 i = 0; i < some; ++i) turn_line(sums + i * pitch * wide, count, item.c + image * c_batch + first * item.c_row + (line + i) * n, item.c_row);
      return;
    }
    for (int64 i = 0; i < some; i += finish_lines()) {
      const int64 together_lines = least(finish_lines(), some - i), places = together_lines * n;
      for (int64 k = 0; k < together_lines; ++k) turn_line(sums + (i + k) * pitch * wide, count, tile + k * n, places);
      item.epilogue.apply(item.epilogue.context, image * item.m + first, (line + i) * n, count, places, tile, places);
    }
  }
  /// A line of places of `count` outputs.
  void turn_line(const T* from, int64 count, T* to, int64 to_row) const {
    const int64 n = images.cols;
    if (n >= 16) {
      for (int64 j = 0; j < n; j += 16) transpose(16, count, from + least(j, n - 16) * wide, wide, to + least(j, n - 16), to_row);
      return;
    }
    T short_lines[16 * wide];
    transpose(16, count, from, wide, short_lines, 16);
    for (int64 o = 0; o < count; ++o) simd::store_partial(to + o * to_row, simd::load<T, 16>(short_lines + 16 * o), static_cast<int>(n));
  }
};

}  // namespace detail
}  // namespace cpu
}  // namespace ETCH_ABI
}  // namespace etch
#endif
