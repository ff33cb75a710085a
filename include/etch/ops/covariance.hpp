// Covariance and correlation of the rows of a matrix.
#pragma once

#include <etch/graph/contraction.hpp>
#include <etch/ops/complex.hpp>
#include <etch/ops/contract.hpp>
#include <etch/ops/reduce.hpp>
#include <etch/ops/shape.hpp>

#include <cstddef>

namespace etch {
inline namespace ETCH_ABI {

/// One weight for each observation (column) of X: counts, or real numbers.
template <bool Frequencies, bool Weights, class X, class... W>
struct cov_weights {
  static constexpr bool match = (((W::rank == 1) && agree(W::dims(X::rank)[0], X::dims(0)[1])) && ...);
  static constexpr bool check() {
    const DType dtype[] = {dtype_of<typename W::value_type>..., DType::boolean};
    if (Frequencies && (!is_integral(dtype[0]) || dtype[0] == DType::boolean)) return false;
    return !Weights || is_floating(dtype[sizeof...(W) - 1]);
  }
  static constexpr bool have_dtypes = check();
};

namespace detail {

/// The rows of x are variables, its columns observations; weights count or weigh the observations.
template <bool Frequencies, bool Weights>
struct cov_fn {
  /// A weight in the dtype that is computed in; negative ones are an error when the program runs.
  template <class R, class W>
  static constexpr auto not_negative(W weight) {
    weight.id = weight.builder->demand(Demand::weights, Asker::cov, weight.id);
    return cast_fn<R>{}(weight);
  }
  template <class X, class C, class... W>
  constexpr auto operator()(X x, C correction, W... weight) const {
    constexpr bool fits = X::rank <= 2, numbers = !holds_bools<X>;
    if constexpr (!fits || !numbers) {
      static_assert(fits, "etch: cov: the operand must be a matrix or a vector");
      static_assert(numbers, "etch: cov: the dtype must not be bool");
      return Poison{};
    } else if constexpr (X::rank == 2) {
      using T = std::conditional_t<is_integral(dtype_of<typename X::value_type>), float, typename X::value_type>;
      using R = real_type<T>;
      const auto v = cast_fn<T>{}(x);
      const auto rest = cast_fn<R>{}(Tracer<typename C::value_type>{correction.builder, correction.id});
      if constexpr (sizeof...(W) == 0) {
        const auto n = Tracer<R>{x.builder, count_node<X>(*x.builder, 2u, dtype_of<R>)};
        const auto centred = v - mean_fn<1, keepdim>{}(v);
        return squeezed(matmul_fn{}(centred, conj_fn{}(transpose_fn<0, 1>{}(centred))) / larger(n - rest, 0));
      } else {
        using Rule = cov_weights<Frequencies, Weights, X, W...>;
        if constexpr (!Rule::match) {
          static_assert(Rule::match, "etch: cov: there must be one weight for each observation");
          return Poison{};
        } else if constexpr (!Rule::have_dtypes) {
          static_assert(Rule::have_dtypes, "etch: cov: fweights must be integers, and aweights floating");
          return Poison{};
        } else {
          return weighted(v, rest, not_negative<R>(weight)...);
        }
      }
    } else if constexpr (X::rank == 1) {
      return (*this)(unsqueeze_fn<0>{}(x), correction, weight...);
    } else {
      return (*this)(unsqueeze_fn<0>{}(unsqueeze_fn<0>{}(x)), correction, weight...);
    }
  }
  /// The product of the weights, and what all weigh.
  template <class R, class... W>
  static constexpr auto weighted(auto v, R rest, W... weight) {
    const auto w = (... * weight);
    const auto total = reduce_fn<Op::sum>{}(w);
    const auto centred = v - reduce_fn<Op::sum, 1, keepdim>{}(v * w) / total;
    const auto product = matmul_fn{}(centred * w, conj_fn{}(transpose_fn<0, 1>{}(centred)));
    if constexpr (!Weights) return squeezed(product / larger(total - rest, 0));
    else return squeezed(product / larger(total - rest * reduce_fn<Op::sum>{}(w * last_of(weight...)) / total, 0));
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
      if constexpr (is_complex_type<typename C::value_type>) return complex_fn{}(smaller(larger(real_fn{}(r), -1), 1), smaller(larger(imag_fn{}(r), -1), 1));
      else return smaller(larger(r, -1), 1);
    }
  }
};

}  // namespace detail

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
