// Float forms of what the C library would compute lane by lane: tangent, inverse and hyperbolic functions, remainders. Each
// reduces to a polynomial (Cephes) or to exp, expm1 and log1p; the few lanes outside a function's reduction go through the library.
#pragma once

#include <etch/core/math_parts.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace simd {

namespace detail {
/// asin(x) for 0 <= x <= 0.5, of which z is the square.
template <int L> ETCH_INLINE Vec<float, L> asin_core(Vec<float, L> x, Vec<float, L> z) {
  return fma(x * z, poly(z, 4.2163199048e-2, 2.4181311049e-2, 4.5470025998e-2, 7.4953002686e-2, 1.6666752422e-1), x);
}
/// atan(q) for 0 <= q <= 1: above tan(pi / 8) by the angle to pi / 4.
template <int L> ETCH_INLINE Vec<float, L> atan_core(Vec<float, L> q) {
  const Mask<L> high = q > 0.4142135623730950F;
  const auto zero = splat<float, L>(0);
  const auto x = select(high, (q - 1.0F) / (q + 1.0F), q), z = x * x;
  const auto p = fma(x * z, poly(z, 8.05374449538e-2, -1.38776856032e-1, 1.99777106478e-1, -3.33329491539e-1), x);
  return select(high, splat<float, L>(0.78539816339744831F), zero) + p;
}
template <class F, int L> ETCH_NOINLINE Vec<float, L> by_lanes(F f, Vec<float, L> x) { return each(f, x); }
template <class F, int L> ETCH_NOINLINE Vec<float, L> by_lanes(F f, Vec<float, L> x, Vec<float, L> y) { return each(f, x, y); }
}  // namespace detail

/// sin / cos by one polynomial of the distance to the nearest multiple of pi / 2.
template <int L> ETCH_INLINE Vec<float, L> tan(Vec<float, L> x) {
  if (__builtin_expect(any(abs(x) > detail::largest_angle<float>), 0)) return detail::by_lanes([](float a) { return __builtin_tanf(a); }, x);
  const auto [n, r] = detail::reduce_quarter(x);
  const auto z = r * r;
  const auto t = fma(r * z, detail::poly(z, 9.38540185543e-3, 3.11992232697e-3, 2.44301354525e-2, 5.34112807005e-2, 1.33387994085e-1, 3.33331568548e-1), r);
  const auto odd = (bit_cast<std::int32_t>(n + detail::Ieee<float>::magic) & 1) != 0;
  return select(odd, -1.0F / t, t);
}

/// pi / 2 - 2 asin(sqrt((1 - |x|) / 2)) above one half.
template <int L> ETCH_INLINE Vec<float, L> asin(Vec<float, L> x) {
  const auto a = abs(x);
  const Mask<L> high = a > 0.5F;
  const auto z = select(high, (1.0F - a) * 0.5F, a * a), s = select(high, sqrt(z), a);
  const auto p = detail::asin_core(s, z);
  return detail::signed_by(select(high, 1.5707963267948966F - (p + p), p), detail::sign_of(x));
}
template <int L> ETCH_INLINE Vec<float, L> acos(Vec<float, L> x) {
  const auto a = abs(x);
  const Mask<L> high = a > 0.5F;
  const auto z = select(high, (1.0F - a) * 0.5F, a * a), s = select(high, sqrt(z), a);
  const auto p = detail::asin_core(s, z), twice = p + p;
  const auto far = select(x < 0.0F, 3.14159265358979324F - twice, twice);
  return select(high, far, 1.5707963267948966F - detail::signed_by(p, detail::sign_of(x)));
}

template <int L> ETCH_INLINE Vec<float, L> atan(Vec<float, L> x) {
  const auto a = abs(x);
  const Mask<L> high = a > 1.0F;
  const auto p = detail::atan_core(select(high, 1.0F / a, a));
  return detail::signed_by(select(high, 1.5707963267948966F - p, p), detail::sign_of(x));
}
/// The angle of (x, y): atan of the smaller over the larger, turned to its octant.
template <int L> ETCH_INLINE Vec<float, L> atan2(Vec<float, L> y, Vec<float, L> x) {
  const auto a = abs(x), b = abs(y), low = min(a, b), high = max(a, b), zero = splat<float, L>(0);
  const auto q = select(low == high, select(high == zero, zero, splat<float, L>(1)), low / high);  // both 0, both infinite
  auto r = detail::atan_core(q);
  r = select(b > a, 1.5707963267948966F - r, r);
  r = select(bit_cast<std::int32_t>(x) < 0, 3.14159265358979324F - r, r);
  return select((x == x) & (y == y), detail::signed_by(r, detail::sign_of(y)), x + y);
}

