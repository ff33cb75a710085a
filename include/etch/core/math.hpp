// Elementary functions of Vec<float, L> and Vec<double, L>: reduce the argument, a minimax polynomial, scale back.
#pragma once

#include <etch/core/config.hpp>
#include <etch/core/math_parts.hpp>
#include <etch/core/vec.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace simd {
#if !defined(ETCH_CPU_EIGEN)  // the Eigen form brings its own exp, log, tanh, sin and cos
/// e^x, within 1 ulp, subnormal results included.
template <class T, int L> ETCH_INLINE Vec<T, L> exp(Vec<T, L> x) {
  using F = detail::Ieee<T>;
  const auto p = detail::reduce_exp<2 * F::bias>(detail::clamp(x, F::exp_low, F::exp_high));
  return detail::scale(splat<T, L>(1), detail::expm1_core(p.r), p);
}

/// The natural logarithm, within 1 ulp; log(0) = -inf, NaN below.
template <class T, int L> ETCH_INLINE Vec<T, L> log(Vec<T, L> x) {
  using F = detail::Ieee<T>;
  return detail::log_of(x, [](auto k, auto f) { return fma(k, F::ln2_hi, f + fma(k, F::ln2_lo, detail::log_tail(f))); });
}

/// The hyperbolic tangent: an odd polynomial near zero; above, (d - 2) / d for d = e^2x + 1, of which the difference is exact.
template <class T, int L> ETCH_INLINE Vec<T, L> tanh(Vec<T, L> x) {
  using F = detail::Ieee<T>;
  constexpr bool single = sizeof(T) == 4;
  const auto a = abs(x), z = x * x, twice = detail::at_most(a + a, T(single ? 20 : 40));  // where the result is 1
  Vec<T, L> q;
  if constexpr (single)
    q = detail::poly(z, 0x1.2c066ep-6, -0x1.b5c0aep-5, 0x1.11004ep-3, -0x1.55552cp-2);
  else
    q = detail::poly(z, -0x1.0db56d8afcd1bp-16, 0x1.439729497fa38p-14, -0x1.df5773be9af60p-13, 0x1.336638339acdbp-11,
                     -0x1.7d68a47da8b01p-10, 0x1.d6cf27b983c3cp-9, -0x1.226e1625bc9adp-7, 0x1.664f477a800d8p-6,
                     -0x1.ba1ba1b503da5p-5, 0x1.111111110ac91p-3, -0x1.55555555554ffp-2);
  auto p = detail::split_exp<F::bias>(twice, T(1.4426950408889634));
  if constexpr (single && detail::fused) p.r = fma(p.n, T(-0x1.62e430p-1), twice);  // the error of a large n does not matter
  else p = detail::reduce_exp<F::bias>(twice);
  const auto s = detail::power<T>(p.bits), d = fma(s, detail::expm1_core(p.r), s + T(1));
  return detail::signed_by(select(a < T(single ? 0.425 : 0.625), fma(a * z, q, a), (d - T(2)) / d), detail::sign_of(x));
}

/// The sine and the cosine, within 2.5 ulp also near their zeros; the C library's where a lane exceeds 8192 (1e6).
template <class T, int L> ETCH_INLINE Vec<T, L> sin(Vec<T, L> x) {
  const auto a = abs(x);
  if (__builtin_expect(any(a > detail::largest_angle<T>), 0)) return detail::sincos_far(x, false);
  if constexpr (sizeof(T) == 4) return detail::flip_sign(detail::sin_half<false>(a), detail::sign_of(x));
  else return detail::flip_sign(detail::sin_quarter(a, 0), detail::sign_of(x));
}
template <class T, int L> ETCH_INLINE Vec<T, L> cos(Vec<T, L> x) {
  if (__builtin_expect(any(abs(x) > detail::largest_angle<T>), 0)) return detail::sincos_far(x, true);
  if constexpr (sizeof(T) == 4) return detail::sin_half<true>(x);
  else return detail::sin_quarter(x, 1);
}
#endif

/// e^x - 1, accurate near 0.
template <class T, int L> ETCH_INLINE Vec<T, L> expm1(Vec<T, L> x) {
  using F = detail::Ieee<T>;
  const auto p = detail::reduce_exp<F::bias - 1>(detail::clamp(x, T(-50), F::exp_high));
  const auto half = detail::power<T>(p.bits);  // of 2^n, which may overflow where e^x does not
  const auto h = fma(half, detail::expm1_core(p.r), half - T(0.5));
  return detail::signed_by(h + h, detail::sign_of(x));
}

