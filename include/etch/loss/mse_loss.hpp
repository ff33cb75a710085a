// Mean squared error: mean((x - y)^2).
#pragma once

#include <etch/loss/reduction.hpp>

namespace etch {
inline namespace ETCH_ABI {

/// Whether two shapes are the same; a loss does not broadcast, since that hides mistakes.
template <class X, class Y>
struct loss_shapes {
  static constexpr bool same = agree(X::dims(0), Y::dims(X::rank));
};

template <Reduction R>
struct mse_loss_fn {
  template <class X, class Y>
  constexpr auto operator()(X input, Y target) const {
    if constexpr (!loss_shapes<X, Y>::same) {
      static_assert(loss_shapes<X, Y>::same, "etch: mse_loss: input and target must have the same shape");
      return Poison{};
    } else {
      const auto error = input - target;
      return detail::reduce_loss<R>(error * error);
    }
  }
};

/// torch.nn.functional.mse_loss of two tensors of one shape.
template <Reduction R = Reduction::mean, Operand X, Operand Y>
constexpr auto mse_loss(const X& input, const Y& target) {
  return apply<mse_loss_fn<R>>(input, target);
}

}  // namespace ETCH_ABI
}  // namespace etch
