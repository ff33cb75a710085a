// The gradients of attention, from scores that are computed again: for a block of queries and a block of keys at a time
//
//   p = exp(scale q k^T - lse);  ds = p (dout v^T - sum(dout out));  dv += p^T dout;  dk += ds^T (scale q);  dq += scale ds k
#pragma once

#include <etch/cpu/attention_split.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace cpu {
namespace detail {

/// What attention_backward reads and writes for one (batch, head) pair.
template <class T>
struct AttentionGradients {
  Rows<const T> q, k, v, out, dout;
  const T* lse;
  Rows<T> dq, dk, dv;
  Rows<const T> next[5];  // q, k, v, out and dout of the next pair
};

/// The memory of one thread.
template <class T>
struct AttentionBackward {
  static constexpr int64 key_block = 128, tiles = 16, most = tiles * Tile<T>::rows, ld = score_row<T>(key_block);
  T *keys, *values, *key_columns, *query_rows, *query_columns, *dout_rows, *dout_columns, *scores, *slopes, *dq_rows, *dk_rows, *dv_rows;

  constexpr AttentionBackward(const AttentionShape& s, Carver<T>& space)
      : keys(space.take(whole_panels<T>(s.keys) * s.head_dim)),
        values(space.take(whole_panels<T>(s.keys) * s.value_dim)),
        key_columns(space.take(s.keys * whole_panels<T>(s.head_dim))),
        query_rows(space.take(least(most, s.queries) * s.head_dim)),
        query_columns(space.take(least(most, s.queries) * whole_panels<T>(s.head_dim))),
        dout_rows(space.take(least(most, s.queries) * s.value_dim)),
        dout_columns(space.take(least(most, s.queries) * whole_panels<T>(s.value_dim))),
        scores(space.take(least(most, s.queries) * ld)),
        slopes(space.take(least(most, s.queries) * ld)),
        dq_rows(space.take(least(most, s.queries) * whole_vectors<T>(s.head_dim))),
        dk_rows(space.take(s.keys * whole_vectors<T>(s.head_dim))),
        dv_rows(space.take(s.keys * whole_vectors<T>(s.value_dim))) {}

  /// The sums of dk and dv, in place where that is as good; zero for keys that no query sees.
  static Rows<T> sums_of(const AttentionShape& s, const Rows<T>& to, int64 dim, T* space) {
    const int64 wide = whole_vectors<T>(dim), seen = s.queries > 0 ? visible(s, s.queries - 1, 0, s.keys) : 0;
    const Rows<T> sums = wide == dim && (to.row == dim || s.keys <= key_block) ? to : Rows<T>{space, wide};
    for (int64 i = seen; i < s.keys; ++i) fill(sums.data + i * sums.row, 0, wide, T(0));
    return sums;
  }

  /// p and ds of one block, in `scores` and `slopes`; zero where another query of a tile, or a tile of keys, is read with it.
  void weigh(const AttentionShape& s, const AttentionGradients<T>& g, const QueryBlock& block, int64 key, int64 keys_there, int64 count,
             const Rows<const T>& dout, const T* delta) const {
    score_block(s, block, key, count, s.head_dim, query_rows, s.head_dim, keys + key * s.head_dim, scores, ld);
    score_block(s, block, key, count, s.value_dim, dout.data, dout.row, values + key * s.value_dim, slopes, ld);
    for (int64 i = block.first; i < block.last; ++i) {
      const int64 query = block.tiles.begin(i), height = block.tiles.size(i), first = query - block.begin();
      const int64 last = visible(s, query + height - 1, key, count), read = least(keys_there, last + Tile<T>::rows);
      const int64 seen = whole_vectors<T>(last), by_all = visible(s, query, key, count) / Tile<T>::lanes * Tile<T>::lanes;
      for (int64 r = first; r < first + height; ++r) {
        const int64 own = visible(s, block.begin() + r, key, count);
        T *const p = scores + r * ld, *const ds = slopes + r * ld;
        for (int t = 0; key == 0 && t < 5; ++t) fetch_row(g.next[t], block.begin() + r, t < 2 ? s.head_dim : s.value_dim);
        hide(p, by_all, seen, own, -static_cast<T>(__builtin_inf()));
        hide(ds, by_all, seen, own, T(0));
        differentiate(p, ds, seen, g.lse[block.begin() + r], delta[r]);
        fill(p, seen, read, T(0));
        fill(ds, seen, read, T(0));
      }
    }
  }

