// Weights in another form: as a length and a direction, fused with a normalisation.
//
//   weight_norm: g v / |v|      fuse_conv_bn: w' = w gamma / sqrt(var + eps), b' = (b - mean) gamma / sqrt(var + eps) + beta
#pragma once

#include <etch/expr/values.hpp>
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

}  // namespace nn::utils
}  // namespace ETCH_ABI
}  // namespace etch
