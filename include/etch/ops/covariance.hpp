// Small matrices' own: trace, cross product, covariance and correlation.
#pragma once

#include <etch/graph/contraction.hpp>
#include <etch/ops/complex.hpp>
#include <etch/ops/contract.hpp>
#include <etch/ops/reduce.hpp>
#include <etch/ops/shape.hpp>

#include <cstddef>

namespace etch {
inline namespace ETCH_ABI {
namespace detail {

struct trace_fn {
  template <class X>
  constexpr auto operator()(X x) const {
    constexpr bool matrix = X::rank == 2;
    if constexpr (!matrix) {
      static_assert(matrix, "etch: trace: the operand must be a matrix");
      return Poison{};
    } else {
      return reduce_fn<Op::sum>{}(diagonal_fn<0, 0, 1>{}(x));
    }
  }
};

/// The first axis of size 3, torch.cross's default.
constexpr int no_axis = 1 << 20;
constexpr int axis_of_three(const Dims& d) {
  for (int i = 0; i < d.rank; ++i)
    if (d[i].is(3)) return i;
  return -1;
}
/// x[1], x[2], x[0] along an axis, `by` times.
constexpr int turned(Builder& b, int x, int axis, int by) {
  const int whole = b.empty(b.shape(x), b.dtype(x));
  const int head = b.slice(x, axis, by, 3 - by, 1), tail = b.slice(x, axis, 0, by, 1);
  return b.place(b.place(whole, head, axis, 0, 1), tail, axis, 3 - by, 1);
}
template <int Axis>
struct cross_fn {
  template <class A, class B>
  constexpr auto operator()(A x, B y) const {
    using Rule = broadcast<A, B>;
    if constexpr (!Rule::agree_or_are_one) {
      static_assert(Rule::agree_or_are_one, "etch: cross: sizes must agree or be 1");
      return Poison{};
    } else {
      constexpr int axis = Axis == no_axis ? axis_of_three(Rule::value) : axis_of(Axis, Rule::value.rank);
      constexpr bool three = axis >= 0 && Rule::value[axis < 0 ? 0 : axis].is(3);
      if constexpr (!three) {
        static_assert(three, "etch: cross: the axis must have size 3");
        return Poison{};
      } else {
        constexpr DType d = common_dtype<A, B>();
        Builder& b = *x.builder;
        const Shape s = b.shape_of(Rule::value);
        const int p = b.expand(b.cast(x.id, d), s), q = b.expand(b.cast(y.id, d), s);
        const Value p1{&b, turned(b, p, axis, 1)}, p2{&b, turned(b, p, axis, 2)}, q1{&b, turned(b, q, axis, 1)}, q2{&b, turned(b, q, axis, 2)};
        return result_of<type_of<d>, Rule, A, B>{&b, (p1 * q2 - p2 * q1).id};
      }
    }
  }
};

/// The rows of x are variables, its columns observations; weights count or weigh the observations.
template <bool Frequencies, bool Weights>
struct cov_fn {
  template <class X, class C, class... W>
  constexpr auto operator()(X x, C correction, W... weight) const {
    constexpr bool fits = X::rank <= 2 && ((W::rank == 1) && ...);
    if constexpr (!fits) {
      static_assert(fits, "etch: cov: the operand must be a matrix or a vector, and weights vectors");
      return Poison{};
    } else if constexpr (X::rank == 2) {
      using T = std::conditional_t<is_integral(dtype_of<typename X::value_type>), float, typename X::value_type>;
      using R = real_type<T>;
      const auto v = cast_fn<T>{}(x);
      const auto rest = cast_fn<R>{}(Tracer<typename C::value_type>{correction.builder, correction.id});
      if constexpr (sizeof...(W) == 0) {
        const auto n = Tracer<R>{x.builder, count_node<X>(*x.builder, 2u, dtype_of<R>)};
        const auto centred = v - mean_fn<1, keepdim>{}(v);
        return squeezed(matmul_fn{}(centred, conj_fn{}(transpose_fn<0, 1>{}(centred))) / maximum(n - rest, 0));
      } else {
        const auto w = (... * cast_fn<R>{}(weight));
        const auto total = reduce_fn<Op::sum>{}(w);
        const auto centred = v - reduce_fn<Op::sum, 1, keepdim>{}(v * w) / total;
        const auto product = matmul_fn{}(centred * w, conj_fn{}(transpose_fn<0, 1>{}(centred)));
        if constexpr (!Weights) {
          return squeezed(product / maximum(total - rest, 0));
        } else {
          const auto last = cast_fn<R>{}(last_of(weight...));
          return squeezed(product / maximum(total - rest * reduce_fn<Op::sum>{}(w * last) / total, 0));
        }
      }
    } else if constexpr (X::rank == 1) {
      return (*this)(unsqueeze_fn<0>{}(x), correction, weight...);
    } else {
      return (*this)(unsqueeze_fn<0>{}(unsqueeze_fn<0>{}(x)), correction, weight...);
    }
  }
  static constexpr auto last_of(auto w) { return w; }
  static constexpr auto last_of(auto, auto w) { return w; }
  /// One variable has a variance, not a matrix.
  template <class X>
  static constexpr auto squeezed(X x) {
    if constexpr (X::dims(0)[0].is(1)) return squeeze_fn<0>{}(squeeze_fn<0>{}(x));
    else return x;
  }
};
struct corrcoef_fn {
  constexpr auto operator()(auto x) const {
    const auto c = cov_fn<false, false>{}(x, Tracer<std::int64_t>{x.builder, x.builder->constant(1, DType::int64)});
    using C = std::remove_cvref_t<decltype(c)>;
    if constexpr (std::is_same_v<C, Poison>) {
      return Poison{};
    } else if constexpr (C::rank == 0) {
      return c / c;
    } else {
      const auto deviation = sqrt(real_fn{}(diagonal_fn<0, 0, 1>{}(c)));
      const auto r = c / unsqueeze_fn<1>{}(deviation) / deviation;
      if constexpr (is_complex_type<typename C::value_type>) return complex_fn{}(minimum(maximum(real_fn{}(r), -1), 1), minimum(maximum(imag_fn{}(r), -1), 1));
      else return minimum(maximum(r, -1), 1);
    }
  }
};

}  // namespace detail

/// The sum of a matrix's diagonal.
template <Operand X> constexpr auto trace(const X& x) { return apply<detail::trace_fn>(x); }
/// The cross product along an axis of size 3: the first such, or the one named.
template <Operand A, Operand B> constexpr auto cross(const A& a, const B& b) { return apply<detail::cross_fn<detail::no_axis>>(a, b); }
template <int Axis, Operand A, Operand B> constexpr auto cross(const A& a, const B& b) { return apply<detail::cross_fn<Axis>>(a, b); }
/// The covariance of the rows of x, divided by n - correction; `nullptr` stands for a weight left out, as in
/// `cov(x, 1, nullptr, aweights)`.
template <Operand X, OperandOrNumber C = int> constexpr auto cov(const X& x, const C& correction = 1) { return apply<detail::cov_fn<false, false>>(x, correction); }
template <Operand X, OperandOrNumber C, Operand F> constexpr auto cov(const X& x, const C& correction, const F& fweights) { return apply<detail::cov_fn<true, false>>(x, correction, fweights); }
template <Operand X, OperandOrNumber C, Operand F, Operand W>
constexpr auto cov(const X& x, const C& correction, const F& fweights, const W& aweights) {
  return apply<detail::cov_fn<true, true>>(x, correction, fweights, aweights);
}
template <Operand X, OperandOrNumber C, Operand W>
constexpr auto cov(const X& x, const C& correction, std::nullptr_t, const W& aweights) {
  return apply<detail::cov_fn<false, true>>(x, correction, aweights);
}
/// Pearson's correlation of the rows of x.
template <Operand X> constexpr auto corrcoef(const X& x) { return apply<detail::corrcoef_fn>(x); }

}  // namespace ETCH_ABI
}  // namespace etch
