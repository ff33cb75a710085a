// Attention that never stores its score matrix: out = softmax(scale q k^T, causal) v, and its gradients.
//
//   forward, for a tile of queries:  s = scale q k^T;  m' = max(m, s);  p = exp(s - m');  l = l e^(m - m') + sum p;
//                                    o = o e^(m - m') + p v;  at the end  out = o / l,  lse = m + log l
//   backward:  p = exp(s - lse);  ds = scale p (dout v^T - sum(dout out));  dv = p^T dout;  dq = ds k;  dk = ds^T q
#pragma once

#include <etch/core/config.hpp>
#include <etch/core/math.hpp>
#include <etch/core/vec.hpp>
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

inline constexpr int64 key_block = 256;       // forward: the scores of a query tile fit L1
inline constexpr int64 gradient_block = 128;  // backward: queries and keys at a time; p and ds fit L2
inline constexpr int64 score_padding = 16;    // keeps rows of scores out of each other's cache sets

template <class T>
constexpr int64 whole_vectors(int64 count) {
  return pieces(count, Tile<T>::lanes) * Tile<T>::lanes;
}
template <class T>
constexpr int64 whole_panels(int64 count) {
  return pieces(count, Tile<T>::cols) * Tile<T>::cols;
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

/// Rows that kernels may read a whole vector at a time.
template <class T>
struct Rows {
  T* data;
  int64 row;
};

/// Rows one after the other in `space`, with zeros up to a whole vector: what is read again and again should lie close.
template <class T>
Rows<const T> gathered(const T* data, int64 row, int64 count, int64 dim, T* space) {
  const int64 wide = whole_vectors<T>(dim);
  if (row == wide && dim == wide) return {data, row};
  for (int64 i = 0; i < count; ++i) {
    if (dim != wide) simd::store(space + (i + 1) * wide - Tile<T>::lanes, simd::splat<T, Tile<T>::lanes>(0));
    copy_tile(1, dim, data + i * row, row, space + i * wide, wide);
  }
  return {space, wide};
}
template <class T>
constexpr int64 gathered_size(int64 count, int64 dim) {
  return count * whole_vectors<T>(dim);
}

/// Fetches rows [first, first + count) of what the next (batch, head) pair will read, while this one computes; null: there
/// is none.
template <class T>
ETCH_INLINE void fetch_rows(const Rows<const T>& x, int64 first, int64 count, int64 dim) {
  if (x.data == nullptr) return;
  constexpr int64 line = 64 / int64{sizeof(T)};
  for (int64 i = first; i < first + count; ++i) {
    for (int64 j = 0; j < dim; j += line) ETCH_PREFETCH(x.data + i * x.row + j);
  }
}

/// x^T in panels: [panel][dim][Tile::cols], zeros beyond the last row of x.
template <class T>
void pack_transposed(int64 count, int64 dim, const T* x, int64 row, T* to) {
  for (int64 j = 0; j < count; j += Tile<T>::cols, to += Tile<T>::cols * dim)
    pack_panel(dim, least(Tile<T>::cols, count - j), Tile<T>::cols, x + j * row, 1, row, to);
}

/// scores[height][count] = x y^T for one tile of rows x and packed y, starting at a whole panel; whole vectors are
/// written.
template <class T>
void score_tile(int64 height, int64 count, int64 dim, const T* x, int64 x_row, const T* packed, T* scores, int64 ld) {
  constexpr int64 width = Tile<T>::cols, lanes = Tile<T>::lanes;
  for (int64 col = 0; col < count; col += width) {
    const TileArguments<T> t{dim, x, x_row, 1, packed + col * dim, width, scores + col, ld, false};
    tile_table<T>(height, pieces(least(width, count - col), lanes), t);
  }
}

/// Fills [from, to) of a row, from a whole vector on.
template <class T>
ETCH_INLINE void fill(T* row, int64 from, int64 to, T value) {
  constexpr int lanes = Tile<T>::lanes;
  for (; from < to; from += lanes) simd::store(row + from, simd::splat<T, lanes>(value));
}

/// to[count] = from[count] * factor; `from` holds whole vectors.
template <class T>
ETCH_INLINE void scale_row(const T* from, int64 count, T factor, T* to) {
  constexpr int lanes = Tile<T>::lanes;
  for (int64 j = 0; j < count; j += lanes) {
    const auto x = simd::load<T, lanes>(from + j) * simd::splat<T, lanes>(factor);
    if (count - j >= lanes)
      simd::store(to + j, x);
    else
      simd::store_partial(to + j, x, static_cast<int>(count - j));
  }
}

/// Keys of [from, from + count) that query i sees.
constexpr int64 visible(const AttentionShape& s, int64 i, int64 from, int64 count) {
  const int64 own = s.causal ? least(count, i + 1 - from) : count;
  return own > 0 ? own : 0;
}

/// Which lanes from j on lie before `count`.
template <class T>
ETCH_INLINE simd::Mask<Tile<T>::lanes> before(int64 j, int64 count) {
  return simd::iota<std::int32_t, Tile<T>::lanes>(0) < static_cast<std::int32_t>(least(count - j, Tile<T>::lanes));
}

/// e^x, and zero where it would be subnormal: such results are slow, and vanish beside the largest weight, which is 1.
template <class T>
ETCH_INLINE typename Tile<T>::V weight(typename Tile<T>::V x) {
  constexpr int lanes = Tile<T>::lanes;
  const auto least_exponent = simd::splat<T, lanes>(sizeof(T) == 4 ? T(-87) : T(-708)), zero = simd::splat<T, lanes>(0);
  const auto vanishes = x < least_exponent;
  return simd::select(vanishes, zero, simd::exp(simd::select(vanishes, zero, x)));
}

/// The larger of `least_top` and the largest of scale s over `count` scores.
template <class T>
ETCH_INLINE T largest(const T* scores, int64 count, T scale, T least_top) {
  constexpr int lanes = Tile<T>::lanes;
  const auto hidden = simd::splat<T, lanes>(-static_cast<T>(__builtin_inf())), factor = simd::splat<T, lanes>(scale);
  auto top = simd::splat<T, lanes>(least_top);
  for (int64 j = 0; j < count; j += lanes) {
    const auto s = simd::select(before<T>(j, count), simd::load<T, lanes>(scores + j) * factor, hidden);
    top = simd::select(top < s, s, top);
  }
  return simd::detail::fold(top, [](auto x, auto y) { return simd::select(x < y, y, x); });
}

/// Scores become p = exp(scale s - m); returns their sum.
template <class T>
ETCH_INLINE T soften(T* scores, int64 count, T scale, T m) {
  constexpr int lanes = Tile<T>::lanes;
  const auto hidden = simd::splat<T, lanes>(-static_cast<T>(__builtin_inf()));
  const auto factor = simd::splat<T, lanes>(scale), shift = simd::splat<T, lanes>(-m);
  auto total = simd::splat<T, lanes>(0);
  for (int64 j = 0; j < count; j += lanes) {
    const auto s = simd::fma(simd::load<T, lanes>(scores + j), factor, shift);
    const auto p = weight<T>(simd::select(before<T>(j, count), s, hidden));
    simd::store(scores + j, p);
    total = total + p;
  }
  return simd::hsum(total);
}

/// The inner product of two rows.
template <class T>
ETCH_INLINE T inner(const T* x, const T* y, int64 count) {
  constexpr int lanes = Tile<T>::lanes;
  auto sum = simd::splat<T, lanes>(0);
  int64 j = 0;
  for (; j + lanes <= count; j += lanes) sum = simd::fma(simd::load<T, lanes>(x + j), simd::load<T, lanes>(y + j), sum);
  if (j < count) {
    const int rest = static_cast<int>(count - j);
    sum = simd::fma(simd::load_partial<T, lanes>(x + j, rest), simd::load_partial<T, lanes>(y + j, rest), sum);
  }
  return simd::hsum(sum);
}

/// The memory of one thread, and one (batch, head) pair.
template <class T>
struct AttentionForward {
  T *keys, *values, *scores, *sums;
  static constexpr int lanes = Tile<T>::lanes, padded_rows = (Tile<T>::rows + lanes - 1) / lanes * lanes;
  static constexpr int64 ld = key_block + score_padding;

  constexpr AttentionForward(const AttentionShape& s, Carver<T>& space)
      : keys(space.take(whole_panels<T>(s.keys) * s.head_dim)),
        values(space.take(gathered_size<T>(s.keys, s.value_dim))),
        scores(space.take(Tile<T>::rows * ld)),
        sums(space.take(Tile<T>::rows * whole_vectors<T>(s.value_dim))) {}

  /// `next` are q, k and v of the next pair.
  void run(const AttentionShape& s, const T* q, int64 q_row, const T* k, int64 k_row, const T* v, int64 v_row, T* out,
           int64 out_row, T* lse, const Rows<const T> (&next)[3]) const {
    const int64 dim = whole_vectors<T>(s.value_dim);
    const T scale = static_cast<T>(s.scale);
    pack_transposed(s.keys, s.head_dim, k, k_row, keys);
    const Rows<const T> value = gathered(v, v_row, s.keys, s.value_dim, values);
    const Cut tiles(s.queries, pieces(s.queries, Tile<T>::rows));
    for (int64 i = 0; i < tiles.count; ++i) {
      const int64 first = tiles.begin(i), height = tiles.size(i), end = visible(s, first + height - 1, 0, s.keys);
      T m[padded_rows], sum[padded_rows];
      for (int t = 0; t < 3; ++t) fetch_rows(next[t], first, height, t == 2 ? s.value_dim : s.head_dim);
      for (int64 r = 0; r < padded_rows; ++r) m[r] = -static_cast<T>(__builtin_inf()), sum[r] = T(0);
      if (end == 0) fill(sums, 0, height * dim, T(0));
      for (int64 j = 0; j < end; j += key_block) {
        const int64 count = least(key_block, end - j);
        score_tile(height, count, s.head_dim, q + first * q_row, q_row, keys + j * s.head_dim, scores, ld);
        // Two loops over rows, so that the reductions of many rows are under way at a time.
        T top[Tile<T>::rows];
        for (int64 r = 0; r < height; ++r)
          top[r] = largest(scores + r * ld, visible(s, first + r, j, count), scale, m[r]);
        for (int64 r = 0; r < height; ++r) {
          const int64 own = visible(s, first + r, j, count);
          if (j > 0 && m[r] < top[r]) {
            const T shrink = simd::exp(simd::splat<T, 1>(m[r] - top[r]))[0];
            sum[r] *= shrink;
            scale_row(sums + r * dim, dim, shrink, sums + r * dim);
          }
          m[r] = top[r];
          sum[r] += soften(scores + r * ld, own, scale, top[r]);
          fill(scores + r * ld, whole_vectors<T>(own), count, T(0));
        }
        small_product(height, dim, count, scores, ld, 1, value.data + j * value.row, value.row, sums, dim, j > 0);
      }
      for (int64 r = 0; r < height; ++r) {
        scale_row(sums + r * dim, s.value_dim, sum[r] == T(0) ? T(0) : T(1) / sum[r], out + (first + r) * out_row);
      }
      for (int64 r = 0; r < height; r += lanes) {
        const auto value = simd::load<T, lanes>(m + r) + simd::log(simd::load<T, lanes>(sum + r));
        simd::store_partial(lse + first + r, value, static_cast<int>(least(lanes, height - r)));
      }
    }
  }
};

/// p = exp(scale s - lse) over scores s, and ds = scale p (dp - delta) over dp, for the `count` keys a query sees.
template <class T>
ETCH_INLINE void differentiate(T* scores, T* slopes, int64 count, T scale, T lse, T delta) {
  constexpr int lanes = Tile<T>::lanes;
  using V = typename Tile<T>::V;
  const V factor = simd::splat<T, lanes>(scale), shift = simd::splat<T, lanes>(-lse),
          mean = simd::splat<T, lanes>(delta);
  const V zero = simd::splat<T, lanes>(0), hidden = simd::splat<T, lanes>(-static_cast<T>(__builtin_inf()));
  for (int64 j = 0; j < count; j += lanes) {
    const auto seen = before<T>(j, count);
    const V s = simd::fma(simd::load<T, lanes>(scores + j), factor, shift),
            p = weight<T>(simd::select(seen, s, hidden));
    simd::store(scores + j, p);
    simd::store(slopes + j, simd::select(seen, factor * p * (simd::load<T, lanes>(slopes + j) - mean), zero));
  }
}

/// out[count][dim] (+)= x^T y over the queries that see each of `count` keys; x is [queries][count].
template <class T>
void gather_keys(const AttentionShape& s, int64 query, int64 queries, int64 key, int64 count, const T* x, int64 ld,
                 const Rows<const T>& y, int64 dim, const Rows<T>& out) {
  const Cut tiles(count, pieces(count, Tile<T>::rows));
  const bool accumulate = query != (s.causal ? key : 0);  // else these are the first queries that see these keys
  for (int64 i = 0; i < tiles.count; ++i) {
    const int64 first = tiles.begin(i), skip = s.causal && key + first > query ? key + first - query : 0;
    if (skip >= queries) break;
    small_product(tiles.size(i), dim, queries - skip, x + skip * ld + first, 1, ld, y.data + (query + skip) * y.row,
                  y.row, out.data + (key + first) * out.row, out.row, accumulate);
  }
}

/// What attention_backward reads and writes for one (batch, head) pair.
template <class T>
struct AttentionGradients {
  Rows<const T> q, k, v, out, dout;
  const T* lse;
  Rows<T> dq, dk, dv;
  Rows<const T> next[5];  // q, k, v, out and dout of the next pair
};

template <class T>
struct AttentionBackward {
  T *keys, *values, *q_rows, *k_rows, *dout_rows, *scores, *slopes, *dq_block, *dk_rows, *dv_rows;
  static constexpr int64 ld = gradient_block + score_padding;

  constexpr AttentionBackward(const AttentionShape& s, Carver<T>& space)
      : keys(space.take(whole_panels<T>(s.keys) * s.head_dim)),
        values(space.take(whole_panels<T>(s.keys) * s.value_dim)),
        q_rows(space.take(gathered_size<T>(s.queries, s.head_dim))),
        k_rows(space.take(gathered_size<T>(s.keys, s.head_dim))),
        dout_rows(space.take(gathered_size<T>(s.queries, s.value_dim))),
        scores(space.take(least(gradient_block, s.queries) * ld)),
        slopes(space.take(least(gradient_block, s.queries) * ld)),
        dq_block(space.take(least(gradient_block, s.queries) * whole_vectors<T>(s.head_dim))),
        dk_rows(space.take(gathered_size<T>(s.keys, s.head_dim))),
        dv_rows(space.take(gathered_size<T>(s.keys, s.value_dim))) {}

  /// The sums of dk and dv, in place where that is as good; zero for keys that no query sees.
  static Rows<T> sums_of(const AttentionShape& s, const Rows<T>& to, int64 dim, T* space) {
    const int64 wide = whole_vectors<T>(dim), seen = s.queries > 0 ? visible(s, s.queries - 1, 0, s.keys) : 0;
    const Rows<T> sums = wide == dim && s.keys <= gradient_block ? to : Rows<T>{space, wide};
    for (int64 i = seen; i < s.keys; ++i) fill(sums.data + i * sums.row, 0, wide, T(0));
    return sums;
  }

  /// p and ds of one block, in `scores` and `slopes`.
  void block(const AttentionShape& s, const AttentionGradients<T>& g, int64 query, int64 queries, int64 key,
             int64 count, const T* delta) const {
    const Cut tiles(queries, pieces(queries, Tile<T>::rows));
    for (int64 i = 0; i < tiles.count; ++i) {
      const int64 first = tiles.begin(i), height = tiles.size(i), row = query + first;
      const int64 seen = visible(s, row + height - 1, key, count);
      T *const p = scores + first * ld, *const ds = slopes + first * ld;
      for (int t = 0; key == 0 && t < 5; ++t) fetch_rows(g.next[t], row, height, t < 2 ? s.head_dim : s.value_dim);
      score_tile(height, seen, s.head_dim, g.q.data + row * g.q.row, g.q.row, keys + key * s.head_dim, p, ld);
      score_tile(height, seen, s.value_dim, g.dout.data + row * g.dout.row, g.dout.row, values + key * s.value_dim, ds,
                 ld);
      for (int64 r = 0; r < height; ++r) {
        const int64 own = visible(s, row + r, key, count);
        if (own > 0)
          differentiate(p + r * ld, ds + r * ld, own, static_cast<T>(s.scale), g.lse[row + r], delta[first + r]);
        fill(p + r * ld, whole_vectors<T>(own), count, T(0));
        fill(ds + r * ld, whole_vectors<T>(own), count, T(0));
      }
    }
  }

  void run(const AttentionShape& s, const AttentionGradients<T>& g) const {
    const int64 dim = whole_vectors<T>(s.head_dim), value_dim = whole_vectors<T>(s.value_dim);
    pack_transposed(s.keys, s.head_dim, g.k.data, g.k.row, keys);
    pack_transposed(s.keys, s.value_dim, g.v.data, g.v.row, values);
    const Rows<const T> q = gathered(g.q.data, g.q.row, s.queries, s.head_dim, q_rows);
    const Rows<const T> k = gathered(g.k.data, g.k.row, s.keys, s.head_dim, k_rows);
    const Rows<const T> dout = gathered(g.dout.data, g.dout.row, s.queries, s.value_dim, dout_rows);
    const Rows<T> dk = sums_of(s, g.dk, s.head_dim, dk_rows), dv = sums_of(s, g.dv, s.value_dim, dv_rows);
    for (int64 query = 0; query < s.queries; query += gradient_block) {
      const int64 queries = least(gradient_block, s.queries - query);
      T delta[gradient_block];
      for (int64 r = 0; r < queries; ++r) {
        delta[r] = inner(g.out.data + (query + r) * g.out.row, g.dout.data + (query + r) * g.dout.row, s.value_dim);
      }
      const int64 end = visible(s, query + queries - 1, 0, s.keys);
      if (end == 0) fill(dq_block, 0, queries * dim, T(0));
      for (int64 key = 0; key < end; key += gradient_block) {
        const int64 count = least(gradient_block, end - key);
        block(s, g, query, queries, key, count, delta);
        gather_keys(s, query, queries, key, count, scores, ld, dout, value_dim, dv);
        gather_keys(s, query, queries, key, count, slopes, ld, q, dim, dk);
        const Cut tiles(queries, pieces(queries, Tile<T>::rows));
        for (int64 i = 0; i < tiles.count; ++i) {
          const int64 first = tiles.begin(i), height = tiles.size(i);
          small_product(height, dim, visible(s, query + first + height - 1, key, count), slopes + first * ld, ld, 1,
                        k.data + key * k.row, k.row, dq_block + first * dim, dim, key > 0);
        }
      }
      copy_tile(queries, s.head_dim, dq_block, dim, g.dq.data + query * g.dq.row, g.dq.row);
    }
    if (dk.data != g.dk.data) copy_tile(s.keys, s.head_dim, dk.data, dk.row, g.dk.data, g.dk.row);
    if (dv.data != g.dv.data) copy_tile(s.keys, s.value_dim, dv.data, dv.row, g.dv.data, g.dv.row);
  }
};

template <class T, class Pass>
constexpr std::size_t attention_bytes(const AttentionShape& shape) {
  Carver<T> space{nullptr};
  static_cast<void>(Pass(shape, space));
  return space.used * sizeof(T);
}

/// Runs `pair(index)` for every (batch, head) pair: chunks of at least the work that pays for a thread.
template <class Context>
void for_each_pair(const AttentionShape& s, Context& context) {
  const int64 pairs = s.batch * s.heads, flops = 2 * s.queries * s.keys * (s.head_dim + s.value_dim) + 1;
  const int64 group = flops > parallel_flops / pairs ? 1 + parallel_flops / 4 / flops : pairs;
  context.pairs = pairs, context.group = group;
  parallel_for(
      static_cast<int>(pieces(pairs, group)),
      [](void* argument, int chunk, int thread) {
        const Context& self = *static_cast<const Context*>(argument);
        for (int64 pair = chunk * self.group; pair < least((chunk + 1) * self.group, self.pairs); ++pair)
          self(pair, thread);
      },
      &context);
}

}  // namespace detail

