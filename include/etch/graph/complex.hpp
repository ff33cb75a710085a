// Pointwise operations on complex nodes, composed of operations on their parts, so that gradients and kernels follow.
//
//   z = re + i im:   |z| = hypot(re, im);   z / |z| by parts over s = max(|re|, |im|);   log z = log |z| + i atan2(im, re);   ...
//
// A scale s that cancels is detached: it keeps numbers in range, and no gradient has to pass through it. Branch cuts
// are those of C and of PyTorch; inverse functions follow Kahan, "Branch cuts for complex elementary functions".
#pragma once

#include <etch/graph/value.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace detail {

/// A complex number in parts, and arithmetic on it.
struct Parts {
  Value re, im;
};

constexpr Value square_of(Value x) { return x * x; }
constexpr Value detached(Value x) { return {x.b, x.b->detach(x.id)}; }
constexpr Value root(Value x) { return apply_map(Op::sqrt, x); }
constexpr bool is_real(const Parts& z) { return z.im.b->is_zero(z.im.id); }
constexpr Value is_null(const Parts& z) { return apply_map(Op::logical_and, compare(Op::eq, z.re, z.re.number(0)), compare(Op::eq, z.im, z.re.number(0))); }
constexpr Parts pick(Value mask, const Parts& a, const Parts& b) { return {choose(mask, a.re, b.re), choose(mask, a.im, b.im)}; }
constexpr Parts number(const Parts& like, double re, double im = 0) { return {like.re.number(re), like.re.number(im)}; }

constexpr Parts operator-(const Parts& z) { return {-z.re, -z.im}; }
constexpr Parts operator+(const Parts& a, const Parts& b) { return {a.re + b.re, a.im + b.im}; }
constexpr Parts operator-(const Parts& a, const Parts& b) { return {a.re - b.re, a.im - b.im}; }
constexpr Parts operator*(const Parts& a, Value s) { return {a.re * s, a.im * s}; }
constexpr Parts operator*(const Parts& a, double s) { return a * a.re.number(s); }
constexpr Parts operator*(const Parts& a, const Parts& b) {
  if (is_real(b)) return a * b.re;
  if (is_real(a)) return b * a.re;
  return {a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re};
}
/// The larger part's size, 1 where it is 0 or infinite.
constexpr Value scale_of(const Parts& z) {
  const Value m = apply_map(Op::maximum, apply_map(Op::abs, z.re), apply_map(Op::abs, z.im));
  const Value usable = apply_map(Op::logical_and, compare(Op::gt, m, m.number(0)), compare(Op::lt, m, m.number(__builtin_huge_val())));
  return detached(choose(usable, m, m.number(1)));
}
constexpr Parts operator/(const Parts& a, const Parts& b) {
  if (is_real(b)) return {a.re / b.re, a.im / b.re};
  const Value s = scale_of(b), c = b.re / s, d = b.im / s, n = c * c + d * d;
  return {(a.re * c + a.im * d) / n / s, (a.im * c - a.re * d) / n / s};
}
/// What flows into one side of y = hypot(a, b).
constexpr Value hypot_rule(int which, Value a, Value b, Value y, Value dy) { return dy * ((which == 0 ? a : b) / y); }
/// The same of |z|, whose gradient at 0 is 0.
constexpr Value size_rule(int which, Value a, Value b, Value y, Value dy) {
  const Value null = compare(Op::eq, y, y.number(0));
  return choose(null, dy.number(0), hypot_rule(which, a, b, choose(null, y.number(1), y), dy));
}
/// |z|; and z / |z|, 0 at 0.
constexpr Value size_of(const Parts& z) { return {z.re.b, z.re.b->special(Special::hypot, &size_rule, z.re.dtype(), z.re.id, z.im.id)}; }
constexpr Parts direction(const Parts& z) {
  const Value s = scale_of(z), null = is_null(z), one = z.re.number(1);
  const Parts w{choose(null, one, z.re / s), z.im / s};
  const Value n = root(square_of(w.re) + square_of(w.im));
  return pick(null, number(z, 0), Parts{w.re / n, w.im / n});
}
constexpr Parts log(const Parts& z) {
  const Value s = scale_of(z);
  const Value n = square_of(z.re / s) + square_of(z.im / s);
  return {apply_map(Op::log, s) + apply_map(Op::log, n) * 0.5, apply_map(Op::atan2, z.im, z.re)};
}
constexpr Parts exp(const Parts& z) {
  const Value e = apply_map(Op::exp, z.re);
  return {e * apply_map(Op::cos, z.im), e * apply_map(Op::sin, z.im)};
}
/// exp(z) - 1: the real part is expm1(re) cos(im) - 2 sin(im / 2)^2.
constexpr Parts expm1(const Parts& z) {
  const Value a = apply_map(Op::sin, z.im * 0.5);
  return {apply_map(Op::expm1, z.re) * apply_map(Op::cos, z.im) - a * a * 2.0, apply_map(Op::exp, z.re) * apply_map(Op::sin, z.im)};
}
/// The root with a real part that is not negative; its imaginary part has the sign of im, zeros included.
constexpr Parts sqrt(const Parts& z) {
  const Value zero = z.re.number(0), null = is_null(z);
  const Value t = root(choose(null, z.re.number(1), size_of(z) * 0.5 + apply_map(Op::abs, z.re) * 0.5)), u = z.im / (t * 2.0);
  const Value below = apply_map(Op::logical_or, compare(Op::lt, z.im, zero), compare(Op::lt, 1.0 / detached(z.im), zero));
  const Value right = compare(Op::ge, z.re, zero);
  const Parts r{choose(right, t, apply_map(Op::abs, u)), choose(right, u, choose(below, -t, t))};
  return pick(null, Parts{zero, z.im}, r);
}
constexpr Parts sinh(const Parts& z) {
  return {apply_map(Op::sinh, z.re) * apply_map(Op::cos, z.im), apply_map(Op::cosh, z.re) * apply_map(Op::sin, z.im)};
}
constexpr Parts cosh(const Parts& z) {
  return {apply_map(Op::cosh, z.re) * apply_map(Op::cos, z.im), apply_map(Op::sinh, z.re) * apply_map(Op::sin, z.im)};
}
/// (a + i q s c) / (a^2 + q c^2) with a = tanh(re), q = 1 - a^2, s and c of im: nothing grows where tan(im) would.
constexpr Parts tanh(const Parts& z) {
  const Value a = apply_map(Op::tanh, z.re), s = apply_map(Op::sin, z.im), c = apply_map(Op::cos, z.im), q = (1.0 - a) * (a + 1.0), n = a * a + q * c * c;
  return {a / n, q * s * c / n};
}
// i z and -i z turn hyperbolic functions into circular ones and back.
constexpr Parts turned(const Parts& z) { return {-z.im, z.re}; }
constexpr Parts turned_back(const Parts& z) { return {z.im, -z.re}; }

