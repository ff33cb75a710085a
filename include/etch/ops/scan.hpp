// Scans along one axis: cumsum, cumprod, logcumsumexp, and cummax and cummin with their indices.
//
//   y[i] = x[0] + ... + x[i]       the gradient is a scan from the other end; cumprod's is exact where an element is 0
#pragma once

#include <etch/ops/arithmetic.hpp>
#include <etch/ops/extremum.hpp>
#include <etch/ops/join.hpp>

namespace etch {
inline namespace ETCH_ABI {

/// An axis of X; a number counts as a row of one element.
template <class X, int Axis>
struct axis_along {
  static constexpr int axis = axis_of(Axis, X::rank > 0 ? X::rank : 1);
  static constexpr bool in_range = axis >= 0;
};

namespace detail {
/// The same elements with at least one axis, for what works along one.
template <class T, auto... D>
constexpr auto as_line(Tracer<T, D...> x) {
  if constexpr (sizeof...(D) > 0) return x;
  else return Tracer<T, 1>{x.builder, x.builder->reshape(x.id, Shape{1, {1}})};
}
/// F on a row of one element in place of a number; its result is a number again.
template <class F>
struct line_fn {
  template <class X>
  constexpr auto operator()(X x) const {
    if constexpr (X::rank > 0) {
      return F{}(x);
    } else {
      const auto y = F{}(as_line(x));
      if constexpr (std::is_same_v<std::remove_const_t<decltype(y)>, Poison>) return y;
      else return Tracer<typename decltype(y)::value_type>{y.builder, y.builder->reshape(y.id, Shape{})};
    }
  }
};
/// y[i, j, k] = x[i, index[i, j, k], k], with the shape of the index; the gradient goes back to where elements came from.
template <int Axis>
struct take_along_fn {
  template <class T, auto... D, auto... I>
  constexpr Tracer<T, I...> operator()(Tracer<T, D...> x, Tracer<std::int64_t, I...> index) const {
    return {x.builder, x.builder->gather(x.id, index.id, axis_of(Axis, sizeof...(D)))};
  }
};
/// Both results of an operation that finds indices; one error where there is a mistake.
template <class Value, class Index, class X>
constexpr auto value_and_index(const X& x) {
  const auto at = apply<Index>(x);
  if constexpr (std::is_same_v<std::remove_const_t<decltype(at)>, Poison>) {
    return ValuesIndices<Poison, Poison>{};
  } else {
    const auto value = apply<Value>(x);
    return ValuesIndices<std::remove_const_t<decltype(value)>, std::remove_const_t<decltype(at)>>{value, at};
  }
}

/// y[i] = f(x[i], f(x[i - 1], ...)) by doubling, for complex products and the like, which no kernel scans: after a step with k,
/// y[i] holds the 2k elements up to i.
template <int Axis, int K, class F, class X>
constexpr X doubled(X x, F f) {
  constexpr Dim d = X::dims()[Axis];
  if constexpr (K >= d.size) return x;
  else return doubled<Axis, 2 * K>(cat_fn<Axis>{}(slice_fn<Axis, 0, K>{}(x), f(slice_fn<Axis, K, d.size>{}(x), slice_fn<Axis, 0, d.size - K>{}(x))), f);
}
/// log(e^x[0] + ...) of complex numbers: one element after another, so that the logarithm is on PyTorch's branch; above 16 elements
/// by doubling, where the imaginary part may be a multiple of 2 pi away.
template <int Axis, class X>
constexpr X complex_logcumsumexp(X x) {
  constexpr Dim d = X::dims()[Axis];
  if constexpr (d.size < 2 || d.size > 16) {
    return doubled<Axis, 1>(x, [](auto a, auto b) { return logaddexp_fn{}(a, b); });
  } else {
    Builder& b = *x.builder;
    auto element = slice_fn<Axis, 0, 1>{}(x), last = element;
    int all = b.place(b.empty(b.shape(x.id), b.dtype(x.id)), last.id, Axis, 0, 1);
    for (int i = 1; i < d.size; ++i) {
      element.id = b.slice(x.id, Axis, i, 1, 1);
      last = logaddexp_fn{}(element, last);
      all = b.place(all, last.id, Axis, i, 1);
    }
    return {x.builder, all};
  }
}

/// One scan of x, of its own shape.
template <Op O, int Axis, bool Reverse = false>
struct scan_fn {
  static constexpr int extra_nodes = O == Op::logcumsumexp ? 1024 : O == Op::cumprod ? 256 : 0;  // of complex numbers
  template <class T, auto... D>
  constexpr auto operator()(Tracer<T, D...> x) const {
    using Rule = axis_along<Tracer<T, D...>, Axis>;
    constexpr bool finds = O == Op::cummax || O == Op::cummin || O == Op::argsort, has_order = !finds || !is_complex(dtype_of<T>);
    if constexpr (!Rule::in_range || !has_order) {
      static_assert(Rule::in_range, "etch: scan: axis out of range");
      static_assert(has_order, "etch: scan: complex numbers have no order");
      return Poison{};
    } else if constexpr (sizeof...(D) > 0 && is_complex(dtype_of<T>) && (O == Op::cumprod || O == Op::logcumsumexp)) {
      constexpr bool size_is_static = !Tracer<T, D...>::dims()[Rule::axis].bounded;
      if constexpr (!size_is_static) {
        static_assert(size_is_static, "etch: scan: of complex numbers the axis must have a static size");
        return Poison{};
      } else if constexpr (O == Op::cumprod) {
        return doubled<Rule::axis, 1>(x, [](auto a, auto b) { return a * b; });
      } else {
        return complex_logcumsumexp<Rule::axis>(x);
      }
    } else if constexpr (is_complex(dtype_of<T>) && (O == Op::cumprod || O == Op::logcumsumexp)) {
      return x;
    } else {
      constexpr bool widen = (O == Op::cumsum || O == Op::cumprod) && is_integral(dtype_of<T>);
      constexpr bool floats = O == Op::logcumsumexp && is_integral(dtype_of<T>);
      using In = std::conditional_t<widen, std::int64_t, std::conditional_t<floats, float, T>>;
      Builder& b = *x.builder;
      const int line = b.cast(as_line(x).id, dtype_of<In>);
      return Tracer<std::conditional_t<finds, std::int64_t, In>, D...>{&b, b.reshape(b.along(O, line, Rule::axis, Reverse), b.shape(x.id))};
    }
  }
};
/// The elements a scan found.
template <class Index, int Axis>
struct scanned_fn {
  template <class X>
  constexpr auto operator()(X x) const {
    const auto at = Index{}(x);
    if constexpr (std::is_same_v<std::remove_const_t<decltype(at)>, Poison> || X::rank == 0) return x;
    else return take_along_fn<Axis>{}(x, at);
  }
};
}  // namespace detail

/// Running sums along an axis; of integers and bools as int64. `cumsum<double, 1>(x)` computes in another dtype.
template <int Axis, Operand X> constexpr auto cumsum(const X& x) { return apply<detail::scan_fn<detail::Op::cumsum, Axis>>(x); }
template <class T, int Axis, Operand X> constexpr auto cumsum(const X& x) { return to<T>(cumsum<Axis>(to<T>(x))); }
/// Running products along an axis.
template <int Axis, Operand X> constexpr auto cumprod(const X& x) { return apply<detail::scan_fn<detail::Op::cumprod, Axis>>(x); }
template <class T, int Axis, Operand X> constexpr auto cumprod(const X& x) { return to<T>(cumprod<Axis>(to<T>(x))); }
/// log(exp(x[0]) + ... + exp(x[i])) along an axis, without overflow.
template <int Axis, Operand X> constexpr auto logcumsumexp(const X& x) { return apply<detail::scan_fn<detail::Op::logcumsumexp, Axis>>(x); }
/// `auto [values, indices] = cummax<1>(x)`: the largest so far and where it stands, the last of equals.
template <int Axis, Operand X> constexpr auto cummax(const X& x) {
  using Index = detail::scan_fn<detail::Op::cummax, Axis>;
  return detail::value_and_index<detail::scanned_fn<Index, Axis>, Index>(x);
}
template <int Axis, Operand X> constexpr auto cummin(const X& x) {
  using Index = detail::scan_fn<detail::Op::cummin, Axis>;
  return detail::value_and_index<detail::scanned_fn<Index, Axis>, Index>(x);
}

}  // namespace ETCH_ABI
}  // namespace etch
