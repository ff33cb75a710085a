// Reductions over any axes: `sum(x)` over all, `sum<1>(x)` over one, `sum<0, -1>(x)` over several; `_keepdim` forms keep 1s.
#pragma once

#include <etch/ops/pointwise.hpp>

namespace etch {
inline namespace ETCH_ABI {

/// The axes of a reduction: none given means all.
template <class A, int... Axis>
struct axes {
  static constexpr bool in_range = ((axis_of(Axis, A::rank) >= 0) && ...);
  static constexpr unsigned bits() {
    if (sizeof...(Axis) == 0) return (1u << A::rank) - 1;
    unsigned m = 0;
    ((m |= in_range ? 1u << axis_of(Axis, A::rank) : 0u), ...);
    return m;
  }
  static constexpr unsigned mask = bits();
  static constexpr bool distinct = sizeof...(Axis) == 0 || !in_range || __builtin_popcount(mask) == static_cast<int>(sizeof...(Axis));
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
template <Op O, bool Keep, int... Axis>
struct reduce_fn {
  template <class A>
  constexpr auto operator()(A x) const {
    using X = detail::tracer_of<A>;
    using Axes = axes<X, Axis...>;
    if constexpr (!Axes::in_range || !Axes::distinct) {
      static_assert(Axes::in_range, "etch: reduce: axis out of range");
      static_assert(Axes::distinct, "etch: reduce: an axis is named twice");
      return Poison{};
    } else {
      using T = typename X::value_type;
      constexpr bool widen = (O == Op::sum || O == Op::prod) && is_integral(dtype_of<T>);
      using R = std::conditional_t<widen, std::int64_t, T>;
      using Rule = detail::reduced<X, Axes::mask, Keep>;
      Builder& b = *x.builder;
      const int r = b.reduce(O, b.cast(x.id, dtype_of<R>), Axes::mask);
      return result_of<R, Rule, X>{&b, b.reshape(r, b.shape_of(Rule::value))};
    }
  }
};

/// sum / n
template <bool Keep, int... Axis>
struct mean_fn {
  template <class A>
  constexpr auto operator()(A x) const {
    using X = detail::tracer_of<A>;
    using T = typename X::value_type;
    static_assert(!is_integral(dtype_of<T>), "etch: mean: the dtype must be floating");
    if constexpr (detail::is_half<T>) return cast_fn<T>{}((*this)(cast_fn<float>{}(x)));
    else return mean(x);
  }

 private:
  template <class A>
  static constexpr auto mean(A x) {
    using X = detail::tracer_of<A>;
    auto s = reduce_fn<Op::sum, Keep, Axis...>{}(x);
    if constexpr (!std::is_same_v<decltype(s), Poison>) {
      Builder& b = *x.builder;
      const int n = detail::count_node<X>(b, axes<X, Axis...>::mask, b.dtype(s.id));
      double value = 0;
      if (b.is_constant(n, value)) s.id = (Value{&b, s.id} * (1.0 / value)).id;
      else s.id = (Value{&b, s.id} / Value{&b, b.expand(n, b.shape(s.id))}).id;
    }
    return s;
  }
};

/// The sum of squared distances from the mean over n - Correction.
template <bool Keep, int Correction, int... Axis>
struct var_fn {
  template <class A>
  constexpr auto operator()(A x) const {
    using T = typename A::value_type;
    if constexpr (detail::is_half<T>) return cast_fn<T>{}((*this)(cast_fn<float>{}(x)));
    else if constexpr (detail::is_complex_type<T>) return variance(detail::real_fn{}(x)) + variance(detail::imag_fn{}(x));
    else return variance(x);
  }

 private:
  static constexpr auto variance(auto x) {
    const auto centred = x - mean_fn<true, Axis...>{}(x);
    auto s = reduce_fn<Op::sum, Keep, Axis...>{}(centred * centred);
    if constexpr (!std::is_same_v<decltype(s), Poison>) {
      using X = detail::tracer_of<decltype(x)>;
      Builder& b = *x.builder;
      const Value n = Value{&b, detail::count_node<X>(b, axes<X, Axis...>::mask, b.dtype(s.id))} - Correction;
      double value = 0;
      if (b.is_constant(n.id, value)) s.id = (Value{&b, s.id} * (1.0 / value)).id;
      else s.id = (Value{&b, s.id} / Value{&b, b.expand(n.id, b.shape(s.id))}).id;
    }
    return s;
  }
};

template <int... Axis, Operand X> constexpr auto sum(const X& x) { return apply<reduce_fn<Op::sum, false, Axis...>>(x); }
template <int... Axis, Operand X> constexpr auto prod(const X& x) { return apply<reduce_fn<Op::prod, false, Axis...>>(x); }
template <int... Axis, Operand X> constexpr auto amax(const X& x) { return apply<reduce_fn<Op::amax, false, Axis...>>(x); }
template <int... Axis, Operand X> constexpr auto amin(const X& x) { return apply<reduce_fn<Op::amin, false, Axis...>>(x); }
template <int... Axis, Operand X> constexpr auto mean(const X& x) { return apply<mean_fn<false, Axis...>>(x); }
template <int... Axis, Operand X> constexpr auto sum_keepdim(const X& x) { return apply<reduce_fn<Op::sum, true, Axis...>>(x); }
template <int... Axis, Operand X> constexpr auto amax_keepdim(const X& x) { return apply<reduce_fn<Op::amax, true, Axis...>>(x); }
template <int... Axis, Operand X> constexpr auto mean_keepdim(const X& x) { return apply<mean_fn<true, Axis...>>(x); }
/// The unbiased variance (divided by n - 1), as torch.var.
template <int... Axis, Operand X> constexpr auto var(const X& x) { return apply<var_fn<false, 1, Axis...>>(x); }

// The shift by the maximum cancels, so no gradient has to flow through it.
namespace detail {
template <int Axis>
struct softmax_fn {
  constexpr auto operator()(auto x) const {
    const auto e = exp(x - detach(amax_keepdim<Axis>(x)));
    return e / sum_keepdim<Axis>(e);
  }
};
template <int Axis>
struct log_softmax_fn {
  constexpr auto operator()(auto x) const {
    const auto d = x - detach(amax_keepdim<Axis>(x));
    return d - log(sum_keepdim<Axis>(exp(d)));
  }
};
template <int... Axis>
struct logsumexp_fn {
  constexpr auto operator()(auto x) const {
    const auto m = detach(reduce_fn<Op::amax, true, Axis...>{}(x));
    return reduce_fn<Op::amax, false, Axis...>{}(m + log(reduce_fn<Op::sum, true, Axis...>{}(exp(x - m))));
  }
};
}  // namespace detail

/// exp(x) / sum(exp(x)) along an axis, shifted by the maximum.
template <int Axis, Operand X> constexpr auto softmax(const X& x) { return apply<detail::softmax_fn<Axis>>(x); }
template <int Axis, Operand X> constexpr auto log_softmax(const X& x) { return apply<detail::log_softmax_fn<Axis>>(x); }
template <int... Axis, Operand X> constexpr auto logsumexp(const X& x) { return apply<detail::logsumexp_fn<Axis...>>(x); }

}  // namespace ETCH_ABI
}  // namespace etch