/// log(1 + x), accurate near 0.
template <class T, int L> ETCH_INLINE Vec<T, L> log1p(Vec<T, L> x) {
  using F = detail::Ieee<T>;
  const auto u = x + T(1);
  const auto p = detail::split_log(u);
  // (1 + x) 2^-k - 1 with one rounding, which 1 + x alone would lose.
  const auto f = select(u < F::up, fma(x, p.s, p.s - T(1)), p.m - T(1));
  const auto r = fma(p.k, F::ln2_hi, f + fma(p.k, F::ln2_lo, detail::log_tail(f)));
  return detail::signed_by(detail::log_is_rare(u) ? detail::log_edges(u, r) : r, detail::sign_of(x));
}

namespace detail {
/// log(1 + e^-a) for a >= 0 where e^-a is a normal number, and 0 above.
template <class T, int L> ETCH_INLINE Vec<T, L> log1p_exp(Vec<T, L> a) {
  const auto zero = splat<T, L>(0);
  const T last = T(sizeof(T) == 4 ? 87 : 708);
  const auto u = select(a > last, zero, exp_normal(-at_most(a, last)));
  const Mask<L> large = u > T(0.41421356237309505);
  const auto f = select(large, fma(u, T(0.5), splat<T, L>(T(-0.5))), u);
  return select(large, splat<T, L>(T(0.69314718055994530942)), zero) + (f + log_tail(f));
}
}  // namespace detail

/// 1 / (1 + e^-x); where that leaves the normal numbers by e^-|x|, below zero e^x / (1 + e^x).
template <class T, int L> ETCH_INLINE Vec<T, L> sigmoid(Vec<T, L> x) {
#if !defined(ETCH_CPU_EIGEN)
  using F = detail::Ieee<T>;
  if (__builtin_expect(!any(bit_cast<detail::Int<T>>(T(sizeof(T) == 4 ? 87 : 708) - abs(x)) < detail::Int<T>(0)), 1)) {
    const auto p = detail::reduce_exp<F::bias>(-x);
    const auto s = detail::power<T>(p.bits);
    return T(1) / (fma(s, detail::expm1_core(p.r), T(1)) + s);
  }
#endif
  const auto e = exp(-abs(x));
  return select(x < T(0), e, splat<T, L>(1)) / (e + T(1));
}

/// The error function: x P(x^2) below 1, 1 - P(x) above; in double 1 - e^-P(x).
template <class T, int L> ETCH_INLINE Vec<T, L> erf(Vec<T, L> x) {
  const auto a = abs(x), z = x * x;
  Vec<T, L> q, tail;
  if constexpr (sizeof(T) == 4) {
    q = detail::poly_pairs(z, 0x1.4771fcp-14, -0x1.a3515ep-11, 0x1.53f224p-8, -0x1.b7f71ap-6, 0x1.ce2ce6p-4, -0x1.81273ep-2, 0x1.06eba8p-3);
    tail = detail::poly_halves(detail::at_most(a, T(4)) - T(2.5), -0x1.b25e0ep-21, -0x1.f2727ep-22, 0x1.fa9dccp-17, -0x1.2e3246p-16, -0x1.4c650ep-14, 0x1.1c813ap-12,
                              -0x1.122198p-12, -0x1.264874p-11, 0x1.6ef108p-9, -0x1.9053d8p-8, 0x1.1a85f4p-7, -0x1.11ad0cp-7, 0x1.64e4e8p-8, -0x1.1d7f5cp-9, 0x1.aab802p-12);
  } else {
    q = detail::poly(z, -0x1.9e6d0c1998001p-31, 0x1.d29f7597e3155p-27, -0x1.5b5fc4176e501p-23, 0x1.b964461f9cb86p-20,
                     -0x1.f4c77dab024c7p-17, 0x1.f9a28b92fe0a9p-14, -0x1.c02dae44a9063p-11, 0x1.565bccec02e77p-8,
                     -0x1.b82ce31194af9p-6, 0x1.ce2f21a03f3fep-4, -0x1.812746b037997p-2, 0x1.06eba8214db68p-3);
    tail = detail::exp_normal(-detail::poly(detail::at_most(a, T(6)), 0x1.565b2e6ca80eap-38, -0x1.bc48ba3ef2637p-33, 0x1.0b52a887bf410p-28,
                     -0x1.8a914298147ddp-25, 0x1.8cd2495e78f06p-22, -0x1.1bd885e34e91fp-19, 0x1.1fdba5923d0f4p-17,
                     -0x1.7a0a85f25e7d3p-16, 0x1.478ad5a543bafp-16, 0x1.1e60edeaf421ep-13, -0x1.954c83e07b54cp-11,
                     0x1.f70a8eb8e4597p-10, -0x1.b1a120fee756cp-12, -0x1.37199aef05384p-6, 0x1.a4ab276da640cp-4,
                     0x1.45f635aec6684p-1, 0x1.20dd1e2f359e9p+0, 0x1.138e5a4030a24p-21));
  }
  return detail::signed_by(select(a < T(1), fma(a, q, a), T(1) - tail), detail::sign_of(x));
}

