// Norms of vectors: norm, dist, renorm and normalize, of any order; and the nuclear norm of matrices.
//
//   norm<1, ord<p>>(x) = (sum |x|^p)^(1/p)      0 counts what is not 0, inf and -inf are extrema; gradients at 0 are 0
#pragma once

#include <etch/ops/compare.hpp>
#include <etch/ops/reduce.hpp>
#include <etch/ops/svd.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace detail {

/// The sum of the singular values of the matrices that two axes hold.
template <auto... Option>
struct nuclear_norm_fn {
  template <class A>
  constexpr auto operator()(A given) const {
    using X = tracer_of<A>;
    using Axes = axes<X, Option...>;
    constexpr bool two_axes = Axes::in_range && __builtin_popcount(Axes::mask) == 2;
    if constexpr (!two_axes) {
      static_assert(two_axes, "etch: norm: the nuclear norm is one of two axes");
      return Poison{};
    } else {
      constexpr int first = __builtin_ctz(Axes::mask), second = 31 - __builtin_clz(Axes::mask);
      const auto s = of_matrix_fn<svdvals_fn>{}(movedim_fn<ints<first, second>, ints<-2, -1>>{}(X(given)));
      if constexpr (std::is_same_v<std::remove_const_t<decltype(s)>, Poison>) {
        return s;
      } else {
        using Rule = reduced<X, Axes::mask, Axes::keep>;
        Builder& b = *s.builder;
        return result_of<typename decltype(s)::value_type, Rule, X>{&b, b.reshape(reduce_fn<Op::sum, -1>{}(s).id, b.shape_of(Rule::value))};
      }
    }
  }
};

template <auto... Option>
struct norm_fn {
  template <class A>
  constexpr auto operator()(A given) const {
    if constexpr (reduce_options<Option...>().nuclear) return nuclear_norm_fn<Option...>{}(given);
    else return of_elements(given);
  }
  template <class A>
  static constexpr auto of_elements(A given) {
    const auto x = [&] {
      if constexpr (is_floating(dtype_of<typename A::value_type>)) return given;
      else if constexpr (is_complex(dtype_of<typename A::value_type>)) return abs(given);
      else return cast_fn<float>{}(given);
    }();
    using X = tracer_of<std::remove_const_t<decltype(x)>>;
    using Sum = reduce_fn<Op::sum, Option...>;
    constexpr double p = axes<X, Option...>::options.order;
    if constexpr (p == 0) return Sum{}(to<typename X::value_type>(x != 0));
    else if constexpr (p == 1) return Sum{}(abs(x));
    else if constexpr (p == 2) return root_of_squares(Sum{}(x * x));
    else if constexpr (p == inf) return reduce_fn<Op::amax, Option...>{}(abs(x));
    else if constexpr (p == -inf) return extremum_fn<Op::amin, Option...>{}(abs(x));
    else {  // what is 0 has no part in the gradient
      const auto a = abs(x);
      const auto none = a == 0;
      const auto s = Sum{}(where(none, p < 0 ? inf : 0.0, pow(where(none, 1, a), p)));
      if constexpr (std::is_same_v<std::remove_const_t<decltype(s)>, Poison>) {
        return s;
      } else {
        const auto zero = s == 0;
        return where(zero, s, pow(where(zero, 1, s), 1 / p));
      }
    }
  }
};
template <auto... Option>
struct dist_fn {
  template <class X, class Y>
  constexpr auto operator()(X x, Y y) const {
    constexpr bool numbers = !holds_bools<X> && !holds_bools<Y>;
    static_assert(numbers, "etch: dist: the operands must not be bools");
    if constexpr (numbers) return norm_fn<Option...>{}(x - y);
    else return Poison{};
  }
};
/// x over its norm, at least eps.
template <auto... Option>
struct normalize_fn {
  template <class X, class E>
  constexpr auto operator()(X x, E eps) const {
    if constexpr (is_half<typename X::value_type>) return rounded_once<typename X::value_type, normalize_fn>(x, eps);
    else return x / larger(norm_fn<keepdim, Option...>{}(x), eps);
  }
};

/// All axes but one.
template <class X, int Axis, auto... Option>
struct norm_but_fn {
  template <class Y, int... I>
  static constexpr auto over(Y y, std::integer_sequence<int, I...>) {
    constexpr int kept = axis_of(Axis, X::rank);
    return norm_fn<Option..., keepdim, (I < kept ? I : I + 1)...>{}(y);
  }
};
template <int Axis, auto... Option>
struct renorm_fn {
  template <class X, class L>
  constexpr auto operator()(X x, L most) const {
    constexpr bool fits = X::rank >= 2 && axis_of(Axis, X::rank) >= 0, positive = reduce_options<Option...>().order > 0;
    if constexpr (!fits || !positive) {
      static_assert(positive, "etch: renorm: the order must be positive");
      static_assert(fits, "etch: renorm: the input must have at least two dimensions, and the axis must be one of them");
      return Poison{};
    } else {
      const auto n = norm_but_fn<X, Axis, Option...>::over(x, std::make_integer_sequence<int, X::rank - 1>{});
      return x * where(n > most, most / (n + 1e-7), 1);
    }
  }
};

}  // namespace detail

/// The norm of all elements or along axes, of order 2: `norm(x)`, `norm<1>(x)`, `norm<0, 1, keepdim, ord<inf>>(x)`; the sum
/// of the singular values: `norm<nuclear>(x)`.
template <auto... Option, Operand X> constexpr auto norm(const X& x) { return apply<detail::norm_fn<Option...>>(x); }
template <auto... Option, Operand X> constexpr auto linalg_vector_norm(const X& x) { return norm<Option...>(x); }
/// The norm of a - b: `dist<ord<4>>(a, b)`.
template <auto... Option, Operand A, Operand B>
constexpr auto dist(const A& a, const B& b) {
  return apply<detail::dist_fn<Option...>>(a, b);
}
/// x over its norm along an axis or more, which is taken to be at least eps: `normalize<-1, ord<1>>(x)`.
template <int Axis = 1, auto... Option, Operand X, OperandOrNumber E = double>
constexpr auto normalize(const X& x, const E& eps = 1e-12) {
  return apply<detail::normalize_fn<Axis, Option...>>(x, eps);
}
/// Each part along an axis scaled down to a norm of at most `most`: `renorm<0, ord<1>>(x, 5.f)`.
template <int Axis, auto... Option, Operand X, OperandOrNumber L> constexpr auto renorm(const X& x, const L& most) {
  detail::must([](double d) { return d >= 0; }, "renorm", "the largest norm must not be negative", most);
  return apply<detail::renorm_fn<Axis, Option...>>(x, most);
}

}  // namespace ETCH_ABI
}  // namespace etch
