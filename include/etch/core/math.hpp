// Elementary functions of Vec<float, L> and Vec<double, L>: reduce the argument, a minimax polynomial, scale back.
#pragma once

#include <etch/core/config.hpp>
#include <etch/core/vec.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace simd {
namespace detail {

// The layout of a floating type, and Cody and Waite's parts of ln 2, of pi / 2: the products n * hi are exact.
template <class T>
struct Ieee;
template <>
struct Ieee<float> {
  using I = std::int32_t;
  static constexpr int mantissa = 23;
  static constexpr I bias = 127, root_half = 0x3f3504f3, infinity = 0x7f800000, nan = 0x7fc00000, sign = I(1) << 31;
  static constexpr float magic = 0x1.8p23F;  // x + magic: x rounded, its low bits the integer
  static constexpr float tiny = 0x1p-126F, up = 0x1p24F;
  static constexpr float ln2_hi = 0x1.62e4p-1F, ln2_lo = 0x1.7f7d1cp-20F;
  static constexpr float exp_low = -104, exp_high = 89;
};
template <>
struct Ieee<double> {
  using I = std::int64_t;
  static constexpr int mantissa = 52;
  static constexpr I bias = 1023, root_half = 0x3fe6a09e667f3bcd, infinity = 0x7ff0000000000000,
                     nan = 0x7ff8000000000000, sign = I(1) << 63;
  static constexpr double magic = 0x1.8p52;
  static constexpr double tiny = 0x1p-1022, up = 0x1p54;
  static constexpr double ln2_hi = 0x1.62e42feep-1, ln2_lo = 0x1.a39ef35793c76p-33;
  static constexpr double exp_low = -746, exp_high = 710;
};
template <class T>
using Int = typename Ieee<T>::I;
template <class T>
using Uint = typename sized<sizeof(T)>::u;
template <class T>
inline constexpr T infinity = __builtin_bit_cast(T, Ieee<T>::infinity);
template <class T>
inline constexpr T nan = __builtin_bit_cast(T, Ieee<T>::nan);

/// Horner's rule, highest coefficient first.
template <class T, int L, class... C>
ETCH_INLINE Vec<T, L> poly(Vec<T, L> x, double first, C... rest) {
  Vec<T, L> r = splat<T, L>(static_cast<T>(first));
  ((r = fma(r, x, static_cast<T>(rest))), ...);
  return r;
}

template <class T, int L>
ETCH_INLINE Vec<T, L> sign_of(Vec<T, L> x) {
  return bit_cast<T>(bit_cast<Int<T>>(x) & Ieee<T>::sign);
}
// |m| is given the sign bits s, which come from sign_of.
template <class T, int L>
ETCH_INLINE Vec<T, L> signed_by(Vec<T, L> m, Vec<T, L> s) {
  return bit_cast<T>(bit_cast<Int<T>>(m) | bit_cast<Int<T>>(s));
}
// x within [low, high]; NaN stays.
template <class T, int L>
ETCH_INLINE Vec<T, L> clamp(Vec<T, L> x, T low, T high) {
  x = select(x < low, splat<T, L>(low), x);
  return select(x > high, splat<T, L>(high), x);
}

// 2^n for an integral n in the range of normal exponents.
template <class T, int L>
ETCH_INLINE Vec<T, L> power_of_two(Vec<T, L> n) {
  using F = Ieee<T>;
  return bit_cast<T>((bit_cast<Int<T>>(n + F::magic) + F::bias) << Int<T>(F::mantissa));
}
// To the nearest integer, ties to even, of |x| < 2^22 (2^51).
template <class T, int L>
ETCH_INLINE Vec<T, L> nearest(Vec<T, L> x) {
#if defined(__FAST_MATH__)  // which would cancel the sum
  return round(x);
#else
  return (x + Ieee<T>::magic) - Ieee<T>::magic;
#endif
}
// p 2^n; results may overflow or become subnormal.
template <class T, int L>
ETCH_INLINE Vec<T, L> scale(Vec<T, L> p, Vec<T, L> n) {
  if constexpr (requires { scale_native(p, n); }) return scale_native(p, n);
  const Vec<T, L> half = nearest(n * T(0.5));
  return p * power_of_two(half) * power_of_two(n - half);
}

// x = n ln 2 + r, |r| <= ln 2 / 2.
template <class T, int L>
struct ExpParts {
  Vec<T, L> n, r;
};
template <class T, int L>
ETCH_INLINE ExpParts<T, L> reduce_exp(Vec<T, L> x) {
  const Vec<T, L> n = nearest(x * T(1.4426950408889634));
  return {n, fma(n, -Ieee<T>::ln2_lo, fma(n, -Ieee<T>::ln2_hi, x))};
}
// exp(r) - 1 on that interval.
template <class T, int L>
ETCH_INLINE Vec<T, L> expm1_core(Vec<T, L> r) {
  Vec<T, L> q;
  if constexpr (sizeof(T) == 4)
    q = poly(r, 0x1.6ac7a6p-10, 0x1.123dc2p-7, 0x1.555856p-5, 0x1.55548cp-3, 0x1.fffffcp-2);
  else
    q = poly(r, 0x1.ae07361000637p-26, 0x1.28af0ff6953adp-22, 0x1.71dee0fd66ca1p-19, 0x1.a019986dc8fa1p-16,
             0x1.a01a01413ac03p-13, 0x1.6c16c184b8d03p-10, 0x1.1111111124c5ap-7, 0x1.5555555550607p-5,
             0x1.5555555555503p-3, 0x1.000000000000ap-1);
  return fma(r * r, q, r);
}

// x = 2^k m, sqrt(1/2) <= m < sqrt(2), of a normal x; s = 2^-k where |k| is not extreme.
template <class T, int L>
struct LogParts {
  Vec<T, L> k, m, s;
};
template <class T, int L>
ETCH_INLINE LogParts<T, L> split_log(Vec<T, L> x) {
  using F = Ieee<T>;
  using I = Int<T>;
  const auto u = bit_cast<Uint<T>>(x) + static_cast<Uint<T>>((F::bias << F::mantissa) - F::root_half);
  const auto e = bit_cast<I>(u >> Uint<T>(F::mantissa));
  const auto m = bit_cast<I>(u & Uint<T>((I(1) << F::mantissa) - 1)) + F::root_half;
  const auto k = bit_cast<T>(e + __builtin_bit_cast(I, F::magic)) - (F::magic + T(F::bias));
  return {k, bit_cast<T>(m), bit_cast<T>((2 * F::bias - e) << I(F::mantissa))};
}
// log(1 + f) - f for sqrt(1/2) <= 1 + f < sqrt(2).
template <class T, int L>
ETCH_INLINE Vec<T, L> log_tail(Vec<T, L> f) {
  if constexpr (sizeof(T) == 4) {
    const auto q = poly(f, -0x1.3906a2p-4, 0x1.057566p-3, -0x1.0d8268p-3, 0x1.22d644p-3, -0x1.547228p-3, 0x1.99a034p-3,
                        -0x1.000228p-2, 0x1.555554p-2);
    return f * f * fma(f, q, T(-0.5));
  } else {  // 2 atanh(f / (2 + f)), as in fdlibm
    const auto s = f / (f + T(2)), z = s * s, h = T(0.5) * f * f;
    const auto q =
        poly(z, 1.479819860511658591e-01, 1.531383769920937332e-01, 1.818357216161805012e-01, 2.222219843214978396e-01,
             2.857142874366239149e-01, 3.999999999940941908e-01, 6.666666666666735130e-01);
    return s * fma(z, q, h) - h;
  }
}
// The logarithms' values where x is not a positive finite number.
template <class T, int L>
ETCH_INLINE Vec<T, L> log_edges(Vec<T, L> x, Vec<T, L> r) {
  r = select(x == infinity<T>, x, r);
  return select(x > T(0), r, select(x == T(0), splat<T, L>(-infinity<T>), splat<T, L>(nan<T>)));
}
// k and log(1 + f) of any positive x; subnormal x are scaled up first.
template <class T, int L>
ETCH_INLINE LogParts<T, L> log_parts(Vec<T, L> x) {
  using F = Ieee<T>;
  const Mask<L> small = x < F::tiny;
  LogParts<T, L> p = split_log(select(small, x * F::up, x));
  p.k = p.k - select(small, splat<T, L>(T(F::mantissa == 23 ? 24 : 54)), splat<T, L>(0));
  return p;
}

}  // namespace detail

