// An anchor must be nearer to the positive example than to the negative one by a margin: max(0, margin + d(a, p) - d(a, n)).
//
// With `Swap` the negative's distance is the smaller of d(a, n) and d(p, n).
#pragma once

#include <etch/core/error.hpp>
#include <etch/loss/reduction.hpp>
#include <etch/ops/arithmetic.hpp>
#include <etch/ops/distance.hpp>

namespace etch {
inline namespace ETCH_ABI {

/// Whether three examples have one rank, and sizes that agree or are 1.
template <class A, class P, class N>
struct triplet {
  static constexpr bool fits = A::rank == P::rank && A::rank == N::rank && broadcast<A, P>::agree_or_are_one && broadcast<A, N>::agree_or_are_one && broadcast<P, N>::agree_or_are_one;
};

namespace detail {
template <Reduction R, bool Swap, class F>
struct triplet_margin_loss_fn {
  template <class A, class P, class N, class M, class... E>
  constexpr auto operator()(A anchor, P positive, N negative, M margin, E... eps) const {
    if constexpr (!triplet<A, P, N>::fits) {
      static_assert(triplet<A, P, N>::fits, "etch: triplet_margin_loss: anchor, positive and negative must have one rank and sizes that agree");
      return Poison{};
    } else if constexpr (all_half<A, P, N>) {
      return rounded_once<typename A::value_type, triplet_margin_loss_fn>(anchor, positive, negative, margin, eps...);
    } else {
      const auto near = F{}(anchor, positive, eps...), far = F{}(anchor, negative, eps...);
      if constexpr (Swap) return reduce_loss<R>(clamp_min(margin + near - minimum(far, F{}(positive, negative, eps...)), 0));
      else return reduce_loss<R>(clamp_min(margin + near - far, 0));
    }
  }
};
template <class M>
constexpr void must_be_a_margin(const M& margin) {
  if constexpr (is_number<M>) {
    if (static_cast<double>(margin) <= 0) fail("triplet_margin_loss", "the margin must be positive");
  }
}
}  // namespace detail

/// The mean of max(0, margin + d(anchor, positive) - d(anchor, negative)) with d the P-norm of the last axis of the difference, plus eps.
template <Reduction R = Reduction::mean, double P = 2.0, bool Swap = false, Operand A, Operand B, Operand C, OperandOrNumber M = double, OperandOrNumber E = double>
constexpr auto triplet_margin_loss(const A& anchor, const B& positive, const C& negative, const M& margin = 1.0, const E& eps = 1e-6) {
  detail::must_be_a_margin(margin);
  return apply<detail::triplet_margin_loss_fn<R, Swap, detail::pairwise_distance_fn<P, false>>>(anchor, positive, negative, margin, eps);
}
/// The same with a distance of the caller's, a function without captures of two tracers.
template <Reduction R = Reduction::mean, bool Swap = false, Operand A, Operand B, Operand C, class F, OperandOrNumber M = double>
constexpr auto triplet_margin_with_distance_loss(const A& anchor, const B& positive, const C& negative, F, const M& margin = 1.0) {
  if constexpr (!std::is_empty_v<F>) {
    static_assert(std::is_empty_v<F>, "etch: triplet_margin_with_distance_loss: the distance must have no captures");
    return Poison{};
  } else {
    detail::must_be_a_margin(margin);
    return apply<detail::triplet_margin_loss_fn<R, Swap, F>>(anchor, positive, negative, margin);
  }
}

}  // namespace ETCH_ABI
}  // namespace etch