namespace detail {
// The normal distribution's tail in float: 1 - Phi(2 h) = t / 2 for t = (1 + h S(h))^-4, within 5e-7 of itself near 0 and 4e-5 far out,
// and phi(2 h) = t M(h). S goes term by term, so that the last decides where they overflow: there t is 0.
template <int L> struct NormalTail { Vec<float, L> h, t; };
template <int L> ETCH_INLINE NormalTail<L> normal_tail(Vec<float, L> x) {
  const auto h = at_most(abs(x) * 0.5F, 500.0F);
  const auto s = poly(h, 0x1.8ae974p-10, -0x1.b9789p-7, 0x1.c6ba4p-5, -0x1.07f8ecp-3, 0x1.8a85dp-3, -0x1.674de2p-3,
                      0x1.08f2b6p-3, 0x1.8ea034p-11, 0x1.8f54cp-4, 0x1.aba028p-3, 0x1.978894p-2, 0x1.9883c6p-2);
  const auto q = fma(h, s, splat<float, L>(1)), square = q * q;
  return {h, 1.0F / (square * square)};
}
}  // namespace detail

/// x Phi(x), and its derivative Phi(x) + x phi(x): what both need is computed once where both are wanted.
template <class T, int L> ETCH_INLINE Vec<T, L> gelu(Vec<T, L> x) {
  if constexpr (sizeof(T) == 4) {
    const auto p = detail::normal_tail(x);
    return fma(-p.h, p.t, fma(x, splat<T, L>(0.5F), abs(x) * 0.5F));
  } else {
    return x * ((erf(x * T(0.70710678118654752440)) + T(1)) * T(0.5));
  }
}
template <class T, int L> ETCH_INLINE Vec<T, L> gelu_grad(Vec<T, L> x) {
  if constexpr (sizeof(T) == 4) {
    const auto p = detail::normal_tail(x);
    const auto m = detail::poly(p.h, -0x1.8e8186p-13, 0x1.f96924p-10, -0x1.f97198p-8, 0x1.b8d5acp-7, 0x1.f76b84p-9, -0x1.427776p-4,
                                0x1.bf7db4p-3, 0x1.45ec76p-1, 0x1.9884c4p-2);
    const auto half = p.t * T(0.5);
    return fma(x * p.t, m, select(x < T(0), half, T(1) - half));
  } else {
    const auto u = x * T(0.70710678118654752440);
    return fma(x * T(0.39894228040143267794), exp(-(u * u)), (erf(u) + T(1)) * T(0.5));
  }
}

/// 2^x.
template <class T, int L> ETCH_INLINE Vec<T, L> exp2(Vec<T, L> x) {
  using F = detail::Ieee<T>;
  const T low = T(-F::bias - F::mantissa - 2), high = T(F::bias + 2);
  x = detail::clamp(x, low, high);
  const auto p = detail::split_exp<2 * F::bias>(x, T(1));
  return detail::scale(splat<T, L>(1), detail::expm1_core((x - p.n) * T(0.6931471805599453)), p);
}

/// The logarithms to the bases 2 and 10, powers of the base exact.
template <class T, int L> ETCH_INLINE Vec<T, L> log2(Vec<T, L> x) {
  return detail::log_of(x, [](auto k, auto f) { return fma(f + detail::log_tail(f), T(1.4426950408889634), k); });
}
template <class T, int L> ETCH_INLINE Vec<T, L> log10(Vec<T, L> x) {
  const T hi = T(sizeof(T) == 4 ? 0x1.344p-2 : 0x1.34413509f7p-2);  // log10(2), short enough for k hi to be exact
  const T lo = T(sizeof(T) == 4 ? 0x1.3509f8p-18 : 0x1.3fde623e2566bp-43);
  return detail::log_of(x, [=](auto k, auto f) { return fma(k, hi, fma(k, lo, (f + detail::log_tail(f)) * T(0.4342944819032518))); });
}