/// Bytes of workspace, at 64-byte alignment, for one thread's part.
template <class T>
constexpr std::size_t attention_forward_workspace_bytes(const AttentionShape& shape) {
  return detail::attention_bytes<T, detail::AttentionForward<T>>(shape);
}
template <class T>
constexpr std::size_t attention_backward_workspace_bytes(const AttentionShape& shape) {
  return detail::attention_bytes<T, detail::AttentionBackward<T>>(shape);
}

/// out = softmax(scale q k^T) v, and lse[batch, heads, queries], the logarithm of each softmax's denominator, for the
/// backward pass. A query that sees no key gets zeros and -inf. q is [queries, head_dim], k [keys, head_dim],
/// v [keys, value_dim] in each (batch, head) pair. Workspace: num_threads() times its bytes.
template <class T>
void attention_forward(const AttentionShape& shape, HeadRows<const T> q, HeadRows<const T> k, HeadRows<const T> v,
                       HeadRows<T> out, T* lse, void* workspace) {
  struct Context {
    const AttentionShape& s;
    HeadRows<const T> q, k, v;
    HeadRows<T> out;
    T *lse, *workspace;
    int64 bytes, pairs = 0, group = 0;
    void operator()(int64 pair, int thread) const {
      const int64 b = pair / s.heads, h = pair % s.heads, b1 = (pair + 1) / s.heads, h1 = (pair + 1) % s.heads;
      detail::Carver<T> space{workspace + thread * bytes / int64{sizeof(T)}};
      const detail::Rows<const T> next[] = {{q.at(b1, h1), q.row}, {k.at(b1, h1), k.row}, {v.at(b1, h1), v.row}};
      detail::AttentionForward<T>(s, space).run(s, q.at(b, h), q.row, k.at(b, h), k.row, v.at(b, h), v.row,
                                                out.at(b, h), out.row, lse + pair * s.queries, next);
    }
  };
  if (shape.batch * shape.heads <= 0 || shape.queries <= 0) return;
  Context context{shape,
                  q,
                  k,
                  v,
                  out,
                  lse,
                  static_cast<T*>(workspace),
                  static_cast<int64>(attention_forward_workspace_bytes<T>(shape))};
  detail::for_each_pair(shape, context);
}

