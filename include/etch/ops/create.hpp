// Constants of a shape: zeros, ones, numbers, counts and masks, as nodes of a traced function or in an expression. Each takes
// its builder from an operand: `zeros_like(x)`, or `ones<64, 64>(x)` with a shape of its own and x's dtype.
#pragma once

#include <etch/ops/pointwise.hpp>

namespace etch {
inline namespace ETCH_ABI {

namespace detail {
/// T, or where it is void the dtype of x.
template <class T, class X>
using type_or_like = std::conditional_t<std::is_void_v<T>, typename X::value_type, T>;

/// `value` everywhere, of x's shape.
template <class T>
struct full_like_fn {
  template <class X, auto... D, class V>
  constexpr auto operator()(Tracer<X, D...> x, V value) const {
    using To = type_or_like<T, Tracer<X, D...>>;
    Builder& b = *x.builder;
    return Tracer<To, D...>{&b, b.expand(b.cast(value.id, dtype_of<To>), b.shape(x.id))};
  }
};
template <int Value, class T = void>
struct fill_like_fn {
  template <class X, auto... D>
  constexpr auto operator()(Tracer<X, D...> x) const {
    using To = type_or_like<T, Tracer<X, D...>>;
    return Tracer<To, D...>{x.builder, x.builder->constant(Value, dtype_of<To>, x.builder->shape(x.id))};
  }
};
/// The same of a shape of their own.
template <class T, auto... D>
struct shaped {
  static constexpr Dims value = dims_of<D...>();
};
template <class T, auto... D>
struct new_full_fn {
  template <class X, class V>
  constexpr auto operator()(X x, V value) const {
    using To = type_or_like<T, X>;
    Builder& b = *x.builder;
    return result_of<To, shaped<T, D...>, Tracer<To, D...>>{&b, b.expand(b.cast(value.id, dtype_of<To>), b.shape_of(dims_of<D...>()))};
  }
};
template <int Value, class T, auto... D>
struct new_fill_fn {
  template <class X>
  constexpr auto operator()(X x) const {
    using To = type_or_like<T, X>;
    Builder& b = *x.builder;
    return result_of<To, shaped<T, D...>, Tracer<To, D...>>{&b, b.constant(Value, dtype_of<To>, b.shape_of(dims_of<D...>()))};
  }
};
/// start + i step, and from the other end after the middle, so that both ends are exact; whole numbers are cut off.
template <class T, int N>
struct linspace_fn {
  template <class A, class B>
  constexpr auto operator()(A start, B end) const {
    constexpr bool numbers = A::rank == 0 && B::rank == 0;
    constexpr bool can_hold = is_complex_type<T> || (!is_complex_type<typename A::value_type> && !is_complex_type<typename B::value_type>);
    if constexpr (!numbers || !can_hold) {
      static_assert(can_hold, "etch: linspace: between complex numbers the dtype must be complex");
      static_assert(numbers, "etch: linspace: start and end must have no dimensions");
      return Poison{};
    } else {
      constexpr DType to = dtype_of<T>, d = is_floating(to) && size_of(to) >= 4 ? to : is_complex(to) ? to : DType::float64;
      Builder& b = *start.builder;
      Shape line;
      line.rank = 1;
      line.size[0] = N;
      const Value first{&b, b.cast(b.cast(start.id, to), d)}, last{&b, b.cast(b.cast(end.id, to), d)};
      const Value step = N > 1 ? (last - first) / first.number(N - 1) : first.number(0);
      auto spread = [&](Value v) { return Value{&b, b.expand(v.id, line)}; };
      const Value i{&b, b.iota(N, d)}, here = spread(first) + spread(step) * i, there = spread(last) - spread(step) * (i.number(N - 1) - i);
      const Value place{&b, b.iota(N, DType::int32)};
      return Tracer<T, N>{&b, b.cast(choose(compare(Op::lt, place, place.number(N > 1 ? N / 2 : 1)), here, there).id, to)};
    }
  }
};
/// The powers of a base whose exponents are evenly spaced, computed as doubles; of whole powers both ends are cut to whole numbers.
template <class T, int N>
struct logspace_fn {
  template <class A, class B, class C>
  constexpr auto operator()(A start, B end, C base) const {
    constexpr bool numbers = A::rank == 0 && B::rank == 0 && C::rank == 0;
    constexpr bool can_hold = is_complex_type<T> || (!is_complex_type<typename A::value_type> && !is_complex_type<typename B::value_type>);
    if constexpr (!numbers || !can_hold) {
      static_assert(can_hold, "etch: logspace: between complex numbers the dtype must be complex");
      static_assert(numbers, "etch: logspace: start, end and base must have no dimensions");
      return Poison{};
    } else {
      using Wide = std::conditional_t<is_complex_type<T>, T, double>;
      using End = std::conditional_t<is_integral(dtype_of<T>), T, Wide>;
      return cast_fn<T>{}(pow(cast_fn<Wide>{}(tracer_of<C>(base)), linspace_fn<Wide, N>{}(cast_fn<End>{}(tracer_of<A>(start)), cast_fn<End>{}(tracer_of<B>(end)))));
    }
  }
};
/// mask[i, j] = j <= i over the last two axes.
struct causal_mask_fn {
  template <class T, auto... D>
  constexpr auto operator()(Tracer<T, D...> x) const {
    constexpr bool matrix = sizeof...(D) >= 2;
    if constexpr (!matrix) {
      static_assert(matrix, "etch: causal_mask: at least two dimensions");
      return Poison{};
    } else {
      Builder& b = *x.builder;
      const Shape s = b.shape(x.id);
      Shape rows, cols;
      rows.rank = cols.rank = 2;
      rows.size[0] = s.size[s.rank - 2];
      cols.size[1] = s.size[s.rank - 1];
      rows.size[1] = cols.size[0] = 1;
      const int i = b.expand(b.reshape(b.iota(rows.size[0], DType::int32), rows), s);
      const int j = b.expand(b.reshape(b.iota(cols.size[1], DType::int32), cols), s);
      return Tracer<bool, D...>{&b, b.map(Op::le, DType::boolean, j, i)};
    }
  }
};
/// 0, 1, 2, ... along axis A of x's shape, broadcast over the others.
template <int A, class To>
struct iota_like_fn {
  template <class T, auto... D>
  constexpr auto operator()(Tracer<T, D...> x) const {
    constexpr int axis = axis_of(A, sizeof...(D));
    if constexpr (axis < 0) {
      static_assert(axis >= 0, "etch: iota_like: axis out of range");
      return Poison{};
    } else {
      Builder& b = *x.builder;
      const Shape s = b.shape(x.id);
      Shape line;
      line.rank = s.rank;
      for (int i = 0; i < s.rank; ++i) line.size[i] = i == axis ? s.size[i] : 1;
      return Tracer<To, D...>{&b, b.expand(b.reshape(b.iota(s.size[axis], dtype_of<To>), line), s)};
    }
  }
};
}  // namespace detail

/// 0, 1 or `value` everywhere, of x's shape; of x's dtype or T.
template <Operand X> constexpr auto zeros_like(const X& x) { return apply<detail::fill_like_fn<0>>(x); }
template <Operand X> constexpr auto ones_like(const X& x) { return apply<detail::fill_like_fn<1>>(x); }
template <Operand X> constexpr auto empty_like(const X& x) { return apply<detail::fill_like_fn<0>>(x); }
template <Operand X, OperandOrNumber V> constexpr auto full_like(const X& x, const V& value) { return apply<detail::full_like_fn<void>>(x, value); }
template <class T, Operand X> constexpr auto zeros_like(const X& x) { return apply<detail::fill_like_fn<0, T>>(x); }
template <class T, Operand X> constexpr auto ones_like(const X& x) { return apply<detail::fill_like_fn<1, T>>(x); }
template <class T, Operand X> constexpr auto empty_like(const X& x) { return apply<detail::fill_like_fn<0, T>>(x); }
template <class T, Operand X, OperandOrNumber V> constexpr auto full_like(const X& x, const V& value) { return apply<detail::full_like_fn<T>>(x, value); }
/// `value` in place of every element of x.
template <Operand X, OperandOrNumber V> constexpr auto fill(const X& x, const V& value) { return apply<detail::full_like_fn<void>>(x, value); }

/// 0, 1 or `value` in another shape, of x's dtype or T: PyTorch's `x.new_zeros(sizes)`.
template <auto... D, Operand X> constexpr auto new_zeros(const X& x) { return apply<detail::new_fill_fn<0, void, D...>>(x); }
template <auto... D, Operand X> constexpr auto new_ones(const X& x) { return apply<detail::new_fill_fn<1, void, D...>>(x); }
template <auto... D, Operand X> constexpr auto new_empty(const X& x) { return apply<detail::new_fill_fn<0, void, D...>>(x); }
template <auto... D, Operand X, OperandOrNumber V> constexpr auto new_full(const X& x, const V& value) { return apply<detail::new_full_fn<void, D...>>(x, value); }
template <class T, auto... D, Operand X> constexpr auto new_zeros(const X& x) { return apply<detail::new_fill_fn<0, T, D...>>(x); }
template <class T, auto... D, Operand X> constexpr auto new_ones(const X& x) { return apply<detail::new_fill_fn<1, T, D...>>(x); }
template <class T, auto... D, Operand X> constexpr auto new_empty(const X& x) { return apply<detail::new_fill_fn<0, T, D...>>(x); }
template <class T, auto... D, Operand X, OperandOrNumber V> constexpr auto new_full(const X& x, const V& value) { return apply<detail::new_full_fn<T, D...>>(x, value); }
/// The same by the names that make tensors: `ones<64, 64>(x)` inside a traced function.
template <auto... D, Operand X> constexpr auto zeros(const X& x) { return apply<detail::new_fill_fn<0, void, D...>>(x); }
template <auto... D, Operand X> constexpr auto ones(const X& x) { return apply<detail::new_fill_fn<1, void, D...>>(x); }
template <auto... D, Operand X, OperandOrNumber V> constexpr auto full(const X& x, const V& value) { return apply<detail::new_full_fn<void, D...>>(x, value); }
/// N numbers from start to end, both included, evenly spaced, where one of them is a tensor without dimensions.
template <class T, int N, OperandOrNumber A, OperandOrNumber B>
  requires(Operand<A> || Operand<B>)
constexpr auto linspace(const A& start, const B& end) {
  return apply<detail::linspace_fn<T, N>>(start, end);
}
/// The powers of a base whose exponents are `linspace(start, end)`, where one of them is a tensor without dimensions.
template <class T, int N, OperandOrNumber A, OperandOrNumber B, OperandOrNumber C = double>
  requires(Operand<A> || Operand<B>)
constexpr auto logspace(const A& start, const B& end, const C& base = 10) {
  return apply<detail::logspace_fn<T, N>>(start, end, base);
}
/// True on and below the diagonal of the last two axes.
template <Operand X> constexpr auto causal_mask(const X& x) { return apply<detail::causal_mask_fn>(x); }
/// Each element's index along axis A.
template <int A, class To = std::int64_t, Operand X> constexpr auto iota_like(const X& x) { return apply<detail::iota_like_fn<A, To>>(x); }

}  // namespace ETCH_ABI
}  // namespace etch
