// Attention's products on the processor's matrix unit (cpu/split_product.hpp): strips of 32 queries meet panels of 32 keys that were split once.
// What else is done to scores is the vector units' as before. Passes return false where a number cannot be split.
#pragma once

#include <etch/cpu/attention_small.hpp>

#include <type_traits>

namespace etch {
inline namespace ETCH_ABI {
namespace cpu {
namespace detail {

/// Whether the unit, where there is one, pays for a shape; measured.
template <class T>
constexpr bool splits_attention(const AttentionShape& s) {
  return ETCH_AMX && std::is_same_v<T, float> && s.queries >= 128 && s.keys >= 128 && s.head_dim >= 32 && s.value_dim >= 32;
}
/// Bytes of a thread's memory for a pass on the vector units, and for those that may stand in for it: of few queries, or on the matrix unit.
template <class T, class Pass, class Small, class Split>
constexpr std::size_t attention_bytes(const AttentionShape& s) {
  std::size_t bytes = attention_bytes<T, Pass>(s);
  if (const std::size_t small = attention_bytes<T, Small>(s); is_small_attention<T>(s) && small > bytes) bytes = small;
  if constexpr (ETCH_AMX && std::is_same_v<T, float>)
    if (const std::size_t split = attention_bytes<T, Split>(s); splits_attention<T>(s) && split > bytes) bytes = split;
  return bytes;
}
/// Whether the matrix unit did the pass over a pair.
template <class Split, class T, class... Operands>
bool run_split([[maybe_unused]] const Pair<T>& pair, [[maybe_unused]] const Operands&... operands) {
#if ETCH_AMX
  if constexpr (std::is_same_v<T, float>)
    if (Carver<T> space = pair.space; splits_attention<T>(pair.s) && amx::granted()) return Split(pair.s, space).run(pair.s, operands...);
#endif
  return false;
}

template <class T>
struct SplitForward;
template <class T>
struct SplitBackward;

#if ETCH_AMX

/// Pieces of a thread's memory for strips and panels.
struct SplitSpace {
  static constexpr int64 wide = amx::wide, most = 4 * wide, key_block = 256, ld = score_row<float>(key_block);
  Carver<float>& space;
  static constexpr int64 chunks(int64 terms) { return pieces(terms, amx::depth); }
  static constexpr int64 strip_bytes(int64 terms) { return chunks(terms) * amx::chunk_bytes; }
  /// `count` strips or panels of so many terms.
  constexpr char* strips(int64 count, int64 terms) {
    float* const piece = space.take(count * strip_bytes(terms) / 4);
    return piece == nullptr ? nullptr : reinterpret_cast<char*>(piece);
  }
  /// Rows of sums, and those a tile writes behind them.
  constexpr float* rows(int64 count, int64 row) { return space.take((count + wide) * row); }
  static constexpr int64 padded(int64 dim) { return pieces(dim, wide) * wide; }
};

template <class T>
struct SplitForward : SplitSpace {
  char *keys, *values, *queries, *weights;
  T *scaled, *scores, *sums, *turned;

  constexpr SplitForward(const AttentionShape& s, Carver<T>& carver)
      : SplitSpace{carver},
        keys(strips(pieces(s.keys, wide), s.head_dim)),
        values(strips(pieces(s.value_dim, wide), s.keys)),
        queries(strips(most / wide, s.head_dim)),
        weights(strips(1, key_block)),
        scaled(space.take(wide * s.head_dim)),
        scores(rows(most, ld)),
        sums(rows(most, padded(s.value_dim))),
        turned(space.take(wide * wide)) {}

  bool run(const AttentionShape& s, const Rows<const T>& q, const Rows<const T>& k, const Rows<const T>& v, const Rows<T>& out, T* lse) const {
    const amx::Unit unit;
    const int64 dim = padded(s.value_dim), head = strip_bytes(s.head_dim), column = strip_bytes(s.keys);
    amx::Sizes most_k{}, most_v{}, any{};
    amx::Ahead nothing;
    for (int64 j = 0; j < s.keys; j += wide) amx::pack_panel(s.head_dim, least(wide, s.keys - j), k.data + j * k.row, 1, k.row, keys + j / wide * head, turned, most_k);
    for (int64 j = 0; j < s.value_dim; j += wide) amx::pack_panel(s.keys, least(wide, s.value_dim - j), v.data + j, v.row, 1, values + j / wide * column, turned, most_v);
    if (!amx::is_normal(most_k) || !amx::is_normal(most_v)) return false;
    for (int64 first = 0; first < s.queries; first += most) {
      const int64 count = least(most, s.queries - first), end = visible(s, first + count - 1, 0, s.keys);
      T m[most], sum[most];
      for (int64 r = 0; r < most; ++r) m[r] = -__builtin_inff(), sum[r] = 0;
      amx::Sizes most_q{};
      for (int64 r = 0; r < count; r += wide) {
        const int64 height = least(wide, count - r);
        scale_rows(height, s.head_dim, q.data + (first + r) * q.row, q.row, static_cast<T>(s.scale), scaled, s.head_dim);
        amx::pack_strip(height, s.head_dim, scaled, s.head_dim, 1, queries + r / wide * head, turned, most_q);
      }
      if (!amx::is_normal(most_q)) return false;
      for (int64 key = 0; key < end; key += key_block) {
        const int64 there = least(key_block, end - key);
        for (int64 r = 0; r < count; r += wide) {
          const int64 height = least(wide, count - r), last = visible(s, first + r + height - 1, key, there), seen = whole_vectors<T>(last);
          if (last == 0) continue;
          for (int64 j = 0; j < last; j += wide) amx::multiply<true>(height, wide, queries + r / wide * head, keys + (key + j) / wide * head, chunks(s.head_dim), scores + r * ld + j, ld, false, nothing);
          weigh_rows(s, first + r, height, key, there, scores + r * ld, ld, m + r, sum + r, sums + r * dim, dim);
          amx::pack_strip(height, seen, scores + r * ld, ld, 1, weights, turned, any);
          for (int64 j = 0; j < s.value_dim; j += wide)
            amx::multiply<true>(height, s.value_dim - j, weights, values + j / wide * column + key / wide * amx::chunk_bytes, chunks(seen), sums + r * dim + j, dim, key > 0, nothing);
        }
      }
      if (end == 0) fill(sums, 0, count * dim, T(0));
      finish_rows(count, m, sum, sums, dim, s.value_dim, out.data + first * out.row, out.row, lse + first);
    }
    return true;
  }
};

template <class T>
struct SplitBackward : SplitSpace {
  char *keys, *values, *key_columns, *queries, *query_columns, *douts, *dout_columns, *strip;
  T *scaled, *scores, *slopes, *dq, *dk, *dv, *turned;

  constexpr SplitBackward(const AttentionShape& s, Carver<T>& carver)
      : SplitSpace{carver},
        keys(strips(pieces(s.keys, wide), s.head_dim)),
        values(strips(pieces(s.keys, wide), s.value_dim)),
        key_columns(strips(pieces(s.head_dim, wide), s.keys)),
        queries(strips(most / wide, s.head_dim)),
        query_columns(strips(pieces(s.head_dim, wide), most)),
        douts(strips(most / wide, s.value_dim)),
        dout_columns(strips(pieces(s.value_dim, wide), most)),
        strip(strips(1, key_block)),
        scaled(space.take(most * s.head_dim)),
        scores(rows(most, ld)),
        slopes(rows(most, ld)),
        dq(rows(most, padded(s.head_dim))),
        dk(rows(s.keys, padded(s.head_dim))),
        dv(rows(s.keys, padded(s.value_dim))),
        turned(space.take(wide * wide)) {}

  template <class Gradients>
  bool run(const AttentionShape& s, const Gradients& g) const {
    const amx::Unit unit;
    const int64 dim = padded(s.head_dim), value_dim = padded(s.value_dim), head = strip_bytes(s.head_dim), value = strip_bytes(s.value_dim), column = strip_bytes(s.keys), row_column = strip_bytes(most);
    amx::Sizes most_k{}, most_v{}, any{};
    amx::Ahead nothing;
    for (int64 j = 0; j < s.keys; j += wide) {
      amx::pack_panel(s.head_dim, least(wide, s.keys - j), g.k.data + j * g.k.row, 1, g.k.row, keys + j / wide * head, turned, most_k);
      amx::pack_panel(s.value_dim, least(wide, s.keys - j), g.v.data + j * g.v.row, 1, g.v.row, values + j / wide * value, turned, most_v);
    }
    for (int64 j = 0; j < s.head_dim; j += wide) amx::pack_panel(s.keys, least(wide, s.head_dim - j), g.k.data + j, g.k.row, 1, key_columns + j / wide * column, turned, any);
    if (!amx::is_normal(most_k) || !amx::is_normal(most_v)) return false;
    fill(dk, 0, s.keys * dim, T(0));
    fill(dv, 0, s.keys * value_dim, T(0));
    for (int64 first = 0; first < s.queries; first += most) {
      const int64 count = least(most, s.queries - first), end = visible(s, first + count - 1, 0, s.keys);
      const T* const dout = g.dout.data + first * g.dout.row;
      amx::Sizes most_q{}, most_dout{};
      scale_rows(count, s.head_dim, g.q.data + first * g.q.row, g.q.row, static_cast<T>(s.scale), scaled, s.head_dim);
      for (int64 r = 0; r < count; r += wide) {
        amx::pack_strip(least(wide, count - r), s.head_dim, scaled + r * s.head_dim, s.head_dim, 1, queries + r / wide * head, turned, most_q);
        amx::pack_strip(least(wide, count - r), s.value_dim, dout + r * g.dout.row, g.dout.row, 1, douts + r / wide * value, turned, most_dout);
      }
      for (int64 j = 0; j < s.head_dim; j += wide) amx::pack_panel(count, least(wide, s.head_dim - j), scaled + j, s.head_dim, 1, query_columns + j / wide * row_column, turned, any);
      for (int64 j = 0; j < s.value_dim; j += wide) amx::pack_panel(count, least(wide, s.value_dim - j), dout + j, g.dout.row, 1, dout_columns + j / wide * row_column, turned, any);
      if (!amx::is_normal(most_q) || !amx::is_normal(most_dout)) return false;
      T delta[most];
      for (int64 r = 0; r < count; ++r) delta[r] = inner(g.out.data + (first + r) * g.out.row, dout + r * g.dout.row, s.value_dim);
      if (end == 0) fill(dq, 0, count * dim, T(0));
      for (int64 key = 0; key < end; key += key_block) {
        const int64 there = least(key_block, end - key);
        for (int64 r = 0; r < count; r += wide) weigh(s, g, first, r, least(wide, count - r), key, there, delta, nothing);
        for (int64 j = 0; j < there; j += wide) {  // keys whose sums grow by what the queries from `skip` on make of them
          const int64 skip = s.causal && key + j > first ? (key + j - first) / wide * wide : 0, terms = count - skip, height = least(wide, there - j);
          if (terms <= 0) break;
          amx::pack_strip(height, terms, scores + skip * ld + j, 1, ld, strip, turned, any);
          for (int64 c = 0; c < s.value_dim; c += wide)
            amx::multiply<true>(height, s.value_dim - c, strip, dout_columns + c / wide * row_column + skip / wide * amx::chunk_bytes, chunks(terms), dv + (key + j) * value_dim + c, value_dim, true, nothing);
          amx::pack_strip(height, terms, slopes + skip * ld + j, 1, ld, strip, turned, any);
          for (int64 c = 0; c < s.head_dim; c += wide)
            amx::multiply<true>(height, s.head_dim - c, strip, query_columns + c / wide * row_column + skip / wide * amx::chunk_bytes, chunks(terms), dk + (key + j) * dim + c, dim, true, nothing);
        }
      }
      scale_rows(count, s.head_dim, dq, dim, static_cast<T>(s.scale), g.dq.data + first * g.dq.row, g.dq.row);
    }
    copy_tile(s.keys, s.head_dim, dk, dim, g.dk.data, g.dk.row);
    copy_tile(s.keys, s.value_dim, dv, value_dim, g.dv.data, g.dv.row);
    return true;
  }

 private:
  /// p and ds of a strip of queries, row r of the block at first, and what they add to dq; zero up to whole tiles of keys.
  template <class Gradients>
  void weigh(const AttentionShape& s, const Gradients& g, int64 first, int64 r, int64 height, int64 key, int64 there, const T* delta, amx::Ahead& nothing) const {
    const int64 head = strip_bytes(s.head_dim), value = strip_bytes(s.value_dim), column = strip_bytes(s.keys), dim = padded(s.head_dim), query = first + r;
    const int64 last = visible(s, query + height - 1, key, there), seen = whole_vectors<T>(last), by_all = visible(s, query, key, there) / 16 * 16;
    if (last == 0) return;
    T *const p = scores + r * ld, *const ds = slopes + r * ld;
    for (int64 j = 0; j < last; j += wide) {
      amx::multiply<true>(height, wide, queries + r / wide * head, keys + (key + j) / wide * head, chunks(s.head_dim), p + j, ld, false, nothing);
      amx::multiply<true>(height, wide, douts + r / wide * value, values + (key + j) / wide * value, chunks(s.value_dim), ds + j, ld, false, nothing);
    }
    for (int64 i = 0; i < height; ++i) {
      const int64 own = visible(s, query + i, key, there);
      hide(p + i * ld, by_all, seen, own, -__builtin_inff());
      hide(ds + i * ld, by_all, seen, own, T(0));
      differentiate(p + i * ld, ds + i * ld, seen, g.lse[query + i], delta[r + i]);
      fill(p + i * ld, seen, padded(seen), T(0));
      fill(ds + i * ld, seen, padded(seen), T(0));
    }
    amx::Sizes any{};
    amx::pack_strip(height, seen, ds, ld, 1, strip, turned, any);
    for (int64 c = 0; c < s.head_dim; c += wide)
      amx::multiply<true>(height, s.head_dim - c, strip, key_columns + c / wide * column + key / wide * amx::chunk_bytes, chunks(seen), dq + r * dim + c, dim, key > 0, nothing);
  }
};
#endif

}  // namespace detail
}  // namespace cpu
}  // namespace ETCH_ABI
}  // namespace etch
