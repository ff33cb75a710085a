// The inverse of expand: the axes along which a smaller shape repeats itself are summed.
//
//   sum_to_size<3, 1>(x)[i, 0] = sum over j of x[i, j]      axes that D lacks at the front are summed too
#pragma once

#include <etch/ops/reduce.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace detail {
template <class X, auto... D>
struct summed_to {
  static constexpr Dims value = dims_of<D...>(X::rank);
  static constexpr int lead = X::rank - value.rank;
  static constexpr bool fits() {
    const Dims x = X::dims(0);
    bool ok = lead >= 0;
    for (int i = 0; ok && i < value.rank; ++i) ok = value[i].is(1) || agree(x[i + lead], value[i]);
    return ok;
  }
  static constexpr bool sizes_agree_or_are_one = fits();
  static constexpr unsigned bits() {
    const Dims x = X::dims(0);
    unsigned m = 0;
    for (int i = 0; i < x.rank; ++i)
      if (i < lead || (value[i - lead].is(1) && !x[i].is(1))) m |= 1u << i;
    return m;
  }
};

template <auto... D>
struct sum_to_size_fn {
  template <class X>
  constexpr auto operator()(X x) const {
    using Rule = summed_to<X, D...>;
    if constexpr (!Rule::sizes_agree_or_are_one) {
      static_assert(Rule::sizes_agree_or_are_one, "etch: sum_to_size: each size must be 1 or the input's, and there must be no more of them");
      return Poison{};
    } else {
      using T = typename X::value_type;
      using R = std::conditional_t<(Rule::bits() != 0 || sizeof...(D) == 0) && is_integral(dtype_of<T>), std::int64_t, T>;
      Builder& b = *x.builder;
      const int wide = b.cast(x.id, dtype_of<R>), sum = Rule::bits() == 0 ? wide : b.reduce(Op::sum, wide, Rule::bits());
      return result_of<R, Rule, X>{&b, b.reshape(sum, b.shape_of(Rule::value))};
    }
  }
};
}  // namespace detail

/// x summed to the shape D, from which it expands: `sum_to_size<3, 1>(x)`.
template <auto... D, Operand X> constexpr auto sum_to_size(const X& x) { return apply<detail::sum_to_size_fn<D...>>(x); }

}  // namespace ETCH_ABI
}  // namespace etch
