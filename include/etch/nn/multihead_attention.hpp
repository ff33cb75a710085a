// MultiheadAttention and multi_head_attention_forward: queries look at keys, head by head, and take the values of what they see.
//
//   softmax((q W_q) (k W_k)^T / sqrt(D) + mask) (v W_v), the heads side by side, W_out
//
// Without masks, weights and additions to the keys it is one kernel that never stores the scores. Arguments, names and the two
// results are those of torch.nn.MultiheadAttention; what may be left out is named where it is given: attention(q, k, v, attn_mask(m)).
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
  int kdim = 0, vdim = 0;  ///< features of keys and values; 0: those of the queries
  bool batch_first = false;
  bool causal = false;
  bool need_weights = true;          ///< otherwise the output is the only result
  bool average_attn_weights = true;  ///< otherwise the weights are those of each head, [B, heads, T, S]
};

/// Which argument of attention it is that follows.
enum class AttentionInput : std::uint8_t {
  attn_mask,
  key_padding_mask,
  src_mask,
  src_key_padding_mask,
  tgt_mask,
  tgt_key_padding_mask,
  memory_mask,
  memory_key_padding_mask,
  in_proj_weight,
  in_proj_bias,
  q_proj_weight,
  k_proj_weight,
  v_proj_weight,
  bias_k,
  bias_v,
  static_k,
  static_v,
  out_proj_weight,
  out_proj_bias
};
template <AttentionInput Which, class X>
struct NamedInput {
  std::conditional_t<detail::is_module_tensor<X>, const X&, X> value;  // a parameter is known by its address
};
struct NoInput {};

// Arguments by name. Masks: of bools what may not be seen, of numbers what is added to the scores; [queries, keys] or
// [batch heads, queries, keys], those of key padding [batch, keys].
#define ETCH_ATTENTION_INPUT(name)                                      \
  template <Operand X>                                                  \
  constexpr NamedInput<AttentionInput::name, X> name(const X& x) {      \
    return {x};                                                         \
  }
ETCH_ATTENTION_INPUT(attn_mask)
ETCH_ATTENTION_INPUT(key_padding_mask)
ETCH_ATTENTION_INPUT(src_mask)
ETCH_ATTENTION_INPUT(src_key_padding_mask)
ETCH_ATTENTION_INPUT(tgt_mask)
ETCH_ATTENTION_INPUT(tgt_key_padding_mask)
ETCH_ATTENTION_INPUT(memory_mask)
ETCH_ATTENTION_INPUT(memory_key_padding_mask)
ETCH_ATTENTION_INPUT(in_proj_weight)
ETCH_ATTENTION_INPUT(in_proj_bias)
ETCH_ATTENTION_INPUT(q_proj_weight)
ETCH_ATTENTION_INPUT(k_proj_weight)
ETCH_ATTENTION_INPUT(v_proj_weight)
ETCH_ATTENTION_INPUT(bias_k)
ETCH_ATTENTION_INPUT(bias_v)
ETCH_ATTENTION_INPUT(static_k)
ETCH_ATTENTION_INPUT(static_v)
ETCH_ATTENTION_INPUT(out_proj_weight)
ETCH_ATTENTION_INPUT(out_proj_bias)
#undef ETCH_ATTENTION_INPUT

