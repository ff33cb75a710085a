// Float functions by segments, where two registers hold a table of 32 numbers (AVX-512): for x nearest to the middle m[n] of one of them
//
//   f(x) = c0[n] + d (c1[n] + d (... + d c5[n])),   d = x - m[n], n = x / w rounded
//
// and each coefficient is one instruction. The tables are made by the compiler: Taylor's series at m[n], from a recurrence, and what lies above
// d^5 economized by Chebyshev polynomials, which leaves an error of its first term / 32. m[n] is chosen near n w so that c0[n] is all but exact.
#pragma once

#include <etch/core/math_parts.hpp>

#if !defined(ETCH_CPU_EIGEN) && !defined(__CUDACC__) && ETCH_VECTOR_BYTES == 64
namespace etch {
inline namespace ETCH_ABI {
namespace simd {
namespace detail {

inline constexpr int segment_degree = 5, segments = 32;

/// The middles of segments, and c[k][n] of d^k.
struct SegmentTable {
  alignas(64) float middle[segments];
  alignas(64) float c[segment_degree + 1][segments];
};

/// A Taylor series at the middle of a segment; `series_terms` - 1 is the highest power that still matters.
inline constexpr int series_terms = 11;
struct Series {
  double a[series_terms];
};

/// Powers above `degree` of a series in d / h are replaced by lower ones.
constexpr void economize(double* a, int degree) {
  double chebyshev[series_terms + 1][series_terms + 1]{};
  chebyshev[0][0] = chebyshev[1][1] = 1;
  for (int k = 2; k < series_terms; ++k)
    for (int j = k % 2; j <= k; j += 2) chebyshev[k][j] = (j > 0 ? 2 * chebyshev[k - 1][j - 1] : 0) - chebyshev[k - 2][j];
  for (int k = series_terms - 1; k > degree; --k) {
    const double t = a[k] / chebyshev[k][k];
    for (int j = k; j >= 0; j -= 2) a[j] -= t * chebyshev[k][j];
  }
}

/// F::at(x) is the series of F at x, F::width the distance of segments, F::last what stands for the last one and all beyond. An odd function
/// is x + what the table says in the first where F::slope is 1.
template <class F>
constexpr SegmentTable make_segments() {
  SegmentTable t{};
  for (int n = 0; n + 1 < segments; ++n) {
    const double middle = F::middle(n);
    double half = F::half(n), shift = 0;
    Series s = F::at(middle);
    const bool odd = n == 0 && s.a[0] == 0;
    if (n > 0) {
      double least = 1;
      for (int k = 0; k < 48; ++k) {
        const double d = static_cast<double>(static_cast<float>(middle + k * half / 768)) - middle, value = s.a[0] + d * (s.a[1] + d * s.a[2]), lost = value - static_cast<double>(static_cast<float>(value));
        if (const double size = (lost < 0 ? -lost : lost) / value; size < least) least = size, shift = d;
      }
      t.middle[F::place(n)] = static_cast<float>(middle + shift);
      half += shift;
      s = F::at(static_cast<double>(t.middle[F::place(n)]));
    }
    double power = 1;
    for (double& a : s.a) a *= power, power *= half;
    if (odd) {  // f(x) / x: its error is relative to x
      for (int k = 0; k + 1 < series_terms; ++k) s.a[k] = s.a[k + 1];
      s.a[series_terms - 1] = 0;
    }
    economize(s.a, odd ? segment_degree - 1 : segment_degree);
    power = odd ? 1 / half : 1;
    for (int k = odd; k <= segment_degree; ++k, power /= half) t.c[k][F::place(n)] = static_cast<float>(s.a[k - odd] * power - (k == 1 && n == 0 ? F::slope : 0));
  }
  const int last = F::place(segments - 1);
  t.c[0][last] = F::last;
  t.middle[last] = F::top;
  return t;
}
template <class F> inline constexpr SegmentTable segment_table = make_segments<F>();

template <int L> constexpr bool picks() {
  if constexpr (split<float, L>) return picks<L / 2>();
  else return requires(Raw<float, L> a, Raw<int, L> i) { x86::pick(i, a, a); };
}
/// F at a, of which n is the segment.
template <class F, int L> ETCH_INLINE Vec<float, L> segment_value(Vec<float, L> a, Vec<std::int32_t, L> n) {
  if constexpr (split<float, L>) {
    return {segment_value<F>(a.lo, n.lo), segment_value<F>(a.hi, n.hi)};
  } else {
    auto found = [&](const float* t) { return Vec<float, L>{x86::pick((Raw<int, L>)n.v, load<float, L>(t).v, load<float, L>(t + L).v)}; };
    const SegmentTable& t = segment_table<F>;
    const auto d = a - found(t.middle);
    auto first = found(t.c[0]);
    const auto low = fma(found(t.c[3]), d, found(t.c[2])), high = fma(found(t.c[5]), d, found(t.c[4]));
    const auto r = fma(fma(high, d * d, low), d, found(t.c[1]));
    if constexpr (F::slope != 0) first = select(a < static_cast<float>(F::half(0)), a, first);
    return fma(r, d, first);
  }
}
/// F at a >= 0; NaN stays.
template <class F, int L> ETCH_INLINE Vec<float, L> by_segments(Vec<float, L> a) {
  a = at_most(a, F::top);
  return segment_value<F>(a, F::index(a));
}

/// Segments of one width: n w is the middle of the nth, and beyond (n + 1/2) w for the last n there is one number.
template <int Width>  // in 256ths
struct Even {
  static constexpr float width = Width / 256.0F, top = (segments - 1) * width;
  static constexpr double middle(int n) { return n * static_cast<double>(width); }
  static constexpr double half(int) { return width / 2; }
  static constexpr int place(int n) { return n; }
  template <int L> static ETCH_INLINE Vec<std::int32_t, L> index(Vec<float, L> a) { return split_exp<0>(a, 1 / width).bits; }
};
/// Four to an octave, from the one below 1/16 to 14.
struct Octaves {
  static constexpr float top = 15;
  static constexpr double middle(int n) { return n == 0 ? 0 : (n % 4 + 4.5) / 64 * (1 << n / 4); }
  static constexpr double half(int n) { return n == 0 ? 5 / 64.0 : 0.5 / 64 * (1 << n / 4); }
  static constexpr int place(int n) { return (n + 123 * 4) % segments; }  // 2^-4 has the exponent 123
  template <int L> static ETCH_INLINE Vec<std::int32_t, L> index(Vec<float, L> a) { return bit_cast<std::int32_t>(greater(a, splat<float, L>(0.0625F))) >> 21; }
};

// ---------------------------------------------------------------------------------------------------------- the functions

constexpr double exact_exp(double x) {
  double sum = 1, term = 1;
  for (int k = 1; k < 12; ++k) sum += term *= x / 256 / k;
  for (int k = 0; k < 8; ++k) sum *= sum;
  return sum;
}
/// y' = 1 - y^2
struct TanhSegments : Octaves {
  static constexpr float last = 1, slope = 0;
  static constexpr Series at(double x) {
    const double e = exact_exp(2 * x);
    Series s{{(e - 1) / (e + 1)}};
    for (int k = 0; k + 1 < series_terms; ++k) {
      double y = k == 0 ? 1 : 0;
      for (int i = 0; i <= k; ++i) y -= s.a[i] * s.a[k - i];
      s.a[k + 1] = y / (k + 1);
    }
    return s;
  }
};
/// The normal distribution: its density p, p' = -x p, and its tail t = 1 - Phi, t' = -p.
constexpr Series density_at(double x) {
  Series p{{exact_exp(-x * x / 2) * 0.3989422804014326779}};
  p.a[1] = -x * p.a[0];
  for (int k = 1; k + 1 < series_terms; ++k) p.a[k + 1] = -(x * p.a[k] + p.a[k - 1]) / (k + 1);
  return p;
}
constexpr Series tail_at(double x) {
  const Series p = density_at(x);
  double value = x;
  if (x < 2.5) {  // x + x^3 / 3 + x^5 / (3 5) + ...
    double term = x;
    for (int k = 3; k < 70; k += 2) value += term *= x * x / k;
    value = 0.5 - p.a[0] * value;
  } else {  // p / (x + 1 / (x + 2 / (x + ...)))
    for (int k = 60; k > 0; --k) value = x + k / value;
    value = p.a[0] / value;
  }
  Series s{{value}};
  for (int k = 0; k + 1 < series_terms; ++k) s.a[k + 1] = -p.a[k] / (k + 1);
  return s;
}
/// 1 - 2 t(sqrt(2) x)
struct ErfSegments : Octaves {
  static constexpr float last = 1, slope = 1;
  static constexpr Series at(double x) {
    constexpr double root = 1.4142135623730950488;
    Series s = tail_at(root * x);
    double power = -2;
    for (double& a : s.a) a *= power, power *= root;
    s.a[0] = x == 0 ? 0 : 1 + s.a[0];
    return s;
  }
};
struct TailSegments : Even<77> {
  static constexpr float last = 0, slope = 0;
  static constexpr Series at(double x) { return tail_at(x); }
};
/// t(x) - x p(x) = t(x) + p'(x)
struct TailSlopeSegments : Even<77> {
  static constexpr float last = 0, slope = 0;
  static constexpr Series at(double x) {
    Series s = tail_at(x);
    const Series p = density_at(x);
    for (int k = 0; k + 1 < series_terms; ++k) s.a[k] += (k + 1) * p.a[k + 1];
    return s;
  }
};

template <int L> ETCH_INLINE bool any_above(Vec<std::int32_t, L> a, std::int32_t b) {
  if constexpr (split<float, L>) return any_above(a.lo, b) || any_above(a.hi, b);
  else return x86::any_above((Raw<int, L>)a.v, b);
}
/// 1 / x of a normal number whose reciprocal is one, within 0.6 ulp.
template <int L> ETCH_INLINE Vec<float, L> quick_reciprocal(Vec<float, L> x) {
  if constexpr (split<float, L>) {
    return {quick_reciprocal(x.lo), quick_reciprocal(x.hi)};
  } else {
    const Raw<float, L> y = x86::reciprocal_guess(x.v), e = x86::fused(-x.v, y, splat<float, L>(1).v);  // fused whatever the compiler's options
    return {x86::fused(e, y, y)};  // e^2 is below 2^-28
  }
}
}  // namespace detail

template <int L>
requires(detail::picks<L>()) ETCH_INLINE Vec<float, L> tanh(Vec<float, L> x) {
  return detail::signed_by(detail::by_segments<detail::TanhSegments>(abs(x)), detail::sign_of(x));
}
template <int L>
requires(detail::picks<L>()) ETCH_INLINE Vec<float, L> erf(Vec<float, L> x) {
  return detail::signed_by(detail::by_segments<detail::ErfSegments>(abs(x)), detail::sign_of(x));
}
template <int L>
requires(detail::picks<L>()) ETCH_INLINE Vec<float, L> gelu(Vec<float, L> x) {
  const auto a = abs(x);
  return fma(-a, detail::by_segments<detail::TailSegments>(a), greater(x, splat<float, L>(0)));
}
template <int L>
requires(detail::picks<L>()) ETCH_INLINE Vec<float, L> gelu_grad(Vec<float, L> x) {
  const auto slope = detail::by_segments<detail::TailSlopeSegments>(abs(x));
  return select(x < 0.0F, slope, 1.0F - slope);
}

template <int L>
requires(detail::picks<L>()) ETCH_INLINE Vec<float, L> sigmoid(Vec<float, L> x) {
  using F = detail::Ieee<float>;
  if (__builtin_expect(detail::any_above(bit_cast<std::int32_t>(abs(x)), __builtin_bit_cast(std::int32_t, 87.0F)), 0)) {
    const auto e = exp(-abs(x));
    return select(x < 0.0F, e, splat<float, L>(1)) / (e + 1.0F);
  }
  const auto p = detail::reduce_exp<F::bias>(-x);
  const auto s = detail::power<float>(p.bits);
  return detail::quick_reciprocal(fma(s, detail::expm1_core(p.r), splat<float, L>(1)) + s);
}

namespace detail {
/// 2^(j / 16) and what that lacks.
alignas(64) inline constexpr double sixteenths[2][16] = {
    {0x1p+0, 0x1.0b5586cf9890fp+0, 0x1.172b83c7d517bp+0, 0x1.2387a6e756238p+0, 0x1.306fe0a31b715p+0, 0x1.3dea64c123422p+0, 0x1.4bfdad5362a27p+0, 0x1.5ab07dd485429p+0,
     0x1.6a09e667f3bcdp+0, 0x1.7a11473eb0187p+0, 0x1.8ace5422aa0dbp+0, 0x1.9c49182a3f090p+0, 0x1.ae89f995ad3adp+0, 0x1.c199bdd85529cp+0, 0x1.d5818dcfba487p+0, 0x1.ea4afa2a490dap+0},
    {0, 0x1.8a62e4adc610bp-54, -0x1.19041b9d78a76p-55, 0x1.9b07eb6c70573p-54, 0x1.6f46ad23182e4p-55, 0x1.ada0911f09ebcp-55, 0x1.d4397afec42e2p-56, 0x1.6324c054647adp-54,
     -0x1.bdd3413b26456p-54, -0x1.41577ee04992fp-55, 0x1.6e9f156864b27p-54, 0x1.c7c46b071f2bep-56, 0x1.7a1cd345dcc81p-54, 0x1.11065895048ddp-55, 0x1.2ed02d75b3707p-55, -0x1.e9c23179c2893p-54}};
template <int L> constexpr bool picks_doubles() {
  if constexpr (split<double, L>) return picks_doubles<L / 2>();
  else return requires(Raw<double, L> a, Wide<double, L> i) { x86::pick(i, a, a); x86::scale(a, a); };
}
}  // namespace detail

/// e^x of doubles: x = n ln 2 / 16 + r, of which the last four bits of n choose a number and the rest is the exponent; within 0.8 ulp.
template <int L>
requires(detail::picks_doubles<L>()) ETCH_INLINE Vec<double, L> exp(Vec<double, L> x) {
  if constexpr (detail::split<double, L>) {
    return {exp(x.lo), exp(x.hi)};
  } else {
    using F = detail::Ieee<double>;
    constexpr double magic = F::magic / 16;
    x = detail::clamp(x, F::exp_low, F::exp_high);
    const auto t = fma(x, splat<double, L>(1.4426950408889634), magic), n = t - magic;
    const auto r = fma(n, -F::ln2_lo, fma(n, -F::ln2_hi, x));
    const auto found = [&](const double* from) { return Vec<double, L>{x86::pick((detail::Wide<double, L>)t.v, load<double, L>(from).v, load<double, L>(from + L).v)}; };
    const auto q = detail::poly(r, 0x1.6c17bb5ebddb4p-10, 0x1.11120b03cd855p-7, 0x1.555555551946fp-5, 0x1.55555554dd388p-3, 0.5);
    const auto top = found(detail::sixteenths[0]);
    return {x86::scale((top + fma(top, fma(r * r, q, r), found(detail::sixteenths[1]))).v, n.v)};
  }
}
}  // namespace simd
}  // namespace ETCH_ABI
}  // namespace etch
#endif
