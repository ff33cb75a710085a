// Differences and integrals along an axis of samples: diff, gradient, trapezoid and cumulative_trapezoid.
//
//   diff: x[i+1] - x[i]      trapezoid: sum (y[i] + y[i+1]) / 2 dx      gradient: central differences, one-sided at the ends
#pragma once

#include <etch/ops/scan.hpp>
#include <etch/ops/shape.hpp>

namespace etch {
inline namespace ETCH_ABI {

/// Whether an axis of X holds enough elements, for messages.
template <class X, int Axis, int Least>
struct axis_of_at_least {
  static constexpr int axis = axis_of(Axis, X::rank);
  static constexpr bool in_range = axis >= 0;
  static constexpr bool enough = in_range && !X::dims(0)[axis < 0 ? 0 : axis].bounded && X::dims(0)[axis < 0 ? 0 : axis].size >= Least;
};

namespace detail {

template <int Times, int Axis>
struct diff_fn {
  template <class X>
  constexpr auto operator()(X x) const {
    using Rule = axis_of_at_least<X, Axis, 0>;
    if constexpr (Times < 0) {
      static_assert(Times >= 0, "etch: diff: the order must not be negative");
      return Poison{};
    } else if constexpr (!Rule::enough) {
      static_assert(Rule::enough, "etch: diff: the axis must be one of the input's, of a static size");
      return Poison{};
    } else {
      constexpr int size = X::dims(0)[Rule::axis].size, left = size > Times ? size - Times : 0;
      using R = result_of<typename X::value_type, resized<X, Rule::axis, left>, X>;
      Builder& b = *x.builder;
      int r = x.id;
      for (int n = size; n > left; --n)
        r = b.map(Op::sub, b.dtype(r), b.slice(r, Rule::axis, 1, n - 1, 1), b.slice(r, Rule::axis, 0, n - 1, 1));
      return R{&b, r};
    }
  }
  template <class P, class X>
  constexpr auto operator()(P before, X x) const {
    if constexpr (Times == 0) return x;
    else return (*this)(cat_fn<Axis>{}(before, x));
  }
  template <class P, class X, class A>
  constexpr auto operator()(P before, X x, A after) const {
    if constexpr (Times == 0) return x;
    else return (*this)(cat_fn<Axis>{}(before, x, after));
  }
};

/// Part [Begin, size + End) of an axis.
template <int Axis, int Begin, int End, class X>
constexpr auto stretch(X x) {
  return slice_fn<Axis, Begin, X::dims(0)[axis_of(Axis, X::rank)].size + End>{}(x);
}
/// A vector along axis A of X's rank, so that it broadcasts; anything else as it is.
template <class X, int Axis, class V>
constexpr auto along_axis(V v) {
  if constexpr (V::rank != 1 || X::rank == 1) {
    return v;
  } else {
    constexpr int after = X::rank - 1 - axis_of(Axis, X::rank);
    Shape s;
    s.rank = 1 + after;
    for (int i = 0; i <= after; ++i) s.size[i] = i == 0 ? V::dims(0)[0].size : 1;
    return [&]<int... I>(std::integer_sequence<int, I...>) {
      return Tracer<typename V::value_type, V::dims(0)[0].size, (I - I + 1)...>{v.builder, v.builder->reshape(v.id, s)};
    }(std::make_integer_sequence<int, after>{});
  }
}

/// Twice the area of each interval, (y[i] + y[i+1]) (x[i+1] - x[i]), where x are positions or one distance. Whole numbers
/// stay whole so far, as in PyTorch.
template <int Axis>
struct trapezoids_fn {
  template <class Y, class X>
  constexpr auto operator()(Y y, X x) const {
    using Rule = axis_of_at_least<Y, Axis, 1>;
    constexpr bool positions = X::rank <= 1 || X::rank <= Y::rank;
    constexpr bool numbers = !holds_bools<X> && !holds_bools<Y>;
    if constexpr (!Rule::enough || !positions || !numbers) {
      static_assert(numbers, "etch: trapezoid: samples and positions must not be bools");
      static_assert(positions, "etch: trapezoid: positions must not have more dimensions than the samples");
      static_assert(Rule::enough, "etch: trapezoid: the axis must be one of the input's, of a static size of at least 1");
      return Poison{};
    } else {
      const auto pairs = stretch<Axis, 0, -1>(y) + stretch<Axis, 1, 0>(y);
      if constexpr (X::rank == 0) return pairs * x;
      else if constexpr (X::rank == 1) return pairs * along_axis<Y, Axis>(diff_fn<1, 0>{}(x));
      else return pairs * diff_fn<1, Axis>{}(x);
    }
  }
};
/// Half samples at half positions or a number apart.
template <class Y, class X>
inline constexpr bool half_samples = all_half<Y> && (X::rank == 0 || all_half<X>);

template <int Axis>
struct trapezoid_fn {
  template <class Y, class X>
  constexpr auto operator()(Y y, X x) const {
    if constexpr (half_samples<Y, X>) return rounded_once<typename Y::value_type, trapezoid_fn>(y, x);
    else if constexpr (X::rank > 0 || !axis_of_at_least<Y, Axis, 1>::enough) {
      const auto areas = trapezoids_fn<Axis>{}(y, x);
      if constexpr (std::is_same_v<decltype(areas), const Poison>) return areas;
      else return reduce_fn<Op::sum, Axis>{}(areas) * 0.5;
    } else return (reduce_fn<Op::sum, Axis>{}(y) - (select_fn<Axis, 0>{}(y) + select_fn<Axis, -1>{}(y)) * 0.5) * x;
  }
};
template <int Axis>
struct cumulative_trapezoid_fn {
  template <class Y, class X>
  constexpr auto operator()(Y y, X x) const {
    if constexpr (half_samples<Y, X>) return rounded_once<typename Y::value_type, cumulative_trapezoid_fn>(y, x);
    else if constexpr (std::is_same_v<decltype(trapezoids_fn<Axis>{}(y, x)), Poison>) return Poison{};
    else return scan_fn<Op::cumsum, Axis>{}(trapezoids_fn<Axis>{}(y, x)) * 0.5;
  }
};

template <int Axis, int EdgeOrder>
struct gradient_fn {
  template <class Y, class X>
  constexpr auto operator()(Y given, X spacing) const {
    using Rule = axis_of_at_least<Y, Axis, EdgeOrder + 1>;
    constexpr bool known = EdgeOrder == 1 || EdgeOrder == 2, numbers = !holds_bools<Y>;
    if constexpr (!known || !numbers) {
      static_assert(numbers, "etch: gradient: the samples must not be bools");
      static_assert(known, "etch: gradient: the order of the edges must be 1 or 2");
      return Poison{};
    } else if constexpr (!Rule::enough) {
      static_assert(Rule::enough, "etch: gradient: the axis must be one of the input's, of a static size above the order of its edges");
      return Poison{};
    } else {
      using T = std::conditional_t<is_floating(dtype_of<typename Y::value_type>) || is_complex(dtype_of<typename Y::value_type>), typename Y::value_type, float>;
      constexpr int n = Y::dims(0)[Rule::axis].size;
      const auto y = cast_fn<T>{}(given);
      const auto at = [&]<int I>() { return slice_fn<Axis, I, I + 1>{}(y); };
      const auto inside = [&]<int Shift>() { return slice_fn<Axis, 1 + Shift, n - 1 + Shift>{}(y); };
      if constexpr (X::rank == 0) {
        const auto low = [&] {
          if constexpr (EdgeOrder == 1) return (at.template operator()<1>() - at.template operator()<0>()) / spacing;
          else return (at.template operator()<1>() * 2 - at.template operator()<0>() * 1.5 - at.template operator()<2>() * 0.5) / spacing;
        }();
        const auto high = [&] {
          if constexpr (EdgeOrder == 1) return (at.template operator()<n - 1>() - at.template operator()<n - 2>()) / spacing;
          else return (at.template operator()<n - 1>() * 1.5 - at.template operator()<n - 2>() * 2 + at.template operator()<n - 3>() * 0.5) / spacing;
        }();
        if constexpr (n == 2) return cat_fn<Axis>{}(low, high);
        else return cat_fn<Axis>{}(low, (inside.template operator()<1>() - inside.template operator()<-1>()) * 0.5 / spacing, high);
      } else {
        const auto h = diff_fn<1, 0>{}(cast_fn<T>{}(spacing));
        const auto d = [&]<int I, int Count>() { return along_axis<Y, Axis>(slice_fn<0, I, I + Count>{}(h)); };
        const auto low = [&] {
          const auto p = d.template operator()<0, 1>();
          if constexpr (EdgeOrder == 1) return (at.template operator()<1>() - at.template operator()<0>()) / p;
          else {
            const auto q = d.template operator()<1, 1>();
            return at.template operator()<1>() * ((p + q) / (p * q)) - at.template operator()<0>() * ((p * 2 + q) / (p * (p + q))) - at.template operator()<2>() * (p / (q * (p + q)));
          }
        }();
        const auto high = [&] {
          const auto p = d.template operator()<n - 2, 1>();
          if constexpr (EdgeOrder == 1) return (at.template operator()<n - 1>() - at.template operator()<n - 2>()) / p;
          else {
            const auto q = d.template operator()<n - 3, 1>();
            return at.template operator()<n - 3>() * (p / (q * (p + q))) - at.template operator()<n - 2>() * ((p + q) / (p * q)) + at.template operator()<n - 1>() * ((p * 2 + q) / (p * (p + q)));
          }
        }();
        if constexpr (n == 2) {
          return cat_fn<Axis>{}(low, high);
        } else {
          const auto p = d.template operator()<0, n - 2>(), q = d.template operator()<1, n - 2>();
          const auto middle = inside.template operator()<0>() * ((q - p) / (p * q)) + inside.template operator()<1>() * (p / (q * (p + q))) - inside.template operator()<-1>() * (q / (p * (p + q)));
          return cat_fn<Axis>{}(low, middle, high);
        }
      }
    }
  }
};

}  // namespace detail

/// Differences of neighbours along an axis, `Times` times over: `diff<2, 0>(x)`; with what is put before, and after, x; `nullptr` is nothing before it.
template <int Times = 1, int Axis = -1, Operand X> constexpr auto diff(const X& x) { return apply<detail::diff_fn<Times, Axis>>(x); }
template <int Times = 1, int Axis = -1, Operand X, Operand P> constexpr auto diff(const X& x, const P& prepend) { return apply<detail::diff_fn<Times, Axis>>(prepend, x); }
template <int Times = 1, int Axis = -1, Operand X, Operand P, Operand A> constexpr auto diff(const X& x, const P& prepend, const A& append) {
  return apply<detail::diff_fn<Times, Axis>>(prepend, x, append);
}
template <int Times = 1, int Axis = -1, Operand X, Operand A> constexpr auto diff(const X& x, std::nullptr_t, const A& append) {
  if constexpr (Times == 0) return apply<detail::diff_fn<0, Axis>>(append, x);  // x itself
  else return apply<detail::diff_fn<Times, Axis>>(x, append);
}
/// The integral of samples y along an axis, a distance dx apart or at positions x: `trapezoid<0>(y, 0.5f)`.
template <int Axis = -1, Operand Y, OperandOrNumber X> constexpr auto trapezoid(const Y& y, const X& x) { return apply<detail::trapezoid_fn<Axis>>(y, x); }
template <int Axis = -1, Operand Y> constexpr auto trapezoid(const Y& y) { return trapezoid<Axis>(y, 1.0); }
template <int Axis = -1, Operand Y, OperandOrNumber... X> constexpr auto trapz(const Y& y, const X&... x) { return trapezoid<Axis>(y, x...); }
template <int Axis = -1, Operand Y, OperandOrNumber X> constexpr auto cumulative_trapezoid(const Y& y, const X& x) { return apply<detail::cumulative_trapezoid_fn<Axis>>(y, x); }
template <int Axis = -1, Operand Y> constexpr auto cumulative_trapezoid(const Y& y) { return cumulative_trapezoid<Axis>(y, 1.0); }
/// The derivative of samples y along one axis, a distance apart or at positions: `gradient<0>(y, 0.5f)`, `gradient<1, 2>(y, x)`.
template <int Axis = 0, int EdgeOrder = 1, Operand Y, OperandOrNumber X> constexpr auto gradient(const Y& y, const X& spacing) { return apply<detail::gradient_fn<Axis, EdgeOrder>>(y, spacing); }
template <int Axis = 0, int EdgeOrder = 1, Operand Y> constexpr auto gradient(const Y& y) { return gradient<Axis, EdgeOrder>(y, 1.0); }

}  // namespace ETCH_ABI
}  // namespace etch
