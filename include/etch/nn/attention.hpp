// Attention with its projections: x -> q, k, v -> softmax(q k^T / sqrt(D)) v, head by head -> projection.
//
//   [B, T, 3 C]  --split-->  3 x [B, Heads, T, D]  --attention-->  [B, Heads, T, D]  --merge-->  [B, T, C]
//
// Splitting and merging are index maps; B and T may be bounded.
#pragma once

#include <etch/nn/linear.hpp>
#include <etch/ops/attention.hpp>

namespace etch {
inline namespace ETCH_ABI {

/// Carries the width that attention is given and the number of equal parts it must divide into.
template <int Width, int Parts>
struct width_and_parts {
  static constexpr bool divides = Parts > 0 && Width % Parts == 0;
};

namespace detail {
/// [B, T, Parts Heads D] -> one part as [B, Heads, T, D]
template <class X, int Heads, int Parts>
struct split_heads {
  static constexpr Dims make() {
    const Dims x = X::dims(0);
    Dims r;
    r.push(x[0]);
    r.push(static_dim(Heads));
    r.push(x[1]);
    r.push(static_dim(x[2].size / (Parts * Heads)));
    return r;
  }
  static constexpr Dims value = make();
};
/// [B, Heads, T, D] -> [B, T, Heads D]
template <class X>
struct merged_heads {
  static constexpr Dims make() {
    const Dims x = X::dims(0);
    Dims r;
    r.push(x[0]);
    r.push(x[2]);
    r.push(static_dim(x[1].size * x[3].size));
    return r;
  }
  static constexpr Dims value = make();
};
inline constexpr int swap_time_and_heads[4] = {0, 2, 1, 3};

template <int Heads, int Parts, class X>
constexpr auto heads_of(X x, int part) {
  using Rule = split_heads<X, Heads, Parts>;
  Builder& b = *x.builder;
  const Shape s = b.shape(x.id);
  const int width = s.size[2] / Parts;
  const int piece = b.slice(x.id, 2, part * width, width, 1);
  const int split = b.reshape(piece, Shape{4, {s.size[0], s.size[1], Heads, width / Heads}});
  return result_of<typename X::value_type, Rule, X>{&b, b.permute(split, swap_time_and_heads)};
}

template <bool Causal, class Q, class K, class V>
constexpr auto attend(Q q, K k, V v) {
  const auto y = attention_fn<Causal>{}(q, k, v);
  if constexpr (std::is_same_v<std::remove_const_t<decltype(y)>, Poison>) {
    return y;
  } else {
    using Rule = merged_heads<Q>;
    Builder& b = *y.builder;
    return result_of<typename Q::value_type, Rule, Q>{
        &b, b.reshape(b.permute(y.id, swap_time_and_heads), b.shape_of(Rule::value))};
  }
}
}  // namespace detail

/// Self-attention of a packed [B, T, 3 C]: q, k and v one after another in the last axis.
template <int Heads, bool Causal>
struct packed_attention_fn {
  template <class X>
  constexpr auto operator()(X qkv) const {
    constexpr bool is_batch = X::rank == 3;
    using Width = width_and_parts<is_batch ? X::dims()[X::rank - 1].size / 3 : 0, Heads>;
    if constexpr (!is_batch || !Width::divides) {
      static_assert(is_batch, "etch: attention: the input must be [batch, time, width]");
      static_assert(Width::divides, "etch: attention: the width must divide into equal heads");
      return Poison{};
    } else {
      using detail::heads_of;
      return detail::attend<Causal>(heads_of<Heads, 3>(qkv, 0), heads_of<Heads, 3>(qkv, 1), heads_of<Heads, 3>(qkv, 2));
    }
  }
};

namespace nn {

/// Self-attention in which a position sees itself and those before it: x [B, T, C] -> [B, T, C].
template <auto C, int Heads, class T = float>
struct CausalSelfAttention {
  static constexpr int width = dims_of<C>()[0].size;
  Linear<C, 3 * width, true, T> qkv;
  Linear<width, C, true, T> proj;
  ETCH_MODULE(qkv, proj)
  constexpr auto forward(auto x) const { return proj(apply<packed_attention_fn<Heads, true>>(qkv(x))); }
};

}  // namespace nn
}  // namespace ETCH_ABI
}  // namespace etch
