// Rounding and what is left over: round to decimals, frac, fmod's companion remainder, division with a rounding mode.
#pragma once

#include <etch/ops/declare.hpp>
#include <etch/ops/pointwise.hpp>

namespace etch {
inline namespace ETCH_ABI {

/// How a quotient is rounded: not at all, towards zero, towards minus infinity.
enum class Rounding { none, trunc, floor };

namespace detail {
template <class X>
constexpr bool holds_integers = is_integral(dtype_of<typename X::value_type>);

/// Whether a remainder lies on the other side of 0 than its divisor.
constexpr auto is_off(auto rest, auto divisor) { return rest != 0 && (rest < 0) != (divisor < 0); }

struct frac_fn {
  constexpr auto operator()(auto x) const { return x - trunc(x); }
};
struct round_decimals_fn {
  template <class X>
  constexpr auto operator()(X x, auto decimals) const {
    if constexpr (holds_integers<X>) {
      return x;
    } else {
      const auto power = pow(10, to<typename X::value_type>(abs(decimals)));
      return where(decimals >= 0, round(x * power) / power, round(x / power) * power);
    }
  }
};
/// x - y floor(x / y), with the sign of y; exact, as fmod is.
struct remainder_fn {
  constexpr auto operator()(auto x, auto y) const {
    const auto r = fmod(x, y);
    return where(is_off(r, y), r + y, r);
  }
};
/// floor(x / y) of the exact quotient: what is left over by the exact remainder, not by a rounded quotient. No gradient.
struct floor_divide_fn {
  template <class X>
  constexpr auto operator()(X x, X y) const {
    x = detach(x);
    y = detach(y);
    if constexpr (holds_integers<X>) {
      const X q{x.builder, x.builder->map(Op::div, dtype_of<typename X::value_type>, x.id, y.id)};
      return where(is_off(x - q * y, y), q - 1, q);
    } else {
      const auto rest = fmod(x, y), quotient = x / y;
      const auto near = (x - rest) / y, exact = where(is_off(rest, y), near - 1, near);
      const auto down = floor(exact), whole = where(exact - down > 0.5, down + 1, down);
      return where(y == 0, quotient, where(exact == 0, quotient * 0, whole));  // a zero has the quotient's sign
    }
  }
};
/// trunc(x / y) of the quotient as the dtype holds it, as PyTorch's vectors round it. No gradient.
struct trunc_divide_fn {
  template <class X>
  constexpr auto operator()(X x, X y) const {
    if constexpr (holds_integers<X>) return X{x.builder, x.builder->map(Op::div, dtype_of<typename X::value_type>, x.id, y.id)};
    else return cast_fn<typename X::value_type>{}(trunc(widened(cast_fn<typename X::value_type>{}(widened(detach(x)) / widened(detach(y))))));
  }
};
template <Rounding R>
struct divide_fn {
  constexpr auto operator()(auto x, auto y) const {
    if constexpr (R == Rounding::none) return x / y;
    else if constexpr (R == Rounding::trunc) return pair_fn<trunc_divide_fn>{}(x, y);
    else return pair_fn<floor_divide_fn>{}(x, y);
  }
};
}  // namespace detail

/// x / y; `div<Rounding::floor>(x, y)` and `div<Rounding::trunc>(x, y)` round, and leave integers integers.
template <Rounding R = Rounding::none, OperandOrNumber A, OperandOrNumber B>
  requires(Operand<A> || Operand<B>)
constexpr auto div(const A& a, const B& b) {
  return apply<detail::divide_fn<R>>(a, b);
}
template <Rounding R = Rounding::none, OperandOrNumber A, OperandOrNumber B>
  requires(Operand<A> || Operand<B>)
constexpr auto divide(const A& a, const B& b) {
  return apply<detail::divide_fn<R>>(a, b);
}
ETCH_OPERATION2(true_divide, detail::divide_fn<Rounding::none>)
/// floor(x / y)
ETCH_OPERATION2(floor_divide, pair_fn<detail::floor_divide_fn>)
/// x - y floor(x / y): the sign is y's (fmod's is x's)
ETCH_OPERATION2(remainder, pair_fn<detail::remainder_fn>)
ETCH_OPERATION2(operator%, pair_fn<detail::remainder_fn>)
/// x - trunc(x)
ETCH_OPERATION1(frac, detail::frac_fn)
/// x rounded to so many decimals, ties to even; below 0, to tens, hundreds, ...
template <Operand X, OperandOrNumber N>
constexpr auto round(const X& x, const N& decimals) {
  return apply<detail::round_decimals_fn>(x, decimals);
}
/// trunc(x)
template <Operand X>
constexpr auto fix(const X& x) {
  return trunc(x);
}

}  // namespace ETCH_ABI
}  // namespace etch