/// Gradients of attention_forward from its inputs, its results and dout; dq, dk and dv are overwritten and must not
/// overlap. Scores are computed again from q, k and lse. Workspace: num_threads() times its bytes.
template <class T>
void attention_backward(const AttentionShape& shape, HeadRows<const T> q, HeadRows<const T> k, HeadRows<const T> v,
                        HeadRows<const T> out, const T* lse, HeadRows<const T> dout, HeadRows<T> dq, HeadRows<T> dk,
                        HeadRows<T> dv, void* workspace) {
  struct Context {
    const AttentionShape& s;
    HeadRows<const T> q, k, v, out, dout;
    HeadRows<T> dq, dk, dv;
    const T* lse;
    T* workspace;
    int64 bytes, pairs = 0, group = 0;
    void operator()(int64 pair, int thread) const {
      const int64 b = pair / s.heads, h = pair % s.heads, b1 = (pair + 1) / s.heads, h1 = (pair + 1) % s.heads;
      detail::Carver<T> space{workspace + thread * bytes / int64{sizeof(T)}};
      const detail::AttentionGradients<T> g{{q.at(b, h), q.row},     {k.at(b, h), k.row},       {v.at(b, h), v.row},
                                            {out.at(b, h), out.row}, {dout.at(b, h), dout.row}, lse + pair * s.queries,
                                            {dq.at(b, h), dq.row},   {dk.at(b, h), dk.row},     {dv.at(b, h), dv.row},
                                            {{q.at(b1, h1), q.row}, {k.at(b1, h1), k.row}, {v.at(b1, h1), v.row}, {out.at(b1, h1), out.row}, {dout.at(b1, h1), dout.row}}};
      detail::AttentionBackward<T>(s, space).run(s, g);
    }
  };
  if (shape.batch * shape.heads <= 0) return;
  Context context{shape,
                  q,
                  k,
                  v,
                  out,
                  dout,
                  dq,
                  dk,
                  dv,
                  lse,
                  static_cast<T*>(workspace),
                  static_cast<int64>(attention_backward_workspace_bytes<T>(shape))};
  detail::for_each_pair(shape, context);
}

}  // namespace cpu
}  // namespace ETCH_ABI
}  // namespace etch
