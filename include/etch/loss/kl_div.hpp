// Kullback-Leibler divergence of log-probabilities x from probabilities y: y (log y - x), or exp(y) (y - x) of logarithms.
#pragma once

#include <etch/loss/reduction.hpp>
#include <etch/ops/special.hpp>

namespace etch {
inline namespace ETCH_ABI {

namespace detail {
template <Reduction R, bool LogTarget>
struct kl_div_fn {
  template <class X>
  constexpr auto operator()(X input, auto target) const {
    constexpr Reduction inner = R == Reduction::batchmean ? Reduction::sum : R;
    const auto loss = elementwise_loss<inner>(input, target, [](auto x, auto y) {
      if constexpr (LogTarget) return exp(y) * (y - x);
      else return xlogy(y, y) - y * x;
    });
    if constexpr (R != Reduction::batchmean || X::rank == 0 || std::is_same_v<std::remove_const_t<decltype(loss)>, Poison>) {
      return loss;
    } else {
      Builder& b = *input.builder;
      return loss / decltype(loss){&b, b.extent(b.shape(input.id).size[0], b.dtype(loss.id))};
    }
  }
};
}  // namespace detail

/// The mean of target (log(target) - input), or its sum over axis 0's size with `Reduction::batchmean`; `LogTarget`: the
/// target is a logarithm too.
template <Reduction R = Reduction::mean, bool LogTarget = false, Operand X, Operand Y>
constexpr auto kl_div(const X& input, const Y& target) {
  return apply<detail::kl_div_fn<R, LogTarget>>(input, target);
}

}  // namespace ETCH_ABI
}  // namespace etch
