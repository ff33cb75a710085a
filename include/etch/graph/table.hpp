// The table of pointwise operations: one row each, with its value over a vector type and its derivative.
//
// `value` is what both evaluators and every kernel call; V is `simd::Vec` of core/vec.hpp, masks are `simd::Mask`.
// `derivative(x.., y, dy)` is what flows into an input when dy flows into y = op(x..); it is linear in dy, so the
// same rule serves reverse and forward mode. To add an operation, add its name in graph/op.hpp and its row here.
#pragma once

#include <etch/graph/value.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace detail {
namespace op {

#define ETCH_VALUE1 template <class V> static ETCH_INLINE auto value(V x)
#define ETCH_VALUE2 template <class V> static ETCH_INLINE auto value(V x, V y)
#define ETCH_D1 static constexpr Value derivative([[maybe_unused]] Value x, [[maybe_unused]] Value y, [[maybe_unused]] Value dy)
#define ETCH_D2 static constexpr Value derivative([[maybe_unused]] int which, [[maybe_unused]] Value a, [[maybe_unused]] Value b, [[maybe_unused]] Value y, [[maybe_unused]] Value dy)

/// An operation whose derivative is zero almost everywhere.
struct flat1 { ETCH_D1 { return dy.number(0); } };
struct flat2 { ETCH_D2 { return dy.number(0); } };

constexpr double pi = 3.14159265358979323846, ln2 = 0.693147180559945309417, ln10 = 2.302585092994045684018;
constexpr double two_over_sqrt_pi = 1.128379167095512573896, one_over_sqrt_two_pi = 0.398942280401432677940;

// clang-format off
struct neg_row        { ETCH_VALUE1 { return -x; }                ETCH_D1 { return -dy; } };
struct abs_row        { ETCH_VALUE1 { return abs(x); }            ETCH_D1 { return dy * apply_map(Op::sign, x); } };
struct sign_row : flat1 { ETCH_VALUE1 { return sign(x); } };
struct exp_row        { ETCH_VALUE1 { return exp(x); }            ETCH_D1 { return dy * y; } };
struct exp2_row       { ETCH_VALUE1 { return exp2(x); }           ETCH_D1 { return dy * y * ln2; } };
struct expm1_row      { ETCH_VALUE1 { return expm1(x); }          ETCH_D1 { return dy * (y + 1.0); } };
struct log_row        { ETCH_VALUE1 { return log(x); }            ETCH_D1 { return dy / x; } };
struct log2_row       { ETCH_VALUE1 { return log2(x); }           ETCH_D1 { return dy / (x * ln2); } };
struct log10_row      { ETCH_VALUE1 { return log10(x); }          ETCH_D1 { return dy / (x * ln10); } };
struct log1p_row      { ETCH_VALUE1 { return log1p(x); }          ETCH_D1 { return dy / (x + 1.0); } };
struct sqrt_row       { ETCH_VALUE1 { return sqrt(x); }           ETCH_D1 { return dy / (y * 2.0); } };
struct rsqrt_row      { ETCH_VALUE1 { return rsqrt(x); }          ETCH_D1 { return dy * y * y * y * -0.5; } };
struct reciprocal_row { ETCH_VALUE1 { return reciprocal(x); }     ETCH_D1 { return -dy * y * y; } };
struct sin_row        { ETCH_VALUE1 { return sin(x); }            ETCH_D1 { return dy * apply_map(Op::cos, x); } };
struct cos_row        { ETCH_VALUE1 { return cos(x); }            ETCH_D1 { return -dy * apply_map(Op::sin, x); } };
struct tan_row        { ETCH_VALUE1 { return tan(x); }            ETCH_D1 { return dy * (y * y + 1.0); } };
struct asin_row       { ETCH_VALUE1 { return asin(x); }           ETCH_D1 { return dy * apply_map(Op::rsqrt, 1.0 - x * x); } };
struct acos_row       { ETCH_VALUE1 { return acos(x); }           ETCH_D1 { return -dy * apply_map(Op::rsqrt, 1.0 - x * x); } };
struct atan_row       { ETCH_VALUE1 { return atan(x); }           ETCH_D1 { return dy / (x * x + 1.0); } };
struct sinh_row       { ETCH_VALUE1 { return sinh(x); }           ETCH_D1 { return dy * apply_map(Op::cosh, x); } };
struct cosh_row       { ETCH_VALUE1 { return cosh(x); }           ETCH_D1 { return dy * apply_map(Op::sinh, x); } };
struct tanh_row       { ETCH_VALUE1 { return tanh(x); }           ETCH_D1 { return dy * (1.0 - y * y); } };
struct asinh_row      { ETCH_VALUE1 { return asinh(x); }          ETCH_D1 { return dy * apply_map(Op::rsqrt, x * x + 1.0); } };
struct acosh_row      { ETCH_VALUE1 { return acosh(x); }          ETCH_D1 { return dy * apply_map(Op::rsqrt, x * x - 1.0); } };
struct atanh_row      { ETCH_VALUE1 { return atanh(x); }          ETCH_D1 { return dy / (1.0 - x * x); } };
struct erf_row        { ETCH_VALUE1 { return erf(x); }            ETCH_D1 { return dy * apply_map(Op::exp, -(x * x)) * two_over_sqrt_pi; } };
struct erfc_row       { ETCH_VALUE1 { return erfc(x); }           ETCH_D1 { return dy * apply_map(Op::exp, -(x * x)) * -two_over_sqrt_pi; } };
struct sigmoid_row    { ETCH_VALUE1 { return sigmoid(x); }        ETCH_D1 { return dy * (y * (1.0 - y)); } };
struct gelu_row       { ETCH_VALUE1 { return gelu(x); }           ETCH_D1 { return dy * apply_map(Op::gelu_grad, x); } };  // of x alone, so that it can be computed with gelu
struct gelu_grad_row  { ETCH_VALUE1 { return gelu_grad(x); }      ETCH_D1 { return dy * (apply_map(Op::exp, x * x * -0.5) * (2.0 - x * x) * one_over_sqrt_two_pi); } };
struct floor_row : flat1 { ETCH_VALUE1 { return floor(x); } };
struct ceil_row  : flat1 { ETCH_VALUE1 { return ceil(x); } };
struct round_row : flat1 { ETCH_VALUE1 { return round(x); } };
struct trunc_row : flat1 { ETCH_VALUE1 { return trunc(x); } };
struct logical_not_row : flat1 { ETCH_VALUE1 { return !x; } };
struct isnan_row : flat1 { ETCH_VALUE1 { return x != x; } };

struct add_row { ETCH_VALUE2 { return x + y; }  ETCH_D2 { return dy; } };
struct sub_row { ETCH_VALUE2 { return x - y; }  ETCH_D2 { return which == 0 ? dy : -dy; } };
struct mul_row { ETCH_VALUE2 { return x * y; }  ETCH_D2 { return which == 0 ? dy * b : dy * a; } };
struct div_row { ETCH_VALUE2 { return x / y; }  ETCH_D2 { return which == 0 ? dy / b : -dy * y / b; } };
struct pow_row { ETCH_VALUE2 { return pow(x, y); }
  ETCH_D2 {
    if (which == 0) return choose(compare(Op::eq, b, b.number(0)), dy.number(0), dy * b * apply_map(Op::pow, a, b - 1.0));
    // 0^b does not change with b >= 0; log 0 would
    const Value flat = both(compare(Op::eq, a, a.number(0)), compare(Op::ge, b, b.number(0)));
    return dy * choose(flat, dy.number(0), y * apply_map(Op::log, choose(flat, a.number(1), a)));
  } };
struct fmod_row    { ETCH_VALUE2 { return fmod(x, y); }    ETCH_D2 { return which == 0 ? dy : -dy * apply_map(Op::trunc, a / b); } };
struct atan2_row   { ETCH_VALUE2 { return atan2(x, y); }
  ETCH_D2 {
    const Value square = a * a + b * b, origin = compare(Op::eq, square, a.number(0));
    const Value safe = choose(origin, a.number(1), square);  // there both derivatives are taken as 0
    return which == 0 ? dy * b / safe : -dy * a / safe;
  } };
/// Where both are equal the gradient is shared equally.
constexpr Value extremum(Op wins, int which, Value a, Value b, Value dy) {
  const Value loses = which == 0 ? compare(wins, b, a) : compare(wins, a, b);  // neither does where one is NaN
  return choose(compare(Op::eq, a, b), dy * 0.5, choose(loses, dy.number(0), dy));
}
struct maximum_row { ETCH_VALUE2 { return maximum(x, y); } ETCH_D2 { return extremum(Op::gt, which, a, b, dy); } };
struct minimum_row { ETCH_VALUE2 { return minimum(x, y); } ETCH_D2 { return extremum(Op::lt, which, a, b, dy); } };
struct eq_row : flat2 { ETCH_VALUE2 { return x == y; } };
struct ne_row : flat2 { ETCH_VALUE2 { return x != y; } };
struct lt_row : flat2 { ETCH_VALUE2 { return x < y; } };
struct le_row : flat2 { ETCH_VALUE2 { return x <= y; } };
struct gt_row : flat2 { ETCH_VALUE2 { return x > y; } };
struct ge_row : flat2 { ETCH_VALUE2 { return x >= y; } };
// On integers these three work bit by bit.
struct logical_and_row : flat2 { ETCH_VALUE2 { return x & y; } };
struct logical_or_row  : flat2 { ETCH_VALUE2 { return x | y; } };
struct logical_xor_row : flat2 { ETCH_VALUE2 { return x ^ y; } };
struct where_row {
  template <class M, class V> static ETCH_INLINE V value(M mask, V x, V y) { return select(mask, x, y); }
  static constexpr Value derivative(int which, Value mask, Value dy) {
    return which == 1 ? choose(mask, dy, dy.number(0)) : choose(mask, dy.number(0), dy);
  }
};
// clang-format on

#undef ETCH_VALUE1
#undef ETCH_VALUE2
#undef ETCH_D1
#undef ETCH_D2

/// Value and derivative of a rare function: `value(x)` or `value(x, y)` over vectors, and
/// `derivative(which, a, b, y, dy)`. Specialised beside the function, in ops/.
template <Special S>
struct special_row;
/// The rule of a function whose derivative is zero almost everywhere.
struct flat_special {
  static constexpr Value derivative(int, Value, Value, Value, Value dy) { return dy.number(0); }
};
}  // namespace op

