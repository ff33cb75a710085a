// Losses that ask for a margin between two classes, whose targets are 1 and -1; operands broadcast, as PyTorch's.
//
//   soft: log(1 + exp(-y x))     hinge embedding: x where y = 1, max(0, margin - x) where y = -1     ranking: max(0, margin - y (a - b))
#pragma once

#include <etch/loss/reduction.hpp>
#include <etch/ops/activation.hpp>
#include <etch/ops/arithmetic.hpp>

namespace etch {
inline namespace ETCH_ABI {

namespace detail {

template <Reduction R>
struct soft_margin_loss_fn {
  constexpr auto operator()(auto input, auto target) const {
    return elementwise_loss<R>(input, target, [](auto x, auto y) { return log1p_exp_fn{}(-(y * x)); });
  }
};
template <Reduction R>
struct hinge_embedding_loss_fn {
  template <class X, class Y, class M>
  constexpr auto operator()(X x, Y y, M margin) const {
    if constexpr (all_half<X, Y>) return rounded_once<typename X::value_type, hinge_embedding_loss_fn>(x, y, margin);
    else return reduce_loss<R>(where(y != 1, clamp_min(margin - x, 0), 0) + where(y != -1, x, 0));
  }
};
template <Reduction R>
struct margin_ranking_loss_fn {
  template <class A, class B, class Y, class M>
  constexpr auto operator()(A a, B b, Y y, M margin) const {
    constexpr bool ranks = A::rank == B::rank && A::rank == Y::rank;
    static_assert(ranks, "etch: margin_ranking_loss: inputs and target must have one rank");
    if constexpr (!ranks) return Poison{};
    else if constexpr (all_half<A, B, Y>) return rounded_once<typename A::value_type, margin_ranking_loss_fn>(a, b, y, margin);
    else return reduce_loss<R>(clamp_min(-y * (a - b) + margin, 0));
  }
};
template <Reduction R>
struct cosine_embedding_loss_fn {
  constexpr auto operator()(auto a, auto b, auto y, auto margin) const {
    using Sum = reduce_fn<Op::sum, -1>;
    const auto cosine = Sum{}(a * b) / sqrt((Sum{}(a * a) + 1e-12) * (Sum{}(b * b) + 1e-12));
    return reduce_loss<R>(where(y == 1, 1 - cosine, 0) + where(y == -1, clamp_min(cosine - margin, 0), 0));
  }
};

}  // namespace detail

/// The mean of log(1 + exp(-target input)).
template <Reduction R = Reduction::mean, Operand X, Operand Y>
constexpr auto soft_margin_loss(const X& input, const Y& target) {
  return apply<detail::soft_margin_loss_fn<R>>(input, target);
}
/// The mean of input where the target is 1, of max(0, margin - input) where it is -1.
template <Reduction R = Reduction::mean, Operand X, Operand Y, OperandOrNumber M = double>
constexpr auto hinge_embedding_loss(const X& input, const Y& target, const M& margin = 1.0) {
  return apply<detail::hinge_embedding_loss_fn<R>>(input, target, margin);
}
/// The mean of max(0, margin - target (a - b)): a must be the larger by the margin where the target is 1, b where it is -1.
template <Reduction R = Reduction::mean, Operand A, Operand B, Operand Y, OperandOrNumber M = double>
constexpr auto margin_ranking_loss(const A& a, const B& b, const Y& target, const M& margin = 0.0) {
  return apply<detail::margin_ranking_loss_fn<R>>(a, b, target, margin);
}
/// The mean of 1 - cos(a, b) where the target is 1, of max(0, cos(a, b) - margin) where it is -1; over the last axis.
template <Reduction R = Reduction::mean, Operand A, Operand B, Operand Y, OperandOrNumber M = double>
constexpr auto cosine_embedding_loss(const A& a, const B& b, const Y& target, const M& margin = 0.0) {
  return apply<detail::cosine_embedding_loss_fn<R>>(a, b, target, margin);
}

}  // namespace ETCH_ABI
}  // namespace etch
