// Convolutions with windows of 3 x 3 on the processor's matrix unit: images are split into three bfloat16 once, and a tap reads them where they lie.
//
//   y[o][p] = sum over lines i and columns j of the window and channels c of w[o][c][i][j] x[c][p + i pitch + j]
//
// Lines of an image lie one after another with zeros of the padding between them, so that places are the columns of one product; those of its sums
// that lie between lines are left out.
#pragma once

#include <etch/cpu/winograd.hpp>

#if ETCH_AMX
namespace etch {
inline namespace ETCH_ABI {
namespace cpu {
namespace detail {

namespace amx {

/// Where the split images of a product have their channels: [32 of them][part][16 pairs] lines of `row` bytes.
struct WindowTerms {
  int64 chunks, row, line;
};
/// c[16 or 32][16 or 32] = w x: as product, of nine taps each.
template <bool Rows, bool Cols>
ETCH_NOINLINE void window_product(const char* a, const char* x, const WindowTerms& t, float* c, int64 c_row) {
  const int64 row = t.row, part = 16 * row, row_bytes = c_row * 4;
  clear<0>(), clear<1>(), clear<2>(), clear<3>();
  for (int64 i = 0; i < 3; ++i)
    for (int64 q = 0; q < t.chunks; ++q) {
      const char* b = x + i * t.line + q * parts * part;
      const auto with_b = [&](int64 p) {
        load<6>(b + p * part, row), multiply<0, 4, 6>();
        if (Rows) multiply<2, 5, 6>();
        if (Cols) load<7>(b + p * part + 64, row), multiply<1, 4, 7>();
        if (Rows && Cols) multiply<3, 5, 7>();
      };
      const auto with_a = [&](int64 p) {
        load<4>(a + 2 * p * tile_bytes), multiply<0, 4, 6>();
        if (Cols) multiply<1, 4, 7>();
        if (Rows) load<5>(a + (2 * p + 1) * tile_bytes), multiply<2, 5, 6>();
        if (Rows && Cols) multiply<3, 5, 7>();
      };
      for (int64 j = 0; j < 3; ++j, a += chunk_bytes, b += 4) {
        load<4>(a);
        if (Rows) load<5>(a + tile_bytes);
        with_b(2), with_b(1), with_a(1), with_b(0), with_a(2), with_a(0);
      }
    }
  store<0>(c, row_bytes);
  if (Cols) store<1>(c + 16, row_bytes);
  if (Rows) store<2>(c + 16 * c_row, row_bytes);
  if (Rows && Cols) store<3>(c + 16 * c_row + 16, row_bytes);
}

}  // namespace amx

/// Whether the matrix unit computes a convolution faster than Winograd's algorithm on vectors: its tiles are nearly full.
constexpr bool splits_windows(int64 channels, int64 outputs) {
  return pieces(channels, amx::depth) * amx::depth * pieces(outputs, 16) * 16 * 4 <= channels * outputs * 5;
}

/// y of x and w: parts are lines of an image, or images.
struct SplitConvolution {
  static constexpr int64 most_columns = 1024, most_bytes = 3 << 18;
  TiledImages<float> images;
  int64 channels;
  Product<float> item;  ///< of one image
  int64 c_batch;
  int64 batch = images.count;
  int64 right = images.cols + 2 - images.left - images.width;
  int64 pitch = images.width + (images.left > right ? images.left : right) < images.cols ? images.cols : images.width + (images.left > right ? images.left : right);
  int64 chunks = pieces(channels, amx::depth), strips = pieces(item.m, amx::wide);
  int64 most = least(most_columns, most_bytes / (chunks * amx::depth * 2 * amx::parts)), all = images.rows * pitch;
  Cut cut = Cut(images.rows, least(images.rows, pieces(all, most)));
  int64 together = cut.count == 1 && most > all ? most / all : 1, parts_of_all = cut.count * pieces(images.count, together);
  int64 lines = cut.base + (cut.extra > 0 ? 1 : 0), span = images.left + (lines + 2) * pitch + 2 * amx::wide;  ///< of an image in a part
  int64 row = (together * span + 31) / 32 * 32 + 16;                                                            ///< lines of pairs in different cache sets
  int64 sums_row = pieces(lines * pitch, 16) * 16 + 16;
  char* filter = nullptr;  ///< [strip][line of the window][32 channels][tap] chunks
  bool fits = false;       ///< whether its numbers can be split

  int64 strip_bytes() const { return 9 * chunks * amx::chunk_bytes; }
  int64 turned_row() const { return chunks * amx::depth; }
  std::size_t shared_bytes() const { return static_cast<std::size_t>(strips * strip_bytes() + 16 * 9 * turned_row() * 4); }
  std::size_t thread_bytes() const { return static_cast<std::size_t>(chunks * amx::parts * 16 * row * 4 + amx::wide * sums_row * 4); }

  void prepare(void* shared) {
    filter = static_cast<char*>(shared);
    float* const turned = reinterpret_cast<float*>(filter + strips * strip_bytes());
    amx::Sizes sizes{};
    for (int64 o = 0; o < strips * amx::wide; o += 16) {
      const int64 rows = least(16, item.m - o);
      for (int64 r = 0; r < rows; ++r) transpose(channels, 9, item.a + (o + r) * item.a_row, 9, turned + r * 9 * turned_row(), turned_row());
      char* to = filter + o / amx::wide * strip_bytes() + o % amx::wide / 16 * amx::tile_bytes;
      for (int64 i = 0; i < 3; ++i)
        for (int64 c = 0; c < channels; c += amx::depth)
          for (int64 j = 0; j < 3; ++j, to += amx::chunk_bytes)
            amx::pack_rows(rows > 0 ? rows : 0, least(amx::depth, channels - c), turned + (3 * i + j) * turned_row() + c, 9 * turned_row(), to, sizes);
    }
    fits = amx::is_normal(sizes);
  }

  void run_parts(int64 begin, int64 end, float* workspace) const {
    const amx::Unit unit;
    char* const x = reinterpret_cast<char*>(workspace);
    float* const sums = reinterpret_cast<float*>(x + chunks * amx::parts * 16 * row * 4);
    for (int64 part = begin; part < end; ++part) {
      const int64 first = part / cut.count * together, count = least(together, images.count - first), line = cut.begin(part % cut.count), some = cut.size(part % cut.count);
      amx::Sizes sizes{};
      for (int64 i = 0; i < count; ++i) split_lines(first + i, line, some, x + i * span * 4, sizes);
      const bool normal = fits && amx::is_normal(sizes);
      for (int64 strip = 0; strip < strips; ++strip)
        for (int64 i = 0; i < count; ++i) {
          if (normal) multiply(strip, x + i * span * 4, (some - 1) * pitch + images.cols, sums);
          else multiply_plainly(first + i, strip, line, some, sums);
          finish(first + i, strip, line, some, sums);
        }
    }
  }

 private:
  /// The lines that windows of `some` lines of places read.
  ETCH_NOINLINE void split_lines(int64 image, int64 line, int64 some, char* to, amx::Sizes& sizes) const {
    amx::Sizes largest = sizes;
    const auto none = simd::splat<float, 16>(0);
    for (int64 c = 0; c < chunks * amx::depth; c += c % 32 == 15 ? 17 : 1) {
      char* line_to = to + (c / 32 * amx::parts * 16 + c % 32) * row * 4;
      const float *left = images.data + image * images.step + c * images.channel, *right_one = left + 16 * images.channel;
      const auto put = [&](amx::Floats u, amx::Floats v, int64 at) { amx::split(u, v, line_to + 4 * at, largest, 16 * row * 4); };
      for (int64 at = 0; at < images.left; at += 16) put(none, none, at);
      line_to += 4 * images.left;
      for (int64 i = line - images.top; i < line - images.top + some + 2; ++i, line_to += 4 * pitch) {
        const bool within = i >= 0 && i < images.height;
        const bool one = within && c < channels, two = within && c + 16 < channels;
        const float *u = left + i * images.line, *v = right_one + i * images.line;
        for (int64 at = 0; at < pitch; at += 16) {
          const int n = static_cast<int>(least(16, images.width - at));
          const auto take = [=](bool is, const float* from) { return !is || n <= 0 ? none : n == 16 ? simd::load<float, 16>(from + at) : simd::load_partial<float, 16>(from + at, n); };
          put(take(one, u), take(two, v), at);
        }
      }
    }
    sizes = largest;
  }
  void multiply(int64 strip, const char* x, int64 columns, float* sums) const {
    const amx::WindowTerms terms{chunks, row * 4, pitch * 4};
    const bool tall = item.m - strip * amx::wide > 16;
    for (int64 j = 0; j < columns; j += amx::wide) {
      const auto one = columns - j > 16 ? tall ? amx::window_product<true, true> : amx::window_product<false, true> : tall ? amx::window_product<true, false> : amx::window_product<false, false>;
      one(filter + strip * strip_bytes(), x + 4 * j, terms, sums + j, sums_row);
    }
  }
  /// Where numbers are too large or too small to be split.
  ETCH_COLD void multiply_plainly(int64 image, int64 strip, int64 line, int64 some, float* sums) const {
    const float* const x = images.data + image * images.step;
    for (int64 r = 0; r < least(amx::wide, item.m - strip * amx::wide); ++r)
      for (int64 i = 0; i < some; ++i)
        for (int64 j = 0; j < images.cols; ++j) {
          const float* w = item.a + (strip * amx::wide + r) * item.a_row;
          double sum = 0;
          for (int64 c = 0; c < channels; ++c)
            for (int64 k = 0; k < 9; ++k, ++w)
              if (const int64 p = line + i + k / 3 - images.top, q = j + k % 3 - images.left; p >= 0 && p < images.height && q >= 0 && q < images.width)
                sum += static_cast<double>(*w) * x[c * images.channel + p * images.line + q];
          sums[r * sums_row + i * pitch + j] = static_cast<float>(sum);
        }
  }
  /// Copies a line, also to where it overlaps the end of what is before it.
  static ETCH_INLINE void move(const float* from, int64 n, float* to) {
    int64 j = 0;
    for (; j + 16 <= n; j += 16) simd::store(to + j, simd::load<float, 16>(from + j));
    if (j < n) simd::store_partial(to + j, simd::load_partial<float, 16>(from + j, static_cast<int>(n - j)), static_cast<int>(n - j));
  }
  void finish(int64 image, int64 strip, int64 line, int64 some, float* sums) const {
    const int64 n = images.cols, places = some * n, begin = strip * amx::wide, end = least(begin + amx::wide, item.m), rows = 1 + finish_bytes / 4 / places;
    const bool staged = item.epilogue.apply != nullptr;
    for (int64 o = begin; o < end; o += rows) {
      const int64 count = least(rows, end - o);
      float* const from = sums + (o - begin) * sums_row;
      for (int64 r = 0; r < count; ++r)
        for (int64 i = 0; i < some; ++i) move(from + r * sums_row + i * pitch, n, staged ? from + r * sums_row + i * n : item.c + image * c_batch + (o + r) * item.c_row + (line + i) * n);
      if (staged) item.epilogue.apply(item.epilogue.context, image * item.m + o, line * n, count, places, from, sums_row);
    }
  }
};

}  // namespace detail
}  // namespace cpu
}  // namespace ETCH_ABI
}  // namespace etch
#endif