  void run(const AttentionShape& s, const AttentionGradients<T>& g) const {
    const int64 dim = whole_vectors<T>(s.head_dim), value_dim = whole_vectors<T>(s.value_dim);
    const T scale = static_cast<T>(s.scale);
    pack_transposed(s.keys, s.head_dim, g.k.data, g.k.row, keys);
    pack_transposed(s.keys, s.value_dim, g.v.data, g.v.row, values);
    pack_columns(s.keys, s.head_dim, g.k.data, g.k.row, key_columns);
    const Rows<T> dk = sums_of(s, g.dk, s.head_dim, dk_rows), dv = sums_of(s, g.dv, s.value_dim, dv_rows);
    for_each_block<T>(s.queries, tiles, [&](const QueryBlock& block) {
      const int64 query = block.begin(), rows = block.rows(), end = visible(s, query + rows - 1, 0, s.keys);
      scale_rows(rows, s.head_dim, g.q.data + query * g.q.row, g.q.row, scale, query_rows, s.head_dim);
      pack_columns(rows, s.head_dim, query_rows, s.head_dim, query_columns);
      Rows<const T> dout{g.dout.data + query * g.dout.row, g.dout.row};
      pack_columns(rows, s.value_dim, dout.data, dout.row, dout_columns);
      if (dout.row != s.value_dim) {  // what is read again and again should lie close
        copy_tile(rows, s.value_dim, dout.data, dout.row, dout_rows, s.value_dim);
        dout = {dout_rows, s.value_dim};
      }
      T delta[most];
      for (int64 r = 0; r < rows; ++r) delta[r] = inner(g.out.data + (query + r) * g.out.row, dout.data + r * dout.row, s.value_dim);
      if (end == 0) fill(dq_rows, 0, rows * dim, T(0));
      for (int64 key = 0; key < end; key += key_block) {
        const int64 there = least(key_block, s.keys - key), count = least(there, end - key);
        weigh(s, g, block, key, there, count, dout, delta);
        add_queries(s, block, key, there, value_dim, scores, ld, dout_columns, dv);
        add_queries(s, block, key, there, dim, slopes, ld, query_columns, dk);
        add_keys(s, block, key, count, dim, slopes, ld, key_columns + key * Tile<T>::cols, s.keys * Tile<T>::cols, dq_rows, key > 0);
      }
      scale_rows(rows, s.head_dim, dq_rows, dim, scale, g.dq.data + query * g.dq.row, g.dq.row);
    });
    if (dk.data != g.dk.data) copy_tile(s.keys, s.head_dim, dk.data, dk.row, g.dk.data, g.dk.row);
    if (dv.data != g.dv.data) copy_tile(s.keys, s.value_dim, dv.data, dv.row, g.dv.data, g.dv.row);
  }
};

}  // namespace detail

/// Bytes of workspace, at 64-byte alignment, for one thread's part.
template <class T>
constexpr std::size_t attention_backward_workspace_bytes(const AttentionShape& shape) {
  return detail::attention_bytes<T, detail::AttentionBackward<T>, detail::SmallBackward<T>, detail::SplitBackward<T>>(shape);
}

/// Gradients of attention_forward from its inputs, its results and dout; dq, dk and dv are overwritten and must not
/// overlap. Scores are computed again from q, k and lse. Workspace: num_threads() times its bytes.
template <class T>
void attention_backward(const AttentionShape& shape, HeadRows<const T> q, HeadRows<const T> k, HeadRows<const T> v,
                        HeadRows<const T> out, const T* lse, HeadRows<const T> dout, HeadRows<T> dq, HeadRows<T> dk,
                        HeadRows<T> dv, void* workspace) {
  detail::for_each_pair<T>(shape, workspace, attention_backward_workspace_bytes<T>(shape), [&](detail::Pair<T> pair) {
    const detail::AttentionGradients<T> g{pair.rows(q), pair.rows(k), pair.rows(v), pair.rows(out), pair.rows(dout), lse + pair.number * shape.queries,
                                          pair.rows(dq), pair.rows(dk), pair.rows(dv), {pair.next(q), pair.next(k), pair.next(v), pair.next(out), pair.next(dout)}};
    if (detail::is_small_attention<T>(shape)) return detail::SmallBackward<T>(shape, pair.space).run(shape, g);
    if (detail::run_split<detail::SplitBackward<T>>(pair, g)) return;
    detail::AttentionBackward<T>(shape, pair.space).run(shape, g);
  });
}

}  // namespace cpu
}  // namespace ETCH_ABI
}  // namespace etch
