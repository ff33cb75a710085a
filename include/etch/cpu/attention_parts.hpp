// What both passes of attention are made of: operands in panels, products that pass over what no query sees, and pairs.
#pragma once

#include <etch/core/config.hpp>
#include <etch/core/vec.hpp>
#include <etch/cpu/attention_weights.hpp>
#include <etch/cpu/matmul.hpp>
#include <etch/cpu/parallel.hpp>
#include <etch/cpu/tile_product.hpp>

#include <cstddef>
#include <cstdint>

namespace etch {
inline namespace ETCH_ABI {
namespace cpu {

/// Query i sees every key, or with `causal` the keys up to i.
struct AttentionShape {
  int64 batch, heads, queries, keys, head_dim, value_dim;
  double scale;
  bool causal;
};

/// Rows of [batch, heads, length, dim], the last dimension contiguous; strides in elements.
template <class T>
struct HeadRows {
  T* data;
  int64 batch, head, row;
  constexpr T* at(int64 b, int64 h) const { return data + b * batch + h * head; }
};

namespace detail {

template <class T>
constexpr int64 whole_vectors(int64 count) {
  return pieces(count, Tile<T>::lanes) * Tile<T>::lanes;
}
template <class T>
constexpr int64 whole_panels(int64 count) {
  return pieces(count, Tile<T>::cols) * Tile<T>::cols;
}
/// From row to row of scores of a block of keys: rows lie in different cache sets.
template <class T>
constexpr int64 score_row(int64 keys) {
  return keys + 64 / int64{sizeof(T)};
}

/// Hands out pieces of a workspace, each at 64 bytes; on null it only counts.
template <class T>
struct Carver {
  T* next;
  std::size_t used = 0;
  constexpr T* take(int64 count) {
    const std::size_t rounded = (static_cast<std::size_t>(count) * sizeof(T) + 63) / 64 * 64 / sizeof(T);
    T* const piece = next;
    if (next != nullptr) next += rounded;
    used += rounded;
    return piece;
  }
};

template <class T>
struct Rows {
  T* data;
  int64 row;
};

/// Tiles [first, last) of the rows of all queries: those that pass over each panel of keys while it is in L1.
struct QueryBlock {
  Cut tiles;
  int64 first, last;
  constexpr int64 begin() const { return tiles.begin(first); }
  constexpr int64 rows() const { return tiles.begin(last) - begin(); }
};

/// Runs `each(block)` for blocks of at most `most` tiles.
template <class T, class Each>
ETCH_INLINE void for_each_block(int64 queries, int64 most, Each each) {
  if (queries <= 0) return;
  const Cut tiles(queries, pieces(queries, Tile<T>::rows)), blocks(tiles.count, pieces(tiles.count, most));
  for (int64 b = 0; b < blocks.count; ++b) each(QueryBlock{tiles, blocks.begin(b), blocks.begin(b + 1)});
}

/// Keys of [from, from + count) that query i sees.
constexpr int64 visible(const AttentionShape& s, int64 i, int64 from, int64 count) {
  const int64 own = s.causal ? least(count, i + 1 - from) : count;
  return own > 0 ? own : 0;
}

// ------------------------------------------------------------------------------------------------------ operands

/// x^T in panels: [panel][dim][Tile::cols], zeros beyond the last row of x.
template <class T>
void pack_transposed(int64 count, int64 dim, const T* x, int64 row, T* to) {
  for (int64 j = 0; j < count; j += Tile<T>::cols, to += Tile<T>::cols * dim)
    pack_panel(dim, least(Tile<T>::cols, count - j), Tile<T>::cols, x + j * row, 1, row, to);
}

/// Fills [from, to) of a row, from a whole vector on.
template <class T>
ETCH_INLINE void fill(T* row, int64 from, int64 to, T value) {
  constexpr int lanes = Tile<T>::lanes;
  for (; from < to; from += lanes) simd::store(row + from, simd::splat<T, lanes>(value));
}

/// x in panels: [panel][count][Tile::cols], zeros beyond its last column. Read where they lie, the columns of a panel
/// share few cache sets.
template <class T>
void pack_columns(int64 count, int64 dim, const T* x, int64 row, T* to) {
  constexpr int64 width = Tile<T>::cols;
  constexpr int lanes = Tile<T>::lanes;
  for (int64 i = 0; i < count; ++i, x += row, to += width) {
    int64 j = 0;
    T* panel = to;
    for (; j + width <= dim; j += width, panel += count * width) {
      simd::store(panel, simd::load<T, lanes>(x + j));
      simd::store(panel + lanes, simd::load<T, lanes>(x + j + lanes));
    }
    for (int64 at = 0; j < dim && at < width; at += lanes, j += lanes)
      simd::store(panel + at, simd::load_partial<T, lanes>(x + j, static_cast<int>(least(lanes, j < dim ? dim - j : 0))));
  }
}

/// Fetches row i of what the next (batch, head) pair will read, while this one computes; null: there is none.
template <class T>
ETCH_INLINE void fetch_row(const Rows<const T>& x, int64 i, int64 dim) {
  if (x.data == nullptr) return;
  for (int64 j = 0; j < dim; j += 64 / int64{sizeof(T)}) ETCH_PREFETCH(x.data + i * x.row + j);
}

/// to[count] = from[count] * factor.
template <class T>
ETCH_INLINE void scale_row(const T* from, int64 count, T factor, T* to) {
  constexpr int lanes = Tile<T>::lanes;
  const auto by = simd::splat<T, lanes>(factor);
  int64 j = 0;
  for (; j + lanes <= count; j += lanes) simd::store(to + j, simd::load<T, lanes>(from + j) * by);
  if (j < count) {
    const int rest = static_cast<int>(count - j);
    simd::store_partial(to + j, simd::load_partial<T, lanes>(from + j, rest) * by, rest);
  }
}
template <class T>
void scale_rows(int64 count, int64 dim, const T* from, int64 row, T factor, T* to, int64 to_row) {
  for (int64 i = 0; i < count; ++i) scale_row(from + i * row, dim, factor, to + i * to_row);
}

// ------------------------------------------------------------------------------------------------------ products
// Panel by panel, each for all tiles of the block, from the last tile to the first that sees the keys. The next panel, and
// the next sums of keys, arrive meanwhile.

/// One tile of many: its arguments are changed from tile to tile, not copied.
template <class T>
ETCH_INLINE void multiply_tile(int64 height, int64 vectors, TileArguments<T>& t) {
  const TileTable<T>& table = tile_table<T, row_tiles & ~tiles_pack>;
  const bool fetches = t.next != nullptr && height >= table.rows - 1 && vectors == 2;
  (height == 1 ? table.row[vectors - 1] : fetches ? table.fetching[0][height - table.rows + 1] : table.at[0][height - 1][vectors - 1])(t);
}

/// scores[queries][count] = x y^T for the block's rows x and packed y, keys from `key` on; whole vectors are written.
template <class T>
void score_block(const AttentionShape& s, const QueryBlock& block, int64 key, int64 count, int64 dim, const T* x,
                 int64 x_row, const T* packed, T* scores, int64 ld) {
  constexpr int64 width = Tile<T>::cols, lanes = Tile<T>::lanes;
  const int64 begin = block.begin();
  TileArguments<T> t{dim, x, x_row, 1, packed, width, scores, ld, false};
  t.next_step = width;
  for (int64 col = 0; col < count; col += width, t.b += width * dim) {
    t.next = t.b + width * dim;
    for (int64 i = block.last - 1; i >= block.first; --i, t.next = nullptr) {
      const int64 row = block.tiles.begin(i), height = block.tiles.size(i);
      const int64 seen = visible(s, row + height - 1, key, count) - col;
      if (seen <= 0) break;
      t.a = x + (row - begin) * x_row;
      t.c = scores + (row - begin) * ld + col;
      multiply_tile<T>(height, pieces(least(width, seen), lanes), t);
    }
  }
}

/// sums[queries][dim] (+)= x y for a block of weights x and the rows of `count` keys y, in panels of columns `panel` elements
/// apart; dim counts whole vectors.
template <class T>
void add_keys(const AttentionShape& s, const QueryBlock& block, int64 key, int64 count, int64 dim, const T* x, int64 ld,
              const T* y, int64 panel, T* sums, bool accumulate) {
  constexpr int64 width = Tile<T>::cols, lanes = Tile<T>::lanes;
  const int64 begin = block.begin();
  TileArguments<T> t{0, x, ld, 1, y, width, sums, dim, accumulate};
  t.next_step = width;
  for (int64 col = 0; col < dim; col += width, t.b += panel) {
    t.next = col + width < dim ? t.b + panel : nullptr;
    for (int64 i = block.last - 1; i >= block.first; --i, t.next = nullptr) {
      const int64 row = block.tiles.begin(i), height = block.tiles.size(i);
      t.k = visible(s, row + height - 1, key, count);
      if (t.k == 0) break;
      t.a = x + (row - begin) * ld;
      t.c = sums + (row - begin) * dim + col;
      multiply_tile<T>(height, least(width, dim - col) / lanes, t);
    }
  }
}

/// sums[keys][dim] (+)= x^T y over the queries of the block that see each of the keys [key, key + keys), y in panels of
/// columns; the first queries that see a key begin its sums.
template <class T>
void add_queries(const AttentionShape& s, const QueryBlock& block, int64 key, int64 keys, int64 dim, const T* x, int64 ld,
                 const T* y, const Rows<T>& sums) {
  constexpr int64 width = Tile<T>::cols, lanes = Tile<T>::lanes;
  const int64 query = block.begin(), rows = block.rows();
  const Cut tiles(keys, pieces(keys, Tile<T>::rows));
  TileArguments<T> t{rows, x, 1, ld, y, width, sums.data, sums.row, false};
  for (int64 col = 0; col < dim; col += width, y += rows * width) {
    for (int64 i = 0; i < tiles.count; ++i) {
      const int64 first = tiles.begin(i), size = tiles.size(i), skip = s.causal && key + first > query ? key + first - query : 0;
      if (skip >= rows) break;
      t.k = rows - skip;
      t.a = x + skip * ld + first;
      t.b = y + skip * width;
      t.c = sums.data + (key + first) * sums.row + col;
      t.accumulate = query > (s.causal ? key + first : 0);
      for (int64 r = size; r < 2 * size; ++r) ETCH_PREFETCH_WRITE(t.c + r * sums.row);
      multiply_tile<T>(size, least(width, dim - col) / lanes, t);
    }
  }
}

// ---------------------------------------------------------------------------------------------------- forward

/// Scores of `height` queries from `query` on, row m[0] and on, become weights; what was added up before shrinks to the new maxima. The rows are equally
/// long, so that no loop's end is a surprise: -inf where a query sees less than the last one.
template <class T>
ETCH_INLINE void weigh_rows(const AttentionShape& s, int64 query, int64 height, int64 key, int64 count, T* scores, int64 ld, T* m, T* sum, T* sums, int64 dim) {
  constexpr int64 lanes = Tile<T>::lanes;
  const int64 seen = whole_vectors<T>(visible(s, query + height - 1, key, count)), by_all = visible(s, query, key, count) / lanes * lanes;
  for (int64 r = 0; r < height; ++r, scores += ld, sums += dim) {
    hide(scores, by_all, seen, visible(s, query + r, key, count), -static_cast<T>(__builtin_inf()));
    const T top = largest(scores, seen, m[r]);
    if (key > 0 && m[r] < top) {
      const T shrink = simd::exp(simd::splat<T, 1>(m[r] - top))[0];
      sum[r] *= shrink;
      scale_row(sums, dim, shrink, sums);
    }
    m[r] = top;
    sum[r] += soften(scores, seen, top);
  }
}
/// Sums of weighted values become results, denominators their logarithms; of whole vectors of rows.
template <class T>
void finish_rows(int64 rows, const T* m, const T* sum, const T* sums, int64 dim, int64 value_dim, T* out, int64 out_row, T* lse) {
  constexpr int lanes = Tile<T>::lanes;
  for (int64 r = 0; r < rows; ++r) scale_row(sums + r * dim, value_dim, sum[r] == T(0) ? T(0) : T(1) / sum[r], out + r * out_row);
  for (int64 r = 0; r < rows; r += lanes) {
    const auto value = simd::load<T, lanes>(m + r) + simd::log(simd::load<T, lanes>(sum + r));
    simd::store_partial(lse + r, value, static_cast<int>(least(lanes, rows - r)));
  }
}

// ---------------------------------------------------------------------------------------------- (batch, head) pairs

template <class T, class Pass>
constexpr std::size_t attention_bytes(const AttentionShape& shape) {
  Carver<T> space{nullptr};
  static_cast<void>(Pass(shape, space));
  return space.used * sizeof(T);
}

/// What the next pair reads is fetched ahead where it is small: large operands would drive out those at work.
template <class T>
constexpr bool fetches_ahead(const AttentionShape& s) {
  return (s.queries + s.keys) * (s.head_dim + s.value_dim) * int64{sizeof(T)} <= 131072;
}

/// One (batch, head) pair, and its workspace.
template <class T>
struct Pair {
  const AttentionShape& s;
  int64 number;
  Carver<T> space;
  template <class U>
  Rows<U> rows(const HeadRows<U>& x) const {
    return {x.at(number / s.heads, number % s.heads), x.row};
  }
  /// What the pair behind it reads, null where nothing is fetched ahead.
  Rows<const T> next(const HeadRows<const T>& x) const {
    const bool ahead = fetches_ahead<T>(s) && number + 1 < s.batch * s.heads;
    return {ahead ? x.at((number + 1) / s.heads, (number + 1) % s.heads) : nullptr, x.row};
  }
};

/// Runs `body(pair)` for every pair, with `bytes` of the workspace for each thread: chunks of at least the work that pays for a thread.
template <class T, class Body>
void for_each_pair(const AttentionShape& shape, void* workspace, std::size_t bytes, const Body& body) {
  struct Context {
    const AttentionShape& s;
    const Body& body;
    char* workspace;
    std::size_t bytes;
    int64 pairs, group;
  };
  const int64 pairs = shape.batch * shape.heads, flops = 2 * shape.queries * shape.keys * (shape.head_dim + shape.value_dim) + 1;
  if (pairs <= 0) return;
  Context context{shape, body, static_cast<char*>(workspace), bytes, pairs, flops > parallel_flops / pairs ? 1 + parallel_flops / 4 / flops : pairs};
  parallel_for(
      static_cast<int>(pieces(pairs, context.group)),
      [](void* argument, int chunk, int thread) {
        const Context& c = *static_cast<const Context*>(argument);
        T* const own = reinterpret_cast<T*>(c.workspace + static_cast<std::size_t>(thread) * c.bytes);
        for (int64 pair = chunk * c.group; pair < least((chunk + 1) * c.group, c.pairs); ++pair) c.body(Pair<T>{c.s, pair, Carver<T>{own}});
      },
      &context);
}

}  // namespace detail
}  // namespace cpu
}  // namespace ETCH_ABI
}  // namespace etch
