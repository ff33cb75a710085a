// Where something is true: nonzero, argwhere, masked_select, unravel_index. How many there are is known when they have been
// counted, so nonzero runs when it is called; what is selected is a gather, with its gradient.
//
//   nonzero(x)[k] = the index of the k-th element that is not 0       masked_select(x, m) = x at nonzero(m)
#pragma once

#include <etch/ops/arithmetic.hpp>
#include <etch/ops/gather.hpp>
#include <etch/ops/reduce.hpp>
#include <etch/run/counted.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace detail {

/// The flat indices of elements that are not 0.
template <auto... Name, class X>
auto nonzero_flat(const X& x) {
  const auto& v = values_of(x);
  constexpr auto size = counted_name<static_cast<int>(capacity(values_type<X>::dims())), Name...>();
  const std::int64_t all = v.numel();
  int n = 0;
  for (std::int64_t i = 0; i < all; ++i) n += v.data()[i] != typename values_type<X>::value_type(0) ? 1 : 0;
  Tensor<std::int64_t, size> r(n);
  for (std::int64_t i = 0, k = 0; i < all; ++i)
    if (v.data()[i] != typename values_type<X>::value_type(0)) r.data()[k++] = i;
  return r;
}

template <class List>
List column_of(const std::int64_t* from, int rows, int rank, int axis) {
  List r(rows);
  for (int k = 0; rank > 0 && k < rows; ++k) r.data()[k] = from[k * rank + axis];
  return r;
}
template <std::size_t, class T>
using one_of_many = T;
template <class List, std::size_t... A>
auto columns_of(const std::int64_t* from, int rows, int rank, std::index_sequence<A...>) {
  return Values<one_of_many<A, List>...>{{{{column_of<List>(from, rows, rank, static_cast<int>(A))}...}}};
}

/// One coordinate of a flat index.
template <std::int64_t Stride, std::int64_t Size>
struct unravel_fn {
  template <class I>
  constexpr auto operator()(I i) const {
    constexpr bool integers = is_integral(dtype_of<typename I::value_type>) && !holds_bools<I>;
    static_assert(integers, "etch: unravel_index: indices must be integers");
    if constexpr (integers) return remainder(floor_divide(to<std::int64_t>(i), Stride), Size);
    else return Poison{};
  }
};

/// The flat indices of the first Count elements that are not 0, Fill where there are fewer: each writes its index where the
/// number of those before it says; what has no place goes to one element more, which is left out.
template <int Count, int Fill>
constexpr int nonzero_nodes(Builder& b, int x) {
  x = flat(b, x);
  const Shape line = b.shape(x);
  const int hit = b.map(Op::ne, DType::boolean, x, b.constant(0, b.dtype(x), line));
  const Value number{&b, b.along(Op::cumsum, b.cast(hit, DType::int64), 0)};
  const Value last = number.number(Count);
  const int found = b.map(Op::logical_and, DType::boolean, hit, compare(Op::le, number, last).id);
  const int at = b.map(Op::where, DType::int64, found, (number - 1).id, last.id);
  const int all = b.scatter(b.constant(Fill, DType::int64, Shape{1, {Count + 1}}), at, b.iota(line.size[0], DType::int64), 0, Op::place);
  return b.slice(all, 0, 0, Count, 1);
}
template <int Count, int Fill>
struct nonzero_static_fn {
  template <class X>
  constexpr auto operator()(X x) const {
    Builder& b = *x.builder;
    constexpr int rank = X::rank;
    using R = Tracer<std::int64_t, Count, rank>;
    const Dims dims = X::dims();
    const Shape to{2, {Count, rank}}, column{2, {Count, 1}};
    const Value flat_index{&b, nonzero_nodes<Count, -1>(b, x.id)};
    int r = b.empty(to, DType::int64);
    std::int64_t stride = 1;
    for (int a = rank - 1; a >= 0; --a) {
      const Tracer<std::int64_t, Count> i{&b, flat_index.id};
      const auto at = where(i < 0, std::int64_t{Fill}, remainder(floor_divide(i, Tracer<std::int64_t>{&b, b.constant(static_cast<double>(stride), DType::int64)}), Tracer<std::int64_t>{&b, b.extent(b.size_code(dims[a]), DType::int64)}));
      r = b.place(r, b.reshape(at.id, column), 1, a, 1);
      stride *= dims[a].size;
    }
    return R{&b, r};
  }
};
/// Broadcast against a mask: x at full size.
struct expand_to_fn {
  template <class X, class M>
  constexpr auto operator()(X x, M) const {
    using Rule = broadcast<X, M>;
    static_assert(Rule::agree_or_are_one, "etch: masked_select: sizes must agree or be 1");
    if constexpr (Rule::agree_or_are_one) return result_of<typename X::value_type, Rule, X, M>{x.builder, x.builder->expand(x.id, x.builder->shape_of(Rule::value))};
    else return Poison{};
  }
};

