// A tensor with values in place of a view of it: slice_scatter, select_scatter, diagonal_scatter,
// as_strided_scatter.
//
//   slice_scatter<1, 0, 2>(x, a)  is x with a in place of slice<1, 0, 2>(x)
#pragma once

#include <etch/ops/gather.hpp>
#include <etch/ops/pointwise.hpp>
#include <etch/ops/shape.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace detail {

template <class X, class Y>
constexpr bool do_sizes_match() {
  const Dims x = X::dims(0), y = Y::dims(0);
  bool same = x.rank == y.rank;
  for (int i = 0; same && i < x.rank; ++i) same = agree(x[i], y[i]);
  return same;
}
template <class X, class Y>
inline constexpr bool sizes_match = do_sizes_match<X, Y>();

/// The slice is written over: `place`.
template <int A, int Start, int Stop, int Step>
struct slice_scatter_fn {
  template <class X, class V>
  constexpr auto operator()(X x, V value) const {
    using View = decltype(slice_fn<A, Start, Stop, Step>{}(x));
    if constexpr (!std::is_same_v<View, Poison>) {
      constexpr bool same = sizes_match<View, V>;
      static_assert(same, "etch: slice_scatter: the values must have the sizes of the slice");
      if constexpr (same) {
        Builder& b = *x.builder;
        constexpr int axis = axis_of(A, X::rank), start = Start < 0 ? Start + X::dims(0)[axis].size : Start;
        x.id = b.place(x.id, b.cast(value.id, b.dtype(x.id)), axis, start, Step);
      }
    }
    return x;
  }
};
template <int A, int I>
struct select_scatter_fn {
  template <class X, class V>
  constexpr auto operator()(X x, V value) const {
    constexpr int axis = axis_of(A, X::rank), i = I < 0 && axis >= 0 ? I + X::dims(0)[axis].size : I;
    if constexpr (axis >= 0 && V::rank + 1 == X::rank) return slice_scatter_fn<A, i, i + 1, 1>{}(x, unsqueeze_fn<axis>{}(value));
    static_assert(axis >= 0, "etch: select_scatter: axis out of range");
    static_assert(V::rank + 1 == X::rank, "etch: select_scatter: the values must have the sizes of the input without the axis");
    return x;
  }
};

/// The two axes last and as one: the diagonal is every (columns + 1)-th element.
template <int Offset, int A, int B>
struct diagonal_scatter_fn {
  template <class X, class V>
  constexpr auto operator()(X x, V value) const {
    using Rule = diagonal_of<X, Offset, A, B>;
    constexpr bool values_fit = Rule::two_axes && V::rank == X::rank - 1 && V::dims(0)[V::rank - 1].is(Rule::length);
    static_assert(Rule::two_axes, "etch: diagonal_scatter: two different axes must be named");
    static_assert(values_fit, "etch: diagonal_scatter: the values must have the sizes of the diagonal");
    if constexpr (values_fit && Rule::length > 0) {
      Builder& b = *x.builder;
      int order[max_rank]{}, back[max_rank]{};
      int n = 0;
      for (int i = 0; i < X::rank; ++i)
        if (i != Rule::first && i != Rule::second) order[n++] = i;
      order[n++] = Rule::first;
      order[n] = Rule::second;
      for (int i = 0; i < X::rank; ++i) back[order[i]] = i;
      const int moved = b.permute(x.id, order);
      const Shape apart = b.shape(moved);
      Shape together = apart;
      together.size[--together.rank - 1] = Rule::rows * Rule::columns;
      const int line = b.reshape(moved, together);
      const int at = strided_index<ints<Rule::columns + 1>>(b, Shape{1, {Rule::length}}, Rule::row * Rule::columns + Rule::column);
      const int from = b.cast(value.id, b.dtype(x.id)), axis = together.rank - 1;
      const int done = b.scatter(line, along_axis(b, at, axis, b.shape(from)), from, axis, Op::place);
      x.id = b.permute(b.reshape(done, apart), back);
    }
    return x;
  }
};

/// The elements that as_strided looks at are written; one that it meets twice keeps the last value. To x goes back the
/// gradient of what was written and not of the rest, as PyTorch has it.
template <class Sizes, class Strides, int Offset>
struct as_strided_scatter_fn {
  template <class X, class V>
  constexpr auto operator()(X x, V value) const {
    using Rule = strided<X, Sizes, Strides, Offset>;
    using View = result_of<typename X::value_type, Rule, X>;
    static_assert(Rule::elements_exist, "etch: as_strided_scatter: there must be a stride for every size, none negative, and all elements exist");
    constexpr bool values_fit = Rule::elements_exist && sizes_match<View, V>;
    static_assert(values_fit || !Rule::elements_exist, "etch: as_strided_scatter: the values must have the sizes of the view");
    if constexpr (values_fit) {
      Builder& b = *x.builder;
      const int at = flat(b, strided_index<Strides>(b, b.shape_of(Rule::value), Offset));
      x.id = b.reshape(b.scatter(flat(b, x.id), at, flat(b, b.cast(value.id, b.dtype(x.id))), 0, Op::place, true), b.shape(x.id));
    }
    return x;
  }
};

}  // namespace detail

/// x with `value` as slice<A, Start, Stop, Step>(x).
template <int A, int Start, int Stop, int Step = 1, Operand X, Operand V>
constexpr auto slice_scatter(const X& x, const V& value) {
  return apply<detail::slice_scatter_fn<A, Start, Stop, Step>>(x, value);
}
/// x with `value` as select_axis<A, I>(x).
template <int A, int I, Operand X, Operand V>
constexpr auto select_scatter(const X& x, const V& value) {
  return apply<detail::select_scatter_fn<A, I>>(x, value);
}
/// x with `value` as as_strided<Sizes, Strides, Offset>(x).
template <class Sizes, class Strides, int Offset = 0, Operand X, Operand V>
constexpr auto as_strided_scatter(const X& x, const V& value) {
  return apply<detail::as_strided_scatter_fn<Sizes, Strides, Offset>>(x, value);
}
/// x with `value` as diagonal<Offset, A, B>(x).
template <int Offset = 0, int A = 0, int B = 1, Operand X, Operand V>
constexpr auto diagonal_scatter(const X& x, const V& value) {
  return apply<detail::diagonal_scatter_fn<Offset, A, B>>(x, value);
}

}  // namespace ETCH_ABI
}  // namespace etch