/// 2 h + 2 h / (4 h + 1) for h = (e^|x| - 1) / 4; 2 q + 1 / (8 q) for q = e^|x| / 4, which overflows only where the result does.
template <int L> ETCH_INLINE Vec<float, L> sinh(Vec<float, L> x) {
  const auto q = detail::reduce_exp<detail::Ieee<float>::bias - 2>(detail::at_most(abs(x), 89.75F));
  const auto quarter = detail::power<float>(q.bits), m = detail::expm1_core(q.r);
  const auto h = fma(quarter, m, quarter - 0.25F);
  return detail::signed_by(fma(h / fma(h, 4.0F, splat<float, L>(1)), 2.0F, h + h), detail::sign_of(x));
}
template <int L> ETCH_INLINE Vec<float, L> cosh(Vec<float, L> x) {
  const auto p = detail::reduce_exp<detail::Ieee<float>::bias - 2>(detail::at_most(abs(x), 89.75F));
  const auto s = detail::power<float>(p.bits), q = fma(s, detail::expm1_core(p.r), s);
  return fma(q, 2.0F, 0.125F / q);
}
/// log1p(a + a^2 / (1 + sqrt(a^2 + 1)));  log1p(t + sqrt(2 t + t^2)) for t = x - 1;  log1p(2 a / (1 - a)) / 2.
template <int L> ETCH_INLINE Vec<float, L> asinh(Vec<float, L> x) {
  const auto a = abs(x), z = a * a;
  if (__builtin_expect(any(a > 1e18F), 0)) return detail::by_lanes([](float v) { return __builtin_asinhf(v); }, x);
  return detail::signed_by(log1p(a + z / (1.0F + sqrt(z + 1.0F))), detail::sign_of(x));
}
template <int L> ETCH_INLINE Vec<float, L> acosh(Vec<float, L> x) {
  if (__builtin_expect(any(x > 1e18F), 0)) return detail::by_lanes([](float v) { return __builtin_acoshf(v); }, x);
  const auto t = x - 1.0F;
  return select(t < 0.0F, splat<float, L>(detail::nan<float>), log1p(t + sqrt(t * (t + 2.0F))));
}
template <int L> ETCH_INLINE Vec<float, L> atanh(Vec<float, L> x) {
  const auto a = abs(x);
  return detail::signed_by(0.5F * log1p((a + a) / (1.0F - a)), detail::sign_of(x));
}

/// e^-x^2 erfcx(|x|), x^2 in two parts and erfcx(a) (a + 2) a polynomial in (a - 2) / (a + 2), within 3 ulp with fused multiply-adds (4 without); 2 - that below 0.
template <int L> ETCH_INLINE Vec<float, L> erfc(Vec<float, L> x) {
  using F = detail::Ieee<float>;
  const auto a = detail::at_most(abs(x), 10.2F);
  const auto upper = bit_cast<float>(bit_cast<std::int32_t>(a) & -4096), high = upper * upper, low = (a - upper) * (a + upper);
  const auto e = detail::split_exp<2 * F::bias>(high + low, -1.4426950408889634F);
  const auto r = fma(e.n, -F::ln2_lo, fma(e.n, -F::ln2_hi, -high) - low);
  const auto below = a + 2.0F, lost = a - (below - 2.0F), inverse = 1.0F / below, guess = (a - 2.0F) * inverse;
  const auto t = fma(inverse, fma(guess, -a, fma(guess + 1.0F, -2.0F, a)), guess);  // what rounding the quotient's parts lost
  const auto p = detail::poly(t, 0x1.24fbf0p-14, 0x1.8fa3b0p-15, -0x1.36aeb2p-11, -0x1.b491cap-11, 0x1.916676p-9, 0x1.a86a60p-8, -0x1.60594cp-6, -0x1.2a8802p-5,
                              0x1.1e2dd8p-2, -0x1.5fd386p-1, 0x1.058672p+0);
  const auto q = p * inverse, g = fma(inverse, fma(q, -below, p) - q * lost, q);
  const auto tail = detail::scale(g, detail::expm1_core(r), e);
  return select(x < 0.0F, 2.0F - tail, tail);
}

/// log Gamma of positive numbers in double: Stirling's series, at x + 8 less log x (x + 1) ... (x + 7) where x is small.
template <int L> ETCH_INLINE Vec<float, L> lgamma(Vec<float, L> x) {
  if constexpr (L > 1 && sizeof(double) * L > ETCH_VECTOR_BYTES) {
    return join(lgamma(lower(x)), lgamma(upper(x)));
  } else {
    if (__builtin_expect(!all((x > 0.0F) & (x < detail::infinity<float>)), 0)) return detail::by_lanes([](float a) { return static_cast<float>(__builtin_lgamma(static_cast<double>(a))); }, x);
    const auto v = convert<double>(x), one = splat<double, L>(1), v7 = v * (v + 7.0);
    const Mask<L> small = v < 8.0;
    const auto product = v7 * (v7 + 6.0) * (v7 + 10.0) * (v7 + 12.0);
    const auto s = select(small, v + 8.0, v), inverse = 1.0 / s, z = inverse * inverse;
    const auto series = inverse * detail::poly(z, -3617.0 / 122400, 1.0 / 156, -691.0 / 360360, 1.0 / 1188, -1.0 / 1680, 1.0 / 1260, -1.0 / 360, 1.0 / 12);
    const auto r = convert<float>((s - 0.5) * log(s) - s + 0.91893853320467274178 + series - log(select(small, product, one)));
    return select((x == 1.0F) | (x == 2.0F), splat<float, L>(0), r);
  }
}

/// x - y trunc(x / y), exact: in double the quotient below 2^27 has no rounding that matters, and the product none.
template <int L> ETCH_INLINE Vec<float, L> fmod(Vec<float, L> x, Vec<float, L> y) {
  const auto a = abs(x), b = abs(y);
  const Mask<L> near = (a < b * 134217728.0F) & (b < detail::infinity<float>) & (b > 1e-30F);
  if (__builtin_expect(any(!near), 0)) return detail::by_lanes([](float u, float v) { return __builtin_fmodf(u, v); }, x, y);
  const auto p = convert<double>(a), q = convert<double>(b);
  return detail::signed_by(convert<float>(p - trunc(p / q) * q), detail::sign_of(x));
}

}  // namespace simd
}  // namespace ETCH_ABI
}  // namespace etch
