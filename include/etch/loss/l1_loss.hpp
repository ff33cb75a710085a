// Absolute error |x - y|, and two forms of it that are square near 0.
//
//   smooth_l1 = e^2 / (2 beta) where e < beta, e - beta/2 elsewhere      huber = beta smooth_l1
#pragma once

#include <etch/core/error.hpp>
#include <etch/loss/reduction.hpp>

namespace etch {
inline namespace ETCH_ABI {

namespace detail {

struct absolute_error_fn {
  constexpr auto operator()(auto x, auto y) const { return abs(x - y); }
};
template <Reduction R>
struct l1_loss_fn {
  constexpr auto operator()(auto x, auto y) const { return elementwise_loss<R>(x, y, absolute_error_fn{}); }
  constexpr auto operator()(auto x, auto y, auto weight) const { return elementwise_loss<R>(x, y, weight, absolute_error_fn{}); }
};
template <Reduction R>
struct smooth_l1_loss_fn {
  constexpr auto operator()(auto x, auto y, auto given) const {
    return elementwise_loss<R>(x, y, [given](auto a, auto b) {
      const auto e = abs(a - b);
      const auto beta = cast_fn<typename decltype(e)::value_type>{}(given);
      return where(e < beta, e * e * 0.5 / where(beta > 0, beta, 1), e - beta * 0.5);
    });
  }
};
template <Reduction R>
struct huber_loss_fn {
  static constexpr auto loss(auto given) {
    return [given](auto a, auto b) {
      const auto e = abs(a - b);
      const auto delta = cast_fn<typename decltype(e)::value_type>{}(given);
      return where(e <= delta, e * e * 0.5, (e - delta * 0.5) * delta);
    };
  }
  constexpr auto operator()(auto x, auto y, auto delta) const { return elementwise_loss<R>(x, y, loss(delta)); }
  template <class X, class Y, class W>
  constexpr auto operator()(X x, Y y, auto delta, W weight) const {  // the mean does not divide by the weights
    static_assert(loss_shapes<X, W>::same, "etch: loss: weight and input must have the same shape");
    if constexpr (!loss_shapes<X, W>::same) return Poison{};
    else return elementwise_loss<R>(x, y, [delta, weight](auto a, auto b) { return loss(delta)(a, b) * weight; });
  }
};

}  // namespace detail

/// The mean of |input - target|.
template <Reduction R = Reduction::mean, Operand X, Operand Y>
constexpr auto l1_loss(const X& input, const Y& target) {
  return apply<detail::l1_loss_fn<R>>(input, target);
}
template <Reduction R = Reduction::mean, Operand X, Operand Y, Operand W>
constexpr auto l1_loss(const X& input, const Y& target, const W& weight) {
  return apply<detail::l1_loss_fn<R>>(input, target, weight);
}
/// The mean of e^2 / (2 beta) where the error e is below beta, of e - beta / 2 elsewhere.
template <Reduction R = Reduction::mean, Operand X, Operand Y, OperandOrNumber B = double>
constexpr auto smooth_l1_loss(const X& input, const Y& target, const B& beta = 1.0) {
  if constexpr (detail::is_number<B>) {
    if (static_cast<double>(beta) < 0) fail("smooth_l1_loss", "beta must not be negative");
  }
  return apply<detail::smooth_l1_loss_fn<R>>(input, target, beta);
}
/// The mean of e^2 / 2 where the error e is at most delta, of delta (e - delta / 2) elsewhere.
template <Reduction R = Reduction::mean, Operand X, Operand Y, OperandOrNumber D = double>
constexpr auto huber_loss(const X& input, const Y& target, const D& delta = 1.0) {
  if constexpr (detail::is_number<D>) {
    if (static_cast<double>(delta) <= 0) fail("huber_loss", "delta must be positive");
  }
  return apply<detail::huber_loss_fn<R>>(input, target, delta);
}
template <Reduction R = Reduction::mean, Operand X, Operand Y, OperandOrNumber D, Operand W>
constexpr auto huber_loss(const X& input, const Y& target, const D& delta, const W& weight) {
  return apply<detail::huber_loss_fn<R>>(input, target, delta, weight);
}

}  // namespace ETCH_ABI
}  // namespace etch