namespace detail {

/// The input of this name, or NoInput.
template <AttentionInput Which>
constexpr NoInput find_input() {
  return {};
}
template <AttentionInput Which, AttentionInput W, class X, class... More>
constexpr auto find_input(const NamedInput<W, X>& x, const More&... more) {
  if constexpr (W == Which) return x.value;
  else return find_input<Which>(more...);
}
template <class X>
inline constexpr bool is_given = !std::is_same_v<std::remove_cvref_t<X>, NoInput>;

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
template <int Heads, int Extra, bool Padding, class M>
constexpr auto hide_by(auto scores, M mask) {
  if constexpr (!is_given<M>) {
    return scores;
  } else {
    const auto m = mask_of_scores<Heads, Extra, Padding>(mask);
    if constexpr (std::is_same_v<typename M::value_type, bool>) return where(m, -inf, scores);
    else return scores + m;
  }
}
/// [B, heads, L, D] -> [B, L, heads D]
template <class Y>
constexpr auto merge_heads(Y y) {
  return flatten<2, 3>(transpose<1, 2>(y));
}
constexpr auto linear_or_plain(auto x, auto weight, NoInput) { return linear(x, weight); }
constexpr auto linear_or_plain(auto x, auto weight, auto bias) { return linear(x, weight, bias); }

/// Attention of q [B, T, E] or [T, B, E] or [T, E] to keys and values, with projections and masks given by name.
template <int Heads, MultiheadOptions O>
struct multi_head_attention {
  template <class Q, class K, class V, class... In>
  static constexpr auto run(Q q, K k, V v, const In&... in) {
    if constexpr (Q::rank == 2) {
      const auto r = of_batch(unsqueeze<0>(q), unsqueeze<0>(k), unsqueeze<0>(v), in...);
      if constexpr (O.need_weights) return several(squeeze<0>(r.template get<0>()), squeeze<0>(r.template get<1>()));
      else return squeeze<0>(r);
    } else if constexpr (O.batch_first) {
      return of_batch(q, k, v, in...);
    } else {
      const auto r = of_batch(transpose<0, 1>(q), transpose<0, 1>(k), transpose<0, 1>(v), in...);
      if constexpr (O.need_weights) return several(transpose<0, 1>(r.template get<0>()), r.template get<1>());
      else return transpose<0, 1>(r);
    }
  }

 private:
  using I = AttentionInput;
  template <class Q, class K, class V, class... In>
  static constexpr auto of_batch(Q q, K k, V v, const In&... in) {
    const auto seen = find_input<I::attn_mask>(in...);
    const auto padding = find_input<I::key_padding_mask>(in...);
    constexpr bool biased = is_given<decltype(find_input<I::bias_k>(in...))>, masked = is_given<decltype(seen)> || is_given<decltype(padding)>;
    constexpr int extra = (biased ? 1 : 0) + (O.add_zero_attn ? 1 : 0);
    const auto qh = heads_of<Heads, 1>(project<0, I::q_proj_weight>(q, in...), 0);
    const auto kh = keys<1, I::k_proj_weight, I::bias_k, I::static_k>(k, in...);
    const auto vh = keys<2, I::v_proj_weight, I::bias_v, I::static_v>(v, in...);
    const auto out = [&](auto y) { return linear_or_plain(merge_heads(y), find_input<I::out_proj_weight>(in...), find_input<I::out_proj_bias>(in...)); };
    if constexpr (!O.need_weights && !masked && extra == 0 && O.dropout == 0) {
      return out(attention_fn<O.causal>{}(qh, kh, vh));
    } else {
      const auto raw = matmul(qh * (1 / square_root(qh.dims(0)[3].size)), transpose<-2, -1>(kh));
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
      const auto y = out(matmul(kept, vh));
      if constexpr (!O.need_weights) return y;
      else if constexpr (O.average_attn_weights) return several(y, mean<1>(kept));
      else return several(y, kept);
    }
  }
  /// One of the three projections, packed or by its own name.
  template <int Part, AttentionInput Own, class... In>
  static constexpr auto project(auto x, const In&... in) {
    const auto bias = [&] {
      const auto b = find_input<I::in_proj_bias>(in...);
      if constexpr (is_given<decltype(b)>) return chunk<3>(b).template get<Part>();
      else return b;
    }();
    const auto packed = find_input<I::in_proj_weight>(in...);
    if constexpr (is_given<decltype(packed)>) return linear_or_plain(x, chunk<3>(packed).template get<Part>(), bias);
    else return linear_or_plain(x, find_input<Own>(in...), bias);
  }
  /// Keys (or values), head by head, and what is added to every sequence of them; `Fixed` takes the projection's place.
  template <int Part, AttentionInput Own, AttentionInput Bias, AttentionInput Fixed, class... In>
  static constexpr auto keys(auto x, const In&... in) {
    const auto fixed = find_input<Fixed>(in...);
    const auto heads = [&] {
      if constexpr (is_given<decltype(fixed)>) return unflatten<0, decltype(fixed)::dims(0)[0].size / Heads, Heads>(fixed);
      else return heads_of<Heads, 1>(with_row(project<Part, Own>(x, in...), find_input<Bias>(in...)), 0);
    }();
    if constexpr (O.add_zero_attn) return constant_pad_nd<0, 0, 0, 1>(heads);
    else return heads;
  }
  static constexpr auto with_row(auto x, NoInput) { return x; }
  static constexpr auto with_row(auto x, auto row) { return cat<1>(x, expand_as(row, narrow<1, 0, 1>(x))); }
};

template <int Heads, MultiheadOptions O, AttentionInput... Which>
struct multi_head_attention_fn {
  template <class Q, class K, class V, class... X>
  constexpr auto operator()(Q q, K k, V v, X... in) const {
    constexpr bool packed = ((Which == AttentionInput::in_proj_weight) || ...);
    constexpr int own = ((Which == AttentionInput::q_proj_weight || Which == AttentionInput::k_proj_weight || Which == AttentionInput::v_proj_weight ? 1 : 0) + ... + 0);
    constexpr int out = ((Which == AttentionInput::out_proj_weight ? 1 : 0) + ... + 0);
    constexpr bool weights = (packed ? own == 0 : own == 3) && out == 1, ranks = (Q::rank == 2 || Q::rank == 3) && K::rank == Q::rank && V::rank == Q::rank;
    using Width = width_and_parts<Q::dims(0)[Q::rank - 1].size, Heads>;
    if constexpr (!weights || !ranks || !Width::divides) {
      static_assert(weights, "etch: multi_head_attention_forward: it takes in_proj_weight, or q_proj_weight, k_proj_weight and v_proj_weight, and out_proj_weight");
      static_assert(ranks, "etch: multi_head_attention_forward: query, key and value must be [time, batch, width], or [time, width]");
      static_assert(Width::divides, "etch: attention: the width must divide into equal heads");
      return Poison{};
    } else {
      return multi_head_attention<Heads, O>::run(q, k, v, NamedInput<Which, X>{in}...);
    }
  }
};

}  // namespace detail

