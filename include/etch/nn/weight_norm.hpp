// Weights in another form: as a length and a direction, of largest singular value 1, fused with a normalisation.
//
//   weight_norm: g v / |v|      spectral_norm: w / (u^T w v), where v <- w^T u / |w^T u| and u <- w v / |w v| come near the singular vectors
//   fuse_conv_bn: w' = w gamma / sqrt(var + eps), b' = (b - mean) gamma / sqrt(var + eps) + beta
#pragma once

#include <etch/expr/values.hpp>
#include <etch/ops/contract.hpp>
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
/// Carries the rows and columns of a weight, seen as a matrix, and the sizes of what goes with them.
template <int Rows, int Columns, int U, int V>
struct singular_vectors {
  static constexpr bool fit = Rows == U && Columns == V;
};
/// `LeftFirst`: in which order the power method goes on, u before v or v before u.
template <int Iterations, int Axis, bool LeftFirst = false>
struct spectral_norm_fn {
  template <class W, class U, class V>
  constexpr auto operator()(W weight, U u, V v, auto eps) const {
    constexpr int axis = axis_of(Axis, W::rank);
    constexpr bool ranks = W::rank >= 2 && axis >= 0 && U::rank == 1 && V::rank == 1;
    if constexpr (!ranks) {
      static_assert(ranks, "etch: spectral_norm: the weight must be at least a matrix that has the axis, u and v vectors");
      return several(Poison{}, Poison{}, Poison{});
    } else {
      const auto w = flatten<1, -1>(movedim_fn<ints<axis>, ints<0>>{}(weight));
      using Matrix = std::remove_const_t<decltype(w)>;
      using Sizes = singular_vectors<Matrix::dims(0)[0].size, Matrix::dims(0)[1].size, U::dims(0)[0].size, V::dims(0)[0].size>;
      static_assert(Sizes::fit, "etch: spectral_norm: u must have the size of the axis, v that of the others together");
      if constexpr (!Sizes::fit) {
        return several(Poison{}, Poison{}, Poison{});
      } else {
        const auto fixed = detach(w);
        auto left = detach(u);
        auto right = detach(v);
        for (int i = 0; i < Iterations; ++i) {
          if (LeftFirst) left = unit(matmul(fixed, right), eps);
          right = unit(matmul(transpose<0, 1>(fixed), left), eps);
          if (!LeftFirst) left = unit(matmul(fixed, right), eps);
        }
        return several(weight / sum(left * matmul(w, right)), left, right);
      }
    }
  }
  static constexpr auto unit(auto x, auto eps) { return x / larger(norm_fn<>{}(x), eps); }
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
/// several(the weight over its largest singular value, u, v): torch.nn.utils.spectral_norm's weight, with u [size of the axis] and v [the other
/// sizes' product] after so many steps of the power method; none, as in evaluation, leaves them. Both count as constants.
template <int Iterations = 1, int Axis = 0, Operand W, Operand U, Operand V, OperandOrNumber E = double>
constexpr auto spectral_norm(const W& weight, const U& u, const V& v, const E& eps = 1e-12) {
  return apply<etch::detail::spectral_norm_fn<Iterations, Axis>>(weight, u, v, eps);
}
/// Weight and bias of a convolution that does what it and the batch normalisation behind it do.
template <Operand W, Operand B, Operand M, Operand V, OperandOrNumber E, Operand G, Operand H>
constexpr auto fuse_conv_bn_weights(const W& weight, const B& bias, const M& mean, const V& var, const E& eps, const G& gamma, const H& beta) {
  return apply<etch::detail::fuse_conv_bn_weights_fn>(weight, bias, mean, var, eps, gamma, beta);
}
/// The same of a linear layer.
template <Operand W, Operand B, Operand M, Operand V, OperandOrNumber E, Operand G, Operand H>
constexpr auto fuse_linear_bn_weights(const W& weight, const B& bias, const M& mean, const V& var, const E& eps, const G& gamma, const H& beta) {
  return fuse_conv_bn_weights(weight, bias, mean, var, eps, gamma, beta);
}

}  // namespace nn::utils
}  // namespace ETCH_ABI
}  // namespace etch
