// Attention of few queries and keys: all scores of a pair at once, a row for each key, so that a vector holds queries and no sum, largest
// score or delta crosses its lanes.
//
//   s = (scale k) q^T;  p = exp(s - m) / l, column by column;  out = p^T v;  lse = m + log l
//   p = exp(s - lse);  dp = v dout^T;  ds = p (dp - sum p dp);  dv = p dout;  dk = ds (scale q);  dq = ds^T (scale k)
#pragma once

#include <etch/cpu/attention_parts.hpp>

#include <type_traits>

namespace etch {
inline namespace ETCH_ABI {
namespace cpu {
namespace detail {

/// Whether a pair goes this way; measured.
template <class T>
constexpr bool is_small_attention(const AttentionShape& s) {
  const bool whole = s.head_dim % Tile<T>::lanes == 0 && s.value_dim % Tile<T>::lanes == 0;
  return Tile<T>::lanes > 4 && whole && s.queries > 0 && s.queries <= 128 && s.keys > 0 && s.keys <= 128;
}

/// Rows that are fetched some at a time while tiles are computed: results to come, or operands of the next pair.
template <class U>
struct Ahead {
  Rows<U> rows;
  int64 dim;
  ETCH_INLINE void fetch(int64 begin, int64 count) const {
    if (rows.data == nullptr) return;
    for (int64 i = begin; i < begin + count; ++i)
      for (int64 j = 0; j < dim; j += 64 / int64{sizeof(U)}) {
        if constexpr (std::is_const_v<U>) ETCH_PREFETCH(rows.data + i * rows.row + j);
        else ETCH_PREFETCH_WRITE(rows.data + i * rows.row + j);
      }
  }
};

/// Scores of every key and query, and the products that read them. Where a tile reads a key that a query does not see there are zeros.
template <class T>
struct SmallScores {
  static constexpr int lanes = Tile<T>::lanes;
  static constexpr int64 width = Tile<T>::cols, height = Tile<T>::rows;
  using V = typename Tile<T>::V;
  const AttentionShape& s;
  int64 ld, seen;  ///< from row to row; keys that any query sees

  constexpr explicit SmallScores(const AttentionShape& shape) : s(shape), ld(score_row<T>(whole_panels<T>(s.queries))), seen(s.causal ? least(s.queries, s.keys) : s.keys) {}
  /// Keys that the first of a vector of queries sees, those that the last one does, and those that a tile with one of them reads.
  int64 by_first(int64 query) const { return s.causal ? least(seen, query + 1) : seen; }
  int64 by_last(int64 query) const { return s.causal ? least(seen, query + lanes) : seen; }
  int64 read(int64 query) const { return s.causal ? least(seen, query + lanes + height - 1) : seen; }
  /// Which of the queries from `query` on see a key.
  ETCH_INLINE static auto sees(int64 query, int64 key) { return simd::iota<std::int32_t, lanes>(0) >= static_cast<std::int32_t>(key - query); }

  /// to[key][query] = rows[key] panels[query], from the first vector of queries on that sees a key of the tile.
  template <class... U>
  void score(const Rows<const T>& rows, int64 dim, const T* panels, T* to, const Ahead<U>&... ahead) const {
    const Cut tiles(seen, pieces(seen, height));
    TileArguments<T> t{dim, rows.data, rows.row, 1, panels, width, to, ld, false};
    for (int64 column = 0; column < s.queries; column += width) {
      const int64 end = least(column + width, whole_vectors<T>(s.queries));
      for (int64 i = 0; i < tiles.count; ++i) {
        const int64 key = tiles.begin(i), own = s.causal ? key / lanes * lanes : 0, from = own > column ? own : column;
        if (from >= end) break;
        if (column == 0) (ahead.fetch(key, tiles.size(i)), ...);
        t.a = rows.data + key * rows.row;
        t.b = panels + column * dim + from - column;
        t.c = to + key * ld + from;
        multiply_tile<T>(tiles.size(i), (end - from) / lanes, t);
      }
    }
  }
  /// to[query] = sum of x[key][query] y[key].
  template <class... U>
  void over_keys(const T* x, const Rows<const T>& y, int64 dim, const Rows<T>& to, const Ahead<U>&... ahead) const {
    const Cut tiles(s.queries, pieces(s.queries, height));
    TileArguments<T> t{0, x, 1, ld, y.data, y.row, to.data, to.row, false};
    for (int64 column = 0; column < dim; column += width) {
      for (int64 i = 0; i < tiles.count; ++i) {
        const int64 query = tiles.begin(i), size = tiles.size(i);
        if (column == 0) (ahead.fetch(query, size), ...);
        t.k = s.causal ? least(seen, query + size) : seen;
        t.a = x + query;
        t.b = y.data + column;
        t.c = to.data + query * to.row + column;
        multiply_tile<T>(size, least(width, dim - column) / lanes, t);
      }
    }
  }
  /// to[key] = sum of x[key][query] y[query].
  template <class... U>
  void over_queries(const T* x, const Rows<const T>& y, int64 dim, const Rows<T>& to, const Ahead<U>&... ahead) const {
    const Cut tiles(seen, pieces(seen, height));
    TileArguments<T> t{0, x, ld, 1, y.data, y.row, to.data, to.row, false};
    for (int64 column = 0; column < dim; column += width) {
      for (int64 i = 0; i < tiles.count; ++i) {
        const int64 key = tiles.begin(i), skip = s.causal ? key : 0;
        if (column == 0) (ahead.fetch(key, tiles.size(i)), ...);
        t.k = s.queries - skip;
        t.a = x + key * ld + skip;
        t.b = y.data + skip * y.row + column;
        t.c = to.data + key * to.row + column;
        multiply_tile<T>(tiles.size(i), least(width, dim - column) / lanes, t);
      }
    }
    for (int64 key = seen; key < s.keys; ++key) fill(to.data + key * to.row, 0, dim, T(0));
  }
};

template <class T>
struct SmallForward {
  T *queries, *scores;

  constexpr SmallForward(const AttentionShape& s, Carver<T>& space)
      : queries(space.take(whole_panels<T>(s.queries) * s.head_dim)),
        scores(space.take(s.keys * SmallScores<T>(s).ld)) {}

  void run(const AttentionShape& s, const Rows<const T>& q, const Rows<const T>& k, const Rows<const T>& v, const Rows<T>& out, T* lse, const Rows<const T> (&next)[3]) const {
    constexpr int lanes = Tile<T>::lanes;
    const SmallScores<T> x(s);
    const int64 ld = x.ld;
    pack_transposed(s.queries, s.head_dim, q.data, q.row, queries);
    const Ahead<const T> next_q{next[0], s.head_dim}, next_k{next[1], s.head_dim}, next_v{next[2], s.value_dim};
    x.score(k, s.head_dim, queries, scores, Ahead<T>{out, s.value_dim});
    for (int64 query = 0; query < s.queries; query += lanes) {
      const int64 by_first = x.by_first(query), by_last = x.by_last(query), read = x.read(query);
      T* const column = scores + query;
      const auto hidden = simd::splat<T, lanes>(-static_cast<T>(__builtin_inf())), scale = simd::splat<T, lanes>(static_cast<T>(s.scale));
      auto top = hidden, sum = simd::splat<T, lanes>(0);
      int64 key = 0;
      for (; key < by_first; ++key) top = simd::greater(top, simd::load<T, lanes>(column + key * ld) * scale);
      for (; key < by_last; ++key) {
        const auto score = simd::select(x.sees(query, key), simd::load<T, lanes>(column + key * ld), hidden);
        simd::store(column + key * ld, score);
        top = simd::greater(top, score * scale);
      }
      for (key = 0; key < by_last; ++key) {
        const auto p = weight(simd::fma(simd::load<T, lanes>(column + key * ld), scale, -top));
        simd::store(column + key * ld, p);
        sum = sum + p;
      }
      const auto by = simd::splat<T, lanes>(1) / sum;
      for (key = 0; key < by_last; ++key) simd::store(column + key * ld, simd::load<T, lanes>(column + key * ld) * by);
      for (; key < read; ++key) simd::store(column + key * ld, simd::splat<T, lanes>(0));
      simd::store_partial(lse + query, top + simd::log(sum), static_cast<int>(least(lanes, s.queries - query)));
      next_q.fetch(query, least(lanes, s.queries - query));
    }
    x.over_keys(scores, v, s.value_dim, out, next_k, next_v);
  }
};

template <class T>
struct SmallBackward {
  T *queries, *douts, *scores, *slopes;

  constexpr SmallBackward(const AttentionShape& s, Carver<T>& space)
      : queries(space.take(whole_panels<T>(s.queries) * s.head_dim)),
        douts(space.take(whole_panels<T>(s.queries) * s.value_dim)),
        scores(space.take(s.keys * SmallScores<T>(s).ld)),
        slopes(space.take(s.keys * SmallScores<T>(s).ld)) {}

  template <class Gradients>
  void run(const AttentionShape& s, const Gradients& g) const {
    constexpr int lanes = Tile<T>::lanes;
    const SmallScores<T> x(s);
    const int64 ld = x.ld;
    const auto scale = simd::splat<T, lanes>(static_cast<T>(s.scale));
    pack_transposed(s.queries, s.head_dim, g.q.data, g.q.row, queries);
    pack_transposed(s.queries, s.value_dim, g.dout.data, g.dout.row, douts);
    const Ahead<const T> next_q{g.next[0], s.head_dim}, next_k{g.next[1], s.head_dim}, next_v{g.next[2], s.value_dim}, next_dout{g.next[4], s.value_dim};
    x.score(g.k, s.head_dim, queries, scores, Ahead<T>{g.dv, s.value_dim});
    x.score(g.v, s.value_dim, douts, slopes, Ahead<T>{g.dk, s.head_dim});
    for (int64 query = 0; query < s.queries; query += lanes) {
      const int64 by_first = x.by_first(query), by_last = x.by_last(query), read = x.read(query);
      const int there = static_cast<int>(least(lanes, s.queries - query));
      T *const p_column = scores + query, *const ds_column = slopes + query;
      const auto lse = simd::load_partial<T, lanes>(g.lse + query, there), zero = simd::splat<T, lanes>(0);
      auto delta = zero;
      const auto weigh = [&](int64 key) { return weight(simd::detail::at_most(simd::fma(simd::load<T, lanes>(p_column + key * ld), scale, -lse), T(1))); };  // above 0 by rounding alone
      int64 key = 0;
      for (; key < by_first; ++key) {
        const auto p = weigh(key);
        simd::store(p_column + key * ld, p);
        delta = simd::fma(p, simd::load<T, lanes>(ds_column + key * ld), delta);
      }
      for (; key < by_last; ++key) {
        const auto sees = x.sees(query, key);
        const auto p = simd::select(sees, weigh(key), zero), dp = simd::select(sees, simd::load<T, lanes>(ds_column + key * ld), zero);
        simd::store(p_column + key * ld, p);
        simd::store(ds_column + key * ld, dp);
        delta = simd::fma(p, dp, delta);
      }
      for (key = 0; key < by_last; ++key)
        simd::store(ds_column + key * ld, simd::load<T, lanes>(p_column + key * ld) * scale * (simd::load<T, lanes>(ds_column + key * ld) - delta));
      for (; key < read; ++key) {
        simd::store(p_column + key * ld, zero);
        simd::store(ds_column + key * ld, zero);
      }
    }
    x.over_queries(scores, g.dout, s.value_dim, g.dv, Ahead<T>{g.dq, s.head_dim}, next_q);
    x.over_queries(slopes, g.q, s.head_dim, g.dk, next_k);
    x.over_keys(slopes, g.k, s.head_dim, g.dq, next_v, next_dout);
  }
};

}  // namespace detail
}  // namespace cpu
}  // namespace ETCH_ABI
}  // namespace etch
