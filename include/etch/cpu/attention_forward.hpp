// The forward pass of attention: for a block of queries and a block of keys at a time
//
//   s = scale q k^T;  m' = max(m, s);  p = exp(s - m');  l = l e^(m - m') + sum p;  o = o e^(m - m') + p v
//
// and at the end out = o / l, lse = m + log l.
#pragma once

#include <etch/cpu/attention_split.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace cpu {
namespace detail {

/// The memory of one thread, and one (batch, head) pair.
template <class T>
struct AttentionForward {
  static constexpr int64 key_block = 256, tiles = 8, most = tiles * Tile<T>::rows, ld = score_row<T>(key_block);
  T *keys, *values, *queries, *scores, *sums;

  constexpr AttentionForward(const AttentionShape& s, Carver<T>& space)
      : keys(space.take(whole_panels<T>(s.keys) * s.head_dim)),
        values(space.take(s.keys * whole_panels<T>(s.value_dim))),
        queries(space.take(least(most, s.queries) * s.head_dim)),
        scores(space.take(least(most, s.queries) * ld)),
        sums(space.take(least(most, s.queries) * whole_vectors<T>(s.value_dim))) {}

  /// `next` are q, k and v of the next pair.
  void run(const AttentionShape& s, const Rows<const T>& q, const Rows<const T>& k, const Rows<const T>& v, const Rows<T>& out, T* lse,
           const Rows<const T> (&next)[3]) const {
    const int64 dim = whole_vectors<T>(s.value_dim);
    pack_transposed(s.keys, s.head_dim, k.data, k.row, keys);
    pack_columns(s.keys, s.value_dim, v.data, v.row, values);
    for_each_block<T>(s.queries, tiles, [&](const QueryBlock& block) {
      const int64 first = block.begin(), rows = block.rows(), end = visible(s, first + rows - 1, 0, s.keys);
      T m[whole_vectors<T>(most)], sum[whole_vectors<T>(most)];
      for (int64 r = 0; r < whole_vectors<T>(rows); ++r) m[r] = -static_cast<T>(__builtin_inf()), sum[r] = T(0);
      if (end == 0) fill(sums, 0, rows * dim, T(0));
      scale_rows(rows, s.head_dim, q.data + first * q.row, q.row, static_cast<T>(s.scale), queries, s.head_dim);
      for (int64 key = 0; key < end; key += key_block) {
        const int64 count = least(key_block, end - key);
        score_block(s, block, key, count, s.head_dim, queries, s.head_dim, keys + key * s.head_dim, scores, ld);
        for (int64 i = block.first; i < block.last; ++i) {
          const int64 r = block.tiles.begin(i) - first;
          weigh_rows(s, first + r, block.tiles.size(i), key, count, scores + r * ld, ld, m + r, sum + r, sums + r * dim, dim);
        }
        for (int64 r = 0; key == 0 && r < rows; ++r) {
          for (int t = 0; t < 3; ++t) fetch_row(next[t], first + r, t == 2 ? s.value_dim : s.head_dim);
        }
        add_keys(s, block, key, count, dim, scores, ld, values + key * Tile<T>::cols, s.keys * Tile<T>::cols, sums, key > 0);
      }
      finish_rows(rows, m, sum, sums, dim, s.value_dim, out.data + first * out.row, out.row, lse + first);
    });
  }
};

}  // namespace detail

/// Bytes of workspace, at 64-byte alignment, for one thread's part.
template <class T>
constexpr std::size_t attention_forward_workspace_bytes(const AttentionShape& shape) {
  return detail::attention_bytes<T, detail::AttentionForward<T>, detail::SmallForward<T>, detail::SplitForward<T>>(shape);
}

/// out = softmax(scale q k^T) v, and lse[batch, heads, queries], the logarithm of each softmax's denominator, for the
/// backward pass. A query that sees no key gets zeros and -inf. q is [queries, head_dim], k [keys, head_dim],
/// v [keys, value_dim] in each (batch, head) pair. Workspace: num_threads() times its bytes.
template <class T>
void attention_forward(const AttentionShape& shape, HeadRows<const T> q, HeadRows<const T> k, HeadRows<const T> v,
                       HeadRows<T> out, T* lse, void* workspace) {
  if (shape.queries <= 0) return;
  detail::for_each_pair<T>(shape, workspace, attention_forward_workspace_bytes<T>(shape), [&](detail::Pair<T> pair) {
    const auto run = [&](auto pass, const auto&... next) { return pass.run(shape, pair.rows(q), pair.rows(k), pair.rows(v), pair.rows(out), lse + pair.number * shape.queries, next...); };
    const detail::Rows<const T> next[] = {pair.next(q), pair.next(k), pair.next(v)};
    if (detail::is_small_attention<T>(shape)) return run(detail::SmallForward<T>(shape, pair.space), next);
    if (detail::run_split<detail::SplitForward<T>>(pair, pair.rows(q), pair.rows(k), pair.rows(v), pair.rows(out), lse + pair.number * shape.queries)) return;
    run(detail::AttentionForward<T>(shape, pair.space), next);
  });
}

}  // namespace cpu
}  // namespace ETCH_ABI
}  // namespace etch
