// Operations in place: `add_(x, y)`, `x += y`, `relu_(x)`, `clamp_(x, 0, 1)`, `fill_(x, 0)`, of tensors and of views of them.
//
//   name_(x, a...)  is  x = name(x, a...)     and returns x
#pragma once

#include <etch/ops/activation.hpp>
#include <etch/ops/gather.hpp>
#include <etch/ops/scatter.hpp>
#include <etch/run/write.hpp>

namespace etch {
inline namespace ETCH_ABI {

/// What can be written to: a tensor, a variable, or an expression that is a view of one.
template <class X>
concept Writable = !std::is_const_v<std::remove_reference_t<X>> && Operand<std::remove_cvref_t<X>> && !detail::is_tracer_v<std::remove_cvref_t<X>> &&
                   (requires(X& x) { x.resize(x.sizes()); } || requires(X& x) { x.arguments; });

namespace detail {
template <class X, class E>
constexpr X&& write_in_place(X&& x, const E& e) {
  using Rule = result_dtype_for<typename std::remove_cvref_t<X>::value_type, typename E::value_type>;
  if constexpr (std::is_same_v<E, Poison>) {
  } else if constexpr (!Rule::can_be_held) {
    static_assert(Rule::can_be_held, "etch: in_place: the result's kind (bool, integer, floating, complex) must not be above the tensor's");
  } else {
    x = e;
  }
  return static_cast<X&&>(x);
}
}  // namespace detail

/// Writes a value, broadcast and converted, into all of x.
template <Writable X, OperandOrNumber E>
X&& copy_(X&& x, const E& e) {
  x = detail::written_as(typename decltype(detail::leaf(x))::tracer{}, x, e);
  return static_cast<X&&>(x);
}
template <Writable X, OperandOrNumber E>
X&& fill_(X&& x, const E& value) {
  return copy_(static_cast<X&&>(x), value);
}
template <Writable X>
X&& zero_(X&& x) {
  return copy_(static_cast<X&&>(x), typename std::remove_cvref_t<X>::value_type(0));
}

#define ETCH_IN_PLACE(name)                                            \
  template <Writable X, class... A>                                    \
  X&& name##_(X&& x, const A&... a) {                                  \
    return detail::write_in_place(static_cast<X&&>(x), name(x, a...)); \
  }
#define ETCH_IN_PLACE_BY(op)                                           \
  template <Writable X, OperandOrNumber A>                             \
  X&& operator op##=(X&& x, const A& a) {                              \
    return detail::write_in_place(static_cast<X&&>(x), x op a);        \
  }
