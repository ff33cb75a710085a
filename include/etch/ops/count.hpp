// Reductions of conditions: any, all, count_nonzero, and nansum and nanmean, which leave out what is not a number.
#pragma once

#include <etch/ops/reduce.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace detail {

/// Whether an element is (not) zero; bools are not compared, which would take them through eight-byte integers.
template <class X>
constexpr auto is_zero(X x) {
  if constexpr (std::is_same_v<typename X::value_type, bool>) return !x;
  else return x == 0;
}
template <class X>
constexpr auto is_not_zero(X x) {
  if constexpr (std::is_same_v<typename X::value_type, bool>) return x;
  else return x != 0;
}
template <auto... Option>
struct any_fn {
  template <class X>
  constexpr auto operator()(X x) const {
    const auto r = reduce_fn<Op::amax, Option...>{}(is_not_zero(x));
    using R = std::conditional_t<std::is_same_v<typename X::value_type, std::uint8_t>, std::uint8_t, bool>;  // as PyTorch's
    if constexpr (std::is_same_v<std::remove_const_t<decltype(r)>, Poison>) return r;
    else return cast_fn<R>{}(r);
  }
};
template <auto... Option>
struct all_fn {
  template <class X>
  constexpr auto operator()(X x) const {
    const auto r = reduce_fn<Op::amax, Option...>{}(is_zero(x));
    using R = std::conditional_t<std::is_same_v<typename X::value_type, std::uint8_t>, std::uint8_t, bool>;
    if constexpr (std::is_same_v<std::remove_const_t<decltype(r)>, Poison>) return r;
    else return cast_fn<R>{}(!r);
  }
};
template <auto... Option>
struct count_nonzero_fn {
  constexpr auto operator()(auto x) const { return reduce_fn<Op::sum, Option...>{}(is_not_zero(x)); }
};
template <auto... Option>
struct nansum_fn {
  constexpr auto operator()(auto x) const { return reduce_fn<Op::sum, Option...>{}(where(isnan(x), 0, x)); }
};
template <auto... Option>
struct nanmean_fn {
  template <class X>
  constexpr auto operator()(X x) const {
    static_assert(is_floating(dtype_of<typename X::value_type>), "etch: nanmean: the dtype must be floating");
    return nansum_fn<Option...>{}(x) / to<typename X::value_type>(reduce_fn<Op::sum, Option...>{}(!isnan(x)));
  }
};

}  // namespace detail

/// Whether any element is not 0, or all are; along axes where they are given.
template <auto... Option, Operand X> constexpr auto any(const X& x) { return apply<detail::any_fn<Option...>>(x); }
template <auto... Option, Operand X> constexpr auto all(const X& x) { return apply<detail::all_fn<Option...>>(x); }
template <auto... Option, Operand X> constexpr auto count_nonzero(const X& x) { return apply<detail::count_nonzero_fn<Option...>>(x); }
/// Sum and mean of what is a number.
template <auto... Option, Operand X> constexpr auto nansum(const X& x) { return apply<detail::nansum_fn<Option...>>(x); }
template <auto... Option, Operand X> constexpr auto nanmean(const X& x) { return apply<detail::nanmean_fn<Option...>>(x); }

}  // namespace ETCH_ABI
}  // namespace etch
