// A tensor with values in place of a view of it: slice_scatter, select_scatter, diagonal_scatter.
//
//   slice_scatter<1, 0, 2>(x, a)  is x with a in place of slice<1, 0, 2>(x)
#pragma once

#include <etch/ops/gather.hpp>
#include <etch/ops/pointwise.hpp>
#include <etch/ops/shape.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace detail {

/// The slice is written over: `place`.
template <int A, int Start, int Stop, int Step>
struct slice_scatter_fn {
  template <class X, class V>
  constexpr X operator()(X x, V value) const {
    using View = decltype(slice_fn<A, Start, Stop, Step>{}(x));
    if constexpr (!std::is_same_v<View, Poison>) {
      using Rule = broadcast<View, V>;
      constexpr bool same = View::rank == V::rank && Rule::agree_or_are_one && capacity(View::dims(0)) == capacity(V::dims(0));
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
  constexpr X operator()(X x, V value) const {
    constexpr int axis = axis_of(A, X::rank), i = I < 0 && axis >= 0 ? I + X::dims(0)[axis].size : I;
    if constexpr (axis >= 0 && V::rank + 1 == X::rank) return slice_scatter_fn<A, i, i + 1, 1>{}(x, unsqueeze_fn<axis>{}(value));
    static_assert(axis >= 0, "etch: select_scatter: axis out of range");
    static_assert(V::rank + 1 == X::rank, "etch: select_scatter: the values must have the sizes of the input without the axis");
    return x;
  }
};

/// The two axes last and as one, the diagonal is a slice: every (columns + 1)-th element.
template <class X, class V, int Offset, int A, int B>
struct diagonal_values {
  static constexpr int a = axis_of(A, X::rank), b = axis_of(B, X::rank);
  static constexpr bool in_range = a >= 0 && b >= 0 && a != b;
  static constexpr int rows = in_range ? X::dims(0)[a].size : 0, columns = in_range ? X::dims(0)[b].size : 0;
  static constexpr int row = Offset < 0 ? -Offset : 0, column = Offset > 0 ? Offset : 0;
  static constexpr int room = rows - row < columns - column ? rows - row : columns - column, length = room > 0 ? room : 0;
  static constexpr bool values_fit = in_range && V::rank == X::rank - 1 && V::dims(0)[V::rank - 1].is(length);
};
template <int Offset, int A, int B>
struct diagonal_scatter_fn {
  template <class X, class V>
  constexpr X operator()(X x, V value) const {
    using Rule = diagonal_values<X, V, Offset, A, B>;
    static_assert(Rule::in_range, "etch: diagonal_scatter: two different axes must be named");
    static_assert(Rule::values_fit, "etch: diagonal_scatter: the values must have the sizes of the diagonal");
    if constexpr (Rule::values_fit && Rule::length > 0) {
      Builder& b = *x.builder;
      int order[max_rank]{}, back[max_rank]{};
      int n = 0;
      for (int i = 0; i < X::rank; ++i)
        if (i != Rule::a && i != Rule::b) order[n++] = i;
      order[n++] = Rule::a;
      order[n] = Rule::b;
      for (int i = 0; i < X::rank; ++i) back[order[i]] = i;
      const int moved = b.permute(x.id, order);
      const Shape apart = b.shape(moved);
      Shape together = apart;
      together.size[--together.rank - 1] = Rule::rows * Rule::columns;
      const int line = b.reshape(moved, together);
      const int at = b.map(Op::add, DType::int64, b.map(Op::mul, DType::int64, b.iota(Rule::length, DType::int64), b.constant(Rule::columns + 1, DType::int64, Shape{1, {Rule::length}})),
                           b.constant(Rule::row * Rule::columns + Rule::column, DType::int64, Shape{1, {Rule::length}}));
      const int from = b.cast(value.id, b.dtype(x.id)), axis = together.rank - 1;
      const int done = b.scatter(line, along_axis(b, at, axis, b.shape(from)), from, axis, Op::place);
      x.id = b.permute(b.reshape(done, apart), back);
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
/// x with `value` as diagonal<Offset, A, B>(x).
template <int Offset = 0, int A = 0, int B = 1, Operand X, Operand V>
constexpr auto diagonal_scatter(const X& x, const V& value) {
  return apply<detail::diagonal_scatter_fn<Offset, A, B>>(x, value);
}

}  // namespace ETCH_ABI
}  // namespace etch