/// The first Count elements where the mask is true, which has so many.
template <int Count>
struct masked_select_fn {
  template <class X, class M>
  constexpr auto operator()(X x, M mask) const {
    static_assert(holds_bools<M>, "etch: masked_select: the mask must be a bool tensor");
    const auto wide = expand_to_fn{}(x, mask);
    const auto hit = expand_to_fn{}(mask, x);
    if constexpr (std::is_same_v<std::remove_const_t<decltype(wide)>, Poison> || !holds_bools<M>) {
      return Poison{};
    } else {
      Builder& b = *x.builder;
      const int from = flat(b, wide.id);
      const int at = b.checked(nonzero_nodes<Count, -1>(b, hit.id), 0, b.shape(from).size[0], false);
      return Tracer<typename X::value_type, Count>{&b, b.gather(from, at, 0)};
    }
  }
};

}  // namespace detail

/// The indices of elements that are not 0: [count, rank]. `nonzero<name>(x)` gives the count a name of the caller's.
template <auto... Name, Operand X>
auto nonzero(const X& x) {
  if constexpr (!detail::has_values<X>) {
    static_assert(detail::has_values<X>, "etch: nonzero: the size of the result depends on values, so it has no place in a traced function");
    return Poison{};
  } else {
    const auto& v = detail::values_of(x);
    constexpr int rank = detail::values_type<X>::rank;
    constexpr auto size = detail::counted_name<static_cast<int>(capacity(detail::values_type<X>::dims())), Name...>();
    const auto at = detail::nonzero_flat<Name...>(v);
    Tensor<std::int64_t, size, rank> r(at.size(0));
    for (int k = 0; k < at.size(0); ++k) {
      std::int64_t rest = at.data()[k];
      for (int a = rank - 1; a >= 0; --a) {
        r.data()[k * rank + a] = rest % v.size(a);
        rest /= v.size(a);
      }
    }
    return r;
  }
}
/// The same as one list for each axis, ready to index with: `auto [i, j] = nonzero_tuple(x)`. Of a number: one list.
template <auto... Name, Operand X>
auto nonzero_tuple(const X& x) {
  if constexpr (!detail::has_values<X>) {
    static_assert(detail::has_values<X>, "etch: nonzero: the size of the result depends on values, so it has no place in a traced function");
    return Poison{};
  } else {
    constexpr int rank = detail::values_type<X>::rank;
    const auto all = nonzero<Name...>(x);
    using List = decltype(detail::nonzero_flat<Name...>(x));
    return detail::columns_of<List>(all.data(), all.size(0), rank, std::make_index_sequence<rank == 0 ? 1 : static_cast<std::size_t>(rank)>{});
  }
}
/// One argument: where the condition is true, one list for each axis.
template <auto... Name, Operand X>
auto where(const X& condition) {
  return nonzero_tuple<Name...>(condition);
}
template <auto... Name, Operand X>
auto argwhere(const X& x) {
  return nonzero<Name...>(x);
}
/// The first Count of them, [Count, rank], and Fill where there are fewer: of static size, so also in traced functions.
template <int Count, int Fill = -1, Operand X>
constexpr auto nonzero_static(const X& x) {
  return apply<detail::nonzero_static_fn<Count, Fill>>(x);
}
/// The elements of x where the mask is true, which must be true at least Count times; also in traced functions.
template <int Count, Operand X, Operand M>
constexpr auto masked_select(const X& x, const M& mask) {
  return apply<detail::masked_select_fn<Count>>(x, mask);
}
/// The elements of x where the mask is true, in order; x and the mask broadcast. The count is taken when it is called; the
/// elements are an expression, through which gradients flow.
template <auto... Name, Operand X, Operand M>
  requires(!std::is_integral_v<decltype(Name)> && ...)
auto masked_select(const X& x, const M& mask) {
  if constexpr (!detail::has_values<X> || !detail::has_values<M>) {
    static_assert(detail::has_values<X> && detail::has_values<M>, "etch: masked_select: the size of the result depends on values, so it has no place in a traced function");
    return Poison{};
  } else if constexpr (!detail::holds_bools<M>) {
    static_assert(detail::holds_bools<M>, "etch: masked_select: the mask must be a bool tensor");
    return Poison{};
  } else {
    const auto at = detail::nonzero_flat<Name...>(eval(apply<detail::expand_to_fn>(mask, x)));
    return take(apply<detail::expand_to_fn>(x, mask), at);
  }
}

/// The coordinates of flat indices in a tensor of these sizes: `auto [row, column] = unravel_index<4, 5>(i)`.
template <int... Size, Operand I>
constexpr auto unravel_index(const I& index) {
  return [&]<std::size_t... A>(std::index_sequence<A...>) {
    constexpr int sizes[] = {Size..., 1};
    constexpr auto stride = [](std::size_t axis) {
      std::int64_t n = 1;
      for (std::size_t k = axis + 1; k < sizeof...(Size); ++k) n *= sizes[k];
      return n;
    };
    return Values<decltype(apply<detail::unravel_fn<stride(A), sizes[A]>>(index))...>{{{{apply<detail::unravel_fn<stride(A), sizes[A]>>(index)}...}}};
  }(std::make_index_sequence<sizeof...(Size)>{});
}

}  // namespace ETCH_ABI
}  // namespace etch
