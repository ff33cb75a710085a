// Activations that draw: a rectifier of random slope, and samples of a softmax.
//
//   rrelu: slope ~ U(lower, upper) for each element in training, their mean otherwise
//   gumbel_softmax: softmax((x + G) / tau), G = -log(-log(U))
#pragma once

#include <etch/ops/activation.hpp>
#include <etch/ops/random.hpp>

namespace etch {
inline namespace ETCH_ABI {

namespace detail {
struct rrelu_fn {
  template <class X>
  constexpr auto operator()(X x, auto from, auto to) const {
    const auto lower = cast_fn<typename X::value_type>{}(from), upper = cast_fn<typename X::value_type>{}(to);
    const auto mean = x * ((lower + upper) * 0.5);
    auto below = mean;
    if (x.training()) below = x * (uniform_for(x) * (upper - lower) + lower);
    return where(x <= 0, below, x);
  }
};
/// One draw from the distribution of a softmax: `Hard` gives 1 where it is largest and 0 elsewhere, with the soft one's gradient.
template <int Axis, bool Hard>
struct gumbel_softmax_fn {
  template <class X>
  constexpr auto operator()(X logits, auto tau) const {
    // uniform numbers lie on a grid in [0, 1): half a step away from both ends
    const auto u = rand_like_fn{}(logits) * (1 - 1.0 / (1 << 24)) + 0.5 / (1 << 24);
    const auto soft = softmax_fn<Axis>{}((logits - log(-log(u))) / tau);
    if constexpr (!Hard) {
      return soft;
    } else {
      const auto top = detach(cast_fn<typename X::value_type>{}(soft == reduce_fn<Op::amax, Axis, keepdim>{}(soft)));
      return top - detach(soft) + soft;
    }
  }
};
}  // namespace detail

/// x where positive; elsewhere times a slope that training draws between lower and upper, and evaluation takes in the middle.
template <Operand X, OperandOrNumber A = double, OperandOrNumber B = double>
constexpr auto rrelu(const X& x, const A& lower = 1.0 / 8, const B& upper = 1.0 / 3) {
  if constexpr (detail::is_number<A> && detail::is_number<B>) {
    if (static_cast<double>(lower) > static_cast<double>(upper)) fail("rrelu", "lower must be at most upper");
  }
  return apply<detail::rrelu_fn>(x, lower, upper);
}
/// A sample of a categorical distribution given by logits, as a point that gradients move.
template <int Axis = -1, bool Hard = false, Operand X, OperandOrNumber T = double>
constexpr auto gumbel_softmax(const X& logits, const T& tau = 1.0) {
  return apply<detail::gumbel_softmax_fn<Axis, Hard>>(logits, tau);
}

}  // namespace ETCH_ABI
}  // namespace etch