/// e^x, within 1 ulp, subnormal results included.
template <class T, int L>
ETCH_INLINE Vec<T, L> exp(Vec<T, L> x) {
  using F = detail::Ieee<T>;
  const auto [n, r] = detail::reduce_exp(detail::clamp(x, F::exp_low, F::exp_high));
  return detail::scale(detail::expm1_core(r) + T(1), n);
}

/// e^x - 1, accurate near 0.
template <class T, int L>
ETCH_INLINE Vec<T, L> expm1(Vec<T, L> x) {
  using F = detail::Ieee<T>;
  const auto [n, r] = detail::reduce_exp(detail::clamp(x, T(-50), F::exp_high));
  const auto half = detail::power_of_two(n - T(1));  // 2^n may overflow where e^x does not
  const auto h = fma(half, detail::expm1_core(r), half - T(0.5));
  return detail::signed_by(h + h, detail::sign_of(x));
}

/// The natural logarithm, within 1 ulp; log(0) = -inf, NaN below.
template <class T, int L>
ETCH_INLINE Vec<T, L> log(Vec<T, L> x) {
  using F = detail::Ieee<T>;
  const auto p = detail::log_parts(x);
  const auto f = p.m - T(1);
  return detail::log_edges(x, fma(p.k, F::ln2_hi, f + fma(p.k, F::ln2_lo, detail::log_tail(f))));
}