// A name is looked up where it is used, so one that its header does not declare is a mistake only of who calls it.
// clang-format off
ETCH_IN_PLACE(add) ETCH_IN_PLACE(sub) ETCH_IN_PLACE(mul) ETCH_IN_PLACE(true_divide) ETCH_IN_PLACE(floor_divide) ETCH_IN_PLACE(remainder) ETCH_IN_PLACE(fmod)
ETCH_IN_PLACE(pow) ETCH_IN_PLACE(float_power) ETCH_IN_PLACE(abs) ETCH_IN_PLACE(neg) ETCH_IN_PLACE(sign) ETCH_IN_PLACE(sgn) ETCH_IN_PLACE(positive)
ETCH_IN_PLACE(exp) ETCH_IN_PLACE(exp2) ETCH_IN_PLACE(expm1) ETCH_IN_PLACE(log) ETCH_IN_PLACE(log2) ETCH_IN_PLACE(log10) ETCH_IN_PLACE(log1p)
ETCH_IN_PLACE(sqrt) ETCH_IN_PLACE(rsqrt) ETCH_IN_PLACE(reciprocal) ETCH_IN_PLACE(square) ETCH_IN_PLACE(sin) ETCH_IN_PLACE(cos) ETCH_IN_PLACE(tan)
ETCH_IN_PLACE(asin) ETCH_IN_PLACE(acos) ETCH_IN_PLACE(atan) ETCH_IN_PLACE(sinh) ETCH_IN_PLACE(cosh) ETCH_IN_PLACE(tanh) ETCH_IN_PLACE(asinh)
ETCH_IN_PLACE(acosh) ETCH_IN_PLACE(atanh) ETCH_IN_PLACE(atan2) ETCH_IN_PLACE(sinc) ETCH_IN_PLACE(hypot) ETCH_IN_PLACE(erf) ETCH_IN_PLACE(erfc)
ETCH_IN_PLACE(erfinv) ETCH_IN_PLACE(sigmoid) ETCH_IN_PLACE(logit) ETCH_IN_PLACE(lgamma) ETCH_IN_PLACE(digamma) ETCH_IN_PLACE(i0) ETCH_IN_PLACE(floor)
ETCH_IN_PLACE(ceil) ETCH_IN_PLACE(round) ETCH_IN_PLACE(trunc) ETCH_IN_PLACE(fix) ETCH_IN_PLACE(frac) ETCH_IN_PLACE(relu) ETCH_IN_PLACE(leaky_relu)
ETCH_IN_PLACE(elu) ETCH_IN_PLACE(celu) ETCH_IN_PLACE(selu) ETCH_IN_PLACE(hardtanh) ETCH_IN_PLACE(threshold) ETCH_IN_PLACE(rrelu) ETCH_IN_PLACE(gelu) ETCH_IN_PLACE(silu) ETCH_IN_PLACE(softplus) ETCH_IN_PLACE(clamp) ETCH_IN_PLACE(clamp_min) ETCH_IN_PLACE(clamp_max)
ETCH_IN_PLACE(clip) ETCH_IN_PLACE(lerp) ETCH_IN_PLACE(addcmul) ETCH_IN_PLACE(addcdiv) ETCH_IN_PLACE(nan_to_num) ETCH_IN_PLACE(copysign)
ETCH_IN_PLACE(heaviside) ETCH_IN_PLACE(nextafter) ETCH_IN_PLACE(ldexp) ETCH_IN_PLACE(xlogy) ETCH_IN_PLACE(gcd) ETCH_IN_PLACE(lcm) ETCH_IN_PLACE(deg2rad)
ETCH_IN_PLACE(rad2deg) ETCH_IN_PLACE(eq) ETCH_IN_PLACE(ne) ETCH_IN_PLACE(lt) ETCH_IN_PLACE(le) ETCH_IN_PLACE(gt) ETCH_IN_PLACE(ge) ETCH_IN_PLACE(logical_and)
ETCH_IN_PLACE(logical_or) ETCH_IN_PLACE(logical_xor) ETCH_IN_PLACE(logical_not) ETCH_IN_PLACE(bitwise_and) ETCH_IN_PLACE(bitwise_or)
ETCH_IN_PLACE(bitwise_xor) ETCH_IN_PLACE(bitwise_not) ETCH_IN_PLACE(bitwise_left_shift) ETCH_IN_PLACE(bitwise_right_shift) ETCH_IN_PLACE(masked_fill)
ETCH_IN_PLACE(masked_scatter) ETCH_IN_PLACE(igamma) ETCH_IN_PLACE(igammac) ETCH_IN_PLACE(addmm) ETCH_IN_PLACE(addmv) ETCH_IN_PLACE(addr)
ETCH_IN_PLACE(addbmm) ETCH_IN_PLACE(baddbmm) ETCH_IN_PLACE(absolute) ETCH_IN_PLACE(negative) ETCH_IN_PLACE(subtract) ETCH_IN_PLACE(multiply)
ETCH_IN_PLACE(arcsin) ETCH_IN_PLACE(arccos) ETCH_IN_PLACE(arctan) ETCH_IN_PLACE(arcsinh) ETCH_IN_PLACE(arccosh) ETCH_IN_PLACE(arctanh) ETCH_IN_PLACE(arctan2)
ETCH_IN_PLACE(not_equal) ETCH_IN_PLACE(less) ETCH_IN_PLACE(less_equal) ETCH_IN_PLACE(greater) ETCH_IN_PLACE(greater_equal) ETCH_IN_PLACE(conj_physical)
ETCH_IN_PLACE_BY(+) ETCH_IN_PLACE_BY(-) ETCH_IN_PLACE_BY(*) ETCH_IN_PLACE_BY(/) ETCH_IN_PLACE_BY(%)
ETCH_IN_PLACE_BY(&) ETCH_IN_PLACE_BY(|) ETCH_IN_PLACE_BY(^) ETCH_IN_PLACE_BY(<<) ETCH_IN_PLACE_BY(>>)
// clang-format on
/// `div_(x, y)`, `div_<Rounding::floor>(x, y)`
template <auto... How, Writable X, OperandOrNumber A>
X&& div_(X&& x, const A& a) {
  if constexpr (sizeof...(How) == 0) return detail::write_in_place(static_cast<X&&>(x), x / a);
  else return detail::write_in_place(static_cast<X&&>(x), div<How...>(x, a));
}
template <auto... How, Writable X, OperandOrNumber A>
X&& divide_(X&& x, const A& a) {
  return div_<How...>(static_cast<X&&>(x), a);
}
/// Writes a value to the elements whose indices are all the same; with `Wrap` the diagonal of a tall matrix begins anew below its end, a row between.
template <bool Wrap = false, Writable X, class V>
X&& fill_diagonal_(X&& x, V value) {
  using Of = std::remove_cvref_t<X>;
  constexpr bool has_a_diagonal = [] {
    const Dims d = Of::dims();
    for (int i = 2; i < d.rank; ++i)
      if (!agree(d[i], d[0]) || !agree(d[1], d[0])) return false;
    return d.rank >= 2;
  }();
  static_assert(has_a_diagonal, "etch: fill_diagonal_: the tensor must be a matrix, or have more axes of one size");
  if constexpr (has_a_diagonal) {
    Tensor values = x;
    std::int64_t step = 0, stride = 1;
    for (int i = Of::rank - 1; i >= 0; --i) step += stride, stride *= values.sizes()[i];
    const std::int64_t square = step * values.sizes()[1], all = values.numel(), end = Wrap && Of::rank == 2 ? all : square < all ? square : all;
    for (std::int64_t i = 0; i < end; i += step) values.data()[i] = static_cast<typename Of::value_type>(value);
    x = values;
  }
  return static_cast<X&&>(x);
}

