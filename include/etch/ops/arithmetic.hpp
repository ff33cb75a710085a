// Arithmetic composed of the pointwise table: scaled sums, bounds, interpolation, signs, angles, parts of a float.
#pragma once

#include <etch/core/math.hpp>
#include <etch/core/vec.hpp>
#include <etch/ops/addcmul.hpp>
#include <etch/ops/bitwise.hpp>
#include <etch/ops/declare.hpp>
#include <etch/ops/pointwise.hpp>

namespace etch {
inline namespace ETCH_ABI {

namespace detail::op {
// The bounds: NaN in either stays; at the bound x receives the gradient, where one is NaN neither does.
template <>
struct special_row<Special::clamp_min> {
  template <class V>
  static ETCH_INLINE V value(V x, V low) { return max(x, low); }
  static constexpr Value derivative(int which, Value a, Value b, Value, Value dy) {
    return choose(compare(which == 0 ? Op::ge : Op::lt, a, b), dy, dy.number(0));
  }
};
template <>
struct special_row<Special::clamp_max> {
  template <class V>
  static ETCH_INLINE V value(V x, V high) { return min(x, high); }
  static constexpr Value derivative(int which, Value a, Value b, Value, Value dy) {
    return choose(compare(which == 0 ? Op::le : Op::gt, a, b), dy, dy.number(0));
  }
};
/// |x| with the sign bit of y.
template <>
struct special_row<Special::copysign> {
  template <class T, int L>
  static ETCH_INLINE simd::Vec<T, L> value(simd::Vec<T, L> x, simd::Vec<T, L> y) {
    return simd::detail::signed_by(abs(x), simd::detail::sign_of(y));
  }
  static constexpr Value derivative(int which, Value a, Value, Value y, Value dy) {
    if (which == 1) return dy.number(0);
    return choose(compare(Op::eq, a, a.number(0)), dy.number(0), dy * (y / a));
  }
};
/// sqrt(x^2 + y^2); where squares leave the range in which nothing is lost, the larger times sqrt(1 + ratio^2).
template <>
struct special_row<Special::hypot> {
  template <class T, int L>
  static ETCH_INLINE simd::Vec<T, L> value(simd::Vec<T, L> x, simd::Vec<T, L> y) {
    const auto square = fma(x, x, y * y);
    if (__builtin_expect(simd::detail::all_within(square, T(sizeof(T) == 4 ? 0x1p-100 : 0x1p-900), T(__builtin_huge_val())), 1)) return sqrt(square);
    const auto infinite = simd::splat<T, L>(T(__builtin_huge_val()));
    const auto a = abs(x), b = abs(y), large = max(a, b), ratio = min(a, b) / large;
    const auto r = large * sqrt(fma(ratio, ratio, simd::splat<T, L>(T(1))));
    return select((a == infinite) | (b == infinite), infinite, select(large == simd::splat<T, L>(T(0)), large, r));
  }
  static constexpr Value derivative(int which, Value a, Value b, Value y, Value dy) { return hypot_rule(which, a, b, y, dy); }
};
/// log(e^x + e^y) = max + log(1 + e^-|x - y|)
template <>
struct special_row<Special::logaddexp> {
  template <class T, int L>
  static ETCH_INLINE simd::Vec<T, L> value(simd::Vec<T, L> x, simd::Vec<T, L> y) {
    const auto apart = select(x == y, simd::splat<T, L>(T(0)), abs(x - y));  // two equal infinities, too
    return greater(x, y) + simd::detail::log1p_exp(apart);                   // NaN comes with the distance
  }
  static constexpr Value derivative(int which, Value a, Value b, Value, Value dy) {
    return dy * apply_map(Op::sigmoid, which == 0 ? a - b : b - a);
  }
};
/// log2(2^x + 2^y)
template <>
struct special_row<Special::logaddexp2> {
  template <class T, int L>
  static ETCH_INLINE simd::Vec<T, L> value(simd::Vec<T, L> x, simd::Vec<T, L> y) {
    const auto r = max(x, y) + log1p(exp2(-abs(x - y))) * T(1.44269504088896340736);
    return select(x == y, x + T(1), r);
  }
  static constexpr Value derivative(int which, Value a, Value b, Value, Value dy) {
    return dy * apply_map(Op::sigmoid, (which == 0 ? a - b : b - a) * ln2);
  }
};
/// The next number from x in the direction of y.
template <>
struct special_row<Special::nextafter> {
  template <class T, int L>
  static ETCH_INLINE simd::Vec<T, L> value(simd::Vec<T, L> x, simd::Vec<T, L> y) {
    if constexpr (sizeof(T) == 4) return simd::detail::each([](T a, T b) { return __builtin_nextafterf(a, b); }, x, y);
    else return simd::detail::each([](T a, T b) { return __builtin_nextafter(a, b); }, x, y);
  }
  static constexpr Value derivative(int which, Value a, Value b, Value, Value dy) {
    return which == 0 ? choose(compare(Op::eq, a, b), dy.number(0), dy) : dy.number(0);
  }
};
}  // namespace detail::op

namespace detail {
/// x in floating point: integers and bools as float32.
template <class X>
constexpr auto as_floating(X x) {
  return to<type_of<operand_dtype(Kind::floating, dtype_of<typename X::value_type>)>>(x);
}

// ---- scaled sums -----------------------------------------------------------------------------------------------------

/// Whether a factor fits the operands: integers are not scaled by a fraction.
template <DType Common, class Factor>
struct factor {
  static constexpr bool fits = !is_integral(Common) || is_integral(dtype_of<typename Factor::value_type>);
};
/// x + alpha y in the operands' dtype, or x - alpha y.
template <bool Subtract>
struct add_scaled_fn {
  template <class X, class Y, class A>
  constexpr auto operator()(X x, Y y, A alpha) const {
    constexpr DType d = common_dtype<X, Y>();
    using Factor = factor<d, A>;
    if constexpr (!Factor::fits) {
      static_assert(Factor::fits || Subtract, "etch: add: alpha must be an integer where the operands are");
      static_assert(Factor::fits || !Subtract, "etch: sub: alpha must be an integer where the operands are");
      return Poison{};
    } else if constexpr (Subtract && (holds_bools<X> || holds_bools<Y>)) {
      return x - y;  // refused
    } else {
      const auto scaled = to<type_of<d>>(y) * to<type_of<d>>(alpha);
      if constexpr (Subtract) return x - scaled;
      else return x + scaled;
    }
  }
};

// ---- bounds ----------------------------------------------------------------------------------------------------------

template <Special S>
struct bounded_fn {  // of bools the larger is `or`, the smaller `and`
  template <class X, class L>
  constexpr auto operator()(X x, L bound) const {
    if constexpr (common_dtype<X, L>() != DType::boolean) return pair_with(x, bound, special_fn<S>{});
    else if constexpr (S == Special::clamp_min) return x || bound;
    else return x && bound;
  }
};
using clamp_min_fn = bounded_fn<Special::clamp_min>;
using clamp_max_fn = bounded_fn<Special::clamp_max>;
struct clamp_fn {
  template <class L, class H>
  constexpr auto operator()(auto x, L low, H high) const {
    if constexpr (is_weak<L> || is_weak<H>) return clamp_max_fn{}(clamp_min_fn{}(x, low), high);
    else return clamp_max_fn{}(clamp_min_fn{}(x, where(low < high, low, detach(low))), high);  // equal bounds receive nothing
  }
};

// ---- the rest --------------------------------------------------------------------------------------------------------

struct square_fn {
  template <class X>
  constexpr auto operator()(X x) const {
    if constexpr (std::is_same_v<typename X::value_type, bool>) return (*this)(to<std::int64_t>(x));
    else return x * x;
  }
};
/// x + w (y - x); from y's side where |w| >= 1/2, so that 1 gives y. Of halves in float, since w may be a number.
struct lerp_fn {
  template <class X, class Y, class W>
  constexpr auto operator()(X x, Y y, W w) const {
    using T = type_of<common_dtype<X, Y>()>;
    constexpr bool can_hold = is_complex_type<T> || !is_complex_type<typename W::value_type>;
    if constexpr (!can_hold) {
      static_assert(can_hold, "etch: lerp: a weight of real numbers must be real");
      return Poison{};
    } else {
      return between<T>(x, y, w);
    }
  }
  template <class T>
  static constexpr auto between(auto x, auto y, auto w) {
    const auto near = abs(w) < 0.5;
    if constexpr (is_half<T>) return to<T>(between<float>(to<float>(x), to<float>(y), w));
    else return where(near, x, y) + (y - x) * to<T>(where(near, w, w - 1));
  }
};
/// Of complex numbers: from the one with the larger real part.
struct logaddexp_fn {
  template <class X>
  constexpr auto operator()(X x, X y) const {
    if constexpr (is_complex(dtype_of<typename X::value_type>)) {
      const auto first = real_fn{}(x) >= real_fn{}(y);
      const auto larger = where(first, x, y), smaller = where(first, y, x);
      return larger + log1p(exp(smaller - larger));
    } else {
      return special_fn<Special::logaddexp>{}(x, y);
    }
  }
};
struct heaviside_fn {
  template <class X>
  constexpr auto operator()(X x, X at_zero) const { return where(x == 0, at_zero, to<typename X::value_type>(x > 0)); }
};
struct ldexp_fn {
  constexpr auto operator()(auto x, auto n) const { return x * exp2(n); }
};
struct float_power_fn {
  template <class X>
  using wide = std::conditional_t<is_complex_type<typename X::value_type>, etch::complex<double>, double>;
  template <class X, class Y>
  constexpr auto operator()(X x, Y y) const {
    return pow(to<wide<X>>(x), to<wide<Y>>(y));
  }
};
/// An angle in another unit.
template <bool Degrees>
struct angle_unit_fn {
  template <class X>
  constexpr auto operator()(X x) const {
    constexpr bool real = !is_complex_type<typename X::value_type>;
    if constexpr (!real) {
      static_assert(real || Degrees, "etch: deg2rad: an angle is no complex number");
      static_assert(real || !Degrees, "etch: rad2deg: an angle is no complex number");
      return Poison{};
    } else {
      return as_floating(x) * (Degrees ? 57.295779513082320877 : 0.017453292519943295769);
    }
  }
};
struct positive_fn {
  template <class X>
  constexpr auto operator()(X x) const {
    constexpr bool has_a_sign = !holds_bools<X>;
    if constexpr (!has_a_sign) {
      static_assert(has_a_sign, "etch: positive: bools have no sign");
      return Poison{};
    } else {
      return x;
    }
  }
};

constexpr double largest(DType d) {
  switch (d) {
    case DType::float16: return 65504;
    case DType::bfloat16: return 0x1.fep+127;
    case DType::float32: return 0x1.fffffep+127;
    default: return 0x1.fffffffffffffp+1023;
  }
}
struct nan_to_num_fn {
  template <class X>
  constexpr auto operator()(X x, auto nan, auto... infinite) const {
    if constexpr (!is_floating(dtype_of<typename X::value_type>)) return x;
    else return where(isnan(x), nan, finite(x, infinite...));
  }
  static constexpr auto finite(auto x, auto above, auto below) {
    constexpr double inf = __builtin_huge_val();
    return where(x == inf, above, where(x == -inf, below, x));
  }
  template <class X>
  static constexpr auto finite(X x, auto above) { return finite(x, above, -largest(dtype_of<typename X::value_type>)); }
  template <class X>
  static constexpr auto finite(X x) { return finite(x, largest(dtype_of<typename X::value_type>)); }
};

/// x = mantissa 2^exponent with 1/2 <= |mantissa| < 1. The logarithm may miss by one next to a power of two.
struct frexp_exponent_fn {
  constexpr auto operator()(auto x) const {
    const auto a = abs(detach(x));
    const auto guess = floor(log2(a)) + 1;
    const auto m = scaled(a, guess), e = guess + to<typename decltype(m)::value_type>(m >= 1) - to<typename decltype(m)::value_type>(m < 0.5);
    return where(a > 0 && a < __builtin_huge_val(), e, 0);
  }
  /// x 2^-e in two steps, as 2^-e itself may overflow
  static constexpr auto scaled(auto x, auto e) {
    const auto half = trunc(e * 0.5);
    return x * exp2(-half) * exp2(half - e);
  }
};
struct frexp_mantissa_fn {
  constexpr auto operator()(auto x) const { return frexp_exponent_fn::scaled(x, frexp_exponent_fn{}(x)); }
};
struct frexp_int_fn {
  constexpr auto operator()(auto x) const { return to<std::int32_t>(frexp_exponent_fn{}(x)); }
};
}  // namespace detail

/// x + alpha y and x - alpha y
ETCH_OPERATION3(add, detail::add_scaled_fn<false>)
ETCH_OPERATION3(sub, detail::add_scaled_fn<true>)
/// y - x and y - alpha x
template <Operand A, OperandOrNumber B>
constexpr auto rsub(const A& x, const B& y) {
  return sub(y, x);
}
template <Operand A, OperandOrNumber B, OperandOrNumber C>
constexpr auto rsub(const A& x, const B& y, const C& alpha) {
  return sub(y, x, alpha);
}
/// min(max(x, low), high); NaN in any stays, and at a bound x receives the gradient.
ETCH_OF_TENSORS3(1, clamp, detail::clamp_fn)
ETCH_OF_TENSORS3(1, clip, detail::clamp_fn)
ETCH_OF_TENSOR2(clamp_min, detail::clamp_min_fn)
ETCH_OF_TENSOR2(clamp_max, detail::clamp_max_fn)

/// x * x
ETCH_OPERATION1(square, detail::square_fn)
/// x + weight (y - x)
ETCH_OF_TENSORS3(2, lerp, detail::lerp_fn)
/// |x| with y's sign
ETCH_OF_TENSOR2(copysign, pair_fn<special_fn<detail::Special::copysign>, Kind::floating>)
/// 0 below 0, 1 above, `at_zero` at 0
ETCH_OF_TENSORS2(heaviside, pair_fn<detail::heaviside_fn>)
/// sqrt(x^2 + y^2)
ETCH_OF_TENSORS2(hypot, pair_fn<special_fn<detail::Special::hypot>, Kind::floating>)
/// log(e^x + e^y) and log2(2^x + 2^y)
ETCH_OF_TENSORS2(logaddexp, pair_fn<detail::logaddexp_fn, Kind::floating>)
ETCH_OF_TENSORS2(logaddexp2, pair_fn<special_fn<detail::Special::logaddexp2>, Kind::floating>)
/// The next number from x in the direction of y
ETCH_OF_TENSORS2(nextafter, pair_fn<special_fn<detail::Special::nextafter>, Kind::floating>)
/// x 2^n
ETCH_OF_TENSORS2(ldexp, detail::ldexp_fn)
/// x^y in double
ETCH_OPERATION2(float_power, detail::float_power_fn)
ETCH_OPERATION1(deg2rad, detail::angle_unit_fn<false>)
ETCH_OPERATION1(rad2deg, detail::angle_unit_fn<true>)
ETCH_OPERATION1(positive, detail::positive_fn)

/// x with NaN and the infinities replaced, by 0 and the largest numbers where nothing else is given
template <Operand X, OperandOrNumber N = int, OperandOrNumber... I>
constexpr auto nan_to_num(const X& x, const N& nan = 0, const I&... infinite) {
  return apply<detail::nan_to_num_fn>(x, nan, infinite...);
}

/// Both parts of a float: `auto [mantissa, exponent] = frexp(x)`.
template <class M, class E>
struct Frexp {
  M mantissa;
  E exponent;
};
template <Operand X>
constexpr auto frexp(const X& x) {
  constexpr bool floating = is_floating(dtype_of<typename X::value_type>);
  if constexpr (!floating) {
    static_assert(floating, "etch: frexp: the dtype must be floating");
    return Frexp<Poison, Poison>{};
  } else {
    const auto m = apply<detail::frexp_mantissa_fn>(x);
    const auto e = apply<detail::frexp_int_fn>(x);
    return Frexp<std::remove_const_t<decltype(m)>, std::remove_const_t<decltype(e)>>{m, e};
  }
}

// ---- other names -----------------------------------------------------------------------------------------------------

#define ETCH_SAME1(name, other)     \
  template <Operand X>              \
  constexpr auto name(const X& x) { \
    return other(x);                \
  }
#define ETCH_SAME2(name, other)                   \
  template <OperandOrNumber A, OperandOrNumber B> \
    requires(Operand<A> || Operand<B>)            \
  constexpr auto name(const A& a, const B& b) {   \
    return other(a, b);                           \
  }
// clang-format off
ETCH_SAME1(absolute, abs)   ETCH_SAME1(negative, neg)
ETCH_SAME1(arccos, acos)    ETCH_SAME1(arcsin, asin)    ETCH_SAME1(arctan, atan)
ETCH_SAME1(arccosh, acosh)  ETCH_SAME1(arcsinh, asinh)  ETCH_SAME1(arctanh, atanh)
ETCH_SAME2(subtract, sub)   ETCH_SAME2(multiply, mul)   ETCH_SAME2(arctan2, atan2)
// clang-format on
#undef ETCH_SAME1
#undef ETCH_SAME2

}  // namespace ETCH_ABI
}  // namespace etch
