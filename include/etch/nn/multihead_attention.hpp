// MultiheadAttention: queries look at keys, head by head, and take the values of what they see.
//
//   softmax((q W_q) (k W_k)^T / sqrt(D) + mask) (v W_v), the heads side by side, W_out
//
// Without masks, weights and additions to the keys it is one kernel that never stores the scores. Arguments, names and the two
// results are those of torch.nn.MultiheadAttention; masks are named where it is called: attention(q, k, v, attn_mask(m)).
#pragma once

#include <etch/nn/attention.hpp>
#include <etch/nn/scaled_dot_product_attention.hpp>
#include <etch/ops/join.hpp>
#include <etch/ops/pad.hpp>

namespace etch {
inline namespace ETCH_ABI {

/// How a MultiheadAttention is built: torch.nn's arguments of the same names, and whether a query sees only keys before it.
struct MultiheadOptions {
  double dropout = 0;
  bool bias = true;
  bool add_bias_kv = false;
  bool add_zero_attn = false;
  bool batch_first = false;
  bool causal = false;
  bool need_weights = true;  ///< otherwise the output is the only result
};

/// Which mask it is that follows.
enum class MaskKind : std::uint8_t { attn, key_padding, src, src_key_padding, tgt, tgt_key_padding, memory, memory_key_padding };
template <MaskKind Kind, class M>
struct Mask {
  M mask;
};
struct NoMask {};

// Masks by name: of bools what may not be seen, of numbers what is added to the scores; [queries, keys] or [batch heads, queries, keys],
// those of key padding [batch, keys].
#define ETCH_MASK(name, kind)                                        \
  template <Operand M>                                               \
  constexpr Mask<MaskKind::kind, M> name(const M& mask) {            \
    return {mask};                                                   \
  }
ETCH_MASK(attn_mask, attn)
ETCH_MASK(key_padding_mask, key_padding)
ETCH_MASK(src_mask, src)
ETCH_MASK(src_key_padding_mask, src_key_padding)
ETCH_MASK(tgt_mask, tgt)
ETCH_MASK(tgt_key_padding_mask, tgt_key_padding)
ETCH_MASK(memory_mask, memory)
ETCH_MASK(memory_key_padding_mask, memory_key_padding)
#undef ETCH_MASK

namespace detail {

/// The mask of this kind, or none.
template <MaskKind Kind>
constexpr NoMask find_mask() {
  return {};
}
template <MaskKind Kind, MaskKind K, class M, class... More>
constexpr auto find_mask(const Mask<K, M>& mask, const More&... more) {
  if constexpr (K == Kind) return mask.mask;
  else return find_mask<Kind>(more...);
}

/// [B heads, L, S], [L, S] or, for key padding, [B, S] and [S], as something that broadcasts to the scores [B, heads, L, S]; `Extra` keys
/// more, which nothing hides.
template <int Heads, int Extra, bool Padding, class M>
constexpr auto mask_of_scores(M mask) {
  const auto wide = [&] {
    if constexpr (Extra > 0) return constant_pad_nd<0, Extra>(mask);
    else return mask;
  }();
  if constexpr (Padding) {
    if constexpr (M::rank == 2) return unsqueeze<1>(unsqueeze<1>(wide));
    else return wide;
  } else if constexpr (M::rank == 3) {
    return unflatten<0, M::dims(0)[0].size / Heads, Heads>(wide);
  } else {
    return wide;
  }
}
constexpr auto hide(auto scores, NoMask) { return scores; }
template <class M>
constexpr auto hide(auto scores, M mask) {
  if constexpr (std::is_same_v<typename M::value_type, bool>) return where(mask, -inf, scores);
  else return scores + mask;
}
template <int Heads, int Extra, bool Padding, class M>
constexpr auto hide_by(auto scores, M mask) {
  if constexpr (std::is_same_v<M, NoMask>) return scores;
  else return hide(scores, mask_of_scores<Heads, Extra, Padding>(mask));
}
/// [B, heads, L, D] -> [B, L, heads D]
template <class Y>
constexpr auto merge_heads(Y y) {
  return flatten<2, 3>(transpose<1, 2>(y));
}

}  // namespace detail

namespace nn {
namespace detail {

template <int E, bool Bias, bool BiasKV, class T>
struct MultiheadWeights {
  Param<T, 3 * E, E> in_proj_weight;
  Param<T, 3 * E> in_proj_bias;
  Linear<E, E, true, T> out_proj;
  ETCH_MEMBERS(in_proj_weight, in_proj_bias, out_proj)
};
template <int E, class T>
struct MultiheadWeights<E, false, false, T> {
  Param<T, 3 * E, E> in_proj_weight;
  Linear<E, E, false, T> out_proj;
  ETCH_MEMBERS(in_proj_weight, out_proj)
};
template <int E, class T>
struct MultiheadWeights<E, true, true, T> {
  Param<T, 3 * E, E> in_proj_weight;
  Param<T, 3 * E> in_proj_bias;
  Param<T, 1, 1, E> bias_k, bias_v;
  Linear<E, E, true, T> out_proj;
  ETCH_MEMBERS(in_proj_weight, in_proj_bias, bias_k, bias_v, out_proj)
};
template <int E, class T>
struct MultiheadWeights<E, false, true, T> {
  Param<T, 3 * E, E> in_proj_weight;
  Param<T, 1, 1, E> bias_k, bias_v;
  Linear<E, E, false, T> out_proj;
  ETCH_MEMBERS(in_proj_weight, bias_k, bias_v, out_proj)
};

}  // namespace detail

/// torch.nn.MultiheadAttention: (query [T, B, E], key and value [S, B, E], masks...) -> several(output, the mean weights of all heads [B, T, S]);
/// without B where the input has none; `layer(x)` is self-attention.
template <int E, int Heads, MultiheadOptions O = MultiheadOptions{}, class T = float>
struct MultiheadAttention {
  static_assert(Heads > 0 && E % Heads == 0, "etch: attention: the width must divide into equal heads");
  static constexpr int extra = (O.add_bias_kv ? 1 : 0) + (O.add_zero_attn ? 1 : 0);

  detail::MultiheadWeights<E, O.bias, O.add_bias_kv, T> weights;
  static constexpr const char* etch_names = "~";
  constexpr void etch_members(auto&& f) const { f(weights); }
  constexpr void etch_members(auto&& f) { f(weights); }
  template <class... X>
  constexpr auto operator()(const X&... x) const {
    return forward(x...);
  }
  void reset_parameters(Generator& g) {
    init::xavier_uniform_(weights.in_proj_weight, g);
    if constexpr (O.bias) {
      init::zeros_(weights.in_proj_bias);
      init::zeros_(weights.out_proj.bias);
    }
    if constexpr (O.add_bias_kv) {
      init::xavier_normal_(weights.bias_k, g);
      init::xavier_normal_(weights.bias_v, g);
    }
  }

  constexpr auto forward(auto x) const { return forward(x, x, x); }
  template <class Q, class K, class V, MaskKind... Kind, class... M>
  constexpr auto forward(Q q, K k, V v, const Mask<Kind, M>&... masks) const {
    using etch::detail::find_mask;
    return attend(q, k, v, find_mask<MaskKind::attn>(masks...), find_mask<MaskKind::key_padding>(masks...));
  }
  /// With masks as they are, or NoMask.
  template <class Q, class K, class V, class A, class P>
  constexpr auto attend(Q q, K k, V v, A seen, P padding) const {
    using namespace etch::detail;
    if constexpr (Q::rank == 2) {
      const auto r = attend_batch(unsqueeze<0>(q), unsqueeze<0>(k), unsqueeze<0>(v), seen, padding);
      if constexpr (O.need_weights) return several(squeeze<0>(r.template get<0>()), squeeze<0>(r.template get<1>()));
      else return squeeze<0>(r);
    } else if constexpr (O.batch_first) {
      return attend_batch(q, k, v, seen, padding);
    } else {
      const auto r = attend_batch(transpose<0, 1>(q), transpose<0, 1>(k), transpose<0, 1>(v), seen, padding);
      if constexpr (O.need_weights) return several(transpose<0, 1>(r.template get<0>()), r.template get<1>());
      else return transpose<0, 1>(r);
    }
  }

 private:
  template <class Q, class K, class V, class A, class P>
  constexpr auto attend_batch(Q q, K k, V v, A seen, P padding) const {
    using namespace etch::detail;
    const auto qh = heads_of<Heads, 1>(project<0>(q), 0);
    const auto kh = heads_of<Heads, 1>(lengthened<true>(project<1>(k)), 0);
    const auto vh = heads_of<Heads, 1>(lengthened<false>(project<2>(v)), 0);
    constexpr bool masked = !std::is_same_v<A, NoMask> || !std::is_same_v<P, NoMask>;
    if constexpr (!O.need_weights && !masked && extra == 0 && O.dropout == 0) {
      return weights.out_proj(merge_heads(attention_fn<O.causal>{}(qh, kh, vh)));
    } else {
      const auto raw = matmul(qh * (1 / square_root(E / Heads)), transpose<-2, -1>(kh));
      const auto causal = [&] {
        if constexpr (O.causal) return where(sees_only_before(raw), raw, -inf);
        else return raw;
      }();
      const auto scores = hide_by<Heads, extra, true>(hide_by<Heads, extra, false>(causal, seen), padding);
      const auto p = [&] {
        if constexpr (O.need_weights) return softmax<-1>(scores);
        else return seen_softmax_fn{}(scores);
      }();
      const auto kept = dropout_fn<O.dropout>{}(p);
      const auto y = weights.out_proj(merge_heads(matmul(kept, vh)));
      if constexpr (O.need_weights) return several(y, mean<1>(kept));
      else return y;
    }
  }
  /// One of the three packed projections.
  template <int Part>
  constexpr auto project(auto x) const {
    const auto w = etch::detail::lower(x.builder, weights.in_proj_weight);
    if constexpr (O.bias) return linear(x, chunk<3>(w).template get<Part>(), chunk<3>(etch::detail::lower(x.builder, weights.in_proj_bias)).template get<Part>());
    else return linear(x, chunk<3>(w).template get<Part>());
  }
  /// Keys (or values) and what is added to every sequence of them.
  template <bool Keys, class X>
  constexpr auto lengthened(X x) const {
    const auto with_bias = [&] {
      if constexpr (O.add_bias_kv) {
        const auto row = etch::detail::lower(x.builder, Keys ? weights.bias_k : weights.bias_v);
        return cat<1>(x, expand_as(row, narrow<1, 0, 1>(x)));
      } else {
        return x;
      }
    }();
    if constexpr (O.add_zero_attn) return constant_pad_nd<0, 0, 0, 1>(with_bias);
    else return with_bias;
  }
};

}  // namespace nn
}  // namespace ETCH_ABI
}  // namespace etch
