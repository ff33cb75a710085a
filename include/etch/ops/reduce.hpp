// Reductions over any axes: `sum(x)` over all, `sum<1>(x)` over one, `sum<0, -1>(x)` over several; `sum<1, keepdim>(x)` keeps 1s.
#pragma once

#include <etch/ops/pointwise.hpp>

namespace etch {
inline namespace ETCH_ABI {

struct KeepDim {};
/// Among the axes of a reduction: reduced axes stay, of size 1. `sum<1, keepdim>(x)`
inline constexpr KeepDim keepdim{};
template <double N>
struct Correction {};
/// Among the axes of `var` and `std`: the sum of squares is divided by n - N. `var<1, correction<0>>(x)`
template <auto N>
inline constexpr Correction<static_cast<double>(N)> correction{};
template <double P>
struct Order {};
/// Among the axes of `norm`: which norm. `norm<1, ord<1>>(x)`
template <auto P>
inline constexpr Order<static_cast<double>(P)> ord{};
struct Nuclear {};
/// Among the axes of `norm`: the sum of a matrix's singular values. `norm<1, 2, nuclear>(x)`
inline constexpr Nuclear nuclear{};
inline constexpr double inf = __builtin_huge_val();
/// Among the axes of `quantile`: what is taken where q lies between two elements.
enum class Interpolation { linear, lower, higher, midpoint, nearest };

namespace detail {
/// What the template arguments of a reduction say.
struct ReduceOptions {
  int axes = 0;
  int axis[max_rank]{};
  bool keep = false;
  double correction = 1;
  double order = 2;
  bool nuclear = false;
  Interpolation interpolation = Interpolation::linear;
  constexpr void add(int a) { axis[axes++] = a; }
  constexpr void add(KeepDim) { keep = true; }
  constexpr void add(Nuclear) { nuclear = true; }
  constexpr void add(Interpolation i) { interpolation = i; }
  template <double N>
  constexpr void add(Correction<N>) { correction = N; }
  template <double P>
  constexpr void add(Order<P>) { order = P; }
};
template <auto... Option>
constexpr ReduceOptions reduce_options() {
  ReduceOptions r;
  (r.add(Option), ...);
  return r;
}
}  // namespace detail

/// The axes of a reduction: none given means all. A number has one axis of which nothing is left, as in PyTorch.
template <class A, auto... Option>
struct axes {
  static constexpr detail::ReduceOptions options = detail::reduce_options<Option...>();
  static constexpr bool keep = options.keep;
  static constexpr bool check() {
    bool ok = true;
    for (int i = 0; i < options.axes; ++i) ok = ok && axis_of(options.axis[i], A::rank > 0 ? A::rank : 1) >= 0;
    return ok;
  }
  static constexpr bool in_range = check();
  static constexpr unsigned bits() {
    unsigned m = 0;
    for (int i = 0; in_range && i < options.axes; ++i) m |= 1u << axis_of(options.axis[i], A::rank > 0 ? A::rank : 1);
    return options.axes == 0 || A::rank == 0 ? (1u << A::rank) - 1 : m;
  }
  static constexpr unsigned mask = bits();
  static constexpr bool distinct = options.axes == 0 || !in_range || (A::rank == 0 ? options.axes == 1 : __builtin_popcount(mask) == options.axes);
  static constexpr bool has_no_elements() {
    const Dims d = A::dims(0);
    for (int i = 0; i < d.rank; ++i)
      if ((mask >> i & 1) != 0 && d[i].is(0)) return true;
    return false;
  }
  static constexpr bool has_elements = !has_no_elements();
};

namespace detail {
template <class A, unsigned Mask, bool Keep>
struct reduced {
  static constexpr Dims make() {
    const Dims a = A::dims(0);
    Dims r;
    for (int i = 0; i < a.rank; ++i) {
      if ((Mask >> i & 1) == 0) r.push(a[i]);
      else if (Keep) r.push(static_dim(1));
    }
    return r;
  }
  static constexpr Dims value = make();
};

/// What an operation along one axis, or over all elements, looks at: the operand, flat where all are meant, and the axis.
struct Line {
  int node;
  int axis;
};
template <class X, class Axes>
constexpr Line line_of(Builder& b, int x) {
  if (Axes::options.axes != 0 && X::rank != 0) return {x, __builtin_ctz(Axes::mask | 1u << 31)};
  const Shape s = b.shape(x);
  return {b.reshape(x, Shape{1, {b.product(s.size, s.rank)}}), 0};
}

/// The number of elements the axes in `mask` hold, as a rank-0 node; a constant unless one of them is bounded.
template <class A>
constexpr int count_node(Builder& b, unsigned mask, DType d) {
  const Dims dims = A::dims();
  int n = b.constant(1, d);
  for (int i = 0; i < dims.rank; ++i)
    if (mask >> i & 1) n = b.map(Op::mul, d, n, b.extent(b.size_code(dims[i]), d));
  return n;
}
}  // namespace detail

/// One reduction; integers and bools sum as int64, as PyTorch's do.
template <detail::Op O, auto... Option>
struct reduce_fn {
  template <class A>
  constexpr auto operator()(A x) const {
    using X = detail::tracer_of<A>;
    using Axes = axes<X, Option...>;
    constexpr bool has_order = !is_complex(dtype_of<typename X::value_type>) || O == detail::Op::sum || O == detail::Op::prod;
    if constexpr (!Axes::in_range || !Axes::distinct || !has_order) {
      static_assert(has_order, "etch: reduce: complex numbers have no order");
      static_assert(Axes::in_range, "etch: reduce: axis out of range");
      static_assert(Axes::distinct, "etch: reduce: an axis is named twice");
      return Poison{};
    } else {
      using T = typename X::value_type;
      constexpr bool widen = (O == detail::Op::sum || O == detail::Op::prod) && is_integral(dtype_of<T>);
      using R = std::conditional_t<widen, std::int64_t, T>;
      using Rule = detail::reduced<X, Axes::mask, Axes::keep>;
      auto& b = *x.builder;
      const int r = b.reduce(O, b.cast(x.id, dtype_of<R>), Axes::mask);
      return result_of<R, Rule, X>{&b, b.reshape(r, b.shape_of(Rule::value))};
    }
  }
};
/// The largest or smallest, of at least one element.
template <detail::Op O, auto... Option>
struct extremum_fn {
  template <class A>
  constexpr auto operator()(A x) const {
    using Axes = axes<detail::tracer_of<A>, Option...>;
    if constexpr (!Axes::has_elements) {
      static_assert(Axes::has_elements, "etch: reduce: an empty axis has no largest and no smallest element");
      return Poison{};
    } else {
      return reduce_fn<O, Option...>{}(x);
    }
  }
};

namespace detail {
/// s over (the number of elements reduced - Correction); of none or fewer that is 0 / 0 or infinite, as PyTorch's.
template <class X, auto... Option>
constexpr auto divided_by_count(auto s, double less) {
  Builder& b = *s.builder;
  const Value count = Value{&b, count_node<X>(b, axes<X, Option...>::mask, b.dtype(s.id))};
  const Value n = less == 0 ? count : apply_map(Op::maximum, count - less, count.number(0));
  double value = 0;
  if (b.is_constant(n.id, value) && value > 0) s.id = (Value{&b, s.id} * (1.0 / value)).id;
  else s.id = (Value{&b, s.id} / Value{&b, b.expand(n.id, b.shape(s.id))}).id;
  return s;
}
}  // namespace detail

/// sum / n
template <auto... Option>
struct mean_fn {
  template <class A>
  constexpr auto operator()(A x) const {
    using X = detail::tracer_of<A>;
    using T = typename X::value_type;
    static_assert(!is_integral(dtype_of<T>), "etch: mean: the dtype must be floating");
    if constexpr (detail::is_half<T>) {
      return detail::rounded_once<T, mean_fn>(x);
    } else {
      auto s = reduce_fn<detail::Op::sum, Option...>{}(x);
      if constexpr (std::is_same_v<decltype(s), Poison>) return s;
      else return detail::divided_by_count<X, Option...>(s, 0);
    }
  }
};

/// The sum of squared distances from the mean over n - correction.
template <auto... Option>
struct var_fn {
  template <class A>
  constexpr auto operator()(A x) const {
    using X = detail::tracer_of<A>;
    using T = typename X::value_type;
    static_assert(!is_integral(dtype_of<T>), "etch: var: the dtype must be floating");
    if constexpr (detail::is_half<T>) {
      return detail::rounded_once<T, var_fn>(x);
    } else if constexpr (detail::is_complex_type<T>) {
      return (*this)(detail::real_fn{}(x)) + (*this)(detail::imag_fn{}(x));
    } else {
      const auto centred = x - mean_fn<Option..., keepdim>{}(x);
      auto s = reduce_fn<detail::Op::sum, Option...>{}(centred * centred);
      if constexpr (std::is_same_v<decltype(s), Poison>) return s;
      else return detail::divided_by_count<X, Option...>(s, axes<X, Option...>::options.correction);
    }
  }
};

namespace detail {
/// sqrt(x), whose gradient at 0 is 0: what norms and deviations want there.
constexpr auto root_of_squares(auto x) {
  if constexpr (std::is_same_v<decltype(x), Poison>) {
    return x;
  } else {
    const auto none = x == 0;
    return where(none, x, sqrt(where(none, 1, x)));
  }
}
template <auto... Option>
struct std_fn {
  constexpr auto operator()(auto x) const { return root_of_squares(var_fn<Option...>{}(x)); }
};
/// A reduction of the elements as another dtype.
template <class T, class F>
struct reduce_as_fn {
  constexpr auto operator()(auto x) const { return cast_fn<T>{}(F{}(cast_fn<T>{}(x))); }
};
}  // namespace detail

template <auto... Option, Operand X> constexpr auto sum(const X& x) { return apply<reduce_fn<detail::Op::sum, Option...>>(x); }
template <auto... Option, Operand X> constexpr auto prod(const X& x) { return apply<reduce_fn<detail::Op::prod, Option...>>(x); }
template <auto... Option, Operand X> constexpr auto amax(const X& x) { return apply<extremum_fn<detail::Op::amax, Option...>>(x); }
template <auto... Option, Operand X> constexpr auto amin(const X& x) { return apply<extremum_fn<detail::Op::amin, Option...>>(x); }
template <auto... Option, Operand X> constexpr auto mean(const X& x) { return apply<mean_fn<Option...>>(x); }
// Computed in, and returned as, another dtype: `sum<double, 1>(x)`.
template <class T, auto... Option, Operand X> constexpr auto sum(const X& x) { return apply<detail::reduce_as_fn<T, reduce_fn<detail::Op::sum, Option...>>>(x); }
template <class T, auto... Option, Operand X> constexpr auto prod(const X& x) { return apply<detail::reduce_as_fn<T, reduce_fn<detail::Op::prod, Option...>>>(x); }
template <class T, auto... Option, Operand X> constexpr auto mean(const X& x) { return apply<detail::reduce_as_fn<T, mean_fn<Option...>>>(x); }
template <auto... Option, Operand X> constexpr auto sum_keepdim(const X& x) { return sum<Option..., keepdim>(x); }
template <auto... Option, Operand X> constexpr auto amax_keepdim(const X& x) { return amax<Option..., keepdim>(x); }
template <auto... Option, Operand X> constexpr auto mean_keepdim(const X& x) { return mean<Option..., keepdim>(x); }
/// The variance, divided by n - 1: `var<1>(x)`; by n: `var<1, correction<0>>(x)`.
template <auto... Option, Operand X> constexpr auto var(const X& x) { return apply<var_fn<Option...>>(x); }
/// The square root of the variance; where that is 0, so is its gradient.
template <auto... Option, Operand X> constexpr auto std(const X& x) { return apply<detail::std_fn<Option...>>(x); }

template <class V, class M>
struct VarMean {
  V var;
  M mean;
};
template <class S, class M>
struct StdMean {
  S std;
  M mean;
};
/// `auto [v, m] = var_mean<1>(x)`
template <auto... Option, Operand X> constexpr auto var_mean(const X& x) {
  return VarMean<decltype(var<Option...>(x)), decltype(mean<Option...>(x))>{var<Option...>(x), mean<Option...>(x)};
}
template <auto... Option, Operand X> constexpr auto std_mean(const X& x) {
  return StdMean<decltype(etch::std<Option...>(x)), decltype(mean<Option...>(x))>{etch::std<Option...>(x), mean<Option...>(x)};
}

// The shift by the maximum cancels, so no gradient has to flow through it.
namespace detail {
template <int Axis>
struct softmax_fn {
  template <class X>
  constexpr auto operator()(X x) const {
    if constexpr (is_half<typename X::value_type>) {
      return rounded_once<typename X::value_type, softmax_fn>(x);
    } else {
      const auto e = exp(x - detach(reduce_fn<Op::amax, Axis, keepdim>{}(x)));
      return e * reciprocal(sum_keepdim<Axis>(e));
    }
  }
};
template <int Axis>
struct log_softmax_fn {
  template <class X>
  constexpr auto operator()(X x) const {
    if constexpr (is_half<typename X::value_type>) {
      return rounded_once<typename X::value_type, log_softmax_fn>(x);
    } else {
      const auto d = x - detach(reduce_fn<Op::amax, Axis, keepdim>{}(x));
      return d - log(sum_keepdim<Axis>(exp(d)));
    }
  }
};
template <auto... Option>
struct logsumexp_fn {
  template <class A>
  constexpr auto operator()(A x) const {
    constexpr DType type = dtype_of<typename A::value_type>;
    if constexpr (!is_floating(type) && !is_complex(type)) {
      return (*this)(cast_fn<float>{}(x));
    } else if constexpr (is_half<typename A::value_type>) {
      return rounded_once<typename A::value_type, logsumexp_fn>(x);
    } else {
      const auto size = [](auto z) {
        if constexpr (is_complex(type)) return real_fn{}(z);
        else return z;
      };
      const auto largest = detach(reduce_fn<Op::amax, Option..., keepdim>{}(size(x)));
      const auto m = where(abs(largest) == inf, 0, largest);  // infinite: nothing to shift by
      const auto r = m + log(reduce_fn<Op::sum, Option..., keepdim>{}(exp(x - m)));
      if constexpr (std::is_same_v<std::remove_const_t<decltype(r)>, Poison>) return r;
      else {
        using Axes = axes<tracer_of<A>, Option...>;
        using Rule = reduced<tracer_of<A>, Axes::mask, Axes::keep>;
        return result_of<typename A::value_type, Rule, A>{x.builder, x.builder->reshape(r.id, x.builder->shape_of(Rule::value))};
      }
    }
  }
};
}  // namespace detail

/// exp(x) / sum(exp(x)) along an axis, shifted by the maximum.
template <int Axis, Operand X> constexpr auto softmax(const X& x) { return apply<detail::softmax_fn<Axis>>(x); }
template <int Axis, Operand X> constexpr auto log_softmax(const X& x) { return apply<detail::log_softmax_fn<Axis>>(x); }
/// log(sum(exp(x))), shifted by the maximum.
template <auto... Option, Operand X> constexpr auto logsumexp(const X& x) { return apply<detail::logsumexp_fn<Option...>>(x); }

}  // namespace ETCH_ABI
}  // namespace etch
