// Order along one axis: sort, argsort, msort, topk, kthvalue, median, nanmedian and mode.
//
//   order = argsort(x)   y = x at order      one stable kernel finds the order, NaN last; values, and their gradients, are lookups
#pragma once

#include <etch/ops/scan.hpp>
#include <etch/ops/shape.hpp>

namespace etch {
inline namespace ETCH_ABI {

/// Whether the axis of X holds the K-th element.
template <class X, int Axis, int K>
struct holds_element {
  static constexpr int axis = axis_of(Axis, X::rank);
  static constexpr int size = axis < 0 ? 0 : X::dims(0)[axis].size;
  static constexpr bool value = K >= 0 && K <= size;
};

namespace detail {
template <int Axis, bool Descending>
using argsort_fn = scan_fn<Op::argsort, Axis, Descending>;

/// So many are found while the elements pass by once; more are sorted.
inline constexpr int few_ranks = 64;

/// Elements [First, First + Count) of the order, or what stands there.
template <int Axis, int First, int Count, bool Descending, bool Values>
struct ranked_fn {
  template <class X>
  constexpr auto operator()(X x) const {
    if constexpr (!axis_along<X, Axis>::in_range || is_complex(dtype_of<typename X::value_type>)) {
      return argsort_fn<Axis, Descending>{}(x);
    } else if constexpr (!holds_element<X, Axis, First + Count>::value || First < 0) {
      static_assert(holds_element<X, Axis, First + Count>::value && First >= 0, "etch: topk: k must be at most the size of the axis");
      return Poison{};
    } else {
      auto order = argsort_fn<Axis, Descending>{}(x);
      constexpr int wanted = First + Count <= few_ranks ? First + Count : Count == 1 ? middle_rank - 1 - First : 0;
      if (wanted != 0 && X::rank > 0) order.id = x.builder->along(Op::argsort, x.id, axis_of(Axis, X::rank), Descending, -1, wanted);
      const auto at = slice_fn<Axis, First, First + Count>{}(order);
      if constexpr (Values) return take_along_fn<Axis>{}(x, at);
      else return at;
    }
  }
};
template <int Axis, bool Keep>
struct drop_axis_fn {
  template <class X>
  constexpr auto operator()(X x) const {
    if constexpr (Keep || std::is_same_v<X, Poison>) return x;
    else return squeeze_fn<Axis>{}(x);
  }
};
template <class F, int Axis, bool Keep>
struct one_of_axis_fn {
  constexpr auto operator()(auto x) const { return drop_axis_fn<Axis, Keep>{}(F{}(x)); }
};

/// The position, along the axis, of the element with as many below it as above (the lower of two).
template <int Axis, bool IgnoreNan>
struct median_index_fn {
  template <class X>
  constexpr auto operator()(X x) const {
    auto order = argsort_fn<Axis, false>{}(x);
    if constexpr (std::is_same_v<decltype(order), Poison>) {
      return order;
    } else {
      if (X::rank > 0) order.id = x.builder->along(Op::argsort, x.id, axis_of(Axis, X::rank), false, -1, middle_rank);
      constexpr int n = X::dims(0)[axis_of(Axis, X::rank)].size;
      static_assert(n > 0, "etch: reduce: an empty axis has no largest and no smallest element");
      static_assert(!X::dims(0)[axis_of(Axis, X::rank)].bounded, "etch: median: the axis must have a static size");
      if constexpr (!is_floating(dtype_of<typename X::value_type>)) {
        return slice_fn<Axis, (n - 1) / 2, (n - 1) / 2 + 1>{}(order);
      } else {
        const auto numbers = n - reduce_fn<Op::sum, Axis, keepdim>{}(isnan(x));
        // half of an odd or even count, rounded down, without an integer division
        const auto half = to<std::int64_t>(floor(to<double>(larger(numbers - 1, 0)) * 0.5));
        if constexpr (IgnoreNan) return take_along_fn<Axis>{}(order, half);
        else return take_along_fn<Axis>{}(order, where(numbers < n, smaller(numbers, n - 1), half));
      }
    }
  }
};
/// The position of a most frequent element, the smallest of several: the last of the longest run in the order.
template <int Axis>
struct mode_index_fn {
  template <class X>
  constexpr auto operator()(X x) const {
    const auto order = argsort_fn<Axis, false>{}(x);
    if constexpr (std::is_same_v<std::remove_const_t<decltype(order)>, Poison>) {
      return order;
    } else {
      constexpr int axis = axis_of(Axis, X::rank);
      using R = result_of<std::int64_t, reduced<X, 1u << axis, true>, X>;
      Builder& b = *x.builder;
      const int sorted = b.gather(x.id, order.id, axis);
      int differs = b.map(Op::ne, DType::boolean, sorted, b.along(Op::delay, sorted, axis));
      if (is_floating(b.dtype(x.id))) {  // what is not a number equals what is not a number here
        const int nan = b.map(Op::isnan, DType::boolean, sorted);
        differs = b.map(Op::logical_and, DType::boolean, differs, b.map(Op::logical_not, DType::boolean, b.map(Op::logical_and, DType::boolean, nan, b.along(Op::delay, nan, axis))));
      }
      const auto here = iota_like_fn<axis, std::int64_t>{}(x);
      const int start = b.map(Op::where, DType::int64, differs, here.id, b.constant(0, DType::int64, b.shape(x.id)));
      const decltype(here) began{&b, b.gather(start, b.along(Op::cummax, start, axis), axis)};
      const auto longest = arg_fn<Op::amax, axis, keepdim>{}(here - began);
      return R{&b, b.gather(order.id, longest.id, axis)};
    }
  }
};
template <class Index, int Axis>
struct taken_at_fn {
  template <class X>
  constexpr auto operator()(X x) const {
    const auto at = Index{}(x);
    if constexpr (std::is_same_v<std::remove_const_t<decltype(at)>, Poison>) return at;
    else return take_along_fn<Axis>{}(x, at);
  }
};
template <class Index, int Axis, bool Keep, class X>
constexpr auto one_with_index(const X& x) {
  return value_and_index<line_fn<one_of_axis_fn<taken_at_fn<Index, Axis>, Axis, Keep>>, line_fn<one_of_axis_fn<Index, Axis, Keep>>>(x);
}
template <bool IgnoreNan>
struct median_of_all_fn {
  constexpr auto operator()(auto x) const {
    const auto line = reshape_fn<-1>{}(x);
    return one_of_axis_fn<taken_at_fn<median_index_fn<0, IgnoreNan>, 0>, 0, false>{}(line);
  }
};
}  // namespace detail

/// Where each element of the sorted axis stood; equal elements keep their order, what is not a number is last.
template <int Axis = -1, bool Descending = false, Operand X> constexpr auto argsort(const X& x) { return apply<detail::argsort_fn<Axis, Descending>>(x); }
/// `auto [values, indices] = sort<1>(x)`
template <int Axis = -1, bool Descending = false, Operand X> constexpr auto sort(const X& x) {
  using Index = detail::argsort_fn<Axis, Descending>;
  return detail::value_and_index<detail::scanned_fn<Index, Axis>, Index>(x);
}
/// The elements sorted along the first axis.
template <Operand X> constexpr auto msort(const X& x) { return sort<0>(x).values; }
/// The K largest (or smallest) of an axis, in order, and where they stand.
template <int K, int Axis = -1, bool Largest = true, Operand X> constexpr auto topk(const X& x) {
  static_assert(!detail::holds_bools<X>, "etch: topk: the dtype must not be bool");
  return detail::value_and_index<detail::line_fn<detail::ranked_fn<Axis, 0, K, Largest, true>>, detail::line_fn<detail::ranked_fn<Axis, 0, K, Largest, false>>>(x);
}
/// The K-th smallest of an axis, counted from 1, and where it stands. `kthvalue<2, 0, keepdim>(x)`
template <int K, int Axis = -1, auto... Option, Operand X> constexpr auto kthvalue(const X& x) {
  constexpr bool keep = detail::reduce_options<Option...>().keep;
  return detail::value_and_index<detail::line_fn<detail::one_of_axis_fn<detail::ranked_fn<Axis, K - 1, 1, false, true>, Axis, keep>>,
                                 detail::line_fn<detail::one_of_axis_fn<detail::ranked_fn<Axis, K - 1, 1, false, false>, Axis, keep>>>(x);
}
/// The middle element (the lower of two) of all, or along an axis with where it stands; NaN where there is one.
template <Operand X> constexpr auto median(const X& x) { return apply<detail::median_of_all_fn<false>>(x); }
template <int Axis, auto... Option, Operand X> constexpr auto median(const X& x) {
  return detail::one_with_index<detail::median_index_fn<Axis, false>, Axis, detail::reduce_options<Option...>().keep>(x);
}
/// The same, of what is a number.
template <Operand X> constexpr auto nanmedian(const X& x) { return apply<detail::median_of_all_fn<true>>(x); }
template <int Axis, auto... Option, Operand X> constexpr auto nanmedian(const X& x) {
  return detail::one_with_index<detail::median_index_fn<Axis, true>, Axis, detail::reduce_options<Option...>().keep>(x);
}
/// The most frequent element of an axis, the smallest of several, and where it last stands.
template <int Axis = -1, auto... Option, Operand X> constexpr auto mode(const X& x) {
  return detail::one_with_index<detail::mode_index_fn<Axis>, Axis, detail::reduce_options<Option...>().keep>(x);
}

}  // namespace ETCH_ABI
}  // namespace etch
