// Pointwise operations of one, two and three operands: broadcasting, dtype rules, and the functors behind the names.
#pragma once

#include <etch/expr/lazy.hpp>
#include <etch/graph/table.hpp>
#include <etch/ops/declare.hpp>

namespace etch {
inline namespace ETCH_ABI {

/// Whether the shapes of A and B broadcast: from the right, sizes agree or one of them is 1.
template <class A, class B>
struct broadcast {
  static constexpr Dims join() {
    const Dims a = A::dims(0), b = B::dims(A::rank);
    Dims r;
    r.rank = a.rank > b.rank ? a.rank : b.rank;
    for (int i = 0; i < r.rank; ++i) {
      const int ia = i - (r.rank - a.rank), ib = i - (r.rank - b.rank);
      if (ia < 0) r[i] = b[ib];
      else if (ib < 0) r[i] = a[ia];
      else if (a[ia].is(1)) r[i] = b[ib];
      else if (b[ib].is(1) || agree(a[ia], b[ib])) r[i] = a[ia].tag != 0 || b[ib].is(1) ? a[ia] : b[ib];
      else r[i] = static_dim(-1);
    }
    return r;
  }
  static constexpr Dims value = join();
  static constexpr bool allowed() {
    for (int i = 0; i < value.rank; ++i)
      if (value[i].size < 0) return false;
    return true;
  }
  static constexpr bool agree_or_are_one = allowed();
};

/// What dtype the operands of a pointwise operation are brought to, and what comes out.
enum class Kind { arithmetic, floating, comparison, logical };

namespace detail {
/// PyTorch's promotion of tracers: numbers and rank-0 tensors only decide the category (bool, integer, floating, complex).
template <class... A>
constexpr DType common_dtype() {
  const DType dtype[] = {dtype_of<typename A::value_type>...};
  const Standing standing[] = {is_weak<A> ? Standing::number : A::rank == 0 ? Standing::scalar : Standing::tensor...};
  bool numbers = true;  // among themselves numbers keep their types
  for (Standing s : standing) numbers = numbers && s == Standing::number;
  if (!numbers) return result_type(dtype, standing, sizeof...(A));
  DType d = dtype[0];
  for (DType other : dtype) d = promote(d, other);
  return d;
}
/// An operand brought to a dtype and a shape. A number is spread first: its cast then belongs to the kernel that wants it.
template <class X>
constexpr int operand(Builder& b, X x, DType d, const Shape& s) {
  double value = 0;
  if (is_weak<X> && !is_complex(d) && !b.is_constant(x.id, value)) return b.cast(b.expand(x.id, s), d);
  return b.expand(b.cast(x.id, d), s);
}
constexpr DType operand_dtype(Kind k, DType common) {
  if (k == Kind::floating) return is_integral(common) ? DType::float32 : common;
  return k == Kind::logical ? DType::boolean : common;
}
constexpr DType result_dtype(Kind k, DType operand) { return k == Kind::comparison || k == Kind::logical ? DType::boolean : operand; }
template <class X>
inline constexpr bool holds_bools = std::is_same_v<typename X::value_type, bool>;
constexpr bool is_order(Op op) { return op == Op::lt || op == Op::le || op == Op::gt || op == Op::ge || op == Op::maximum || op == Op::minimum; }
constexpr bool is_of_reals(Op op) { return op == Op::floor || op == Op::ceil || op == Op::round || op == Op::trunc || op == Op::erf || op == Op::erfc || op == Op::atan2 || op == Op::fmod; }
}  // namespace detail

/// One operand: y[i] = op(x[i]).
template <detail::Op O, Kind K = Kind::floating>
struct unary_fn {
  template <class T, auto... D>
  constexpr auto operator()(Tracer<T, D...> x) const {
    constexpr bool has_a_sign = O != detail::Op::neg || dtype_of<T> != DType::boolean, has_a_value = !is_complex(dtype_of<T>) || !detail::is_of_reals(O);
    if constexpr (!has_a_sign || !has_a_value) {
      static_assert(has_a_value, "etch: pointwise: a function of real numbers takes no complex ones");
      static_assert(has_a_sign, "etch: neg: bools have no sign; logical_not inverts them");
      return Poison{};
    } else {
      constexpr DType in = detail::operand_dtype(K, dtype_of<T>);
      constexpr DType out = detail::result_dtype(K, O == detail::Op::abs ? real_dtype(in) : in);
      auto& b = *x.builder;
      return Tracer<type_of<out>, D...>{&b, b.map(O, out, b.cast(x.id, in))};
    }
  }
};

/// Of a complex number: `sgn`.
struct sign_fn {
  template <class X>
  constexpr auto operator()(X x) const {
    constexpr bool real = !is_complex(dtype_of<typename X::value_type>);
    if constexpr (!real) {
      static_assert(real, "etch: sign: complex numbers have no order; sgn is their direction");
      return Poison{};
    } else {
      return unary_fn<detail::Op::sign, Kind::arithmetic>{}(x);
    }
  }
};

/// Two operands, broadcast: y[i] = op(a[i], b[i]).
template <detail::Op O, Kind K = Kind::arithmetic>
struct binary_fn {
  template <class A, class B>
  constexpr auto operator()(A x, B y) const {
    using Rule = broadcast<detail::tracer_of<A>, detail::tracer_of<B>>;
    if constexpr (!Rule::agree_or_are_one) {
      static_assert(Rule::agree_or_are_one, "etch: pointwise: sizes must agree or be 1");
      return Poison{};
    } else {
      constexpr DType in = detail::operand_dtype(K, detail::common_dtype<A, B>());
      constexpr DType out = detail::result_dtype(K, in);
      constexpr bool has_order = !is_complex(in) || !detail::is_order(O);
      constexpr bool has_a_sign = O != detail::Op::sub || (!detail::holds_bools<A> && !detail::holds_bools<B>);
      constexpr bool has_a_value = !is_complex(in) || !detail::is_of_reals(O);
      if constexpr (!has_order || !has_a_sign || !has_a_value) {
        static_assert(has_a_value, "etch: pointwise: a function of real numbers takes no complex ones");
        static_assert(has_order, "etch: pointwise: complex numbers have no order");
        static_assert(has_a_sign, "etch: sub: bools have no sign; logical_xor tells them apart");
        return Poison{};
      } else {
        auto& b = *x.builder;
        const auto s = b.shape_of(Rule::value);
        return result_of<type_of<out>, Rule, A, B>{&b, b.map(O, out, detail::operand(b, x, in, s), detail::operand(b, y, in, s))};
      }
    }
  }
};

/// f of two operands brought to one dtype and one shape: what compositions of two operands start with.
template <Kind K = Kind::arithmetic, class A, class B, class F>
constexpr auto pair_with(A x, B y, F f) {
  using Rule = broadcast<detail::tracer_of<A>, detail::tracer_of<B>>;
  if constexpr (!Rule::agree_or_are_one) {
    static_assert(Rule::agree_or_are_one, "etch: pointwise: sizes must agree or be 1");
    return Poison{};
  } else {
    constexpr DType d = detail::operand_dtype(K, detail::common_dtype<A, B>());
    using R = result_of<type_of<d>, Rule, A, B>;
    auto& b = *x.builder;
    const auto s = b.shape_of(Rule::value);
    return f(R{&b, detail::operand(b, x, d, s)}, R{&b, detail::operand(b, y, d, s)});
  }
}
template <class F, Kind K = Kind::arithmetic>
struct pair_fn {
  constexpr auto operator()(auto x, auto y) const { return pair_with<K>(x, y, F{}); }
};

/// A rare function of one or two operands of one shape: value and derivative are `op::special_row<S>`.
template <detail::Special S, class Out = void>
struct special_fn {
  template <class T, auto... D>
  constexpr auto operator()(Tracer<T, D...> x) const {
    using R = std::conditional_t<std::is_void_v<Out>, T, Out>;
    return Tracer<R, D...>{x.builder, x.builder->special(S, &detail::op::special_row<S>::derivative, dtype_of<R>, x.id)};
  }
  template <class T, auto... D>
  constexpr auto operator()(Tracer<T, D...> x, Tracer<T, D...> y) const {
    return Tracer<T, D...>{x.builder, x.builder->special(S, &detail::op::special_row<S>::derivative, dtype_of<T>, x.id, y.id)};
  }
};
/// The same with one operand, which integers enter as float32.
template <detail::Special S>
struct special_floating_fn {
  template <class T, auto... D>
  constexpr auto operator()(Tracer<T, D...> x) const {
    constexpr DType d = detail::operand_dtype(Kind::floating, dtype_of<T>);
    return special_fn<S>{}(Tracer<type_of<d>, D...>{x.builder, x.builder->cast(x.id, d)});
  }
};

/// y[i] = mask[i] ? a[i] : b[i], all three broadcast.
struct where_fn {
  template <class M, class A, class B>
  constexpr auto operator()(M mask, A x, B y) const {
    using Values = broadcast<detail::tracer_of<A>, detail::tracer_of<B>>;
    static_assert(std::is_same_v<typename M::value_type, bool>, "etch: where: the condition must be a bool tensor");
    if constexpr (!Values::agree_or_are_one) {
      static_assert(Values::agree_or_are_one, "etch: where: sizes must agree or be 1");
      return Poison{};
    } else {
      constexpr DType d = detail::common_dtype<A, B>();
      using V = result_of<type_of<d>, Values, A, B>;
      using Rule = broadcast<detail::tracer_of<M>, V>;
      if constexpr (!Rule::agree_or_are_one) {
        static_assert(Rule::agree_or_are_one, "etch: where: sizes must agree or be 1");
        return Poison{};
      } else {
        auto& b = *mask.builder;
        const auto s = b.shape_of(Rule::value);
        return result_of<type_of<d>, Rule, M, V>{&b, b.map(detail::Op::where, d, b.expand(mask.id, s), detail::operand(b, x, d, s), detail::operand(b, y, d, s))};
      }
    }
  }
};

/// The elements as another dtype.
template <class To>
struct cast_fn {
  template <class T, auto... D>
  constexpr Tracer<To, D...> operator()(Tracer<T, D...> x) const {
    return {x.builder, x.builder->cast(x.id, dtype_of<To>)};
  }
  constexpr Poison operator()(Poison x) const { return x; }
};

namespace detail {
/// x, as float where it is half.
template <class X>
constexpr auto widened(X x) {
  if constexpr (is_half<typename X::value_type>) return cast_fn<float>{}(x);
  else return x;
}
/// F of half operands, computed in float and rounded to T once.
template <class T, class F, class... X>
constexpr auto rounded_once(X... x) {
  const auto y = F{}(widened(x)...);
  if constexpr (std::is_same_v<std::remove_const_t<decltype(y)>, Poison>) return y;
  else return cast_fn<T>{}(y);
}
/// Whether all operands are of one half type.
template <class X, class... More>
inline constexpr bool all_half = is_half<typename X::value_type> && (std::is_same_v<typename X::value_type, typename More::value_type> && ...);

struct real_fn {
  template <class T, auto... D>
  constexpr Tracer<real_type<T>, D...> operator()(Tracer<T, D...> x) const {
    return {x.builder, x.builder->real(x.id)};
  }
};
struct imag_fn {
  template <class T, auto... D>
  constexpr auto operator()(Tracer<T, D...> x) const {
    if constexpr (is_complex_type<T>) {
      return Tracer<real_type<T>, D...>{x.builder, x.builder->imag(x.id)};
    } else {
      static_assert(is_complex_type<T>, "etch: imag: the tensor must be complex");
      return Poison{};
    }
  }
};
}  // namespace detail

/// The same elements, which no gradient flows through.
struct detach_fn {
  template <class X>
  constexpr X operator()(X x) const {
    x.id = x.builder->detach(x.id);
    return x;
  }
};

#define ETCH_UNARY(name, op, kind) \
  template <Operand X> constexpr auto name(const X& x) { return apply<unary_fn<detail::Op::op, Kind::kind>>(x); }
#define ETCH_BINARY(name, op, kind) ETCH_OPERATION2(name, binary_fn<detail::Op::op, Kind::kind>)
#define ETCH_BINARY_OF_TENSOR(name, op, kind) ETCH_OF_TENSOR2(name, binary_fn<detail::Op::op, Kind::kind>)
#define ETCH_BINARY_OF_TENSORS(name, op, kind) ETCH_OF_TENSORS2(name, binary_fn<detail::Op::op, Kind::kind>)

// clang-format off
ETCH_BINARY(operator+, add, arithmetic)   ETCH_BINARY(add, add, arithmetic)
ETCH_BINARY(operator-, sub, arithmetic)   ETCH_BINARY(sub, sub, arithmetic)
ETCH_BINARY(operator*, mul, arithmetic)   ETCH_BINARY(mul, mul, arithmetic)
ETCH_BINARY(operator/, div, floating)
ETCH_BINARY(pow, pow, arithmetic)             ETCH_BINARY_OF_TENSOR(fmod, fmod, arithmetic)
ETCH_BINARY(operator==, eq, comparison)       ETCH_BINARY_OF_TENSOR(eq, eq, comparison)
ETCH_BINARY(operator!=, ne, comparison)       ETCH_BINARY_OF_TENSOR(ne, ne, comparison)
ETCH_BINARY(operator<, lt, comparison)        ETCH_BINARY_OF_TENSOR(lt, lt, comparison)
ETCH_BINARY(operator<=, le, comparison)       ETCH_BINARY_OF_TENSOR(le, le, comparison)
ETCH_BINARY(operator>, gt, comparison)        ETCH_BINARY_OF_TENSOR(gt, gt, comparison)
ETCH_BINARY(operator>=, ge, comparison)       ETCH_BINARY_OF_TENSOR(ge, ge, comparison)
ETCH_BINARY(operator&&, logical_and, logical) ETCH_BINARY_OF_TENSORS(logical_and, logical_and, logical)
ETCH_BINARY(operator||, logical_or, logical)  ETCH_BINARY_OF_TENSORS(logical_or, logical_or, logical)
ETCH_BINARY_OF_TENSORS(logical_xor, logical_xor, logical)
ETCH_BINARY_OF_TENSORS(atan2, atan2, floating)
ETCH_BINARY_OF_TENSORS(maximum, maximum, arithmetic) ETCH_BINARY_OF_TENSORS(minimum, minimum, arithmetic)
namespace detail {  // for traced code, where one may be a number
ETCH_BINARY(larger, maximum, arithmetic)      ETCH_BINARY(smaller, minimum, arithmetic)
}

ETCH_UNARY(operator-, neg, arithmetic)    ETCH_UNARY(neg, neg, arithmetic)
ETCH_UNARY(operator!, logical_not, logical) ETCH_UNARY(logical_not, logical_not, logical)
ETCH_UNARY(abs, abs, arithmetic)          ETCH_UNARY(sgn, sign, arithmetic)   ETCH_OPERATION1(sign, sign_fn)
ETCH_UNARY(exp, exp, floating)            ETCH_UNARY(exp2, exp2, floating)      ETCH_UNARY(expm1, expm1, floating)
ETCH_UNARY(log, log, floating)            ETCH_UNARY(log2, log2, floating)      ETCH_UNARY(log10, log10, floating)
ETCH_UNARY(log1p, log1p, floating)        ETCH_UNARY(sqrt, sqrt, floating)      ETCH_UNARY(rsqrt, rsqrt, floating)
ETCH_UNARY(reciprocal, reciprocal, floating)
ETCH_UNARY(sin, sin, floating)            ETCH_UNARY(cos, cos, floating)        ETCH_UNARY(tan, tan, floating)
ETCH_UNARY(asin, asin, floating)          ETCH_UNARY(acos, acos, floating)      ETCH_UNARY(atan, atan, floating)
ETCH_UNARY(sinh, sinh, floating)          ETCH_UNARY(cosh, cosh, floating)      ETCH_UNARY(tanh, tanh, floating)
ETCH_UNARY(asinh, asinh, floating)        ETCH_UNARY(acosh, acosh, floating)    ETCH_UNARY(atanh, atanh, floating)
ETCH_UNARY(erf, erf, floating)            ETCH_UNARY(erfc, erfc, floating)      ETCH_UNARY(sigmoid, sigmoid, floating)
ETCH_UNARY(floor, floor, arithmetic)      ETCH_UNARY(ceil, ceil, arithmetic)
ETCH_UNARY(round, round, arithmetic)      ETCH_UNARY(trunc, trunc, arithmetic)
ETCH_UNARY(isnan, isnan, comparison)
// clang-format on
#undef ETCH_UNARY
#undef ETCH_BINARY
#undef ETCH_BINARY_OF_TENSOR
#undef ETCH_BINARY_OF_TENSORS

template <OperandOrNumber M, OperandOrNumber A, OperandOrNumber B>
  requires(Operand<M>)
constexpr auto where(const M& mask, const A& a, const B& b) {
  return apply<where_fn>(mask, a, b);
}

/// `to<double>(x)`: the elements as another dtype.
template <class T, Operand X>
constexpr auto to(const X& x) {
  return apply<cast_fn<T>>(x);
}

/// x, taken as a constant by gradients.
template <Operand X>
constexpr auto detach(const X& x) {
  return apply<detach_fn>(x);
}

}  // namespace ETCH_ABI
}  // namespace etch