/// torch.nn.functional.multi_head_attention_forward: (query [T, B, E], key and value [S, B, ..], in_proj_weight(w), out_proj_weight(w), more by
/// name...) -> several(output, weights); without B where the input has none. Whether there are biases, the names say, not the options.
template <int Heads, MultiheadOptions O = MultiheadOptions{}, Operand Q, Operand K, Operand V, AttentionInput... Which, class... X>
constexpr auto multi_head_attention_forward(const Q& q, const K& k, const V& v, const NamedInput<Which, X>&... inputs) {
  return apply<detail::multi_head_attention_fn<Heads, O, Which...>>(q, k, v, inputs.value...);
}

namespace nn {
namespace detail {

// Parts of a MultiheadAttention that may be missing: each is a base of its own, which an empty one does not lengthen.
template <int E, int K, int V, class T>
struct InProjection {
  Param<T, E, E> q_proj_weight;
  Param<T, E, K> k_proj_weight;
  Param<T, E, V> v_proj_weight;
  ETCH_MEMBERS(q_proj_weight, k_proj_weight, v_proj_weight)
};
template <int E, class T>
struct InProjection<E, E, E, T> {
  Param<T, 3 * E, E> in_proj_weight;
  ETCH_MEMBERS(in_proj_weight)
};
template <bool Has, int E, class T>
struct InBias {};
template <int E, class T>
struct InBias<true, E, T> {
  Param<T, 3 * E> in_proj_bias;
  ETCH_MEMBERS(in_proj_bias)
};
template <bool Has, int E, class T>
struct KeyValueBias {};
template <int E, class T>
struct KeyValueBias<true, E, T> {
  Param<T, 1, 1, E> bias_k, bias_v;
  ETCH_MEMBERS(bias_k, bias_v)
};
constexpr int width_or(int given, int otherwise) { return given > 0 ? given : otherwise; }

}  // namespace detail

/// torch.nn.MultiheadAttention: (query [T, B, E], key and value [S, B, ..], masks...) -> several(output, the mean weights of all heads [B, T, S]);
/// without B where the input has none; `layer(x)` is self-attention.
template <int E, int Heads, MultiheadOptions O = MultiheadOptions{}, class T = float>
struct MultiheadAttention : detail::InProjection<E, detail::width_or(O.kdim, E), detail::width_or(O.vdim, E), T>, detail::InBias<O.bias, E, T>, detail::KeyValueBias<O.add_bias_kv, E, T> {
  static_assert(Heads > 0 && E % Heads == 0, "etch: attention: the width must divide into equal heads");
  using Projection = detail::InProjection<E, detail::width_or(O.kdim, E), detail::width_or(O.vdim, E), T>;
  static constexpr bool packed = detail::width_or(O.kdim, E) == E && detail::width_or(O.vdim, E) == E;

