// Negative log-likelihood: -weight[y] x[y] of log-probabilities x; its mean divides by the weights it met.
#pragma once

#include <etch/loss/classes.hpp>

namespace etch {
inline namespace ETCH_ABI {

template <Reduction R, long long Ignore, int Axis>
struct nll_loss_fn {
  template <class X, class Y>
  constexpr auto operator()(X input, Y target) const { return loss(input, target, detail::Unweighted{}); }
  template <class X, class Y, class W>
  constexpr auto operator()(X input, Y target, W weight) const { return loss(input, target, weight); }

 private:
  template <class X, class Y, class W>
  static constexpr auto loss(X input, Y target, W weight) {
    constexpr int axis = axis_of(Axis, X::rank);
    constexpr DType dtype = dtype_of<typename X::value_type>;
    constexpr bool fits = axis >= 0 && classes_and_targets<X, Y, axis>::agree_but_for_the_classes;
    constexpr bool types = is_floating(dtype) && detail::numbers_a_class<Y>;
    if constexpr (!fits) {
      static_assert(fits, "etch: nll_loss: targets must have the sizes of log-probabilities without the classes");
      return Poison{};
    } else if constexpr (!types) {
      static_assert(types, "etch: nll_loss: log-probabilities must be floating and targets int64 or uint8");
      return Poison{};
    } else if constexpr (!detail::weighs_classes<W, X, axis>()) {
      static_assert(detail::weighs_classes<W, X, axis>(), "etch: nll_loss: there must be one weight for each class, of the dtype of the log-probabilities");
      return Poison{};
    } else {
      auto& b = *input.builder;
      const detail::ClassAxis c{b, b.shape(input.id), axis};
      const detail::Targets t(c, detail::Asker::nll_loss, target.id, Ignore);
      const detail::Value none = c.of(dtype, 0), picked = c.over(detail::Op::sum, choose(t.hit, detail::Value{&b, input.id}, none));
      using Rows = detail::class_rows<X, axis>;
      if constexpr (std::is_same_v<W, detail::Unweighted>) {
        return detail::reduce_loss<R>(Rows{&b, choose(t.valid, -picked, picked.number(0)).id}, Rows{&b, t.valid.cast(dtype).id});
      } else {
        const detail::Value of_row = c.over(detail::Op::sum, choose(t.hit, c.along(detail::Value{&b, weight.id}), none)), w = choose(t.valid, of_row, of_row.number(0));
        return detail::reduce_loss<R>(Rows{&b, choose(t.valid, -(picked * w), picked.number(0)).id}, Rows{&b, w.id});
      }
    }
  }
};

/// The mean of -input[target] over rows whose target is not `Ignore`; log-probabilities [.., V] (or with the classes on
/// another axis), targets [..] of int64 or uint8.
template <Reduction R = Reduction::mean, long long Ignore = -100, int Axis = -1, Operand X, Operand Y>
constexpr auto nll_loss(const X& input, const Y& target) {
  return apply<nll_loss_fn<R, Ignore, Axis>>(input, target);
}
/// The same with a weight for each class, of the same dtype.
template <Reduction R = Reduction::mean, long long Ignore = -100, int Axis = -1, Operand X, Operand Y, Operand W>
constexpr auto nll_loss(const X& input, const Y& target, const W& weight) {
  return apply<nll_loss_fn<R, Ignore, Axis>>(input, target, weight);
}

}  // namespace ETCH_ABI
}  // namespace etch
