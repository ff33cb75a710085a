// Mean squared error: mean((x - y)^2).
#pragma once

#include <etch/loss/reduction.hpp>

namespace etch {
inline namespace ETCH_ABI {

namespace detail {
struct squared_error_fn {
  constexpr auto operator()(auto x, auto y) const {
    const auto error = x - y;
    return error * error;
  }
};
}  // namespace detail

template <Reduction R>
struct mse_loss_fn {
  constexpr auto operator()(auto x, auto y) const { return detail::elementwise_loss<R>(x, y, detail::squared_error_fn{}); }
  constexpr auto operator()(auto x, auto y, auto weight) const { return detail::elementwise_loss<R>(x, y, weight, detail::squared_error_fn{}); }
};

/// torch.nn.functional.mse_loss of two tensors of one shape, and of elements with weights.
template <Reduction R = Reduction::mean, Operand X, Operand Y>
constexpr auto mse_loss(const X& input, const Y& target) {
  return apply<mse_loss_fn<R>>(input, target);
}
template <Reduction R = Reduction::mean, Operand X, Operand Y, Operand W>
constexpr auto mse_loss(const X& input, const Y& target, const W& weight) {
  return apply<mse_loss_fn<R>>(input, target, weight);
}

}  // namespace ETCH_ABI
}  // namespace etch