  Linear<E, E, O.bias, T> out_proj;
  static constexpr const char* etch_names = O.bias && O.add_bias_kv ? "~, ~, ~, out_proj" : O.bias || O.add_bias_kv ? "~, ~, out_proj" : "~, out_proj";
  constexpr void etch_members(auto&& f) const { each_part(*this, f); }
  constexpr void etch_members(auto&& f) { each_part(*this, f); }
  template <class... X>
  constexpr auto operator()(const X&... x) const {
    return forward(x...);
  }
  void reset_parameters(Generator& g) {
    auto xavier = [&](auto& weight) { init::xavier_uniform_(weight, g); };
    static_cast<Projection&>(*this).etch_members(xavier);
    if constexpr (O.bias) {
      init::zeros_(this->in_proj_bias);
      init::zeros_(out_proj.bias);
    }
    if constexpr (O.add_bias_kv) {
      init::xavier_normal_(this->bias_k, g);
      init::xavier_normal_(this->bias_v, g);
    }
  }

  constexpr auto forward(auto x) const { return forward(x, x, x); }
  template <class Q, class K, class V, AttentionInput... Which, class... M>
  constexpr auto forward(Q q, K k, V v, const NamedInput<Which, M>&... masks) const {
    using etch::detail::find_input;
    return attend(q, k, v, find_input<AttentionInput::attn_mask>(masks...), find_input<AttentionInput::key_padding_mask>(masks...));
  }
  /// With masks as they are, or NoInput.
  template <class Q, class K, class V, class A, class P>
  constexpr auto attend(Q q, K k, V v, A seen, P padding) const {
    using I = AttentionInput;
    const auto run = [&](const auto&... weights) {
      return etch::detail::multi_head_attention<Heads, O>::run(q, k, v, named<I::attn_mask>(seen), named<I::key_padding_mask>(padding), weights...);
    };
    const auto with_biases = [&](const auto&... weights) {
      const auto out = [&](const auto&... biases) { return run(weights..., biases..., traced<I::out_proj_weight>(q, out_proj.weight)); };
      const auto all = [&](const auto&... biases) {
        if constexpr (O.bias) return out(biases..., traced<I::in_proj_bias>(q, this->in_proj_bias), traced<I::out_proj_bias>(q, out_proj.bias));
        else return out(biases...);
      };
      if constexpr (O.add_bias_kv) return all(traced<I::bias_k>(q, this->bias_k), traced<I::bias_v>(q, this->bias_v));
      else return all();
    };
    if constexpr (packed) return with_biases(traced<I::in_proj_weight>(q, this->in_proj_weight));
    else return with_biases(traced<I::q_proj_weight>(q, this->q_proj_weight), traced<I::k_proj_weight>(q, this->k_proj_weight), traced<I::v_proj_weight>(q, this->v_proj_weight));
  }

 private:
  template <AttentionInput Which, class X>
  static constexpr NamedInput<Which, X> named(X x) {
    return {x};
  }
  template <AttentionInput Which>
  static constexpr auto traced(auto q, const auto& parameter) {
    return named<Which>(etch::detail::lower(q.builder, parameter));
  }
  template <class Part, class Self>
  static constexpr auto& part(Self& self) {
    return static_cast<std::conditional_t<std::is_const_v<Self>, const Part, Part>&>(self);
  }
  template <class Self, class F>
  static constexpr void each_part(Self& self, F& f) {
    f(part<Projection>(self));
    if constexpr (O.bias) f(part<detail::InBias<true, E, T>>(self));
    if constexpr (O.add_bias_kv) f(part<detail::KeyValueBias<true, E, T>>(self));
    f(self.out_proj);
  }
};

}  // namespace nn
}  // namespace ETCH_ABI
}  // namespace etch
