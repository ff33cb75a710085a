// The parts elementary functions are made of: argument reductions and minimax polynomials over Vec<float | double, L>.
#pragma once

#include <etch/core/config.hpp>
#include <etch/core/vec.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace simd {
namespace detail {

// The layout of a floating type, and Cody and Waite's parts of ln 2, of pi / 2: the products n * hi are exact.
template <class T> struct Ieee;
template <> struct Ieee<float> {
  using I = std::int32_t;
  static constexpr int mantissa = 23;
  static constexpr I bias = 127, root_half = 0x3f3504f3, infinity = 0x7f800000, nan = 0x7fc00000, sign = I(1) << 31;
  static constexpr float magic = 0x1.8p23F;  // x + magic: x rounded, its low bits the integer
  static constexpr float tiny = 0x1p-126F, up = 0x1p24F;
  static constexpr float ln2_hi = 0x1.62e4p-1F, ln2_lo = 0x1.7f7d1cp-20F;
  static constexpr float exp_low = -104, exp_high = 89;
};
template <> struct Ieee<double> {
  using I = std::int64_t;
  static constexpr int mantissa = 52;
  static constexpr I bias = 1023, root_half = 0x3fe6a09e667f3bcd, infinity = 0x7ff0000000000000,
                     nan = 0x7ff8000000000000, sign = I(1) << 63;
  static constexpr double magic = 0x1.8p52;
  static constexpr double tiny = 0x1p-1022, up = 0x1p54;
  static constexpr double ln2_hi = 0x1.62e42feep-1, ln2_lo = 0x1.a39ef35793c76p-33;
  static constexpr double exp_low = -746, exp_high = 710;
};
template <class T> using Int = typename Ieee<T>::I;
template <class T> using Uint = typename sized<sizeof(T)>::u;
template <class T> inline constexpr T infinity = __builtin_bit_cast(T, Ieee<T>::infinity);
template <class T> inline constexpr T nan = __builtin_bit_cast(T, Ieee<T>::nan);

// Whether a product and a sum are one instruction with one rounding.
#if defined(__FMA__) || defined(__ARM_FEATURE_FMA)
inline constexpr bool fused = true;
#else
inline constexpr bool fused = false;
#endif

/// a b + c of floats, exact where c is about -a b: without a fused instruction by halves, whose products are exact.
template <int L> ETCH_INLINE Vec<float, L> difference(Vec<float, L> a, Vec<float, L> b, Vec<float, L> c) {
#if !defined(ETCH_CPU_EIGEN)
  if constexpr (requires { x86::fused(a.v, b.v, c.v); }) return {x86::fused(a.v, b.v, c.v)};
  else
#endif
  if constexpr (L > 1 && sizeof(float) * L > ETCH_VECTOR_BYTES) {
    return join(difference(lower(a), lower(b), lower(c)), difference(upper(a), upper(b), upper(c)));
  } else {
    const auto ah = bit_cast<float>(bit_cast<std::int32_t>(a) & -4096), bh = bit_cast<float>(bit_cast<std::int32_t>(b) & -4096);
    return ((c + ah * bh) + ah * (b - bh)) + (a - ah) * b;
  }
}

/// Horner's rule, highest coefficient first.
template <class T, int L, class... C> ETCH_INLINE Vec<T, L> poly(Vec<T, L> x, double first, C... rest) {
  Vec<T, L> r = splat<T, L>(static_cast<T>(first));
  ((r = fma(r, x, static_cast<T>(rest))), ...);
  return r;
}

// The same by pairs of terms, for what a result waits for: a chain half as long or shorter. Lowest coefficient first in t.
template <int N, class V> ETCH_INLINE V pairs(V* t, V x) {
  if constexpr (N == 1) {
    return t[0];
  } else {
    if constexpr (N % 2 != 0) t[N - 2] = fma(t[N - 1], x, t[N - 2]);
    ETCH_UNROLL for (int i = 0; i < N / 2; ++i) t[i] = fma(t[2 * i + 1], x, t[2 * i]);
    return pairs<N / 2>(t, x * x);
  }
}
template <class T, int L, class... C> ETCH_INLINE Vec<T, L> poly_pairs(Vec<T, L> x, C... coefficient) {
  constexpr int N = sizeof...(C);
  Vec<T, L> t[N];
  int i = N;
  ((t[--i] = splat<T, L>(static_cast<T>(coefficient))), ...);
  return pairs<N>(t, x);
}

// By even and odd powers: a chain half as long for one product more, where pairs of many terms cost a move each.
template <class T, int L, class... C> ETCH_INLINE Vec<T, L> poly_halves(Vec<T, L> x, C... coefficient) {
  constexpr int N = sizeof...(C);
  const T c[] = {static_cast<T>(coefficient)...};
  const auto z = x * x;
  auto a = splat<T, L>(c[0]), b = splat<T, L>(c[1]);
  ETCH_UNROLL for (int i = 2; i < N; ++i) {
    if (i % 2 == 0) a = fma(a, z, c[i]);
    else b = fma(b, z, c[i]);
  }
  return N % 2 != 0 ? fma(b, x, a) : fma(a, x, b);
}

template <class T, int L> ETCH_INLINE Vec<T, L> sign_of(Vec<T, L> x) {
  return bit_cast<T>(bit_cast<Int<T>>(x) & Ieee<T>::sign);
}
// |m| is given the sign bits s, which come from sign_of.
template <class T, int L> ETCH_INLINE Vec<T, L> signed_by(Vec<T, L> m, Vec<T, L> s) {
  return bit_cast<T>(bit_cast<Int<T>>(m) | bit_cast<Int<T>>(s));
}
template <class T, int L> ETCH_INLINE Vec<T, L> flip_sign(Vec<T, L> m, Vec<T, L> s) {
  return bit_cast<T>(bit_cast<Int<T>>(m) ^ bit_cast<Int<T>>(s));
}
// x not above high, and within [low, high]; NaN stays.
template <class T, int L> ETCH_INLINE Vec<T, L> at_most(Vec<T, L> x, T high) {
  return lesser(splat<T, L>(high), x);
}
template <class T, int L> ETCH_INLINE Vec<T, L> clamp(Vec<T, L> x, T low, T high) {
  return at_most(greater(splat<T, L>(low), x), high);
}

// 2^n for an integral n in the range of normal exponents.
template <class T, int L> ETCH_INLINE Vec<T, L> power_of_two(Vec<T, L> n) {
  using F = Ieee<T>;
  return bit_cast<T>((bit_cast<Int<T>>(n + F::magic) + F::bias) << Int<T>(F::mantissa));
}
// To the nearest integer, ties to even, of |x| < 2^22 (2^51).
template <class T, int L> ETCH_INLINE Vec<T, L> nearest(Vec<T, L> x) {
#if defined(__FAST_MATH__)  // which would cancel the sum
  return round(x);
#else
  return (x + Ieee<T>::magic) - Ieee<T>::magic;
#endif
}

// An argument of 2^n e^r: the integral n, once more in the low bits of `bits`, where n + Offset stands; and |r| <= ln 2 / 2.
template <class T, int L> struct ExpParts {
  Vec<T, L> n, r;
  Vec<Int<T>, L> bits;
};
// n is the integer nearest to x scale: adding the magic number rounds, and leaves its bits.
template <int Offset, class T, int L> ETCH_INLINE ExpParts<T, L> split_exp(Vec<T, L> x, T scale) {
  constexpr T magic = Ieee<T>::magic + T(Offset);
#if defined(__FAST_MATH__)
  const auto n = round(x * scale), t = n + magic;
#else
  const auto t = fma(x, splat<T, L>(scale), magic), n = t - magic;
#endif
  return {n, n, bit_cast<Int<T>>(t)};
}
// 2^(n + Offset - bias), which must be a normal number: what is above the exponent is shifted out.
template <class T, int L> ETCH_INLINE Vec<T, L> power(Vec<Int<T>, L> bits) { return bit_cast<T>(bits << Int<T>(Ieee<T>::mantissa)); }

// x = n ln 2 + r.
template <int Offset, class T, int L> ETCH_INLINE ExpParts<T, L> reduce_exp(Vec<T, L> x) {
  auto p = split_exp<Offset>(x, T(1.4426950408889634));
  p.r = fma(p.n, -Ieee<T>::ln2_lo, fma(p.n, -Ieee<T>::ln2_hi, x));
  return p;
}
// exp(r) - 1 on that interval.
template <class T, int L> ETCH_INLINE Vec<T, L> expm1_core(Vec<T, L> r) {
  Vec<T, L> q;
  if constexpr (sizeof(T) == 4) q = poly_pairs(r, 0x1.6ac7a6p-10, 0x1.123dc2p-7, 0x1.555856p-5, 0x1.55548cp-3, 0x1.fffffcp-2);
  else
    q = poly_pairs(r, 0x1.ae07361000637p-26, 0x1.28af0ff6953adp-22, 0x1.71dee0fd66ca1p-19, 0x1.a019986dc8fa1p-16,
                   0x1.a01a01413ac03p-13, 0x1.6c16c184b8d03p-10, 0x1.1111111124c5ap-7, 0x1.5555555550607p-5,
                   0x1.5555555555503p-3, 0x1.000000000000ap-1);
  return fma(r * r, q, r);
}

// a (1 + m) 2^n of parts whose Offset is twice the bias; results may overflow or become subnormal.
template <class T, int L> ETCH_INLINE Vec<T, L> scale(Vec<T, L> a, Vec<T, L> m, const ExpParts<T, L>& p) {
  if constexpr (requires { scale_native(m, p.n); }) {
    return scale_native(fma(a, m, a), p.n);
  } else {  // by two powers
    const auto half = bit_cast<Int<T>>(bit_cast<Uint<T>>(p.bits) >> Uint<T>(1));
    const auto s = a * power<T>(half);
    return fma(s, m, s) * power<T>(p.bits - half);
  }
}

// e^x where the result is a normal number.
template <class T, int L> ETCH_INLINE Vec<T, L> exp_normal(Vec<T, L> x) {
  const auto p = reduce_exp<Ieee<T>::bias>(x);
  const auto s = power<T>(p.bits);
  return fma(s, expm1_core(p.r), s);
}

// x = 2^k m, sqrt(1/2) <= m < sqrt(2), of a normal x; s = 2^-k where |k| is not extreme.
template <class T, int L> struct LogParts { Vec<T, L> k, m, s; };
template <class T, int L> ETCH_INLINE LogParts<T, L> split_log(Vec<T, L> x) {
  using F = Ieee<T>;
  using I = Int<T>;
  const auto u = bit_cast<Uint<T>>(x) + static_cast<Uint<T>>((F::bias << F::mantissa) - F::root_half);
  const auto e = bit_cast<I>(u >> Uint<T>(F::mantissa));
  const auto m = bit_cast<I>(u & Uint<T>((I(1) << F::mantissa) - 1)) + F::root_half;
  const auto k = bit_cast<T>(e + __builtin_bit_cast(I, F::magic)) - (F::magic + T(F::bias));
  return {k, bit_cast<T>(m), bit_cast<T>((2 * F::bias - e) << I(F::mantissa))};
}
// log(1 + f) - f for sqrt(1/2) <= 1 + f < sqrt(2).
template <class T, int L> ETCH_INLINE Vec<T, L> log_tail(Vec<T, L> f) {
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
// Whether least <= x < limit in all lanes, of positive numbers; of floats their bits less those of the least, as if unsigned.
template <class T, int L> ETCH_INLINE bool all_within(Vec<T, L> x, T least, T limit) {
  using I = Int<T>;
  const I from = __builtin_bit_cast(I, least), last = __builtin_bit_cast(I, limit) - from - 1;
  if constexpr (sizeof(T) == 8) {
    return all((x >= least) & (x < limit));
#if !defined(ETCH_CPU_EIGEN)
  } else if constexpr (split<T, L>) {
    return all_within(x.lo, least, limit) && all_within(x.hi, least, limit);
  } else if constexpr (requires { x86::any_above(bit_cast<I>(x).v, last); }) {
    return !x86::any_above((bit_cast<I>(x) - from).v, last);
#endif
  } else {
    return !any(bit_cast<I>(x) - (Ieee<T>::sign + from) > splat<I, L>(Ieee<T>::sign + last));
  }
}
// Whether a logarithm has a lane that is no positive normal number.
template <class T, int L> ETCH_INLINE bool log_is_rare(Vec<T, L> x) { return __builtin_expect(!all_within(x, Ieee<T>::tiny, infinity<T>), 0); }
// The logarithms' values where x is not a positive finite number.
template <class T, int L> ETCH_INLINE Vec<T, L> log_edges(Vec<T, L> x, Vec<T, L> r) {
  r = select(x == infinity<T>, x, r);
  return select(x > T(0), r, select(x == T(0), splat<T, L>(-infinity<T>), splat<T, L>(nan<T>)));
}
// value(k, f) for x = 2^k (1 + f) and any x; subnormal x are scaled up first.
template <class T, int L, class F> ETCH_INLINE Vec<T, L> log_of(Vec<T, L> x, F value) {
  using I = Ieee<T>;
  if (log_is_rare(x)) {
    const Mask<L> small = x < I::tiny;
    const auto p = split_log(select(small, x * I::up, x));
    return log_edges(x, value(p.k - select(small, splat<T, L>(T(I::mantissa == 23 ? 24 : 54)), splat<T, L>(0)), p.m - T(1)));
  }
  const auto p = split_log(x);
  return value(p.k, p.m - T(1));
}

// One lane at a time by the C library: what is rare, and arguments too large for the reduction below.
template <class T> ETCH_NOINLINE inline void sincos_lanes(T* x, int n, bool cosine) {
  for (int i = 0; i < n; ++i) {
    if constexpr (sizeof(T) == 4) x[i] = cosine ? __builtin_cosf(x[i]) : __builtin_sinf(x[i]);
    else x[i] = cosine ? __builtin_cos(x[i]) : __builtin_sin(x[i]);
  }
}
// x = n pi / 2 + r with pi / 2 in four parts, so that n times a part is exact with or without fused multiply-add.
template <class T, int L> struct QuarterParts { Vec<T, L> n, r; };
template <class T, int L> ETCH_INLINE QuarterParts<T, L> reduce_quarter(Vec<T, L> x) {
  const Vec<T, L> n = nearest(x * T(0.6366197723675814));
  Vec<T, L> r;
  if constexpr (sizeof(T) == 4) {
    r = fma(n, T(-0x1.92p+0), x);
    r = fma(n, T(-0x1.fb4p-12), r);
    r = fma(n, T(-0x1.444p-24), r);
    r = fma(n, T(-0x1.68c234p-39), r);
  } else {
    r = fma(n, T(-0x1.921fb544p+0), x);
    r = fma(n, T(-0x1.0b4611a6p-34), r);
    r = fma(n, T(-0x1.3198a2ep-69), r);
    r = fma(n, T(-0x1.b839a252049c1p-104), r);
  }
  return {n, r};
}
// sin(x + quarter pi / 2) by the polynomial of the quadrant.
template <class T, int L> ETCH_INLINE Vec<T, L> sin_quarter(Vec<T, L> x, int quarter) {
  using I = Int<T>;
  const auto [n, r] = reduce_quarter(x);
  const Vec<I, L> q = bit_cast<I>(n + Ieee<T>::magic) + I(quarter);
  Vec<T, L> s, c;
  if constexpr (sizeof(T) == 4) {
    const auto z = r * r;
    s = fma(r * z, poly(z, -0x1.994e2ep-13, 0x1.11076ep-7, -0x1.555546p-3), r);
    c = fma(z * z, poly(z, 0x1.99e102p-16, -0x1.6c0c1ap-10, 0x1.55554ap-5), fma(z, T(-0.5), splat<T, L>(1)));
  } else {
    const auto z = r * r;
    s = fma(r * z,
            poly(z, 1.58969099521155010221e-10, -2.50507602534068634195e-08, 2.75573137070700676789e-06,
                 -1.98412698298579493134e-04, 8.33333333332248946124e-03, -1.66666666666666324348e-01),
            r);
    const auto t = poly(z, -1.13596475577881948265e-11, 2.08757232129817482790e-09, -2.75573143513906633035e-07,
                        2.48015872894767294178e-05, -1.38888888888741095749e-03, 4.16666666666666019037e-02);
    const auto h = z * T(0.5), w = T(1) - h;
    c = w + fma(z * z, t, (T(1) - w) - h);  // (1 - w) - h is what the first difference lost
  }
  const auto flip = bit_cast<T>((q & I(2)) << I(sizeof(T) * 8 - 2));
  return bit_cast<T>(bit_cast<I>(select((q & I(1)) != I(0), c, s)) ^ bit_cast<I>(flip));
}
// sin(x + odd pi / 2) of floats by one polynomial on [-pi / 2, pi / 2]: x = (n - odd / 2) pi + r, with pi in four short parts.
template <bool Cosine, int L> ETCH_INLINE Vec<float, L> sin_half(Vec<float, L> x) {
  const auto t = x * 0.31830988618379067F;
  const auto n = nearest(Cosine ? t + 0.5F : t), m = Cosine ? n - 0.5F : n;
  auto r = fma(m, -0x1.92p+1F, x);
  r = fma(m, splat<float, L>(-0x1.fb4p-11F), r);
  r = fma(m, splat<float, L>(-0x1.444p-23F), r);
  r = fma(m, splat<float, L>(-0x1.68c234p-38F), r);
  const auto z = r * r;
  const auto s = fma(r * z, poly(z, 0x1.5dbd46p-19, -0x1.9f6ff6p-13, 0x1.110ed4p-7, -0x1.55554cp-3), r);
  return bit_cast<float>(bit_cast<std::int32_t>(s) ^ (bit_cast<std::int32_t>(n + Ieee<float>::magic) << 31));
}
template <class T> inline constexpr T largest_angle = sizeof(T) == 4 ? T(8192) : T(1e6);
template <class T, int L> ETCH_INLINE Vec<T, L> sincos_far(Vec<T, L> x, bool cosine) {
  T lanes[L];
  store(lanes, x);
  sincos_lanes(lanes, L, cosine);
  return load<T, L>(lanes);
}

// x^n of integers by squaring; x^-n is 1 / x^n, of which only 1 and -1 leave anything.
template <class T> ETCH_INLINE T integer_power(T x, T n) {
  using U = typename sized<sizeof(T) < 4 ? 4 : sizeof(T)>::u;
  if (n < 0) return x == T(1) ? T(1) : x == T(-1) ? ((n & 1) != 0 ? T(-1) : T(1)) : T(0);
  U r = 1, a = static_cast<U>(x);
  for (U k = static_cast<U>(n); k != 0; k >>= 1) {
    if ((k & 1) != 0) r *= a;
    a *= a;
  }
  return static_cast<T>(r);
}

// a^y for positive finite a, in double: accurate to 2^-28 at least, which rounds to a float within 0.6 ulp.
template <int L> ETCH_INLINE Vec<float, L> pow_positive(Vec<float, L> a, Vec<float, L> y) {
  if constexpr (sizeof(double) * L > ETCH_VECTOR_BYTES && L > 1) {
    return join(pow_positive(lower(a), lower(y)), pow_positive(upper(a), upper(y)));
  } else {
    const auto p = split_log(convert<double>(a));
    const auto f = p.m - 1.0;
    const auto log2f = poly_pairs(f, 0x1.3ce85a0d658f3p-4, -0x1.2488b82491a20p-3, 0x1.2871d38646510p-3, -0x1.252f415f2cb40p-3,
                            0x1.45291e80f39e0p-3, -0x1.71417093e5722p-3, 0x1.a63f43e3ed076p-3, -0x1.ec72b5918ea31p-3,
                            0x1.277651febb810p-2, -0x1.71547097c482ap-2, 0x1.ec709ebb8aad3p-2, -0x1.715476565d060p-1,
                            0x1.71547652a1eafp+0);
    const auto t = clamp(convert<double>(y) * fma(f, log2f, p.k), -160.0, 140.0);
    const auto n = nearest(t);
    const auto e =
        poly_pairs(t - n, 0x1.fe17c0d5059b8p-17, 0x1.446a1f755c81dp-13, 0x1.5d8a704a47203p-10, 0x1.3b29dc419b6e2p-7,
             0x1.c6b08aaf7bc97p-5, 0x1.ebfbe0a4bd21ep-3, 0x1.62e42ff115f68p-1, 0x1.ffffffffabc27p-1);
    return convert<float>(e * power_of_two(n));
  }
}

}  // namespace detail
}  // namespace simd
}  // namespace ETCH_ABI
}  // namespace etch
