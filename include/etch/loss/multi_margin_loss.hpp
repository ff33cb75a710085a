// Losses of scores x [.., V] for one right class, or for several.
//
//   multi_margin       sum over c != y of max(0, margin - x[y] + x[c])^p / V
//   multilabel_margin  sum over right j, wrong c of max(0, 1 - x[j] + x[c]) / V; right classes are listed up to the first -1
#pragma once

#include <etch/loss/classes.hpp>
#include <etch/ops/activation.hpp>
#include <etch/ops/arithmetic.hpp>
#include <etch/ops/scan.hpp>

namespace etch {
inline namespace ETCH_ABI {

namespace detail {

template <Reduction R, int P>
struct multi_margin_loss_fn {
  template <class X, class Y>
  constexpr auto operator()(X x, Y y, auto margin) const { return loss(x, y, margin, Unweighted{}); }
  template <class X, class Y, class W>
  constexpr auto operator()(X x, Y y, auto margin, W weight) const { return loss(x, y, margin, weight); }

 private:
  /// Scores [V] with a target [1] are one row, and a number is the score of one class.
  template <class X, class Y>
  static constexpr bool lacks_an_axis = X::rank == 0 ? Y::rank < 2 : X::rank == 1 && Y::rank == 1 && Y::dims(0)[0].size == 1;
  template <class X, class Y, class W>
  static constexpr auto loss(X x, Y y, auto margin, W weight) {
    constexpr int axis = X::rank - 1;
    constexpr bool power = P == 1 || P == 2;
    static_assert(power, "etch: multi_margin_loss: p must be 1 or 2");
    constexpr bool fits = X::rank >= 1 && classes_and_targets<X, Y, axis>::agree_but_for_the_classes && std::is_same_v<typename Y::value_type, std::int64_t>;
    if constexpr (lacks_an_axis<X, Y>) {
      return loss(unsqueeze_fn<0>{}(x), y, margin, weight);
    } else if constexpr (!fits) {
      static_assert(fits, "etch: multi_margin_loss: targets must be int64, of the sizes of scores without the classes");
      return Poison{};
    } else if constexpr (!weighs_classes<W, X, axis>()) {
      static_assert(weighs_classes<W, X, axis>(), "etch: multi_margin_loss: there must be one weight for each class, of the dtype of the scores");
      return Poison{};
    } else {
      Builder& b = *x.builder;
      const ClassAxis c{b, b.shape(x.id), axis};
      const Targets t(c, Asker::multi_margin_loss, y.id, -1LL << 62);
      using Rows = class_rows<X, axis>;
      const decltype(x == x) hit{&b, t.hit.id};
      const auto right = reduce_fn<Op::sum, -1, keepdim>{}(where(hit, x, 0));
      const auto short_by = clamp_min(x - right + margin, 0);
      const auto each = where(hit, 0, [&] {
        if constexpr (P == 2) return short_by * short_by;
        else return short_by;
      }());
      const auto row = mean_fn<-1>{}(each);
      if constexpr (std::is_same_v<W, Unweighted>) return reduce_loss<R>(row);
      else return reduce_loss<R>(row * Rows{&b, c.over(Op::sum, choose(t.hit, c.along(Value{&b, weight.id}), c.of(b.dtype(x.id), 0))).id});
    }
  }
};

template <Reduction R>
struct multilabel_margin_loss_fn {
  template <class X, class Y>
  constexpr auto operator()(X x, Y given) const {
    constexpr bool fits = loss_shapes<X, Y>::same && std::is_same_v<typename Y::value_type, std::int64_t>;
    if constexpr (!fits) {
      static_assert(fits, "etch: multilabel_margin_loss: targets must be int64, of the shape of the scores");
      return Poison{};
    } else if constexpr (X::rank == 0) {
      return (*this)(unsqueeze_fn<0>{}(x), unsqueeze_fn<0>{}(given));
    } else {
      constexpr int classes = X::dims(0)[X::rank - 1].size;
      using T = typename X::value_type;
      const auto y = demanded(Demand::label, Asker::multilabel_margin_loss, given, classes);
      const auto listed = scan_fn<Op::cumsum, -1>{}(cast_fn<std::int64_t>{}(y < 0)) == 0;
      const auto j = where(listed, y, 0);
      const auto hit = unsqueeze_fn<-1>{}(listed) && one_of<classes>(unsqueeze_fn<-1>{}(j));  // [.., list, classes]
      const auto right = reduce_fn<Op::sum, -2>{}(cast_fn<std::int64_t>{}(hit)) > 0;
      const auto score = reduce_fn<Op::sum, -1, keepdim>{}(where(hit, unsqueeze_fn<-2>{}(x), 0));
      const auto short_by = where(unsqueeze_fn<-1>{}(listed) && !unsqueeze_fn<-2>{}(right), clamp_min(unsqueeze_fn<-2>{}(x) - score + 1, 0), 0);
      return reduce_loss<R>(reduce_fn<Op::sum, -1, -2>{}(short_by) * (T(1) / static_cast<T>(classes)));
    }
  }

 private:
  /// Where the last axis, of size 1, names the class counted along it.
  template <int Classes>
  static constexpr auto one_of(auto j) {
    Builder& b = *j.builder;
    return j == Tracer<std::int64_t, Classes>{&b, b.iota(Classes, DType::int64)};
  }
};

template <Reduction R>
struct multilabel_soft_margin_loss_fn {
  template <class X, class Y>
  constexpr auto operator()(X x, Y y) const { return loss(x, y, 1); }
  template <class X, class Y, class W>
  constexpr auto operator()(X x, Y y, W weight) const { return loss(x, y, weight); }

 private:
  template <class X, class Y>
  static constexpr auto loss(X x, Y y, auto weight) {
    if constexpr (!loss_shapes<X, Y>::same) {
      static_assert(loss_shapes<X, Y>::same, "etch: loss: input and target must have the same shape");
      return Poison{};
    } else {
      return reduce_loss<R>(mean_fn<-1>{}((y * log1p_exp_fn{}(-x) + (1 - y) * log1p_exp_fn{}(x)) * weight));
    }
  }
};

}  // namespace detail

/// The mean over rows of sum over wrong c of max(0, margin - x[target] + x[c])^P / V; scores [.., V], targets [..].
template <Reduction R = Reduction::mean, int P = 1, Operand X, Operand Y, OperandOrNumber M = double>
constexpr auto multi_margin_loss(const X& input, const Y& target, const M& margin = 1.0) {
  return apply<detail::multi_margin_loss_fn<R, P>>(input, target, margin);
}
/// The same with a weight for each class.
template <Reduction R = Reduction::mean, int P = 1, Operand X, Operand Y, OperandOrNumber M, Operand W>
constexpr auto multi_margin_loss(const X& input, const Y& target, const M& margin, const W& weight) {
  return apply<detail::multi_margin_loss_fn<R, P>>(input, target, margin, weight);
}
/// The mean over rows of the margins between right and wrong classes; a row of targets lists the right ones up to -1.
template <Reduction R = Reduction::mean, Operand X, Operand Y>
constexpr auto multilabel_margin_loss(const X& input, const Y& target) {
  return apply<detail::multilabel_margin_loss_fn<R>>(input, target);
}
/// The mean over rows of the mean over classes of binary cross-entropies of logits, with a weight for each class if given.
template <Reduction R = Reduction::mean, Operand X, Operand Y>
constexpr auto multilabel_soft_margin_loss(const X& input, const Y& target) {
  return apply<detail::multilabel_soft_margin_loss_fn<R>>(input, target);
}
template <Reduction R = Reduction::mean, Operand X, Operand Y, Operand W>
constexpr auto multilabel_soft_margin_loss(const X& input, const Y& target, const W& weight) {
  return apply<detail::multilabel_soft_margin_loss_fn<R>>(input, target, weight);
}

}  // namespace ETCH_ABI
}  // namespace etch
