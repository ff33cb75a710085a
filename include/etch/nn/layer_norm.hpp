// LayerNorm: y = (x - mean) / sqrt(var + eps) * weight + bias, over the last axis, with the biased variance.
#pragma once

#include <etch/model/module.hpp>
#include <etch/nn/init.hpp>
#include <etch/ops/reduce.hpp>

namespace etch {
inline namespace ETCH_ABI {

/// Carries the last size of the input and the size of the weight.
template <int Last, int Weight>
struct normalized_sizes {
  static constexpr bool agree = Last == Weight;
};

namespace detail {
/// One row program: the mean, the mean square of what is left, and one pass that scales.
constexpr int layer_norm_nodes(Builder& b, int x, int weight, int bias, double eps) {
  const Shape s = b.shape(x);
  const int last = s.rank - 1;
  Shape rows = s;
  rows.size[last] = 1;
  const Value count{&b, b.expand(b.extent(s.size[last], b.dtype(x)), rows)};
  const auto mean = [&](Value v) { return Value{&b, b.reshape(b.reduce(Op::sum, v.id, 1u << last), rows)} / count; };
  const auto wide = [&](Value v) { return Value{&b, b.expand(v.id, s)}; };
  const Value centred = Value{&b, x} - wide(mean(Value{&b, x}));
  const Value scale = apply_map(Op::rsqrt, mean(centred * centred) + eps);
  return (centred * wide(scale) * wide({&b, weight}) + wide({&b, bias})).id;
}
}  // namespace detail

template <auto Eps>
struct layer_norm_fn {
  template <class X, class W, class B>
  constexpr auto operator()(X x, W weight, B bias) const {
    constexpr int last = X::rank == 0 ? 0 : X::dims()[X::rank - 1].size;
    using Sizes = normalized_sizes<last, W::dims()[0].size>;
    if constexpr (!Sizes::agree) {
      static_assert(Sizes::agree, "etch: layer_norm: the last size must be the weight's");
      return Poison{};
    } else {
      static_assert(is_floating(dtype_of<typename X::value_type>), "etch: layer_norm: the dtype must be floating");
      Builder& b = *x.builder;
      const DType d = b.dtype(x.id);
      x.id = detail::layer_norm_nodes(b, x.id, b.cast(weight.id, d), b.cast(bias.id, d), static_cast<double>(Eps));
      return x;
    }
  }
};
/// torch.nn.functional.layer_norm over the last axis.
template <auto Eps = 1e-5, Operand X, Operand W, Operand B>
constexpr auto layer_norm(const X& x, const W& weight, const B& bias) {
  return apply<layer_norm_fn<Eps>>(x, weight, bias);
}

namespace nn {

/// torch.nn.LayerNorm(C): x [.., C] -> the same shape.
template <auto C, auto Eps = 1e-5, class T = float>
struct LayerNorm {
  Param<T, C> weight;
  Param<T, C> bias;
  ETCH_MODULE(weight, bias)
  constexpr auto forward(auto x) const { return layer_norm<Eps>(x, weight, bias); }
  void reset_parameters(Generator&) {
    init::ones_(weight);
    init::zeros_(bias);
  }
};

}  // namespace nn
}  // namespace ETCH_ABI
}  // namespace etch
