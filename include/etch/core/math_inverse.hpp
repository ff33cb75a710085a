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
/// atan(q) for 0 <= q <= 1.
template <int L> ETCH_INLINE Vec<float, L> atan_core(Vec<float, L> q) {
  const auto z = q * q;
  return fma(q * z, poly_halves(z, 0x1.7ec5f4p-9, -0x1.0c25c8p-6, 0x1.61f888p-5, -0x1.355458p-4, 0x1.b4dffcp-4, -0x1.230ab2p-3, 0x1.9978eep-3, -0x1.5554dcp-2), q);
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
/// The angle of (x, y): atan of the smaller over the larger, turned to its octant. Either NaN is one of them, and stays.
template <int L> ETCH_INLINE Vec<float, L> atan2(Vec<float, L> y, Vec<float, L> x) {
  const auto a = abs(x), b = abs(y), low = lesser(a, b), high = greater(splat<float, L>(0x1p-149F), greater(b, a));  // 0 / high is 0
  auto r = detail::atan_core(select(low == high, splat<float, L>(1), low / high));  // both infinite
  r = select(b > a, 1.5707963267948966F - r, r);
  r = select(bit_cast<std::int32_t>(x) < 0, 3.14159265358979324F - r, r);
  return detail::signed_by(r, detail::sign_of(y));
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

/// e^-x^2 w P(1 - 4 w) for w = 1 / (|x| + 2); 2 - that below 0. What rounding x^2 and w lost is added to the exponent: w P grows there like
/// w^(1.1 + 2.3 w). A factor 2^64 keeps the result normal until the end. Within 3.4 ulp, 3.8 without fused multiply-adds.
template <int L> ETCH_INLINE Vec<float, L> erfc(Vec<float, L> x) {
  using F = detail::Ieee<float>;
  const auto a = detail::at_most(abs(x), 10.2F);
  auto high = a * a;
  settle(high);
  const auto low = detail::difference(a, a, -high);
  const auto e = detail::split_exp<F::bias + 64>(high, -1.4426950408889634F);
  const auto below = a + 2.0F, w = 1.0F / below, lost = fma(w, below - 2.0F - a, detail::difference(w, -below, splat<float, L>(1)));
  const auto r = fma(e.n, -F::ln2_lo, fma(e.n, -F::ln2_hi, -high)) + fma(lost, fma(w, 2.3F, splat<float, L>(1.1F)), -low);
  const auto t = fma(w, -4.0F, splat<float, L>(1));
  const auto top = detail::poly_pairs(t, -0x1.bf7c1ep-15, -0x1.182e6cp-11, -0x1.79231p-11, 0x1.8f6cbcp-9, 0x1.a593fep-8, -0x1.6050fap-6, -0x1.2a7b2cp-5, 0x1.1e2dc6p-2);
  const auto p = fma(fma(top, t, -0x1.5fd38ep-1F), t, 0x1.058672p+0F);  // the last two add the least rounding one after another
  const auto s = p * detail::power<float>(e.bits), tail = fma(s, detail::expm1_core(r), s) * (w * 0x1p-64F);
  return select(bit_cast<std::int32_t>(x) < 0, 2.0F - tail, tail);
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