// Those whose axis and options are template arguments: `scatter_reduce_<1, Reduce::amax>(x, i, a)`, `put_<true>(x, i, a)`.
#define ETCH_IN_PLACE_WITH(name)                                               \
  template <auto... O, Writable X, class... R>                                 \
  X&& name##_(X&& x, const R&... r) {                                          \
    return detail::write_in_place(static_cast<X&&>(x), name<O...>(x, r...));   \
  }
// clang-format off
ETCH_IN_PLACE_WITH(scatter) ETCH_IN_PLACE_WITH(scatter_add) ETCH_IN_PLACE_WITH(scatter_reduce) ETCH_IN_PLACE_WITH(index_add) ETCH_IN_PLACE_WITH(index_copy)
ETCH_IN_PLACE_WITH(index_fill) ETCH_IN_PLACE_WITH(index_reduce) ETCH_IN_PLACE_WITH(put) ETCH_IN_PLACE_WITH(index_put) ETCH_IN_PLACE_WITH(cumsum)
ETCH_IN_PLACE_WITH(cumprod) ETCH_IN_PLACE_WITH(renorm) ETCH_IN_PLACE_WITH(tril) ETCH_IN_PLACE_WITH(triu) ETCH_IN_PLACE_WITH(polygamma) ETCH_IN_PLACE_WITH(mvlgamma)
// clang-format on
#undef ETCH_IN_PLACE
#undef ETCH_IN_PLACE_BY
#undef ETCH_IN_PLACE_WITH

}  // namespace ETCH_ABI
}  // namespace etch
