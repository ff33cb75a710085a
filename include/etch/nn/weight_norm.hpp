// Weights in another form: as a length and a direction, fused with a normalisation, padded to one length.
//
//   weight_norm: g v / |v|      fuse_conv_bn: w' = w gamma / sqrt(var + eps), b' = (b - mean) gamma / sqrt(var + eps) + beta
#pragma once

#include <etch/expr/values.hpp>
#include <etch/ops/join.hpp>
#include <etch/ops/norm.hpp>
#include <etch/ops/shape.hpp>

namespace etch {
inline namespace ETCH_ABI {

namespace detail {

/// The norm of everything but one axis, which stays; of everything where there is none.
template <int Axis>
struct weight_norm_fn {
  template <class V>
  constexpr auto operator()(V v, auto g) const {
    const auto length = [&] {
      if constexpr (Axis == -1) return norm_fn<keepdim>{}(v);
      else return norm_but_fn<V, axis_of(Axis, V::rank)>::over(v, std::make_integer_sequence<int, V::rank - 1>{});
    }();
    return v * (g / length);
  }
};
/// One number for each output channel, beside the axes of a kernel.
template <class W, class C>
constexpr auto per_channel(W kernel, C channels) {
  Builder& b = *kernel.builder;
  Shape s = b.shape(kernel.id);
  for (int i = 1; i < s.rank; ++i) s.size[i] = 1;
  return W{&b, b.expand(b.reshape(channels.id, s), b.shape(kernel.id))};
}
struct fuse_conv_bn_weights_fn {
  template <class W, class B>
  constexpr auto operator()(W weight, B bias, auto mean, auto var, auto eps, auto gamma, auto beta) const {
    const auto scale = gamma * rsqrt(var + eps);
    return several(weight * per_channel(weight, scale), (bias - mean) * scale + beta);
  }
};
/// Sequences [length, ..] one beside another, the rest filled.
template <bool BatchFirst>
struct pad_sequence_fn {
  template <class... X>
  constexpr auto operator()(auto value, X... x) const {
    constexpr int longest = [] {
      int n = 0;
      ((n = X::dims(0)[0].size > n ? X::dims(0)[0].size : n), ...);
      return n;
    }();
    return stack_fn<BatchFirst ? 0 : 1>{}(padded<longest>(x, value)...);
  }

 private:
  template <class X, int Length>
  struct lengthened {
    static constexpr Dims make() {
      Dims r = X::dims(0);
      r[0] = static_dim(Length);
      return r;
    }
    static constexpr Dims value = make();
  };
  template <int Length, class X>
  static constexpr auto padded(X x, auto value) {
    using Rule = lengthened<X, Length>;
    Builder& b = *x.builder;
    const int base = b.expand(b.cast(value.id, b.dtype(x.id)), b.shape_of(Rule::value));
    return result_of<typename X::value_type, Rule, X>{&b, b.place(base, x.id, 0, 0, 1)};
  }
};

}  // namespace detail

namespace nn::utils {

/// g v / |v|, the norm over all axes but one (all of them where that is -1): torch.nn.utils.weight_norm's weight.
template <int Axis = 0, Operand V, OperandOrNumber G>
constexpr auto weight_norm(const V& v, const G& g) {
  return apply<etch::detail::weight_norm_fn<Axis>>(v, g);
}
/// Weight and bias of a convolution that does what it and the batch normalisation behind it do.
template <Operand W, Operand B, Operand M, Operand V, OperandOrNumber E, Operand G, Operand H>
constexpr auto fuse_conv_bn_weights(const W& weight, const B& bias, const M& mean, const V& var, const E& eps, const G& gamma, const H& beta) {
  return apply<etch::detail::fuse_conv_bn_weights_fn>(weight, bias, mean, var, eps, gamma, beta);
}
/// Sequences [length, ..] as one tensor [longest, batch, ..], or [batch, longest, ..] with `BatchFirst`.
template <bool BatchFirst = false, OperandOrNumber P, Operand... X>
constexpr auto pad_sequence(const P& padding, const X&... sequences) {
  return apply<etch::detail::pad_sequence_fn<BatchFirst>>(padding, sequences...);
}

}  // namespace nn::utils
}  // namespace ETCH_ABI
}  // namespace etch
