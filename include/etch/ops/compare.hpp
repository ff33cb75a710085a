// Comparison beyond the operators: which of two, how close, what kind of number; and whether tensors are equal.
#pragma once

#include <etch/ops/declare.hpp>
#include <etch/ops/pointwise.hpp>

namespace etch {
inline namespace ETCH_ABI {

namespace detail {
constexpr double infinity = __builtin_huge_val();

// A NaN loses; at equality x receives the whole gradient, as in PyTorch.
struct fmax_fn {
  constexpr auto operator()(auto x, auto y) const { return where(x >= y || isnan(y), x, y); }
};
struct fmin_fn {
  constexpr auto operator()(auto x, auto y) const { return where(x <= y || isnan(y), x, y); }
};

struct isinf_fn {
  constexpr auto operator()(auto x) const { return abs(x) == infinity; }
};
struct isfinite_fn {
  constexpr auto operator()(auto x) const { return abs(x) < infinity; }  // false for NaN
};
/// F(x), or `Otherwise` everywhere for what is not floating.
template <class F, bool Otherwise>
struct of_floats_fn {
  template <class T, auto... D>
  constexpr Tracer<bool, D...> operator()(Tracer<T, D...> x) const {
    if constexpr (is_complex(dtype_of<T>) && Otherwise) return F{}(real_fn{}(x)) && F{}(imag_fn{}(x));
    else if constexpr (is_complex(dtype_of<T>)) return F{}(real_fn{}(x)) || F{}(imag_fn{}(x));
    else if constexpr (is_floating(dtype_of<T>)) return F{}(x);
    else return {x.builder, x.builder->constant(Otherwise, DType::boolean, x.builder->shape(x.id))};
  }
};

/// Whether x is the infinity with this sign.
template <int Sign>
struct signed_infinity_fn {
  constexpr auto operator()(auto x) const { return x == Sign * infinity; }
};
template <int Sign>
struct is_signed_infinity_fn {
  template <class X>
  constexpr auto operator()(X x) const {
    constexpr bool has_order = !is_complex(dtype_of<typename X::value_type>);
    if constexpr (!has_order) {
      static_assert(has_order || Sign < 0, "etch: isposinf: complex numbers have no order");
      static_assert(has_order || Sign > 0, "etch: isneginf: complex numbers have no order");
      return Poison{};
    } else {
      return of_floats_fn<signed_infinity_fn<Sign>, false>{}(x);
    }
  }
};

/// |x - y| <= atol + rtol |y|, or equal; the second operand in float32 where it is no float.
template <bool EqualNan>
struct isclose_fn {
  template <class X>
  constexpr auto operator()(X x, X y, auto rtol, auto atol) const {
    constexpr DType d = detail::operand_dtype(Kind::floating, dtype_of<typename X::value_type>);
    const auto expected = to<type_of<d>>(y);
    using Size = type_of<real_dtype(d)>;
    const auto allowed = to<Size>(atol) + abs(to<Size>(rtol) * expected);
    const auto error = abs(to<type_of<d>>(x) - expected);
    const auto close = x == y || (error <= allowed && abs(error) < infinity);
    if constexpr (EqualNan) return close || (isnan(x) && isnan(y));
    else return close;
  }
};
template <bool EqualNan>
struct isclose_broadcast_fn {
  template <class R, class A>
  struct Pair {
    R rtol;
    A atol;
    template <class X>
    constexpr auto operator()(X x, X y) const { return isclose_fn<EqualNan>{}(x, y, rtol, atol); }
  };
  template <class X, class Y, class R, class A>
  constexpr auto operator()(X x, Y y, R rtol, A atol) const {
    return pair_with(x, y, Pair<R, A>{rtol, atol});
  }
};

constexpr bool not_negative(double d) { return d >= 0; }

/// Whether every element of a bool tensor is true: no element is not.
template <class T, auto... D>
constexpr Tracer<bool> every_one(Tracer<T, D...> x) {
  Builder& b = *x.builder;
  const int none = b.reduce(Op::amax, b.map(Op::logical_not, DType::boolean, x.id), (1u << sizeof...(D)) - 1);
  return {&b, b.map(Op::logical_not, DType::boolean, none)};
}
template <bool EqualNan>
struct allclose_fn {
  constexpr auto operator()(auto x, auto y, auto rtol, auto atol) const {
    const auto close = isclose_broadcast_fn<EqualNan>{}(x, y, rtol, atol);
    if constexpr (std::is_same_v<decltype(close), const Poison>) return Poison{};
    else return every_one(close);
  }
};
struct equal_fn {
  template <class X, class Y>
  static constexpr bool same() {
    const Dims a = X::dims(0), b = Y::dims(X::rank);
    bool r = a.rank == b.rank;
    for (int i = 0; r && i < a.rank; ++i) r = agree(a[i], b[i]);
    return r;
  }
  template <class X, class Y>
  constexpr Tracer<bool> operator()(X x, Y y) const {
    if constexpr (same<X, Y>()) return every_one(x == y);
    else return {x.builder, x.builder->constant(0, DType::boolean)};
  }
};

/// Whether each element of x is one of `from`.
template <bool Invert>
struct isin_fn {
  template <class A>
  static constexpr bool real_numbers = !holds_bools<A> && !is_complex_type<typename A::value_type>;
  template <class X, class S>
  constexpr auto operator()(X x, S from) const {
    constexpr bool real = real_numbers<X> && real_numbers<S>;
    static_assert(real, "etch: isin: elements must be real numbers, and no bools");
    if constexpr (real) return looked_up(x, from);
    else return Poison{};
  }
  template <class X, class S>
  static constexpr auto looked_up(X x, S from) {
    using Elements = detail::tracer_of<X>;
    constexpr DType d = detail::common_dtype<X, S>();
    Builder& b = *x.builder;
    Shape all = b.shape(x.id), one = all, flat;
    flat.rank = 1;
    flat.size[0] = b.product(b.shape(from.id).size, b.shape(from.id).rank);
    one.size[one.rank++] = 1;
    all.size[all.rank++] = flat.size[0];
    const int left = b.expand(b.reshape(b.cast(x.id, d), one), all), right = b.expand(b.reshape(b.cast(from.id, d), flat), all);
    const int found = b.reduce(Op::amax, b.map(Op::eq, DType::boolean, left, right), 1u << (all.rank - 1));
    return of<Elements>(b, Invert ? b.map(Op::logical_not, DType::boolean, found) : found);
  }
  template <class T>
  struct result;
  template <class T, auto... D>
  struct result<Tracer<T, D...>> {
    using type = Tracer<bool, D...>;
  };
  template <class X>
  static constexpr auto of(Builder& b, int id) { return typename result<X>::type{&b, id}; }
};
}  // namespace detail

/// The larger and the smaller of two numbers; a number and NaN give the number.
ETCH_OF_TENSORS2(fmax, pair_fn<detail::fmax_fn>)
ETCH_OF_TENSORS2(fmin, pair_fn<detail::fmin_fn>)

ETCH_OPERATION1(isinf, detail::of_floats_fn<detail::isinf_fn, false>)
ETCH_OPERATION1(isfinite, detail::of_floats_fn<detail::isfinite_fn, true>)
ETCH_OPERATION1(isposinf, detail::is_signed_infinity_fn<1>)
ETCH_OPERATION1(isneginf, detail::is_signed_infinity_fn<-1>)

/// |x - y| <= atol + rtol |y| and finite, or x == y; `isclose<true>` takes two NaN for equal.
template <bool EqualNan = false, OperandOrNumber X, OperandOrNumber Y, OperandOrNumber R = double, OperandOrNumber A = double>
  requires(Operand<X> || Operand<Y>)
constexpr auto isclose(const X& x, const Y& y, const R& rtol = 1e-5, const A& atol = 1e-8) {
  detail::must(detail::not_negative, "isclose", "rtol must not be negative", rtol);
  detail::must(detail::not_negative, "isclose", "atol must not be negative", atol);
  return detail::apply_to_tensors<detail::isclose_broadcast_fn<EqualNan>, 2>(x, y, rtol, atol);
}
/// Whether all elements are close, as a bool of rank 0.
template <bool EqualNan = false, OperandOrNumber X, OperandOrNumber Y, OperandOrNumber R = double, OperandOrNumber A = double>
  requires(Operand<X> || Operand<Y>)
constexpr auto allclose(const X& x, const Y& y, const R& rtol = 1e-5, const A& atol = 1e-8) {
  detail::must(detail::not_negative, "allclose", "rtol must not be negative", rtol);
  detail::must(detail::not_negative, "allclose", "atol must not be negative", atol);
  return detail::apply_to_tensors<detail::allclose_fn<EqualNan>, 2>(x, y, rtol, atol);
}
/// Whether shapes and all elements are equal, as a bool of rank 0.
template <Operand X, Operand Y>
constexpr auto equal(const X& x, const Y& y) {
  return apply<detail::equal_fn>(x, y);
}
/// Whether each element is one of the others; `isin<true>` whether it is none.
template <bool Invert = false, OperandOrNumber X, OperandOrNumber S>
  requires(Operand<X> || Operand<S>)
constexpr auto isin(const X& x, const S& from) {
  return apply<detail::isin_fn<Invert>>(x, from);
}

#define ETCH_SAME2(name, other)                   \
  template <OperandOrNumber A, OperandOrNumber B> \
    requires(Operand<A> || Operand<B>)            \
  constexpr auto name(const A& a, const B& b) {   \
    return other(a, b);                           \
  }
ETCH_SAME2(not_equal, ne)
ETCH_SAME2(less, lt)
ETCH_SAME2(less_equal, le)
ETCH_SAME2(greater, gt)
ETCH_SAME2(greater_equal, ge)
#undef ETCH_SAME2

}  // namespace ETCH_ABI
}  // namespace etch
