// Special functions: gamma, error, entropy, Bessel and their inverses, and orthogonal polynomials; names are torch.special's.
//
// Values come from core/special.hpp, lane by lane; a rule that calls another function makes its node, so gradients have
// gradients. Functions that PyTorch cannot differentiate either have no rule, and asking for one does not compile.
#pragma once

#include <etch/core/math.hpp>
#include <etch/core/special.hpp>
#include <etch/core/vec.hpp>
#include <etch/ops/arithmetic.hpp>
#include <etch/ops/declare.hpp>
#include <etch/ops/pointwise.hpp>

namespace etch {
inline namespace ETCH_ABI {

namespace detail::op {
/// Not constexpr: reaching it in a constant expression is the error.
inline void this_function_has_no_gradient_in_this_argument() {}
constexpr Value no_gradient(int which, Value dy) {
  if (which >= 0) this_function_has_no_gradient_in_this_argument();
  return dy;
}

#define ETCH_LANES1                                                      \
  template <class T, int L>                                              \
  static ETCH_INLINE simd::Vec<T, L> value(simd::Vec<T, L> x) {          \
    return simd::detail::each([](T a) { return static_cast<T>(lane(static_cast<double>(a))); }, x); \
  }
#define ETCH_LANES2                                                                    \
  template <class T, int L>                                                            \
  static ETCH_INLINE simd::Vec<T, L> value(simd::Vec<T, L> x, simd::Vec<T, L> y) {     \
    return simd::detail::each([](T a, T b) { return static_cast<T>(lane(static_cast<double>(a), static_cast<double>(b))); }, x, y); \
  }
#define ETCH_RULE                                                                                                                   \
  static constexpr Value derivative([[maybe_unused]] int which, [[maybe_unused]] Value a, [[maybe_unused]] Value b, [[maybe_unused]] Value y, \
                                    [[maybe_unused]] Value dy)
#define ETCH_ROW1(name)                                                     \
  template <>                                                               \
  struct special_row<Special::name> {                                       \
    static ETCH_SCALAR double lane(double x) { return special::name(x); }   \
    ETCH_LANES1                                                             \
    ETCH_RULE;                                                              \
  };
#define ETCH_ROW2(name)                                                               \
  template <>                                                                         \
  struct special_row<Special::name> {                                                 \
    static ETCH_SCALAR double lane(double x, double y) { return special::name(x, y); } \
    ETCH_LANES2                                                                       \
    ETCH_RULE;                                                                        \
  };
template <>
struct special_row<Special::lgamma> {
  template <class V>
  static ETCH_INLINE V value(V x) { return simd::lgamma(x); }
  ETCH_RULE;
};
// clang-format off
ETCH_ROW1(digamma) ETCH_ROW2(zeta) ETCH_ROW2(igamma) ETCH_ROW2(igammac)
ETCH_ROW1(erfinv) ETCH_ROW1(erfcx) ETCH_ROW1(ndtri) ETCH_ROW1(log_ndtr)
ETCH_ROW1(i0) ETCH_ROW1(i0e) ETCH_ROW1(i1) ETCH_ROW1(i1e)
ETCH_ROW1(bessel_j0) ETCH_ROW1(bessel_j1) ETCH_ROW1(bessel_y0) ETCH_ROW1(bessel_y1) ETCH_ROW1(spherical_bessel_j0) ETCH_ROW1(airy_ai)
ETCH_ROW1(modified_bessel_k0) ETCH_ROW1(modified_bessel_k1) ETCH_ROW1(scaled_modified_bessel_k0) ETCH_ROW1(scaled_modified_bessel_k1)
ETCH_ROW2(chebyshev_t) ETCH_ROW2(chebyshev_u) ETCH_ROW2(chebyshev_v) ETCH_ROW2(chebyshev_w)
ETCH_ROW2(hermite_h) ETCH_ROW2(hermite_he) ETCH_ROW2(laguerre_l) ETCH_ROW2(legendre_p)
// clang-format on

// ---- rules -----------------------------------------------------------------------------------------------------------

#define ETCH_RULE_OF(name) \
  constexpr Value special_row<Special::name>::derivative([[maybe_unused]] int which, [[maybe_unused]] Value a, [[maybe_unused]] Value b, [[maybe_unused]] Value y, [[maybe_unused]] Value dy)
template <Special S>
constexpr Value call(Value a) { return apply_special<S>(a); }
template <Special S>
constexpr Value call(Value a, Value b) { return apply_special<S>(a, b); }

ETCH_RULE_OF(lgamma) { return dy * call<Special::digamma>(a); }
ETCH_RULE_OF(digamma) { return dy * call<Special::zeta>(a.number(2), a); }
ETCH_RULE_OF(zeta) { return which == 0 ? no_gradient(which, dy) : -dy * a * call<Special::zeta>(a + 1.0, b); }
/// x^(a - 1) e^-x / Gamma(a)
constexpr Value gamma_density(Value a, Value x) { return apply_map(Op::exp, (a - 1.0) * apply_map(Op::log, x) - x - call<Special::lgamma>(a)); }
ETCH_RULE_OF(igamma) { return which == 0 ? no_gradient(which, dy) : dy * gamma_density(a, b); }
ETCH_RULE_OF(igammac) { return which == 0 ? no_gradient(which, dy) : -dy * gamma_density(a, b); }
ETCH_RULE_OF(erfinv) { return dy * apply_map(Op::exp, y * y) * (0.5 * special::sqrt_pi); }
ETCH_RULE_OF(erfcx) { return dy * (a * y * 2.0 - two_over_sqrt_pi); }
ETCH_RULE_OF(ndtri) { return dy * apply_map(Op::exp, y * y * 0.5) * 2.50662827463100050242; }
ETCH_RULE_OF(log_ndtr) { return dy / call<Special::erfcx>(a * -special::sqrt_half) * 0.79788456080286535588; }
ETCH_RULE_OF(i0) { return dy * call<Special::i1>(a); }
ETCH_RULE_OF(i0e) { return dy * (call<Special::i1e>(a) - apply_map(Op::sign, a) * y); }
/// f - y / x, and 1/2 at 0, to which that tends for I1 and J1.
constexpr Value less_ratio(Value f, Value y, Value x) {
  const Value other = compare(Op::gt, apply_map(Op::abs, x), x.number(0));
  return choose(other, f - y / choose(other, x, x.number(1)), x.number(0.5));
}
ETCH_RULE_OF(i1) { return dy * less_ratio(call<Special::i0>(a), y, a); }
ETCH_RULE_OF(i1e) { return dy * less_ratio(call<Special::i0e>(a) - apply_map(Op::sign, a) * y, y, a); }
ETCH_RULE_OF(bessel_j0) { return -dy * call<Special::bessel_j1>(a); }
ETCH_RULE_OF(bessel_j1) { return dy * less_ratio(call<Special::bessel_j0>(a), y, a); }
ETCH_RULE_OF(bessel_y0) { return -dy * call<Special::bessel_y1>(a); }
ETCH_RULE_OF(bessel_y1) { return dy * (call<Special::bessel_y0>(a) - y / a); }
ETCH_RULE_OF(modified_bessel_k0) { return -dy * call<Special::modified_bessel_k1>(a); }
ETCH_RULE_OF(modified_bessel_k1) { return -dy * (call<Special::modified_bessel_k0>(a) + y / a); }
ETCH_RULE_OF(scaled_modified_bessel_k0) { return dy * (y - call<Special::scaled_modified_bessel_k1>(a)); }
ETCH_RULE_OF(scaled_modified_bessel_k1) { return dy * (y - call<Special::scaled_modified_bessel_k0>(a) - y / a); }
ETCH_RULE_OF(spherical_bessel_j0) {
  const Value zero = compare(Op::eq, a, a.number(0));
  return dy * choose(zero, a.number(0), (apply_map(Op::cos, a) - y) / choose(zero, a.number(1), a));
}
ETCH_RULE_OF(airy_ai) { return no_gradient(which, dy); }
ETCH_RULE_OF(chebyshev_t) { return no_gradient(which, dy); }
ETCH_RULE_OF(chebyshev_u) { return no_gradient(which, dy); }
ETCH_RULE_OF(chebyshev_v) { return no_gradient(which, dy); }
ETCH_RULE_OF(chebyshev_w) { return no_gradient(which, dy); }
ETCH_RULE_OF(hermite_h) { return no_gradient(which, dy); }
ETCH_RULE_OF(hermite_he) { return no_gradient(which, dy); }
ETCH_RULE_OF(laguerre_l) { return no_gradient(which, dy); }
ETCH_RULE_OF(legendre_p) { return no_gradient(which, dy); }

// ---- what is made of a logarithm -------------------------------------------------------------------------------------

/// -x log x, 0 at 0, -infinity below
template <>
struct special_row<Special::entr> {
  template <class T, int L>
  static ETCH_INLINE simd::Vec<T, L> value(simd::Vec<T, L> x) {
    const auto zero = simd::splat<T, L>(T(0)), low = simd::splat<T, L>(-T(special::infinity));
    return select(x > zero, -x * log(x), select(x == zero, zero, select(x < zero, low, x)));
  }
  ETCH_RULE { return -dy * (apply_map(Op::log, a) + 1.0); }
};
/// log(x / (1 - x))
template <>
struct special_row<Special::logit> {
  template <class V>
  static ETCH_INLINE V value(V x) { return log(x / (typename V::value_type(1) - x)); }
  ETCH_RULE {
    const Value inside = both(compare(Op::ge, a, a.number(0)), compare(Op::le, a, a.number(1)));
    return choose(inside, dy / (a * (1.0 - a)), a.number(special::nan));
  }
};
/// x log y, 0 where x is 0 and y is a number
template <>
struct special_row<Special::xlogy> {
  template <class T, int L>
  static ETCH_INLINE simd::Vec<T, L> value(simd::Vec<T, L> x, simd::Vec<T, L> y) {
    const auto zero = simd::splat<T, L>(T(0));
    return select(x == zero, select(y == y, zero, y), x * log(y));
  }
  ETCH_RULE {
    if (which == 1) return dy * a / b;
    const Value flat = both(compare(Op::eq, a, a.number(0)), compare(Op::le, b, b.number(0)));
    return choose(flat, dy.number(0), call<Special::xlogy>(dy, b));
  }
};
/// x log(1 + y), 0 where x is 0 and y is a number
template <>
struct special_row<Special::xlog1py> {
  template <class T, int L>
  static ETCH_INLINE simd::Vec<T, L> value(simd::Vec<T, L> x, simd::Vec<T, L> y) {
    const auto zero = simd::splat<T, L>(T(0));
    return select(x == zero, select(y == y, zero, y), x * log1p(y));
  }
  ETCH_RULE {
    if (which == 1) return dy * a / (b + 1.0);
    const Value flat = both(compare(Op::eq, a, a.number(0)), compare(Op::le, b, b.number(-1)));
    return choose(flat, dy.number(0), call<Special::xlog1py>(dy, b));
  }
};
#undef ETCH_LANES1
#undef ETCH_LANES2
#undef ETCH_RULE
#undef ETCH_ROW1
#undef ETCH_ROW2
#undef ETCH_RULE_OF
}  // namespace detail::op

namespace detail {
template <Special S>
using special2 = pair_fn<special_fn<S>, Kind::floating>;

struct ndtr_fn {
  constexpr auto operator()(auto x) const { return erfc(x * -special::sqrt_half) * 0.5; }
};
/// sin(pi x) / (pi x)
struct sinc_fn {
  template <class X>
  constexpr auto operator()(X x) const {
    if constexpr (is_half<typename X::value_type>) {
      return rounded_once<typename X::value_type, sinc_fn>(x);
    } else {
      const auto t = detail::as_floating(x) * special::pi;
      const auto safe = where(t == 0, 1, t);
      return where(t == 0, 1, sin(safe) / safe);
    }
  }
};
struct logit_within_fn {
  template <class X>
  constexpr auto operator()(X x, auto eps) const {
    using T = typename decltype(detail::as_floating(x))::value_type;
    using C = std::conditional_t<is_half<T>, float, T>;  // 1 - x of halves has few digits
    const auto y = to<C>(x);
    const auto least = to<C>(eps), most = 1 - least;
    const auto z = where(y < least, least, where(y > most, most, y));
    return to<T>(log(z / (1 - z)));
  }
};
template <int N>
struct polygamma_fn {
  constexpr auto operator()(auto x) const {
    if constexpr (N == 0) {
      return special_floating_fn<Special::digamma>{}(x);
    } else {
      double factor = N % 2 == 0 ? -1 : 1;
      for (int k = 2; k <= N; ++k) factor *= k;
      return apply<special2<Special::zeta>>(N + 1, x) * factor;
    }
  }
};
/// log pi^(P (P - 1) / 4) + sum over j < P of log Gamma(x - j / 2)
template <int P>
struct mvlgamma_fn {
  constexpr auto operator()(auto x) const {
    static_assert(P >= 1, "etch: mvlgamma: the dimension must be at least 1");
    constexpr double log_pi = 1.14472988584940017414;
    auto sum = special_floating_fn<Special::lgamma>{}(x) + P * (P - 1) * 0.25 * log_pi;
    for (int j = 1; j < P; ++j) sum = sum + special_floating_fn<Special::lgamma>{}(x - j * 0.5);
    return sum;
  }
};
template <Special S>
struct shifted_fn {
  constexpr auto operator()(auto x, auto n) const { return apply<special2<S>>(x * 2 - 1, n); }
};
}  // namespace detail

#define ETCH_SPECIAL1(name, special) ETCH_OPERATION1(name, special_floating_fn<detail::Special::special>)
#define ETCH_SPECIAL2(name, special) ETCH_OPERATION2(name, detail::special2<detail::Special::special>)
#define ETCH_SPECIAL_OF_TENSORS2(name, special) ETCH_OF_TENSORS2(name, detail::special2<detail::Special::special>)
// clang-format off
ETCH_SPECIAL1(lgamma, lgamma)       ETCH_SPECIAL1(gammaln, lgamma)
ETCH_SPECIAL1(digamma, digamma)     ETCH_SPECIAL1(psi, digamma)
ETCH_SPECIAL2(zeta, zeta)
ETCH_SPECIAL_OF_TENSORS2(igamma, igamma)   ETCH_SPECIAL_OF_TENSORS2(gammainc, igamma)
ETCH_SPECIAL_OF_TENSORS2(igammac, igammac) ETCH_SPECIAL_OF_TENSORS2(gammaincc, igammac)
ETCH_SPECIAL1(erfinv, erfinv)       ETCH_SPECIAL1(erfcx, erfcx)
ETCH_SPECIAL1(ndtri, ndtri)         ETCH_SPECIAL1(log_ndtr, log_ndtr)
ETCH_SPECIAL1(entr, entr)           ETCH_SPECIAL1(logit, logit)
ETCH_SPECIAL2(xlogy, xlogy)         ETCH_SPECIAL2(xlog1py, xlog1py)
ETCH_SPECIAL1(i0, i0)               ETCH_SPECIAL1(i0e, i0e)
ETCH_SPECIAL1(i1, i1)               ETCH_SPECIAL1(i1e, i1e)
ETCH_SPECIAL1(modified_bessel_i0, i0) ETCH_SPECIAL1(modified_bessel_i1, i1)
ETCH_SPECIAL1(modified_bessel_k0, modified_bessel_k0)
ETCH_SPECIAL1(modified_bessel_k1, modified_bessel_k1)
ETCH_SPECIAL1(scaled_modified_bessel_k0, scaled_modified_bessel_k0)
ETCH_SPECIAL1(scaled_modified_bessel_k1, scaled_modified_bessel_k1)
ETCH_SPECIAL1(bessel_j0, bessel_j0) ETCH_SPECIAL1(bessel_j1, bessel_j1)
ETCH_SPECIAL1(bessel_y0, bessel_y0) ETCH_SPECIAL1(bessel_y1, bessel_y1)
ETCH_SPECIAL1(spherical_bessel_j0, spherical_bessel_j0)
ETCH_SPECIAL1(airy_ai, airy_ai)
ETCH_SPECIAL2(chebyshev_polynomial_t, chebyshev_t) ETCH_SPECIAL2(chebyshev_polynomial_u, chebyshev_u)
ETCH_SPECIAL2(chebyshev_polynomial_v, chebyshev_v) ETCH_SPECIAL2(chebyshev_polynomial_w, chebyshev_w)
ETCH_SPECIAL2(hermite_polynomial_h, hermite_h)     ETCH_SPECIAL2(hermite_polynomial_he, hermite_he)
ETCH_SPECIAL2(laguerre_polynomial_l, laguerre_l)   ETCH_SPECIAL2(legendre_polynomial_p, legendre_p)
ETCH_OPERATION2(shifted_chebyshev_polynomial_t, detail::shifted_fn<detail::Special::chebyshev_t>)
ETCH_OPERATION2(shifted_chebyshev_polynomial_u, detail::shifted_fn<detail::Special::chebyshev_u>)
ETCH_OPERATION2(shifted_chebyshev_polynomial_v, detail::shifted_fn<detail::Special::chebyshev_v>)
ETCH_OPERATION2(shifted_chebyshev_polynomial_w, detail::shifted_fn<detail::Special::chebyshev_w>)
// clang-format on
#undef ETCH_SPECIAL1
#undef ETCH_SPECIAL2
#undef ETCH_SPECIAL_OF_TENSORS2

/// The normal distribution's cumulative probability.
ETCH_OPERATION1(ndtr, detail::ndtr_fn)
/// sin(pi x) / (pi x), 1 at 0
ETCH_OPERATION1(sinc, detail::sinc_fn)
/// 1 / (1 + e^-x)
ETCH_OPERATION1(expit, unary_fn<detail::Op::sigmoid>)
/// log(x / (1 - x)) of x held within [eps, 1 - eps]
template <Operand X, OperandOrNumber E>
constexpr auto logit(const X& x, const E& eps) {
  return apply<detail::logit_within_fn>(x, eps);
}
/// The N-th derivative of digamma.
template <int N, Operand X>
constexpr auto polygamma(const X& x) {
  return apply<detail::polygamma_fn<N>>(x);
}
/// The logarithm of the multivariate gamma function of dimension P.
template <int P, Operand X>
constexpr auto mvlgamma(const X& x) {
  return apply<detail::mvlgamma_fn<P>>(x);
}
template <int P, Operand X>
constexpr auto multigammaln(const X& x) {
  return apply<detail::mvlgamma_fn<P>>(x);
}

}  // namespace ETCH_ABI
}  // namespace etch
