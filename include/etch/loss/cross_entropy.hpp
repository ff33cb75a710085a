// Cross-entropy of logits against class numbers, log(sum(exp(x))) - x[target], or against probabilities.
//
//   p = smoothing / V + (1 - smoothing) [c == target];   loss = sum over c of weight[c] p[c] (log(sum(exp(x))) - x[c])
#pragma once

#include <etch/loss/classes.hpp>

namespace etch {
inline namespace ETCH_ABI {

namespace detail {

/// Logits, their shift and the logarithm of their sum: -log p[c] = log_sum + (most - x[c]), so that large logits cancel first.
struct Logits {
  const ClassAxis& c;
  Value x, most, log_sum;
  /// Computed after the node `first`, so that the rows that `first` waited for are read once.
  constexpr Logits(const ClassAxis& axis, int logits, int first = -1)
      : c(axis), x{&axis.b, logits}, most{&axis.b, axis.b.detach(largest(axis, logits, first))},  // the shift cancels: no gradient through it
        log_sum(apply_map(Op::log, axis.over(Op::sum, apply_map(Op::exp, x - axis.wide(most))))) {}
  static constexpr int largest(const ClassAxis& axis, int logits, int first) {
    Builder& b = axis.b;
    const int known = b.size(), r = axis.over(Op::amax, {&b, logits}).id;
    if (first >= 0 && b.size() > known && is_reduce(b[known].op)) b.order(known, first);
    return r;
  }
  /// -log p of every class.
  constexpr Value surprise() const { return c.wide(log_sum) + (c.wide(most) - x); }
};

/// Rows of losses against class numbers, and what their mean divides by.
struct WeightedRows {
  Value loss, weight;
};
constexpr WeightedRows class_number_loss(const ClassAxis& c, const Logits& l, const Targets& t, int weights, double smoothing) {
  Builder& b = c.b;
  const DType d = l.x.dtype();
  const Value none = c.of(d, 0);
  const Value picked = c.over(Op::sum, choose(t.hit, l.x, none));
  Value loss = l.log_sum + (l.most - picked), row = t.valid.cast(d);
  if (weights >= 0) {
    const Value of_row = c.over(Op::sum, choose(t.hit, c.along(Value{&b, weights}), none));
    loss = loss * of_row;
    row = choose(t.valid, of_row, of_row.number(0));
  }
  if (smoothing > 0) {
    Value every = l.surprise();
    if (weights >= 0) every = every * c.along(Value{&b, weights});
    const Value count{&b, b.expand(b.extent(c.all.size[c.axis], d), b.shape(loss.id))};
    loss = loss * (1 - smoothing) + c.over(Op::sum, every) / count * smoothing;
  }
  return {choose(t.valid, loss, loss.number(0)), row};
}
constexpr Value probability_loss(const ClassAxis& c, const Logits& l, Value p, int weights, double smoothing) {
  Builder& b = c.b;
  if (smoothing > 0) {
    const Value count{&b, b.expand(b.extent(c.all.size[c.axis], l.x.dtype()), c.all)};
    p = p * (1 - smoothing) + p.number(smoothing) / count;
  }
  Value every = l.surprise() * p;
  if (weights >= 0) every = every * c.along(Value{&b, weights});
  return c.over(Op::sum, every);
}

}  // namespace detail

template <Reduction R, long long Ignore, auto Smoothing, int Axis>
struct cross_entropy_fn {
  template <class X, class Y>
  constexpr auto operator()(X logits, Y targets) const {
    if constexpr (detail::is_half<typename X::value_type>) return detail::rounded_once<typename X::value_type, cross_entropy_fn>(logits, targets);
    else return loss(logits, targets, detail::Unweighted{});
  }
  template <class X, class Y, class W>
  constexpr auto operator()(X logits, Y targets, W weight) const {
    if constexpr (detail::is_half<typename X::value_type>) return detail::rounded_once<typename X::value_type, cross_entropy_fn>(logits, targets, weight);
    else return loss(logits, targets, weight);
  }

 private:
  template <class X, class Y, class W>
  static constexpr auto loss(X logits, Y targets, W weight) {
    constexpr int axis = axis_of(Axis, X::rank);
    constexpr DType dtype = dtype_of<typename X::value_type>;
    constexpr bool probabilities = is_floating(dtype_of<typename Y::value_type>) && loss_shapes<X, Y>::same;
    constexpr bool fits = axis >= 0 && (probabilities || classes_and_targets<X, Y, axis>::agree_but_for_the_classes);
    constexpr bool floating = is_floating(dtype), smooth = Smoothing >= 0 && Smoothing <= 1, named = !probabilities || Ignore < 0;
    constexpr bool integers = probabilities || detail::numbers_a_class<Y>;
    if constexpr (!fits) {
      static_assert(fits, "etch: cross_entropy: targets must have the sizes of logits without the classes, or be probabilities of the sizes of logits");
      return Poison{};
    } else if constexpr (!floating || !integers || !smooth || !named) {
      static_assert(floating, "etch: cross_entropy: logits must be floating");
      static_assert(integers, "etch: cross_entropy: targets must be int64 or uint8");
      static_assert(smooth, "etch: cross_entropy: label smoothing must lie between 0 and 1");
      static_assert(named, "etch: cross_entropy: a class to ignore needs targets that are classes, not probabilities");
      return Poison{};
    } else if constexpr (!detail::weighs_classes<W, X, axis>()) {
      static_assert(detail::weighs_classes<W, X, axis>(), "etch: cross_entropy: there must be one weight for each class, of the dtype of the logits");
      return Poison{};
    } else {
      auto& b = *logits.builder;
      const detail::ClassAxis c{b, b.shape(logits.id), axis};
      int weights = -1;
      if constexpr (!std::is_same_v<W, detail::Unweighted>) weights = weight.id;
      using Rows = detail::class_rows<X, axis>;
      if constexpr (probabilities) {
        return detail::reduce_loss<R>(Rows{&b, detail::probability_loss(c, detail::Logits(c, logits.id), detail::Value{&b, b.cast(targets.id, dtype)}, weights, Smoothing).id});
      } else {
        const detail::Targets t(c, detail::Asker::cross_entropy, targets.id, Ignore);
        const detail::WeightedRows r = detail::class_number_loss(c, detail::Logits(c, logits.id, t.checked), t, weights, Smoothing);
        return detail::reduce_loss<R>(Rows{&b, r.loss.id}, Rows{&b, r.weight.id});
      }
    }
  }
};

/// The mean of log(sum(exp(logits))) - logits[target] over rows whose target is not `Ignore`; logits [.., V] (or with the
/// classes on another axis), targets [..] of int64 or uint8, or probabilities of the classes, [.., V] too.
template <Reduction R = Reduction::mean, long long Ignore = -100, auto LabelSmoothing = 0.0, int Axis = -1, Operand X, Operand Y>
constexpr auto cross_entropy(const X& logits, const Y& targets) {
  return apply<cross_entropy_fn<R, Ignore, LabelSmoothing, Axis>>(logits, targets);
}
/// The same with a weight for each class, of the dtype of the logits, which the mean divides by.
template <Reduction R = Reduction::mean, long long Ignore = -100, auto LabelSmoothing = 0.0, int Axis = -1, Operand X, Operand Y, Operand W>
constexpr auto cross_entropy(const X& logits, const Y& targets, const W& weight) {
  return apply<cross_entropy_fn<R, Ignore, LabelSmoothing, Axis>>(logits, targets, weight);
}

}  // namespace ETCH_ABI
}  // namespace etch
