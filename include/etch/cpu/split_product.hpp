// Products of floats on the processor's matrix unit (Intel AMX), which multiplies bfloat16 sixteen times as fast as its vectors multiply
// floats. A float is the sum of three bfloat16, x = h + m + l, and six of the nine products of two such sums carry all digits of a product of floats:
//   x x' = h h' + h m' + m h' + m m' + h l' + l h' + (less than 2^-26 of it)
// Henry, Tang, Heinecke: Leveraging the bfloat16 artificial intelligence datatype for higher-precision computations, ARITH 2019.
#pragma once

#include <etch/core/config.hpp>

#if ETCH_AMX
#include <etch/core/vec.hpp>
#include <etch/cpu/gathered.hpp>

#include <cstdint>
#include <cstring>

#include <sys/syscall.h>
#include <unistd.h>

namespace etch {
inline namespace ETCH_ABI {
namespace cpu {
namespace detail {

namespace amx {

inline constexpr int64 tile_bytes = 1024, parts = 3;  // 16 rows of 16 pairs
inline constexpr int64 depth = 32;                    // terms of a tile, in pairs 16 apart
inline constexpr int64 wide = 32;                     // rows of A, columns of B: two tiles
inline constexpr int64 chunk_bytes = 2 * parts * tile_bytes;

/// Whether the system lets this process use the unit; asked once.
inline bool granted() {
  static const bool yes = syscall(SYS_arch_prctl, 0x1023 /* ARCH_REQ_XCOMP_PERM */, 18 /* tile data */) == 0;
  return yes;
}

/// The unit, set up for tiles of 16 x 64 bytes.
class Unit {
 public:
  Unit() {
    struct alignas(64) Shapes {
      std::uint8_t palette = 1, start = 0, reserved[14] = {};
      std::uint16_t row_bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
      std::uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
    };
    static constexpr Shapes shapes{};
    asm volatile("ldtilecfg %0" ::"m"(shapes) : "memory");
  }
  Unit(const Unit&) = delete;
  Unit& operator=(const Unit&) = delete;
  ~Unit() { asm volatile("tilerelease" ::: "memory"); }
};

template <int Tile>
ETCH_INLINE void clear() { asm volatile("tilezero %%tmm%c0" ::"n"(Tile)); }
template <int Tile>
ETCH_INLINE void load(const void* from, int64 row_bytes = 64) { asm volatile("tileloadd (%0,%1,1), %%tmm%c2" ::"r"(from), "r"(row_bytes), "n"(Tile) : "memory"); }
template <int Tile>
ETCH_INLINE void store(void* to, int64 row_bytes) { asm volatile("tilestored %%tmm%c2, (%0,%1,1)" ::"r"(to), "r"(row_bytes), "n"(Tile) : "memory"); }
/// Sum += A B.
template <int Sum, int A, int B>
ETCH_INLINE void multiply() { asm volatile("tdpbf16ps %%tmm%c2, %%tmm%c1, %%tmm%c0" ::"n"(Sum), "n"(A), "n"(B)); }

using Floats = simd::Vec<float, 16>;
typedef std::uint32_t Bits __attribute__((vector_size(64)));
typedef std::uint16_t Sizes __attribute__((vector_size(64)));  // twice the bits of a bfloat16: without its sign

/// The three parts of two vectors, in pairs of their lanes, `step` bytes apart; `most` collects how large they are.
ETCH_INLINE void split(Floats x, Floats y, char* to, Sizes& most, int64 step = 2 * tile_bytes) {
  typedef float Raw __attribute__((vector_size(64)));
  Raw left = x.v, right = y.v;
  for (int part = 0; part < 2; ++part, to += step) {
    const Bits l = ((Bits)left + 0x8000u) & 0xffff0000u, r = ((Bits)right + 0x8000u) & 0xffff0000u;
    const Bits pairs = (l >> 16) | r;
    std::memcpy(to, &pairs, 64);
    if (part == 0) {
      const Sizes size = (Sizes)pairs + (Sizes)pairs;
      most = size > most ? size : most;
    }
    left -= (Raw)l, right -= (Raw)r;
  }
  const Bits pairs = ((Bits)left >> 16) | (Bits)right;
  std::memcpy(to, &pairs, 64);
}

/// What the vectors do while the unit computes: 32 by 32 numbers after another become chunks of the next strip of A or panel of B, two lines a step; what
/// follows is fetched, line after line, and what will be written. Where terms do not lie as the unit wants them, numbers are turned first, in four steps.
struct Ahead {
  static constexpr int64 turning = 4, splitting = 16;
  const float *from = nullptr, *later = nullptr;
  int64 row = 0, next = 0;               // from line to line, block to block
  int64 blocks_beside = 0, fetched = 0;  // blocks that a line of memory goes through
  bool turns = false, columns = false;   // it is a panel of B
  char* to = nullptr;
  float* turned = nullptr;
  int64 steps = 0, at = 0;
  Sizes most{};
  float* line[2] = {};
  int64 line_row[2] = {}, lines = 0, lines_step = 0;  // from the end of a row to the next; pairs of lines of both that are left, and so many a step
  int64 lines_beside = 1, lines_left = 1;             // pairs of a row, and those that are left of it

  ETCH_NOINLINE void step() {
    for (int64 i = 0; i < lines_step && lines > 0; ++i, --lines) {
      const bool ends = lines_beside == 1 || --lines_left == 0;
      for (int s = 0; s < 2; ++s) {
        ETCH_PREFETCH(line[s]);
        ETCH_PREFETCH(line[s] + 16);
        line[s] += ends ? line_row[s] : wide;
      }
      if (ends && lines_beside > 1) lines_left = lines_beside;
    }
    if (steps == 0) return;
    --steps;
    int64 i = at++;
    const float* source = from + i * row;
    int64 source_row = row;
    if (turns) {
      if (i < turning) return transpose_sixteen(from + i / 2 * 16 * row + i % 2 * 16, row, turned + i % 2 * 16 * depth + i / 2 * 16, depth);
      i -= turning, source = turned + i * depth, source_row = depth;
    }
    for (int pair = 0; later != nullptr && pair < 2; ++pair, later += depth) {
      ETCH_PREFETCH(later);
      ETCH_PREFETCH(later + 16);
      if (++fetched == blocks_beside) fetched = 0, later += row - blocks_beside * depth;
    }
    const auto x = simd::load<float, 16>(source), y = simd::load<float, 16>(source + 16);
    const auto z = simd::load<float, 16>(source + 16 * source_row), w = simd::load<float, 16>(source + 16 * source_row + 16);
    Sizes size = most;
    split(x, columns ? z : y, to, size);
    split(columns ? y : z, w, to + tile_bytes, size);
    most = size;
    to += 64;
    if (i + 1 == splitting) at = 0, from += next, to += chunk_bytes - tile_bytes;
  }
  /// The same of a strip whose terms lie side by side, in a cache: one line of 32 terms, and nothing is fetched.
  ETCH_INLINE void near_step() {
    if (steps == 0) return;
    split(simd::load<float, 16>(from), simd::load<float, 16>(from + 16), to, most);
    from += depth, to += chunk_bytes, --steps;
    if (++at == blocks_beside) from += row - blocks_beside * depth, to += 64 - blocks_beside * chunk_bytes, at = 0;
  }
};

/// c[16 or 32][16 or 32] (+)= A B of packed chunks. Tiles 0 to 3 are the sums, 4 and 5 rows of A, 6 and 7 columns of B. The six products begin with
/// the small ones; from one to the next one operand changes.
template <bool Rows, bool Cols, bool Near>
ETCH_NOINLINE void product(const char* a, const char* b, int64 chunks, float* c, int64 c_row, bool accumulate, Ahead& packing) {
  const int64 row_bytes = c_row * 4;
  if (accumulate) {
    load<0>(c, row_bytes);
    if (Cols) load<1>(c + 16, row_bytes);
    if (Rows) load<2>(c + 16 * c_row, row_bytes);
    if (Rows && Cols) load<3>(c + 16 * c_row + 16, row_bytes);
  } else {
    clear<0>(), clear<1>(), clear<2>(), clear<3>();
  }
  Ahead ahead{};  // in registers
  if (Near) ahead = packing;
  const auto meanwhile = [&] {
    if (Near) ahead.near_step();
    else packing.step();
  };
  const auto with_b = [&](int part) {
    load<6>(b + 2 * part * tile_bytes), multiply<0, 4, 6>();
    if (Rows) multiply<2, 5, 6>();
    if (Cols) load<7>(b + (2 * part + 1) * tile_bytes), multiply<1, 4, 7>();
    if (Rows && Cols) multiply<3, 5, 7>();
    meanwhile();
  };
  const auto with_a = [&](int part) {
    load<4>(a + 2 * part * tile_bytes), multiply<0, 4, 6>();
    if (Cols) multiply<1, 4, 7>();
    if (Rows) load<5>(a + (2 * part + 1) * tile_bytes), multiply<2, 5, 6>();
    if (Rows && Cols) multiply<3, 5, 7>();
    meanwhile();
  };
  for (; chunks > 0; --chunks, a += chunk_bytes, b += chunk_bytes) {
    load<4>(a);
    if (Rows) load<5>(a + tile_bytes);
    with_b(2), with_b(1), with_a(1), with_b(0), with_a(2), with_a(0);
  }
  if (Near) packing = ahead;
  store<0>(c, row_bytes);
  if (Cols) store<1>(c + 16, row_bytes);
  if (Rows) store<2>(c + 16 * c_row, row_bytes);
  if (Rows && Cols) store<3>(c + 16 * c_row + 16, row_bytes);
}

using Kernel = void (*)(const char* a, const char* b, int64 chunks, float* c, int64 c_row, bool accumulate, Ahead& packing);
/// Where a kernel is in a table of all.
constexpr int place_of(bool near, bool rows, bool cols) { return 4 * near + 2 * rows + cols; }
inline constexpr int kernels = 8;

/// The product of a strip of `height` rows and a panel of `width` columns; whole tiles are written.
template <bool Near>
void multiply(int64 height, int64 width, const char* a, const char* b, int64 chunks, float* c, int64 c_row, bool accumulate, Ahead& ahead) {
  const auto one = height > 16 ? width > 16 ? product<true, true, Near> : product<true, false, Near> : width > 16 ? product<false, true, Near> : product<false, false, Near>;
  one(a, b, chunks, c, c_row, accumulate, ahead);
}

/// rows <= 16 of k <= 32 terms each, side by side: the A of a tile.
ETCH_NOINLINE inline void pack_rows(int64 rows, int64 k, const float* from, int64 row, char* to, Sizes& most) {
  const int left = static_cast<int>(least(k, 16)), right = static_cast<int>(k) - left;
  Sizes size = most;
  for (int64 r = 0; r < rows; ++r, from += row, to += 64) {
    if (right == 16) split(simd::load<float, 16>(from), simd::load<float, 16>(from + 16), to, size);
    else split(simd::load_partial<float, 16>(from, left), simd::load_partial<float, 16>(from + left, right), to, size);
  }
  for (int64 r = rows; r < 16; ++r, to += 64) {
    for (int part = 0; part < parts; ++part) std::memset(to + 2 * part * tile_bytes, 0, 64);
  }
  most = size;
}
/// k <= 32 rows of `cols` <= 16 columns, side by side: the B of a tile.
ETCH_NOINLINE inline void pack_columns(int64 k, int64 cols, const float* from, int64 row, char* to, Sizes& most) {
  Sizes size = most;
  for (int64 j = 0; j < 16; ++j, to += 64) {
    ETCH_PREFETCH(from + j * row + wide);  // the next panel's
    ETCH_PREFETCH(from + (j + 16) * row + wide);
    if (cols == 16 && k == depth) split(simd::load<float, 16>(from + j * row), simd::load<float, 16>(from + (j + 16) * row), to, size);
    else split(j < k ? simd::load_partial<float, 16>(from + j * row, static_cast<int>(cols)) : simd::splat<float, 16>(0),
               j + 16 < k ? simd::load_partial<float, 16>(from + (j + 16) * row, static_cast<int>(cols)) : simd::splat<float, 16>(0), to, size);
  }
  most = size;
}
/// to[j][i] = from[i][j] of any strides, i <= 32 side by side; j <= 32. What lies beside it is fetched.
ETCH_NOINLINE inline void turn(int64 rows, int64 cols, const float* from, int64 row, int64 col, float* to) {
  for (int64 i = 0; col == 1 && i < rows; ++i) {
    ETCH_PREFETCH(from + i * row + wide);
    if (cols > 16) ETCH_PREFETCH(from + i * row + wide + 16);
  }
  if (col == 1) return transpose(rows, cols, from, row, to, depth);
  for (int64 j = 0; j < cols; ++j)
    for (int64 i = 0; i < rows; ++i) to[j * depth + i] = from[i * row + j * col];
}

/// Up to 32 rows of k terms, of any strides: a strip of A. `turned` has room for 32 x 32.
inline void pack_strip(int64 rows, int64 k, const float* a, int64 row, int64 col, char* to, float* turned, Sizes& most) {
  for (int64 half = 0; half < rows; half += 16, to += tile_bytes) {
    const int64 count = least(16, rows - half);
    for (int64 at = 0; at < k; at += depth) {
      const int64 terms = least(depth, k - at);
      const float* const from = a + half * row + at * col;
      if (col != 1) turn(terms, count, from, col, row, turned);
      pack_rows(count, terms, col == 1 ? from : turned, col == 1 ? row : depth, to + at / depth * chunk_bytes, most);
    }
  }
}
/// k terms of up to 32 columns: a panel of B.
inline void pack_panel(int64 k, int64 cols, const float* b, int64 row, int64 col, char* to, float* turned, Sizes& most) {
  for (int64 at = 0; at < k; at += depth, to += chunk_bytes) {
    const int64 terms = least(depth, k - at);
    for (int64 half = 0; half < cols; half += 16) {
      const int64 count = least(16, cols - half);
      const float* const from = b + at * row + half * col;
      if (col != 1) turn(count, terms, from, col, row, turned);
      pack_columns(terms, count, col == 1 ? from : turned, col == 1 ? row : depth, to + half / 16 * tile_bytes, most);
    }
  }
}

/// Whether all parts of numbers as large as these, and their products with others, are normal numbers: 2^-80 <= largest < 2^60, or all are 0.
inline bool is_normal(const Sizes& most) {
  int size = 0;
  for (int i = 0; i < 32; ++i) size = size > most[i] ? size : most[i];
  return size == 0 || (size >= (127 - 80) << 8 && size < (127 + 60) << 8);
}

}  // namespace amx

/// Whether the second cache holds both operands and the result of a product: then nothing is fetched.
constexpr bool is_near(int64 m, int64 n, int64 k) { return ((m + n) * k + m * n) * 4 <= 1 << 20; }

/// What is at work at a time: panels of B and strips of A of 32, a k block deep, and the strips of sums that wait for their last k block.
struct SplitPortion {
  static constexpr int64 deepest = 512, packed_bytes = 5 << 18, kept_bytes = 4 << 20, together = 4, most_panels = 64;
  static constexpr int64 sums_row = together * amx::wide + 16;  // rows in different cache sets
  int64 blocks, depth, panels, strips = 1, kept_row = sums_row;
  constexpr SplitPortion(int64 m, int64 n, int64 k, bool waits)
      : blocks(pieces(k, deepest)), depth(pieces(pieces(k, blocks), amx::depth) * amx::depth), panels(pieces(n, amx::wide)) {
    panels = pieces(panels, pieces(panels, least(most_panels, packed_bytes / strip_bytes())));
    if (!waits || blocks == 1) return;
    kept_row = panels * amx::wide + 16;
    const int64 some = kept_bytes / (kept_row * amx::wide * 4);
    strips = least(pieces(m, amx::wide), some > 0 ? some : 1);
  }
  constexpr int64 strip_bytes() const { return depth / amx::depth * amx::chunk_bytes; }
  constexpr int64 kept() const { return strips * kept_row * amx::wide; }

  /// Enough for every product of up to these sizes: [packed panels of B][two strips of A][sums][a panel of B as floats][numbers that are turned].
  static constexpr int64 bytes(int64 m, int64 n, int64 k) {
    const int64 deep = least(pieces(k, amx::depth) * amx::depth, deepest), strip = deep / amx::depth * amx::chunk_bytes, all = pieces(n, amx::wide);
    const int64 sums = 4 * amx::wide * sums_row, waiting = k <= deepest ? 0 : least(pieces(m, amx::wide) * (all * amx::wide + 16) * amx::wide * 4, kept_bytes);
    return least(all * strip, packed_bytes) + 2 * strip + (sums > waiting ? sums : waiting) + 4 * (deep + 16 + amx::wide) * amx::wide;
  }
};

/// Row strips [row0, row1) x panels [panel0, panel1) of a product, both of 32; operands may be gathered. One operand is packed first, a part of it; the other
/// a strip of A or a panel of B at a time, the next one while the unit computes.
template <class Product, bool Gathers>
struct SplitMultiplication {
  static constexpr int64 wide = amx::wide;
  const Product& p;
  char* const packed;
  const bool near = is_near(p.m, p.n, p.k);
  const bool applies = p.epilogue.apply != nullptr, finishes = applies || (p.adds && p.k > SplitPortion::deepest), streams_b = !near && !finishes && p.n > p.m && (!Gathers || (p.a_at == nullptr && p.b_at == nullptr));
  const SplitPortion portion = SplitPortion(streams_b ? p.n : p.m, streams_b ? p.m : p.n, p.k, finishes);
  const bool waits = finishes && portion.blocks > 1;
  const bool fetches_rows = !near && !streams_b && p.m * p.n * 4 >= 1 << 19 && pieces(p.n, wide) <= portion.panels;  ///< of the next strip, whole ones
  char* const streamed = packed + portion.panels * portion.strip_bytes();
  float* const kept = reinterpret_cast<float*>(streamed + 2 * portion.strip_bytes());
  float *const plain = kept + portion.kept(), *const turned = plain + (portion.depth + 16) * wide;
  bool normal[SplitPortion::most_panels] = {};
  bool fits = false;  // of what streams
  int64 first = 0, last = 0, k0 = 0, k = 0;  // what is packed first, and the terms at work
  amx::Ahead ahead{};

  void run(int64 row0, int64 row1, int64 panel0, int64 panel1) {
    const amx::Unit unit;
    const int64 stream0 = streams_b ? panel0 : row0, stream1 = streams_b ? panel1 : row1, end = streams_b ? row1 : panel1;
    const int64 group = waits ? portion.strips : stream1 - stream0;
    for (first = streams_b ? row0 : panel0; first < end; first = last) {
      last = least(first + portion.panels, end);
      for (int64 top = stream0; top < stream1; top += group) {
        for (int64 block = 0; block < portion.blocks; ++block) {
          k0 = block * portion.depth, k = least(portion.depth, p.k - k0);
          for (int64 j = first; j < last; ++j) normal[j - first] = pack(!streams_b, j, packed + (j - first) * portion.strip_bytes());
          const int64 bottom = least(top + group, stream1);
          ahead = {};
          for (int64 i = top; i < bottom; ++i) {
            fits = ahead.from != nullptr ? complete() : pack(streams_b, i, place_of(i));
            ahead = {};
            if (i + 1 < bottom) begin(streams_b, i + 1, i + 2 < bottom, place_of(i + 1));
            if (fetches_rows && i + 1 < bottom && (!applies || k0 + k == p.k)) fetch_lines(i + 1, first, last, last - first);
            if (streams_b) {
              for (int64 strip = first; strip < last; ++strip) tiles(strip, i, i + 1, 0);
            } else {
              for (int64 from = first; from < last; from += SplitPortion::together) tiles(i, from, least(from + SplitPortion::together, last), i - top);
            }
          }
        }
      }
    }
  }

 private:
  char* place_of(int64 streaming) const { return streamed + streaming % 2 * portion.strip_bytes(); }

  /// Strip i and panels [from, to), side by side; number `place` of the strips at work.
  ETCH_SHARED void tiles(int64 i, int64 from, int64 to, int64 place) {
    const int64 row = i * wide, height = least(wide, p.m - row), col = from * wide, cols = least(to * wide, p.n) - col, chunks = pieces(k, amx::depth);
    const bool staged = applies || p.adds || height % 16 != 0 || cols % 16 != 0, accumulates = p.accumulate || k0 > 0, ends = k0 + k == p.k;
    const char *const a = streams_b ? packed + (i - first) * portion.strip_bytes() : place_of(i);
    float* const c = p.c == nullptr ? nullptr : p.c + row * p.c_row + col;
    float* const sums = waits ? kept + place * portion.kept_row * wide + (from - first) * wide : staged ? kept : c;
    const int64 sums_row = staged ? portion.kept_row : p.c_row;
    if (staged && accumulates && (!waits || k0 == 0)) copy_tile(height, cols, c, p.c_row, sums, sums_row);
    for (int64 j = from; j < to; ++j) {
      const int64 width = least(wide, p.n - j * wide);
      const char* const b = streams_b ? place_of(j) : packed + (j - first) * portion.strip_bytes();
      float* const at = sums + (j - from) * wide;
      if (!near && !fetches_rows && (applies ? ends : k0 == 0)) fetch_lines(i, j, j + 1, 1);
      if (fits && normal[(streams_b ? i : j) - first]) p.kernels->unit[amx::place_of(near, height > 16, width > 16)](a, b, chunks, at, sums_row, accumulates, ahead);
      else multiply_plainly(i, height, j, width, at, sums_row, accumulates);
    }
    if (staged && (!waits || ends)) p.finish(row, col, height, cols, sums, sums_row);
  }

  /// What panels [from, to) of a strip will be written to arrives, row after row, while so many products of 32 x 32 are computed.
  void fetch_lines(int64 strip, int64 from, int64 to, int64 products) {
    const auto& e = p.epilogue;
    ahead.lines = 0;
    if (applies && e.walked == 0) return;
    ahead.lines_beside = ahead.lines_left = to - from;
    for (int s = 0; s < 2; ++s) {
      const int which = s < e.walked ? s : 0;
      const int64 step = applies ? e.walked_row[which] : p.c_row;
      ahead.line[s] = (applies ? e.walked_at[which] + p.row_offset * step : p.c) + strip * wide * step + from * wide;
      ahead.line_row[s] = step - (to - from - 1) * wide;
    }
    ahead.lines = least(wide, p.m - strip * wide) * (to - from);
    ahead.lines_step = pieces(ahead.lines, 6 * pieces(k, amx::depth) * products);
  }

  /// Begins to pack panel `at` of B, or strip of A, if that can be done by steps.
  void begin(bool of_b, int64 at, bool more, char* to) {
    const int64 lines = of_b ? p.b_col : p.a_row, terms = of_b ? p.b_row : p.a_col, step = lines == 1 ? terms : lines;
    if ((Gathers && (of_b ? p.b_at : p.a_at) != nullptr) || (lines != 1 && terms != 1) || k % amx::depth != 0 || (at + 1) * wide > (of_b ? p.n : p.m)) return;
    const bool across = lines == 1;  // a line of memory has numbers of one term
    if (near && across != of_b) return;  // nothing is turned
    ahead.from = (of_b ? p.b : p.a) + at * wide * lines + k0 * terms;
    ahead.later = more ? ahead.from + wide * lines : nullptr, ahead.blocks_beside = across ? 1 : k / amx::depth;
    ahead.row = step, ahead.next = amx::depth * terms;
    ahead.turns = across != of_b, ahead.columns = of_b;
    ahead.to = to, ahead.turned = turned;
    ahead.steps = k / amx::depth * (near ? wide : amx::Ahead::splitting + (ahead.turns ? amx::Ahead::turning : 0)), ahead.at = 0;
  }
  /// Does what is left of it. Whether numbers are such that they can be split.
  bool complete() {
    while (ahead.steps > 0) near ? ahead.near_step() : ahead.step();
    return amx::is_normal(ahead.most);
  }
  ETCH_SHARED bool pack(bool of_b, int64 at, char* to) { return of_b ? pack_b(at * wide, to) : pack_a(at * wide, to); }

  /// Where numbers are too large or too small to be split.
  ETCH_COLD void multiply_plainly(int64 i, int64 height, int64 panel, int64 width, float* to, int64 to_row, bool accumulates) const {
    TileArguments<float> t{k, p.a + i * wide * p.a_row + k0 * p.a_col, p.a_row, p.a_col, plain, wide, to, to_row, accumulates};
    if (Gathers && p.a_at != nullptr) {  // nothing is packed ahead
      float* const copy = reinterpret_cast<float*>(place_of(i + 1));
      copy_gathered(*p.a_at, i * wide, height, k0, k, p.a, copy, k);
      t.a = copy, t.a_row = k, t.a_col = 1;
    }
    if (Gathers && p.b_at != nullptr) pack_gathered(*p.b_at, k0, k, panel * wide, width, p.b, plain, wide);
    else
      for (int64 r = 0; r < k; ++r)
        for (int64 j = 0; j < wide; ++j) plain[r * wide + j] = j < width ? p.b[(k0 + r) * p.b_row + (panel * wide + j) * p.b_col] : 0;
    small_tile_in_double(height, pieces(width, 16), t);
  }

  bool pack_a(int64 row, char* to) const {
    amx::Sizes most{};
    const int64 height = least(wide, p.m - row);
    if (!Gathers || p.a_at == nullptr) {
      amx::pack_strip(height, k, p.a + row * p.a_row + k0 * p.a_col, p.a_row, p.a_col, to, plain, most);
      return amx::is_normal(most);
    }
    for (int64 at = 0; at < k; at += amx::depth, to += amx::chunk_bytes) {
      const int64 terms = least(amx::depth, k - at);
      copy_gathered(*p.a_at, row, height, k0 + at, terms, p.a, plain, amx::depth);
      amx::pack_strip(height, terms, plain, amx::depth, 1, to, plain, most);
    }
    return amx::is_normal(most);
  }
  bool pack_b(int64 col, char* to) const {
    amx::Sizes most{};
    const int64 width = least(wide, p.n - col);
    if (!Gathers || p.b_at == nullptr) {
      amx::pack_panel(k, width, p.b + k0 * p.b_row + col * p.b_col, p.b_row, p.b_col, to, plain, most);
    } else {
      pack_gathered(*p.b_at, k0, k, col, width, p.b, plain, wide);
      amx::pack_panel(k, width, plain, wide, 1, to, plain, most);
    }
    return amx::is_normal(most);
  }
};

}  // namespace detail
}  // namespace cpu
}  // namespace ETCH_ABI
}  // namespace etch
#endif
