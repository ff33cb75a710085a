// Special functions of one number in double: series, continued fractions, asymptotic expansions, trapezoidal sums.
//
// Kernels call them lane by lane; float goes through double and is then exact to its last bit or so.
#pragma once

#include <etch/core/config.hpp>


#include <cstdint>
#include <initializer_list>

// The Bessel functions of libm. <math.h> would bring <cmath>, 24,000 lines, into every program.
#if defined(__GLIBC__)
extern "C" {
double j0(double) noexcept;
double j1(double) noexcept;
double y0(double) noexcept;
double y1(double) noexcept;
}
#else
#include <math.h>
#endif

namespace etch {
inline namespace ETCH_ABI {
namespace special {

inline constexpr double pi = 3.14159265358979323846, sqrt_pi = 1.77245385090551602730, sqrt_half = 0.70710678118654752440;
inline constexpr double infinity = __builtin_huge_val();
inline constexpr double nan = __builtin_nan("");
inline constexpr double epsilon = 0x1p-53;

ETCH_SCALAR bool is_whole(double x) { return __builtin_floor(x) == x; }
ETCH_SCALAR double lgamma(double x) { return __builtin_lgamma(x); }

// ---- gamma -----------------------------------------------------------------------------------------------------------

/// (log Gamma)': recurrence up to 10, then log x - 1/2x - sum B_2k / (2k x^2k); reflected below 0.
ETCH_SCALAR double digamma(double x) {
  if (x == 0) return __builtin_copysign(infinity, -x);
  if (x < 0) {
    if (is_whole(x)) return nan;
    return digamma(1 - x) - pi / __builtin_tan(pi * (x - __builtin_trunc(x)));
  }
  double r = 0;
  for (; x < 10; x += 1) r -= 1 / x;
  const double z = 1 / (x * x);
  const double tail = z * (1. / 12 - z * (1. / 120 - z * (1. / 252 - z * (1. / 240 - z * (1. / 132 - z * (691. / 32760 - z / 12))))));
  return r + __builtin_log(x) - 0.5 / x - tail;
}

/// sum over k >= 0 of (q + k)^-s: the first terms, then Euler and Maclaurin.
ETCH_SCALAR double zeta(double s, double q) {
  if (s == 1) return infinity;
  if (!(s > 1) || q != q) return nan;
  if (q <= 0) {
    if (is_whole(q)) return infinity;
    if (!is_whole(s) || q < -1e6) return nan;
  }
  double term = __builtin_pow(q, -s), sum = term;
  for (int i = 0; i < 9 || q <= 9; ++i) {
    q += 1;
    term = __builtin_pow(q, -s);
    sum += term;
    if (__builtin_fabs(term) < epsilon * __builtin_fabs(sum)) return sum;
  }
  sum += term * q / (s - 1) - 0.5 * term;
  // (2k)! / B_2k
  constexpr double divisor[] = {12., -720., 30240., -1209600., 47900160., -1307674368000. / 691, 74724249600., -10670622842880000. / 3617};
  double factor = s;
  term /= q;
  for (int k = 0; k < 8; ++k) {
    const double t = factor * term / divisor[k];
    sum += t;
    if (__builtin_fabs(t) < epsilon * __builtin_fabs(sum)) break;
    factor *= (s + 2 * k + 1) * (s + 2 * k + 2);
    term /= q * q;
  }
  return sum;
}

/// The same of a large a, whose series would have as many terms as the root of a: Temme's uniform expansion, with eta^2 / 2 = x/a - 1 - log(x/a),
///
///   Q = erfc(eta sqrt(a / 2)) / 2 + exp(-a eta^2 / 2) / sqrt(2 pi a) (c0(eta) + c1(eta) / a + ..)
ETCH_SCALAR double gamma_part_of_large(double a, double x, bool upper) {
  const double mu = (x - a) / a;
  double half = mu - __builtin_log1p(mu);
  if (__builtin_fabs(mu) < 0.25) {  // where that would cancel
    double power = mu * mu;
    half = 0;
    for (int k = 2; k < 40; ++k, power *= -mu) half += power / k;
  }
  if (a * half > 750) return (mu > 0) == upper ? 0 : 1;
  const double eta = mu < 0 ? -__builtin_sqrt(2 * half) : __builtin_sqrt(2 * half);
  constexpr double c0[] = {-1. / 3, 1. / 12, -2. / 135, 1. / 864, 1. / 2835, -139. / 777600, 1. / 25515, -571. / 261273600};
  constexpr double c1[] = {-1. / 540, -1. / 288, 1. / 378, -77. / 77760};
  double sum = 0, next = 0;
  for (int k = 7; k >= 0; --k) sum = sum * eta + c0[k];
  for (int k = 3; k >= 0; --k) next = next * eta + c1[k];
  const double rest = __builtin_exp(-a * half) / __builtin_sqrt(2 * pi * a) * (sum + next / a), at = eta * __builtin_sqrt(a / 2);
  return upper ? 0.5 * __builtin_erfc(at) + rest : 0.5 * __builtin_erfc(-at) - rest;
}
/// The lower (P) and the upper (Q) regularised incomplete gamma function: a series below a + 1, a continued fraction above.
ETCH_SCALAR double gamma_part(double a, double x, bool upper) {
  if (a < 0 || x < 0) return nan;
  if (a == 0) return x > 0 ? (upper ? 0 : 1) : nan;
  if (x == 0) return upper ? 1 : 0;
  if (a == infinity) return x == infinity ? nan : upper ? 1 : 0;
  if (x == infinity) return upper ? 0 : 1;
  if (a != a || x != x) return nan;
  if (a > 1e5) return gamma_part_of_large(a, x, upper);
  const double front = __builtin_exp(a * __builtin_log(x) - x - lgamma(a));
  if (x < a + 1) {
    double term = 1 / a, sum = term;
    for (double n = a + 1; term > epsilon * sum; n += 1) sum += term *= x / n;
    return upper ? 1 - front * sum : front * sum;
  }
  const double tiny = 1e-300;
  double b = x + 1 - a, c = 1 / tiny, d = 1 / b, h = d;
  for (int i = 1; i < 100000; ++i) {
    const double an = -i * (i - a);
    b += 2;
    d = an * d + b;
    d = 1 / (__builtin_fabs(d) < tiny ? tiny : d);
    c = b + an / c;
    if (__builtin_fabs(c) < tiny) c = tiny;
    h *= d * c;
    if (__builtin_fabs(d * c - 1) < 2 * epsilon) break;
  }
  return upper ? front * h : 1 - front * h;
}
ETCH_SCALAR double igamma(double a, double x) { return gamma_part(a, x, false); }
ETCH_SCALAR double igammac(double a, double x) { return gamma_part(a, x, true); }

// ---- error functions -------------------------------------------------------------------------------------------------

/// e^(x^2), with what squaring loses.
ETCH_SCALAR double exp_square(double x) {
  const double square = x * x;
  return __builtin_exp(square) * (1 + __builtin_fma(x, x, -square));
}
/// e^(x^2) erfc(x)
ETCH_SCALAR double erfcx(double x) {
  if (x < 0) return x < -26.7 ? infinity : 2 * exp_square(x) - erfcx(-x);
  if (x < 25) return exp_square(x) * __builtin_erfc(x);
  const double z = 0.5 / (x * x);
  return (1 - z * (1 - z * (3 - z * (15 - z * 105)))) / (x * sqrt_pi);
}
/// erf^-1: Giles' single-precision polynomials, then two of Halley's steps.
ETCH_SCALAR double erfinv(double x) {
  const double a = __builtin_fabs(x), rest = 1 - a;
  if (!(a < 1)) return a == 1 ? x * infinity : nan;
  double w = -__builtin_log(rest * (1 + a)), y;
  if (w < 5) {
    w -= 2.5;
    y = 2.81022636e-08;
    for (double c : {3.43273939e-07, -3.5233877e-06, -4.39150654e-06, 0.00021858087, -0.00125372503, -0.00417768164, 0.246640727, 1.50140941}) y = y * w + c;
  } else {
    w = __builtin_sqrt(w) - 3;
    y = -0.000200214257;
    for (double c : {0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773, -0.0076224613, 0.00943887047, 1.00167406, 2.83297682}) y = y * w + c;
  }
  y *= a;
  for (int i = 0; i < 2; ++i) {
    const double error = a < 0.5 ? __builtin_erf(y) - a : rest - __builtin_erfc(y);
    const double u = error * (0.5 * sqrt_pi) * exp_square(y);
    y -= u / (1 + y * u);
  }
  return __builtin_copysign(y, x);
}
/// The quantile of the normal distribution: Hastings' rational guess, then Halley.
ETCH_SCALAR double ndtri(double p) {
  if (!(p > 0 && p < 1)) return p == 0 ? -infinity : p == 1 ? infinity : nan;
  if (p > 0.5) return -ndtri(1 - p);
  const double t = __builtin_sqrt(-2 * __builtin_log(p));
  double x = (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308))) - t;
  for (int i = 0; i < 3; ++i) {
    const double error = 0.5 * __builtin_erfc(-x * sqrt_half) - p;
    const double u = error * 2.50662827463100050242 * exp_square(x * sqrt_half);
    x -= u / (1 + 0.5 * x * u);
  }
  return x;
}
/// log of the normal distribution's cumulative probability.
ETCH_SCALAR double log_ndtr(double x) {
  const double t = x * sqrt_half;
  return x < -1 ? __builtin_log(0.5 * erfcx(-t)) - t * t : __builtin_log1p(-0.5 * __builtin_erfc(t));
}

// ---- Bessel functions ------------------------------------------------------------------------------------------------

/// e^-|x| I_n(x) for n = 0 and 1: the power series below 20, the asymptotic expansion above.
ETCH_SCALAR double scaled_i(int n, double x) {
  const double a = __builtin_fabs(x), z = 0.25 * a * a;
  double term = n == 0 ? 1 : 0.5 * a, sum = term;
  if (a < 20) {
    for (int k = 1; term > epsilon * sum; ++k) sum += term *= z / (k * (k + n));
    sum *= __builtin_exp(-a);
  } else if (a == infinity) {
    sum = 0;
  } else {
    term = sum = 1;
    for (int k = 1; k < 30 && __builtin_fabs(term) > epsilon; ++k) sum += term *= ((2 * k - 1) * (2 * k - 1) - 4 * n * n) / (8 * a * k);
    sum /= __builtin_sqrt(2 * pi * a);
  }
  return n == 1 && x < 0 ? -sum : sum + (x != x ? x : 0);
}
ETCH_SCALAR double i0e(double x) { return scaled_i(0, x); }
ETCH_SCALAR double i1e(double x) { return scaled_i(1, x); }
ETCH_SCALAR double unscaled(double scaled, double x) {
  const double half = __builtin_exp(0.5 * __builtin_fabs(x));  // e^|x| may overflow where the product does not
  return scaled * half * half;
}
// At infinity all but the scaled ones are NaN, as PyTorch's.
ETCH_SCALAR double i0(double x) { return unscaled(i0e(x), x); }
ETCH_SCALAR double i1(double x) { return unscaled(i1e(x), x); }

/// e^x K_nu(x) = the integral of e^(-x (cosh t - 1)) cosh(nu t) over t > 0, by a trapezoidal sum: it converges geometrically.
ETCH_SCALAR double scaled_k(double nu, double x) {
  if (!(x > 0)) return x == 0 ? infinity : nan;
  if (x == infinity) return 0;
  const double wide = 0.6 / __builtin_sqrt(x), h = wide < 0.2 ? wide : 0.2;
  double sum = 0.5;
  for (int k = 1;; ++k) {
    const double s = __builtin_sinh(0.5 * h * k), term = __builtin_exp(-2 * x * s * s) * __builtin_cosh(nu * h * k);
    sum += term;
    if (term < epsilon * 0.1 * sum && 2 * x * s * s > 1) return sum * h;
  }
}
ETCH_SCALAR double scaled_modified_bessel_k0(double x) { return scaled_k(0, x); }
ETCH_SCALAR double scaled_modified_bessel_k1(double x) { return scaled_k(1, x); }
ETCH_SCALAR double modified_bessel_k0(double x) { return scaled_k(0, x) * __builtin_exp(-x); }
ETCH_SCALAR double modified_bessel_k1(double x) { return scaled_k(1, x) * __builtin_exp(-x); }

ETCH_SCALAR double bessel_j0(double x) { return __builtin_fabs(x) < infinity ? ::j0(x) : nan; }
ETCH_SCALAR double bessel_j1(double x) { return __builtin_fabs(x) < infinity ? ::j1(x) : nan; }
ETCH_SCALAR double bessel_y0(double x) { return x == 0 ? -infinity : x > 0 && x < infinity ? ::y0(x) : nan; }
ETCH_SCALAR double bessel_y1(double x) { return x == 0 ? -infinity : x > 0 && x < infinity ? ::y1(x) : nan; }
/// sin(x) / x
ETCH_SCALAR double spherical_bessel_j0(double x) {
  if (__builtin_fabs(x) == infinity) return 0;
  return __builtin_fabs(x) < 1e-8 ? 1 : __builtin_sin(x) / x;
}

/// Ai: Taylor's series about the nearest whole number from -7 to 1, K_1/3 above, the oscillating expansion below.
ETCH_SCALAR double airy_ai(double x) {
  if (x != x || x == -infinity) return nan;
  if (x > 1.5) {
    const double z = 2. / 3 * x * __builtin_sqrt(x);
    return __builtin_sqrt(x / 3) / pi * scaled_k(1. / 3, z) * __builtin_exp(-z);
  }
  if (x >= -7) {
    // Ai and Ai' at -7 ... 1; no terms that cancel, as those of the series about 0 do. With y'' = x y, the coefficients about a
    // follow c[n + 2] = (a c[n] + c[n - 1]) / ((n + 1) (n + 2)).
    constexpr double known[9][2] = {
        {0.18428083525050563728, -0.77100816841012654773}, {-0.32914517362982310523, 0.34593548728134289493},
        {0.35076100902411431979, 0.32719281855444313679},  {-0.070265532949289515099, -0.7906285753685813803},
        {-0.37881429367765807435, 0.31458376921659881365}, {0.22740742820168557599, 0.61825902074169104141},
        {0.5355608832923521188, -0.010160567116645209395}, {0.35502805388781723926, -0.25881940379280679841},
        {0.13529241631288141552, -0.15914744129679321279}};
    const int at = static_cast<int>(x + 7.5), a = at - 7 < 1 ? at - 7 : 1;
    const double h = x - a;
    double before = 0, c = known[a + 7][0], next = known[a + 7][1], power = 1, sum = 0;
    for (int n = 0; n < 24; ++n) {
      sum += c * power;
      power *= h;
      const double after = (a * c + before) / ((n + 1) * (n + 2));
      before = c, c = next, next = after;
    }
    return sum;
  }
  const double z = 2. / 3 * -x * __builtin_sqrt(-x);
  double even = 0, odd = 0, term = 1;
  for (int k = 1; k < 40; ++k) {  // terms +, +, -, -, ... of the even and the odd powers of 1/z
    const int at = k - 1;
    const double signed_term = (at & 2) != 0 ? -term : term;
    if ((at & 1) == 0) even += signed_term;
    else odd += signed_term;
    const double next = term * (6. * k - 5) * (6. * k - 3) * (6. * k - 1) / (216. * k * (2. * k - 1) * z);
    if (!(next < term) || next < 1e-18) break;
    term = next;
  }
  const double angle = z - pi / 4;
  return (__builtin_cos(angle) * even + __builtin_sin(angle) * odd) / (sqrt_pi * __builtin_sqrt(__builtin_sqrt(-x)));
}

// ---- orthogonal polynomials ------------------------------------------------------------------------------------------

enum class Polynomial { chebyshev_t, chebyshev_u, chebyshev_v, chebyshev_w, hermite_h, hermite_he, laguerre_l, legendre_p };

/// The polynomial of degree `degree`, cut to an integer, by its three-term recurrence; 0 below degree 0.
template <Polynomial P>
ETCH_SCALAR double polynomial(double x, double degree) {
  using enum Polynomial;
  constexpr bool chebyshev = P <= chebyshev_w, hermite = P == hermite_h || P == hermite_he;
  if (!(__builtin_fabs(degree) < 9e18)) return 0;  // no integer: PyTorch's conversion makes it a negative one
  const auto n = static_cast<std::int64_t>(degree);
  if (n < 0) return 0;
  if (n == 0) return 1;
  if (hermite && n > 512) return nan;
  if (chebyshev && n > 64 && __builtin_fabs(x) < 1) {
    const double t = __builtin_acos(x), m = static_cast<double>(n);
    if constexpr (P == chebyshev_t) return __builtin_cos(m * t);
    else if constexpr (P == chebyshev_u) return __builtin_sin((m + 1) * t) / __builtin_sin(t);
    else if constexpr (P == chebyshev_v) return __builtin_cos((m + 0.5) * t) / __builtin_cos(0.5 * t);
    else return __builtin_sin((m + 0.5) * t) / __builtin_sin(0.5 * t);
  }
  double before = 1, p = 0;
  if constexpr (P == chebyshev_t || P == hermite_he || P == legendre_p) p = x;
  else if constexpr (P == chebyshev_u || P == hermite_h) p = 2 * x;
  else if constexpr (P == chebyshev_v) p = 2 * x - 1;
  else if constexpr (P == chebyshev_w) p = 2 * x + 1;
  else p = 1 - x;
  for (std::int64_t i = 1; i < n && p == p; ++i) {
    const double k = static_cast<double>(i);
    double next;
    if constexpr (chebyshev) next = 2 * x * p - before;
    else if constexpr (P == hermite_h) next = 2 * (x * p - k * before);
    else if constexpr (P == hermite_he) next = x * p - k * before;
    else if constexpr (P == laguerre_l) next = ((2 * k + 1 - x) * p - k * before) / (k + 1);
    else next = ((2 * k + 1) * x * p - k * before) / (k + 1);
    before = p;
    p = next;
  }
  return p;
}
#define ETCH_POLYNOMIAL(name) \
  ETCH_SCALAR double name(double x, double n) { return polynomial<Polynomial::name>(x, n); }
ETCH_POLYNOMIAL(chebyshev_t)
ETCH_POLYNOMIAL(chebyshev_u)
ETCH_POLYNOMIAL(chebyshev_v)
ETCH_POLYNOMIAL(chebyshev_w)
ETCH_POLYNOMIAL(hermite_h)
ETCH_POLYNOMIAL(hermite_he)
ETCH_POLYNOMIAL(laguerre_l)
ETCH_POLYNOMIAL(legendre_p)
#undef ETCH_POLYNOMIAL

}  // namespace special
}  // namespace ETCH_ABI
}  // namespace etch
