// Complex tensors: made of parts, taken apart, seen as real ones.
//
//   complex(re, im) = re + i im        polar(r, phi) = r cos phi + i r sin phi        view_as_real: [..] -> [.., 2]
#pragma once

#include <etch/ops/pointwise.hpp>
#include <etch/ops/shape.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace detail {

struct complex_fn {
  template <class A, class B>
  constexpr auto operator()(A re, B im) const {
    using Rule = broadcast<tracer_of<A>, tracer_of<B>>;
    constexpr DType d = common_dtype<A, B>();
    constexpr bool real_parts = d == DType::float32 || d == DType::float64;
    constexpr bool one_dtype = is_weak<A> || is_weak<B> || std::is_same_v<typename A::value_type, typename B::value_type>;
    if constexpr (!real_parts || !one_dtype || !Rule::agree_or_are_one) {
      static_assert(real_parts, "etch: complex: the parts must be float or double");
      static_assert(one_dtype, "etch: complex: the parts must have one dtype");
      static_assert(Rule::agree_or_are_one, "etch: complex: sizes must agree or be 1");
      return Poison{};
    } else {
      Builder& b = *re.builder;
      const Shape s = b.shape_of(Rule::value);
      return result_of<etch::complex<type_of<d>>, Rule, A, B>{&b, b.pair(b.expand(b.cast(re.id, d), s), b.expand(b.cast(im.id, d), s))};
    }
  }
};
struct polar_fn {
  template <class S, class A>
  constexpr auto operator()(S size, A angle) const {
    constexpr bool one_dtype = std::is_same_v<typename S::value_type, typename A::value_type> && std::is_floating_point_v<typename S::value_type>;
    static_assert(one_dtype, "etch: polar: sizes and angles must have one dtype, float or double");
    if constexpr (one_dtype) return complex_fn{}(size * cos(angle), size * sin(angle));
    else return Poison{};
  }
};
struct unchanged_fn {
  constexpr auto operator()(auto x) const { return x; }
};
struct conj_fn {
  template <class T, auto... D>
  constexpr Tracer<T, D...> operator()(Tracer<T, D...> x) const {
    Builder& b = *x.builder;
    if constexpr (is_complex_type<T>) x.id = b.pair(b.real(x.id), b.map(Op::neg, real_dtype(dtype_of<T>), b.imag(x.id)));
    return x;
  }
};
/// atan2(im, re), whose gradient at 0 is 0; of a real number 0 or pi, and NaN of NaN.
struct angle_fn {
  template <class T, auto... D>
  constexpr auto operator()(Tracer<T, D...> x) const {
    constexpr DType d = is_integral(dtype_of<T>) ? DType::float32 : real_dtype(dtype_of<T>);
    Builder& b = *x.builder;
    using R = Tracer<type_of<d>, D...>;
    if constexpr (is_complex_type<T>) {
      const Value re{&b, b.real(x.id)}, im{&b, b.imag(x.id)}, null = is_null({re, im});
      return R{&b, choose(null, detached(apply_map(Op::atan2, im, re)), apply_map(Op::atan2, im, choose(null, re.number(1), re))).id};
    } else {
      const Value v = detached(Value{&b, b.cast(x.id, d)});
      const Value side = choose(compare(Op::lt, v, v.number(0)), v.number(op::pi), v.number(0));
      return R{&b, choose(compare(Op::ne, v, v), v, side).id};
    }
  }
};
template <class X>
struct with_parts {
  static constexpr Dims make() {
    Dims r = X::dims(0);
    r.push(static_dim(2));
    return r;
  }
  static constexpr Dims value = make();
};
struct view_as_real_fn {
  template <class T, auto... D>
  constexpr auto operator()(Tracer<T, D...> x) const {
    if constexpr (!is_complex_type<T>) {
      static_assert(is_complex_type<T>, "etch: view_as_real: the tensor must be complex");
      return Poison{};
    } else {
      return result_of<real_type<T>, with_parts<Tracer<T, D...>>, Tracer<T, D...>>{x.builder, x.builder->view_as_real(x.id)};
    }
  }
};
struct view_as_complex_fn {
  template <class X>
  constexpr auto operator()(X x) const {
    using T = typename X::value_type;
    constexpr bool has_parts = X::rank >= 1 && std::is_floating_point_v<T> && X::dims(0)[X::rank < 1 ? 0 : X::rank - 1].is(2);
    if constexpr (!has_parts) {
      static_assert(has_parts, "etch: view_as_complex: the tensor must be float or double and its last size 2");
      return Poison{};
    } else {
      return result_of<etch::complex<T>, without_axis<X, X::rank - 1>, X>{x.builder, x.builder->view_as_complex(x.id)};
    }
  }
};
struct isreal_fn {
  template <class T, auto... D>
  constexpr Tracer<bool, D...> operator()(Tracer<T, D...> x) const {
    Builder& b = *x.builder;
    if constexpr (!is_complex_type<T>) return {&b, b.constant(1, DType::boolean, b.shape(x.id))};
    const int im = b.imag(x.id);
    return {&b, b.map(Op::eq, DType::boolean, im, b.constant(0, b.dtype(im), b.shape(im)))};
  }
};
}  // namespace detail

/// `complex(re, im)` of tensors: a tensor, spelled like the type of one complex number.
template <class L>
  requires(Operand<L> || detail::is_tracer_v<L>)
struct complex<L> : L {
  template <class A, class B>
  constexpr complex(const A& re, const B& im) : L(apply<detail::complex_fn>(re, im)) {}
};
template <Operand A, Operand B>
complex(const A&, const B&) -> complex<decltype(apply<detail::complex_fn>(*static_cast<const A*>(nullptr), *static_cast<const B*>(nullptr)))>;

/// r cos phi + i r sin phi
template <Operand A, Operand B> constexpr auto polar(const A& size, const B& angle) { return apply<detail::polar_fn>(size, angle); }
/// The real part (of real numbers, themselves) and the imaginary part.
template <Operand X> constexpr auto real(const X& x) { return apply<detail::real_fn>(x); }
template <Operand X> constexpr auto imag(const X& x) { return apply<detail::imag_fn>(x); }
/// re - i im. There is no lazy conjugation to resolve, so the four are one.
template <Operand X> constexpr auto conj(const X& x) { return apply<detail::conj_fn>(x); }
template <Operand X> constexpr auto conj_physical(const X& x) { return apply<detail::conj_fn>(x); }
template <Operand X> constexpr auto resolve_conj(const X& x) { return apply<detail::unchanged_fn>(x); }
template <Operand X> constexpr auto resolve_neg(const X& x) { return apply<detail::unchanged_fn>(x); }
/// The conjugate transpose of the last two axes: PyTorch's `x.mH`.
template <Operand X> constexpr auto adjoint(const X& x) { return conj(transpose<-2, -1>(x)); }
template <Operand X> constexpr auto mH(const X& x) { return adjoint(x); }
/// The angle between x and the positive real axis, in (-pi, pi].
template <Operand X> constexpr auto angle(const X& x) { return apply<detail::angle_fn>(x); }
/// A complex tensor as a real one with the parts along a last axis of 2, and back.
template <Operand X> constexpr auto view_as_real(const X& x) { return apply<detail::view_as_real_fn>(x); }
template <Operand X> constexpr auto view_as_complex(const X& x) { return apply<detail::view_as_complex_fn>(x); }
/// Whether the imaginary part is 0.
template <Operand X> constexpr auto isreal(const X& x) { return apply<detail::isreal_fn>(x); }

}  // namespace ETCH_ABI
}  // namespace etch
