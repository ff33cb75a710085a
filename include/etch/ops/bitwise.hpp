// Bits of integers and bools: & | ^ ~ << >>, gcd and lcm, the sign bit.
#pragma once

#include <etch/core/math.hpp>
#include <etch/core/vec.hpp>
#include <etch/ops/declare.hpp>
#include <etch/ops/pointwise.hpp>

namespace etch {
inline namespace ETCH_ABI {

namespace detail {
template <class T>
ETCH_INLINE T shifted_left(T a, T n) {
  using U = typename simd::detail::sized<sizeof(T)>::u;
  return static_cast<U>(n) < sizeof(T) * 8 ? static_cast<T>(static_cast<U>(a) << n) : T(0);
}
template <class T>
ETCH_INLINE T shifted_right(T a, T n) {
  using U = typename simd::detail::sized<sizeof(T)>::u;
  return static_cast<T>(a >> (static_cast<U>(n) < sizeof(T) * 8 ? n : static_cast<T>(sizeof(T) * 8 - 1)));
}
template <class T>
ETCH_INLINE T greatest_divisor(T a, T b) {
  using U = typename simd::detail::sized<sizeof(T)>::u;
  U x = a < 0 ? U(0) - static_cast<U>(a) : static_cast<U>(a), y = b < 0 ? U(0) - static_cast<U>(b) : static_cast<U>(b);
  while (y != 0) {
    const U r = x % y;
    x = y;
    y = r;
  }
  return static_cast<T>(x);
}
}  // namespace detail

namespace detail::op {
// A shift by less than 0 or by all bits leaves no bit but the sign's, as in PyTorch; C++ leaves it undefined.
template <>
struct special_row<Special::shift_left> : flat_special {
  template <class T, int L>
  static ETCH_INLINE auto value(simd::Vec<T, L> x, simd::Vec<T, L> n) {
    return simd::detail::each([](T a, T b) { return detail::shifted_left(a, b); }, x, n);
  }
};
template <>
struct special_row<Special::shift_right> : flat_special {
  template <class T, int L>
  static ETCH_INLINE auto value(simd::Vec<T, L> x, simd::Vec<T, L> n) {
    return simd::detail::each([](T a, T b) { return detail::shifted_right(a, b); }, x, n);
  }
};
template <>
struct special_row<Special::gcd> : flat_special {
  template <class T, int L>
  static ETCH_INLINE auto value(simd::Vec<T, L> x, simd::Vec<T, L> y) {
    return simd::detail::each([](T a, T b) { return detail::greatest_divisor(a, b); }, x, y);
  }
};
template <>
struct special_row<Special::signbit> : flat_special {
  template <class T, int L>
  static ETCH_INLINE simd::Mask<L> value(simd::Vec<T, L> x) {
    if constexpr (simd::detail::is_float<T>) {
      using I = typename simd::detail::sized<sizeof(T)>::i;
      return simd::bit_cast<I>(x) < simd::splat<I, L>(0);
    } else {
      return x < simd::splat<T, L>(T(0));
    }
  }
};
}  // namespace detail::op

namespace detail {
/// F on two integers, or bools where `Bools`.
template <class F, bool Bools>
struct of_integers_fn {
  template <class X>
  constexpr auto operator()(X x, X y) const {
    constexpr DType d = dtype_of<typename X::value_type>;
    constexpr bool integers = !is_floating(d) && (Bools || d != DType::boolean);
    if constexpr (!integers) {
      static_assert(integers, "etch: bitwise: operands must be integers, or bools where those have bits");
      return Poison{};
    } else {
      return F{}(x, y);
    }
  }
};
template <Op O>
struct bitwise_fn {
  template <class X>
  constexpr X operator()(X x, X y) const {
    return X{x.builder, x.builder->map(O, dtype_of<typename X::value_type>, x.id, y.id)};
  }
};
struct bitwise_not_fn {
  template <class X>
  constexpr auto operator()(X x) const {
    if constexpr (std::is_same_v<typename X::value_type, bool>) return !x;
    else return apply<pair_fn<of_integers_fn<bitwise_fn<Op::logical_xor>, true>>>(x, -1);
  }
};
struct lcm_fn {
  constexpr auto operator()(auto x, auto y) const {
    const auto g = special_fn<Special::gcd>{}(x, y);
    return abs(decltype(g){x.builder, x.builder->map(Op::div, x.builder->dtype(x.id), x.id, g.id)} * y);  // x / 0 is 0
  }
};
struct signbit_fn {
  template <class T, auto... D>
  constexpr auto operator()(Tracer<T, D...> x) const {
    if constexpr (std::is_same_v<T, bool>) return x && !x;
    else return special_fn<Special::signbit, bool>{}(x);
  }
};
template <Op O>
using bitwise = pair_fn<of_integers_fn<bitwise_fn<O>, true>>;
template <Special S>
using of_integers = pair_fn<of_integers_fn<special_fn<S>, false>>;
}  // namespace detail

ETCH_OPERATION2(bitwise_and, detail::bitwise<detail::Op::logical_and>)
ETCH_OPERATION2(bitwise_or, detail::bitwise<detail::Op::logical_or>)
ETCH_OPERATION2(bitwise_xor, detail::bitwise<detail::Op::logical_xor>)
ETCH_OPERATION1(bitwise_not, detail::bitwise_not_fn)
ETCH_OPERATION2(operator&, detail::bitwise<detail::Op::logical_and>)
ETCH_OPERATION2(operator|, detail::bitwise<detail::Op::logical_or>)
ETCH_OPERATION2(operator^, detail::bitwise<detail::Op::logical_xor>)
ETCH_OPERATION1(operator~, detail::bitwise_not_fn)
ETCH_OPERATION2(bitwise_left_shift, detail::of_integers<detail::Special::shift_left>)
ETCH_OPERATION2(bitwise_right_shift, detail::of_integers<detail::Special::shift_right>)
ETCH_OPERATION2(operator<<, detail::of_integers<detail::Special::shift_left>)
ETCH_OPERATION2(operator>>, detail::of_integers<detail::Special::shift_right>)
/// The greatest common divisor, not negative; gcd(0, 0) = 0.
ETCH_OF_TENSORS2(gcd, detail::of_integers<detail::Special::gcd>)
/// The least common multiple |x y| / gcd(x, y); 0 where one is 0.
ETCH_OF_TENSORS2(lcm, pair_fn<detail::of_integers_fn<detail::lcm_fn, false>>)
/// Whether the sign bit is set: below 0, -0.0, and NaN of that sign.
ETCH_OPERATION1(signbit, detail::signbit_fn)

}  // namespace ETCH_ABI
}  // namespace etch
