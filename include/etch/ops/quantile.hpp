// Quantiles: the element, or between two, below which a part q of an axis lies.
//
//   y = x_sorted at q (n - 1)      quantile(x, 0.5f), quantile<1, keepdim, Interpolation::lower>(x, q); gradients also to q
#pragma once

#include <etch/ops/sort.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace detail {

/// The sizes of q, if it is a vector, then those of the reduced input.
template <class X, class Q, unsigned Mask, bool Keep>
struct quantile_sizes {
  static constexpr Dims make() {
    Dims r = Q::dims(X::rank);
    const Dims x = reduced<X, Mask, Keep>::make();
    for (int i = 0; i < x.rank; ++i) r.push(x[i]);
    return r;
  }
  static constexpr Dims value = make();
};

template <bool IgnoreNan, auto... Option>
struct quantile_fn {
  template <class X, class P>
  constexpr auto operator()(X x, P q) const {
    using Axes = axes<X, Option...>;
    using Q = tracer_of<P>;
    constexpr bool floats = is_floating(dtype_of<typename X::value_type>), fits = Axes::options.axes <= 1 && Q::rank <= 1 && Axes::has_elements;
    if constexpr (!Axes::in_range || !floats || !fits) {
      static_assert(Axes::in_range, "etch: reduce: axis out of range");
      static_assert(floats, "etch: quantile: the dtype must be floating");
      static_assert(fits, "etch: quantile: one axis of at least one element, or none for all; q must be a number or a vector");
      return Poison{};
    } else {
      using Rule = quantile_sizes<X, Q, Axes::mask, Axes::keep>;
      constexpr DType d = dtype_of<typename X::value_type>, i64 = DType::int64;
      constexpr Interpolation how = Axes::options.interpolation;
      Builder& b = *x.builder;
      if (!is_weak<P>) q.id = b.demand(Demand::quantile, Asker::quantile, q.id);
      const Line found = line_of<X, Axes>(b, x.id);
      const int line = found.node, axis = found.axis;
      const Shape s = b.shape(line);
      Shape one = s, many = s, row;
      one.size[axis] = 1;
      row.rank = s.rank;
      for (int i = 0; i < s.rank; ++i) row.size[i] = 1;
      row.size[axis] = many.size[axis] = Q::rank == 0 ? 1 : b.shape(q.id).size[0];

      const Value nans{&b, b.reshape(b.reduce(Op::sum, b.cast(b.map(Op::isnan, DType::boolean, line), i64), 1u << axis), one)};
      const Value last{&b, b.expand(b.map(Op::sub, i64, b.extent(s.size[axis], i64), b.constant(1, i64)), one)};
      const Value part{&b, b.expand(b.reshape(b.cast(q.id, d), row), many)};
      const auto spread = [&](Value v) { return Value{&b, b.expand(b.cast(v.id, d), many)}; };
      Value at = part * spread(IgnoreNan ? last - nans : last);
      if (IgnoreNan) at = choose(compare(Op::lt, at, at.number(0)), at.number(0), at);
      else at = choose(Value{&b, b.expand(compare(Op::gt, nans, nans.number(0)).id, many)}, spread(last), at);  // NaN is last
      const Value rank = apply_map(how == Interpolation::higher ? Op::ceil : how == Interpolation::nearest ? Op::round : Op::floor, at);
      const int order = b.along(Op::argsort, line, axis, false, rank.cast(i64).id);
      const auto element = [&](Value position) { return Value{&b, b.gather(line, b.gather(order, position.cast(i64).id, axis), axis)}; };
      Value y;
      if constexpr (how == Interpolation::linear || how == Interpolation::midpoint) {
        const Value low = element(rank), high = element(apply_map(Op::ceil, at));
        y = how == Interpolation::midpoint ? low + (high - low) * 0.5 : low + (high - low) * (at - rank);
      } else {
        y = element(rank);
      }
      int front[max_rank]{axis};
      for (int i = 0, next = 1; i < s.rank; ++i)
        if (i != axis) front[next++] = i;
      return result_of<typename X::value_type, Rule, X, Q>{&b, b.reshape(b.permute(y.id, front), b.shape_of(Rule::value))};
    }
  }
};
template <bool IgnoreNan, auto... Option, class X, class Q>
constexpr auto quantile_of(const X& x, const Q& q) {
  must([](double p) { return p >= 0 && p <= 1; }, "quantile", "q must lie between 0 and 1", q);
  return apply<quantile_fn<IgnoreNan, Option...>>(x, q);
}
}  // namespace detail

/// The quantiles q of all elements or of an axis; NaN where there is one.
template <auto... Option, Operand X, OperandOrNumber Q> constexpr auto quantile(const X& x, const Q& q) { return detail::quantile_of<false, Option...>(x, q); }
/// The same, of what is a number.
template <auto... Option, Operand X, OperandOrNumber Q> constexpr auto nanquantile(const X& x, const Q& q) { return detail::quantile_of<true, Option...>(x, q); }

}  // namespace ETCH_ABI
}  // namespace etch