template <Special S>
constexpr Value apply_special(Value a) { return {a.b, a.b->special(S, &op::special_row<S>::derivative, a.dtype(), a.id)}; }
template <Special S>
constexpr Value apply_special(Value a, Value c) { return {a.b, a.b->special(S, &op::special_row<S>::derivative, a.dtype(), a.id, c.id)}; }

/// where(x > 0, x, 0): the result says as much about x's sign, so that x need not be kept.
constexpr bool is_positive_part(Builder& b, const Node& n) {
  const Node& mask = b[n.in[0]];
  double bound = 1, otherwise = 1;
  return mask.op == Op::gt && mask.in[0] == n.in[1] && b.is_constant(mask.in[1], bound) && bound == 0 && b.is_constant(n.in[2], otherwise) && otherwise == 0;
}
/// What flows into input `which` of the pointwise node `n` when `dy` flows into it.
constexpr Value map_derivative(Builder& b, int n, int which, Value dy) {
  const Node node = b[n];
  const Value y{&b, n}, x{&b, node.in[0]}, z{&b, node.in[1]};
  switch (node.op) {
#define ETCH_X(name) case Op::name: return op::name##_row::derivative(x, y, dy);
    ETCH_UNARY_OPS(ETCH_X)
#undef ETCH_X
#define ETCH_X(name) case Op::name: return op::name##_row::derivative(which, x, z, y, dy);
    ETCH_BINARY_OPS(ETCH_X)
#undef ETCH_X
    case Op::where: return op::where_row::derivative(which, which == 1 && is_positive_part(b, node) ? compare(Op::gt, y, y.number(0)) : x, dy);
    case Op::special1:
    case Op::special2: return b.rule(node.arg)(which, x, z, y, dy);
    case Op::cast: return dy.cast(b.dtype(node.in[0]));
    default: return dy;
  }
}

}  // namespace detail
}  // namespace ETCH_ABI
}  // namespace etch