// The rare ones go lane by lane through the C library.
#define ETCH_SIMD_LANEWISE(name)                                                                      \
  template <class T, int L> ETCH_INLINE Vec<T, L> name(Vec<T, L> a) {                                 \
    if constexpr (sizeof(T) == 4) return detail::each([](T x) { return __builtin_##name##f(x); }, a); \
    else return detail::each([](T x) { return __builtin_##name(x); }, a);                             \
  }
ETCH_SIMD_LANEWISE(cbrt)
ETCH_SIMD_LANEWISE(tan)
ETCH_SIMD_LANEWISE(asin)
ETCH_SIMD_LANEWISE(acos)
ETCH_SIMD_LANEWISE(atan)
ETCH_SIMD_LANEWISE(sinh)
ETCH_SIMD_LANEWISE(cosh)
ETCH_SIMD_LANEWISE(asinh)
ETCH_SIMD_LANEWISE(acosh)
ETCH_SIMD_LANEWISE(atanh)
ETCH_SIMD_LANEWISE(erfc)
ETCH_SIMD_LANEWISE(lgamma)
#undef ETCH_SIMD_LANEWISE
#define ETCH_SIMD_LANEWISE(name)                                                                                 \
  template <class T, int L> ETCH_INLINE Vec<T, L> name(Vec<T, L> a, Vec<T, L> b) {                               \
    if constexpr (sizeof(T) == 4) return detail::each([](T x, T y) { return __builtin_##name##f(x, y); }, a, b); \
    else return detail::each([](T x, T y) { return __builtin_##name(x, y); }, a, b);                             \
  }
ETCH_SIMD_LANEWISE(atan2)
ETCH_SIMD_LANEWISE(fmod)
#undef ETCH_SIMD_LANEWISE

}  // namespace simd
}  // namespace ETCH_ABI
}  // namespace etch

#include <etch/core/math_inverse.hpp>  // of floats, in terms of the functions above
#include <etch/core/math_avx512.hpp>   // the same, in place of some of them

namespace etch {
inline namespace ETCH_ABI {
namespace simd {

/// The remainder of integers with the sign of x, and integer powers, which wrap; a power below 0 is 1 / x^-y towards zero.
template <class T, int L>
requires(!detail::is_float<T>) ETCH_INLINE Vec<T, L> fmod(Vec<T, L> x, Vec<T, L> y) { return x % y; }
template <class T, int L>
requires(!detail::is_float<T>) ETCH_INLINE Vec<T, L> pow(Vec<T, L> x, Vec<T, L> y) {
  return detail::each([](T a, T n) { return detail::integer_power(a, n); }, x, y);
}

/// 1 / sqrt(x), both exactly rounded.
template <class T, int L> ETCH_INLINE Vec<T, L> rsqrt(Vec<T, L> x) { return T(1) / sqrt(x); }

/// x^y with the edges of C's pow; float within 0.6 ulp, double lane by lane through the C library; x^2 and x^3 by products.
template <int L> ETCH_INLINE Vec<float, L> pow(Vec<float, L> x, Vec<float, L> y) {
  if (!any(y != 2.0F)) return x * x;
  if (!any(y != 3.0F)) return x * x * x;
  const auto a = abs(x);
  const auto zero = splat<float, L>(0), one = splat<float, L>(1), inf = splat<float, L>(detail::infinity<float>);
  auto r = detail::pow_positive(a, y);
  r = select(a == zero, select(y < zero, inf, zero), r);
  r = select(a == inf, select(y < zero, zero, inf), r);
  r = select(x == x, select(y == y, r, y), x);
  r = select((y == zero) | (a == one), one, r);
  const auto half = y * 0.5F;
  const Mask<L> broken = trunc(y) != y, odd = (trunc(half) != half) & ~broken;
  r = select(odd, detail::flip_sign(r, detail::sign_of(x)), r);
  return select(broken & (x < zero) & (a != inf), splat<float, L>(detail::nan<float>), r);
}
template <int L> ETCH_INLINE Vec<double, L> pow(Vec<double, L> x, Vec<double, L> y) {
  if (!any(y != 2.0)) return x * x;
  if (!any(y != 3.0)) return x * x * x;
  return detail::each([](double a, double b) { return __builtin_pow(a, b); }, x, y);
}

}  // namespace simd
}  // namespace ETCH_ABI
}  // namespace etch
