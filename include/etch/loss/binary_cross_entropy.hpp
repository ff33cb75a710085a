// Cross-entropy of two classes: -(y log p + (1 - y) log(1 - p)), of a probability p or of a logit x = log(p / (1 - p)).
#pragma once

#include <etch/loss/reduction.hpp>
#include <etch/ops/activation.hpp>
#include <etch/ops/arithmetic.hpp>

namespace etch {
inline namespace ETCH_ABI {

/// Whether a weight broadcasts to a loss.
template <class X, class W>
struct loss_weight {
  static constexpr bool broadcasts() {
    using All = broadcast<X, W>;
    return All::agree_or_are_one && agree(All::value, X::dims(0));
  }
  static constexpr bool fits = broadcasts();
};

namespace detail {

/// A logarithm counts at least -100, so that a probability of 0 is no infinity.
struct clamped_log_fn {
  constexpr auto operator()(auto x) const {
    const auto y = log(x);
    return where(y < -100, -100, y);
  }
};
template <Reduction R>
struct binary_cross_entropy_fn {
  constexpr auto operator()(auto p, auto y) const { return elementwise_loss<R>(p, y, [](auto a, auto b) { return loss(a, b); }); }
  template <class P, class Y, class W>
  constexpr auto operator()(P p, Y y, W weight) const {
    if constexpr (!loss_weight<P, W>::fits) {
      static_assert(loss_weight<P, W>::fits, "etch: loss: the weight must broadcast to the input");
      return Poison{};
    } else {
      return elementwise_loss<R>(p, y, [weight](auto a, auto b) { return loss(a, b) * weight; });
    }
  }

 private:
  template <class P, class Y>
  static constexpr auto loss(P input, Y target) {
    const auto p = demanded(Demand::probability, Asker::binary_cross_entropy, input);
    const auto y = demanded(Demand::probability, Asker::binary_cross_entropy, target);
    return -(y * clamped_log_fn{}(p) + (1 - y) * clamped_log_fn{}(1 - p));
  }
};

template <Reduction R>
struct binary_cross_entropy_with_logits_fn {
  constexpr auto operator()(auto x, auto y) const {
    return elementwise_loss<R>(x, y, [](auto a, auto b) { return (1 - b) * a + log1p_exp_fn{}(-a); });
  }
  template <class X, class Y, class W>
  constexpr auto operator()(X x, Y y, W weight) const {
    if constexpr (!loss_weight<X, W>::fits) {
      static_assert(loss_weight<X, W>::fits, "etch: loss: the weight must broadcast to the input");
      return Poison{};
    } else {
      return elementwise_loss<R>(x, y, [weight](auto a, auto b) { return ((1 - b) * a + log1p_exp_fn{}(-a)) * weight; });
    }
  }
  template <class X, class Y, class W, class P>
  constexpr auto operator()(X x, Y y, W weight, P pos_weight) const {
    if constexpr (!loss_weight<X, W>::fits || !loss_weight<X, P>::fits) {
      static_assert(loss_weight<X, W>::fits && loss_weight<X, P>::fits, "etch: loss: the weight must broadcast to the input");
      return Poison{};
    } else {
      return elementwise_loss<R>(x, y, [weight, pos_weight](auto a, auto b) { return ((1 - b) * a + ((pos_weight - 1) * b + 1) * log1p_exp_fn{}(-a)) * weight; });
    }
  }
};

}  // namespace detail

/// The mean of -(target log(input) + (1 - target) log(1 - input)), times a weight if there is one; input in [0, 1].
template <Reduction R = Reduction::mean, Operand X, Operand Y>
constexpr auto binary_cross_entropy(const X& input, const Y& target) {
  return apply<detail::binary_cross_entropy_fn<R>>(input, target);
}
template <Reduction R = Reduction::mean, Operand X, Operand Y, Operand W>
constexpr auto binary_cross_entropy(const X& input, const Y& target, const W& weight) {
  return apply<detail::binary_cross_entropy_fn<R>>(input, target, weight);
}
/// The same of sigmoid(input), for inputs of any size; `pos_weight` counts the positive class so many times.
template <Reduction R = Reduction::mean, Operand X, Operand Y>
constexpr auto binary_cross_entropy_with_logits(const X& input, const Y& target) {
  return apply<detail::binary_cross_entropy_with_logits_fn<R>>(input, target);
}
template <Reduction R = Reduction::mean, Operand X, Operand Y, OperandOrNumber W>
constexpr auto binary_cross_entropy_with_logits(const X& input, const Y& target, const W& weight) {
  return apply<detail::binary_cross_entropy_with_logits_fn<R>>(input, target, weight);
}
template <Reduction R = Reduction::mean, Operand X, Operand Y, OperandOrNumber W, OperandOrNumber P>
constexpr auto binary_cross_entropy_with_logits(const X& input, const Y& target, const W& weight, const P& pos_weight) {
  return apply<detail::binary_cross_entropy_with_logits_fn<R>>(input, target, weight, pos_weight);
}

}  // namespace ETCH_ABI
}  // namespace etch
