// Negative log-likelihood of counts: x - y log x, of a rate x or of its logarithm; with Stirling's log(y!) where wanted.
#pragma once

#include <etch/loss/reduction.hpp>

namespace etch {
inline namespace ETCH_ABI {

namespace detail {
template <Reduction R, bool LogInput, bool Full>
struct poisson_nll_loss_fn {
  constexpr auto operator()(auto input, auto target, auto eps) const {
    return elementwise_loss<R>(input, target, [&](auto x, auto y) {
      const auto loss = [&] {
        if constexpr (LogInput) return exp(x) - y * x;
        else return x - y * log(x + eps);
      }();
      if constexpr (!Full) {
        return loss;
      } else {
        return loss + where(y > 1, y * log(y) - y + log(y * 6.283185307179586476925) * 0.5, 0);  // at a target of 0 its gradient is NaN, as PyTorch's
      }
    });
  }
};
}  // namespace detail

/// The mean of exp(input) - target input, or of input - target log(input + eps); `Full` adds the approximation of log(target!).
template <Reduction R = Reduction::mean, bool LogInput = true, bool Full = false, Operand X, Operand Y, OperandOrNumber E = double>
constexpr auto poisson_nll_loss(const X& input, const Y& target, const E& eps = 1e-8) {
  return apply<detail::poisson_nll_loss_fn<R, LogInput, Full>>(input, target, eps);
}

}  // namespace ETCH_ABI
}  // namespace etch
