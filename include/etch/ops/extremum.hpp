// Where the largest and smallest elements are: argmax, argmin, and max, min and aminmax in PyTorch's forms.
//
//   auto [values, indices] = max<1>(x);   amax shares its gradient among equals, max<1> gives it to the element it names
#pragma once

#include <etch/expr/values.hpp>
#include <etch/ops/create.hpp>
#include <etch/ops/reduce.hpp>

namespace etch {
inline namespace ETCH_ABI {

template <class L, class H>
struct MinMax {
  L min;
  H max;
};

namespace detail {
/// A composition: the smallest index at which the extremum stands. What is not a number is the extremum.
template <Op Extremum, auto... Option>
struct arg_fn {
  template <class X>
  constexpr auto operator()(X x) const {
    using Axes = axes<X, Option...>;
    constexpr bool one_axis = Axes::options.axes <= 1, has_order = !is_complex(dtype_of<typename X::value_type>);
    if constexpr (!Axes::in_range || !one_axis || !Axes::has_elements || !has_order) {
      static_assert(has_order || Extremum != Op::amax, "etch: argmax: complex numbers have no order");
      static_assert(has_order || Extremum == Op::amax, "etch: argmin: complex numbers have no order");
      static_assert(Axes::in_range, "etch: argmax: axis out of range");
      static_assert(one_axis, "etch: argmax: one axis, or none for all elements");
      static_assert(Axes::has_elements, "etch: reduce: an empty axis has no largest and no smallest element");
      return Poison{};
    } else {
      Builder& b = *x.builder;
      const Line found = line_of<X, Axes>(b, x.id);
      const int line = found.node, axis = found.axis;
      const Shape s = b.shape(line);
      Shape position, kept = s;
      position.rank = s.rank;
      for (int i = 0; i < s.rank; ++i) position.size[i] = i == axis ? s.size[i] : 1;
      kept.size[axis] = 1;
      const int best = b.expand(b.reshape(b.reduce(Extremum, line, 1u << axis), kept), s);
      const int here = b.expand(b.reshape(b.iota(s.size[axis], DType::int32), position), s);
      int place = b.constant(2147483647, DType::int32, s);
      if (is_floating(b.dtype(line))) place = b.map(Op::where, DType::int32, b.map(Op::isnan, DType::boolean, line), here, place);
      place = b.map(Op::where, DType::int32, b.map(Op::eq, DType::boolean, line, best), here, place);
      const int first = b.reduce(Op::amin, place, 1u << axis);
      using Rule = reduced<X, Axes::mask, Axes::keep>;
      return result_of<std::int64_t, Rule, X>{&b, b.reshape(b.cast(first, DType::int64), b.shape_of(Rule::value))};
    }
  }
};
/// argmax and argmin themselves, which take no bools, though max<1> does.
template <Op Extremum, auto... Option>
struct arg_of_numbers_fn {
  template <class X>
  constexpr auto operator()(X x) const {
    constexpr bool numbers = !holds_bools<X>, is_max = Extremum == Op::amax;
    if constexpr (!numbers) {
      static_assert(numbers || !is_max, "etch: argmax: the dtype must not be bool");
      static_assert(numbers || is_max, "etch: argmin: the dtype must not be bool");
      return Poison{};
    } else {
      return arg_fn<Extremum, Option...>{}(x);
    }
  }
};
/// The element that arg_fn names: the sum over the axis of all but the others.
template <Op Extremum, auto... Option>
struct extremum_at_fn {
  template <class X>
  constexpr auto operator()(X x) const {
    const auto at = arg_fn<Extremum, Option..., keepdim>{}(x);
    if constexpr (std::is_same_v<std::remove_const_t<decltype(at)>, Poison>) {
      return at;
    } else if constexpr (X::rank == 0) {
      return x;
    } else {
      constexpr unsigned mask = axes<X, Option...>::mask;
      constexpr int axis = __builtin_ctz(mask | 1u << 31);
      Builder& b = *x.builder;
      const auto hit = at == iota_like_fn<axis, std::int64_t>{}(x);
      const int value = b.reduce(Op::sum, b.map(Op::where, b.dtype(x.id), hit.id, x.id, b.constant(0, b.dtype(x.id), b.shape(x.id))), mask);
      using Rule = reduced<X, mask, axes<X, Option...>::keep>;
      return result_of<typename X::value_type, Rule, X>{&b, b.reshape(value, b.shape_of(Rule::value))};
    }
  }
};

template <Op Extremum, auto... Option, class X>
constexpr auto extremum_with_index(const X& x) {
  const auto at = apply<arg_fn<Extremum, Option...>>(x);
  if constexpr (std::is_same_v<std::remove_const_t<decltype(at)>, Poison>) {
    return ValuesIndices<Poison, Poison>{};
  } else {
    const auto value = apply<extremum_at_fn<Extremum, Option...>>(x);
    return ValuesIndices<std::remove_const_t<decltype(value)>, std::remove_const_t<decltype(at)>>{value, at};
  }
}
}  // namespace detail

/// The index of the largest element along an axis, or of all elements; the first where several are equal.
template <auto... Option, Operand X> constexpr auto argmax(const X& x) { return apply<detail::arg_of_numbers_fn<detail::Op::amax, Option...>>(x); }
template <auto... Option, Operand X> constexpr auto argmin(const X& x) { return apply<detail::arg_of_numbers_fn<detail::Op::amin, Option...>>(x); }

/// The largest element; along an axis the largest and where it stands; of two operands the larger of each pair.
template <Operand X> constexpr auto max(const X& x) { return amax(x); }
template <Operand X> constexpr auto min(const X& x) { return amin(x); }
template <auto Axis, auto... Option, Operand X> constexpr auto max(const X& x) { return detail::extremum_with_index<detail::Op::amax, Axis, Option...>(x); }
template <auto Axis, auto... Option, Operand X> constexpr auto min(const X& x) { return detail::extremum_with_index<detail::Op::amin, Axis, Option...>(x); }
template <Operand A, Operand B> constexpr auto max(const A& a, const B& b) { return maximum(a, b); }
template <Operand A, Operand B> constexpr auto min(const A& a, const B& b) { return minimum(a, b); }

/// `auto [low, high] = aminmax<1>(x)`: both extrema, over all elements or one axis.
template <auto... Option, Operand X> constexpr auto aminmax(const X& x) {
  return MinMax<decltype(amin<Option...>(x)), decltype(amax<Option...>(x))>{amin<Option...>(x), amax<Option...>(x)};
}

}  // namespace ETCH_ABI
}  // namespace etch