// 1 - z and z + a keep the sign of an imaginary part of 0, on which the side of a branch cut depends.
constexpr Parts one_minus(const Parts& z) { return {1.0 - z.re, -z.im}; }
constexpr Parts plus(const Parts& z, double a) { return {z.re + a, z.im}; }

/// log(1 + z): near 0 by log1p of |1 + z|^2 - 1.
constexpr Parts log1p(const Parts& z) {
  const Parts far = log(plus(z, 1));
  const Value near = apply_map(Op::logical_and, compare(Op::lt, apply_map(Op::abs, z.re), z.re.number(0.5)), compare(Op::lt, apply_map(Op::abs, z.im), z.re.number(0.5)));
  const Parts small = pick(near, z, number(z, 0));
  return {choose(near, apply_map(Op::log1p, small.re * (small.re + 2.0) + small.im * small.im) * 0.5, far.re), far.im};
}
constexpr Parts asin(const Parts& z) {
  const Parts p = sqrt(one_minus(z)), q = sqrt(plus(z, 1));
  return {apply_map(Op::atan2, z.re, p.re * q.re - p.im * q.im), apply_map(Op::asinh, p.re * q.im - p.im * q.re)};
}
constexpr Parts acos(const Parts& z) {
  const Parts p = sqrt(one_minus(z)), q = sqrt(plus(z, 1));
  return {apply_map(Op::atan2, p.re, q.re) * 2.0, apply_map(Op::asinh, q.re * p.im - q.im * p.re)};
}
constexpr Parts acosh(const Parts& z) {
  const Parts p = sqrt(plus(z, -1)), q = sqrt(plus(z, 1));
  return {apply_map(Op::asinh, p.re * q.re + p.im * q.im), apply_map(Op::atan2, p.im, q.re) * 2.0};
}
/// Odd, so from the side where re is not negative: log1p of almost -1 knows few digits.
constexpr Parts atanh(const Parts& z) {
  const Value left = compare(Op::lt, z.re, z.re.number(0)), x = choose(left, -z.re, z.re), below = 1.0 - x, y2 = z.im * z.im;
  const Value re = apply_map(Op::log1p, x * 4.0 / (below * below + y2)) * 0.25;
  return {choose(left, -re, re), apply_map(Op::atan2, z.im * 2.0, below * (x + 1.0) - y2) * 0.5};
}
/// z^w = exp(w log z); small whole exponents by products; 0^w is 0, or 1 where w is 0.
constexpr Parts pow(const Parts& z, const Parts& w) {
  double e = 0;
  if (is_real(w) && w.re.b->is_constant(w.re.id, e)) {
    if (e == 0) return number(z, 1);
    if (e == 1) return z;
    if (e == 2) return z * z;
    if (e == 3) return z * z * z;
    if (e == 0.5) return sqrt(z);
    if (e == -1) return number(z, 1) / z;
    if (e == -2) return number(z, 1) / (z * z);
  }
  const Value null = is_null(z);
  const Parts power = exp(w * log(pick(null, number(z, 1), z)));
  return pick(null, pick(is_null(w), number(z, 1), number(z, 0)), power);
}

