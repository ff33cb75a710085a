// The cross-entropy of a linear layer's outputs in one call.
//
//   loss = cross_entropy(x W^T + b, target),   W [classes, .., in]: behind the classes there may be more axes of outputs
#pragma once

#include <etch/loss/cross_entropy.hpp>
#include <etch/ops/contract.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace detail {

/// x [.., in] and W [outputs.., in] -> [.., outputs..].
template <class X, class W>
struct outputs_of {
  static constexpr int axes = W::rank - 1;
  static constexpr Dims make() {
    const Dims x = X::dims(0), w = W::dims(X::rank);
    Dims r;
    for (int i = 0; i + 1 < X::rank; ++i) r[r.rank++] = x[i];
    for (int i = 0; i < axes; ++i) r[r.rank++] = w[i];
    return r;
  }
  static constexpr Dims value = make();
  static constexpr int rows() {
    int n = 1;
    for (int i = 0; i < axes; ++i) n *= W::dims(0)[i].size;
    return n;
  }
};

template <Reduction R, long long Ignore, auto Smoothing>
struct linear_cross_entropy_fn {
  template <class X, class W, class Y, class... C>
  constexpr auto operator()(X x, W w, Y targets, C... class_weight) const {
    return loss<X, W>(x, w, targets, [](auto in, auto flat) { return linear_fn{}(in, flat); }, class_weight...);
  }
  template <class X, class W, class Y, class B, class... C>
  constexpr auto biased(X x, W w, Y targets, B bias, C... class_weight) const {
    using O = outputs_of<X, W>;
    constexpr bool fits = B::rank == O::axes && [] {
      for (int i = 0; i < B::rank && i < O::axes; ++i)
        if (!B::dims(0)[i].is(W::dims(0)[i].size)) return false;
      return true;
    }();
    if constexpr (!fits) {
      static_assert(fits, "etch: linear_cross_entropy: the bias must have the sizes of the weight without its last");
      return Poison{};
    } else {
      return loss<X, W>(x, w, targets, [bias](auto in, auto flat) {
        using Flat = Tracer<typename B::value_type, O::rows()>;
        return linear_fn{}(in, flat, Flat{bias.builder, bias.builder->reshape(bias.id, Shape{1, {O::rows()}})});
      }, class_weight...);
    }
  }

 private:
  template <class X, class W, class Y, class F, class... C>
  static constexpr auto loss(X x, W w, Y targets, F layer, C... class_weight) {
    constexpr bool matrix = W::rank >= 2 && X::rank >= 1, batch = W::rank == 2 || X::rank > 1;
    if constexpr (!matrix || !batch) {
      static_assert(matrix, "etch: linear_cross_entropy: the weight must be [classes, .., in]");
      static_assert(batch, "etch: linear_cross_entropy: with several axes of outputs the input must be a batch");
      return Poison{};
    } else {
      using O = outputs_of<X, W>;
      Builder& b = *w.builder;
      constexpr int in = W::dims(0)[W::rank - 1].size;
      const auto flat = layer(x, Tracer<typename W::value_type, O::rows(), in>{&b, b.reshape(w.id, Shape{2, {O::rows(), in}})});
      if constexpr (std::is_same_v<std::remove_const_t<decltype(flat)>, Poison>) {
        return Poison{};
      } else {
        const result_of<typename std::remove_const_t<decltype(flat)>::value_type, O, X, W> logits{&b, b.reshape(flat.id, b.shape_of(O::value))};
        constexpr int axis = O::value.rank > 1 ? 1 : 0;
        return cross_entropy_fn<R, Ignore, Smoothing, axis>{}(logits, targets, class_weight...);
      }
    }
  }
};
/// The same with a bias behind the targets.
template <Reduction R, long long Ignore, auto Smoothing>
struct biased_cross_entropy_fn {
  constexpr auto operator()(auto x, auto w, auto targets, auto... more) const { return linear_cross_entropy_fn<R, Ignore, Smoothing>{}.biased(x, w, targets, more...); }
};

}  // namespace detail

/// torch.nn.functional.linear_cross_entropy: x [N, in] (or [in]), weight [classes, in] or [classes, .., in], targets [N, ..]; then, where there
/// are any, a weight for each class.
template <Reduction R = Reduction::mean, long long Ignore = -100, auto LabelSmoothing = 0.0, Operand X, Operand W, Operand Y, Operand... C>
constexpr auto linear_cross_entropy(const X& x, const W& weight, const Y& targets, const C&... class_weight) {
  return apply<detail::linear_cross_entropy_fn<R, Ignore, LabelSmoothing>>(x, weight, targets, class_weight...);
}
/// The same with a bias [classes, ..] of the layer: `linear_cross_entropy(x, weight, targets, linear_bias(b))`.
template <class B>
struct linear_bias {
  const B& value;
  constexpr explicit linear_bias(const B& b) : value(b) {}
};
template <Reduction R = Reduction::mean, long long Ignore = -100, auto LabelSmoothing = 0.0, Operand X, Operand W, Operand Y, Operand B, Operand... C>
constexpr auto linear_cross_entropy(const X& x, const W& weight, const Y& targets, const linear_bias<B>& bias, const C&... class_weight) {
  return apply<detail::biased_cross_entropy_fn<R, Ignore, LabelSmoothing>>(x, weight, targets, bias.value, class_weight...);
}

}  // namespace ETCH_ABI
}  // namespace etch