/// log(1 + x), accurate near 0.
template <class T, int L>
ETCH_INLINE Vec<T, L> log1p(Vec<T, L> x) {
  using F = detail::Ieee<T>;
  const auto u = x + T(1);
  const auto p = detail::split_log(u);
  // (1 + x) 2^-k - 1 with one rounding, which 1 + x alone would lose.
  const auto f = select(u < F::up, fma(x, p.s, p.s - T(1)), p.m - T(1));
  const auto r = fma(p.k, F::ln2_hi, f + fma(p.k, F::ln2_lo, detail::log_tail(f)));
  return detail::signed_by(detail::log_edges(u, r), detail::sign_of(x));
}

/// 1 / (1 + e^-x); below zero e^x / (1 + e^x), so that nothing overflows.
template <class T, int L>
ETCH_INLINE Vec<T, L> sigmoid(Vec<T, L> x) {
  const auto e = exp(-abs(x));
  return select(x < T(0), e, splat<T, L>(1)) / (e + T(1));
}

/// The hyperbolic tangent: an odd polynomial below 0.625, 1 - 2 / (e^2x + 1) above.
template <class T, int L>
ETCH_INLINE Vec<T, L> tanh(Vec<T, L> x) {
  const auto a = abs(x), z = x * x;
  Vec<T, L> q;
  if constexpr (sizeof(T) == 4)
    q = detail::poly(z, -0x1.754d90p-8, 0x1.52029cp-6, -0x1.b8365cp-5, 0x1.1106f6p-3, -0x1.555532p-2);
  else
    q = detail::poly(z, -0x1.0db56d8afcd1bp-16, 0x1.439729497fa38p-14, -0x1.df5773be9af60p-13, 0x1.336638339acdbp-11,
                     -0x1.7d68a47da8b01p-10, 0x1.d6cf27b983c3cp-9, -0x1.226e1625bc9adp-7, 0x1.664f477a800d8p-6,
                     -0x1.ba1ba1b503da5p-5, 0x1.111111110ac91p-3, -0x1.55555555554ffp-2);
  const auto small = fma(a * z, q, a);
  const auto big = T(1) - T(2) / (exp(a + a) + T(1));
  return detail::signed_by(select(a < T(0.625), small, big), detail::sign_of(x));
}

/// The error function: x P(x^2) below 0.92 (1 in double), 1 - e^-P(x) above.
template <class T, int L>
ETCH_INLINE Vec<T, L> erf(Vec<T, L> x) {
  const auto a = abs(x), z = x * x;
  Vec<T, L> q, e;
  if constexpr (sizeof(T) == 4) {
    q = detail::poly(z, 0x1.5713f8p-14, -0x1.a803bap-11, 0x1.5476e6p-8, -0x1.b8043ep-6, 0x1.ce2d76p-4, -0x1.812740p-2,
                     0x1.06eba8p-3);
    e = detail::poly(select(a > T(4), splat<T, L>(4), a), -0x1.985f6ap-13, 0x1.8d59cap-9, -0x1.6b6ad8p-6, 0x1.a952c0p-4,
                     0x1.464a56p-1, 0x1.20ab68p+0, 0x1.b830c6p-13);
  } else {
    q = detail::poly(z, -0x1.9e6d0c1998001p-31, 0x1.d29f7597e3155p-27, -0x1.5b5fc4176e501p-23, 0x1.b964461f9cb86p-20,
                     -0x1.f4c77dab024c7p-17, 0x1.f9a28b92fe0a9p-14, -0x1.c02dae44a9063p-11, 0x1.565bccec02e77p-8,
                     -0x1.b82ce31194af9p-6, 0x1.ce2f21a03f3fep-4, -0x1.812746b037997p-2, 0x1.06eba8214db68p-3);
    e = detail::poly(select(a > T(6), splat<T, L>(6), a), 0x1.565b2e6ca80eap-38, -0x1.bc48ba3ef2637p-33,
                     0x1.0b52a887bf410p-28, -0x1.8a914298147ddp-25, 0x1.8cd2495e78f06p-22, -0x1.1bd885e34e91fp-19,
                     0x1.1fdba5923d0f4p-17, -0x1.7a0a85f25e7d3p-16, 0x1.478ad5a543bafp-16, 0x1.1e60edeaf421ep-13,
                     -0x1.954c83e07b54cp-11, 0x1.f70a8eb8e4597p-10, -0x1.b1a120fee756cp-12, -0x1.37199aef05384p-6,
                     0x1.a4ab276da640cp-4, 0x1.45f635aec6684p-1, 0x1.20dd1e2f359e9p+0, 0x1.138e5a4030a24p-21);
  }
  const auto [n, r] = detail::reduce_exp(-e);
  const auto big = T(1) - detail::power_of_two(n) * (detail::expm1_core(r) + T(1));
  return detail::signed_by(select(a < T(sizeof(T) == 4 ? 0.921875 : 1), fma(a, q, a), big), detail::sign_of(x));
}

}  // namespace simd
}  // namespace ETCH_ABI
}  // namespace etch