constexpr Parts complex_unary(Op op, const Parts& z) {
  constexpr double ln2 = 0.693147180559945309417, ln10 = 2.302585092994045684018;
  switch (op) {
    case Op::neg: return -z;
    case Op::sign: return direction(z);
    case Op::exp: return exp(z);
    case Op::exp2: return exp(z * ln2);
    case Op::expm1: return expm1(z);
    case Op::log: return log(z);
    case Op::log2: return log(z) * (1 / ln2);
    case Op::log10: return log(z) * (1 / ln10);
    case Op::log1p: return log1p(z);
    case Op::sqrt: return sqrt(z);
    case Op::rsqrt: return number(z, 1) / sqrt(z);
    case Op::reciprocal: return number(z, 1) / z;
    case Op::sin: return turned_back(sinh(turned(z)));
    case Op::cos: return cosh(turned(z));
    case Op::tan: return turned_back(tanh(turned(z)));
    case Op::asin: return asin(z);
    case Op::acos: return acos(z);
    case Op::atan: return turned_back(atanh(turned(z)));
    case Op::sinh: return sinh(z);
    case Op::cosh: return cosh(z);
    case Op::tanh: return tanh(z);
    case Op::asinh: return turned_back(asin(turned(z)));
    case Op::acosh: return acosh(z);
    case Op::atanh: return atanh(z);
    case Op::sigmoid: return number(z, 1) / (number(z, 1) + exp(-z));
    default: this_operation_takes_no_complex_numbers(); return z;
  }
}

constexpr int complex_map(Builder& b, Op op, DType result, int x, int y, int z) {
  using detail::Parts;
  auto parts = [&](int n) { return Parts{{&b, b.real(n)}, {&b, b.imag(n)}}; };
  auto whole = [&](const Parts& p) { return b.pair(p.re.id, p.im.id); };
  if (op == Op::where) return whole(detail::pick(Value{&b, x}, parts(y), parts(z)));
  const Parts p = parts(x);
  if (y < 0) {
    if (op == Op::abs) return detail::size_of(p).id;
    if (!is_complex(result)) return apply_map(Op::logical_or, Value{&b, b.map(op, result, p.re.id)}, Value{&b, b.map(op, result, p.im.id)}).id;
    return whole(detail::complex_unary(op, p));
  }
  const Parts q = parts(y);
  switch (op) {
    case Op::add: return whole(p + q);
    case Op::sub: return whole(p - q);
    case Op::mul: return whole(p * q);
    case Op::div: return whole(p / q);
    case Op::pow: return whole(detail::pow(p, q));
    case Op::eq: return apply_map(Op::logical_and, compare(op, p.re, q.re), compare(op, p.im, q.im)).id;
    case Op::ne: return apply_map(Op::logical_or, compare(op, p.re, q.re), compare(op, p.im, q.im)).id;
    default: this_operation_takes_no_complex_numbers(); return x;
  }
}

}  // namespace detail
}  // namespace ETCH_ABI
}  // namespace etch
