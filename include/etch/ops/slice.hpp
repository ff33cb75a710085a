// Some elements of an axis: slices, flips, diagonals, windows. All but overlapping windows are views.
#pragma once

#include <etch/ops/permute.hpp>
#include <etch/ops/reshape.hpp>

namespace etch {
inline namespace ETCH_ABI {

namespace detail {
/// X with axis A of another size; a slice of a named or bounded axis has a plain size.
template <class X, int A, int Size>
struct resized {
  static constexpr Dims make() {
    Dims r = X::dims(0);
    r[A] = static_dim(Size);
    return r;
  }
  static constexpr Dims value = make();
};
}  // namespace detail

/// Elements start, start + step, ... before stop of one axis; backwards where step is negative, and then a stop of
/// -1 - size, as in Python, is before the first.
template <int A, int Start, int Stop, int Step = 1>
struct slice_fn {
  template <class X>
  constexpr auto operator()(X x) const {
    constexpr int axis = axis_of(A, X::rank);
    if constexpr (axis < 0) {
      static_assert(axis >= 0, "etch: slice: axis out of range");
      return Poison{};
    } else {
      constexpr Dim d = X::dims(0)[axis];
      constexpr int start = Start < 0 ? Start + d.size : Start, stop = Stop < 0 ? Stop + d.size : Stop;
      constexpr bool forward = Step >= 1 && start >= 0 && start <= stop && stop <= d.size;
      constexpr bool within_the_axis = forward || (Step <= -1 && stop >= -1 && stop <= start && start < d.size);
      static_assert(!d.bounded, "etch: slice: the axis must have a static size");
      if constexpr (!within_the_axis) {
        static_assert(within_the_axis, "etch: slice: the range must lie within the axis");
        return Poison{};
      } else {
        constexpr int length = (stop - start + Step - (Step > 0 ? 1 : -1)) / Step;
        using Rule = detail::resized<X, axis, length>;
        return result_of<typename X::value_type, Rule, X>{x.builder, x.builder->slice(x.id, axis, start, length, Step)};
      }
    }
  }
};

namespace detail {
template <int A, int Start, int Length>
struct narrow_fn {
  template <class X>
  constexpr auto operator()(X x) const {
    constexpr int axis = axis_of(A, X::rank);
    constexpr int start = Start < 0 && axis >= 0 ? Start + X::dims(0)[axis].size : Start;
    constexpr bool from_the_start = axis < 0 || (start >= 0 && Length >= 0);  // slices would count from the end again
    if constexpr (!from_the_start) {
      static_assert(from_the_start, "etch: narrow: the start must lie within the axis, and the length not be negative");
      return Poison{};
    } else {
      return slice_fn<A, start, start + Length>{}(x);
    }
  }
};
template <class X, int A>
struct without_axis {
  static constexpr Dims make() {
    Dims r;
    const Dims x = X::dims(0);
    for (int i = 0; i < x.rank; ++i)
      if (i != A) r.push(x[i]);
    return r;
  }
  static constexpr Dims value = make();
};
template <int A, int I>
struct select_fn {
  template <class X>
  constexpr auto operator()(X x) const {
    constexpr int axis = axis_of(A, X::rank);
    if constexpr (axis < 0) {
      static_assert(axis >= 0, "etch: select: axis out of range");
      return Poison{};
    } else {
      constexpr Dim d = X::dims(0)[axis];
      constexpr bool within_the_axis = !d.bounded && I >= -d.size && I < d.size;
      if constexpr (!within_the_axis) {
        static_assert(within_the_axis, "etch: select: the index must lie within an axis of static size");
        return Poison{};
      } else {
        using Rule = without_axis<X, axis>;
        Builder& b = *x.builder;
        const int part = b.slice(x.id, axis, I < 0 ? I + d.size : I, 1, 1);
        return result_of<typename X::value_type, Rule, X>{&b, b.reshape(part, b.shape_of(Rule::value))};
      }
    }
  }
};

template <int... A>
struct flip_fn {
  template <class X>
  constexpr auto operator()(X x) const {
    constexpr bool in_range = ((axis_of_any(A, X::rank) >= 0) && ...), distinct = axes_differ<A...>(X::rank);
    if constexpr (!in_range || !distinct) {
      static_assert(in_range, "etch: flip: axis out of range");
      static_assert(distinct, "etch: flip: an axis is named twice");
      return Poison{};
    } else {
      constexpr Dims d = X::dims(0);
      constexpr bool sizes_are_static = X::rank == 0 || (!d[axis_of_any(A, X::rank)].bounded && ...);
      static_assert(sizes_are_static, "etch: flip: the axes must have static sizes");
      X r = x;
      const int axes[] = {axis_of_any(A, X::rank)..., 0};
      for (int k = 0; k < static_cast<int>(sizeof...(A)) && X::rank > 0; ++k) {
        const int n = d[axes[k]].size;
        if (n > 1) r.id = x.builder->slice(r.id, axes[k], n - 1, n, -1);
      }
      return r;
    }
  }
};
template <int K, int A, int B>
struct rot90_fn {
  template <class X>
  constexpr auto operator()(X x) const {
    constexpr int a = axis_of(A, X::rank), b = axis_of(B, X::rank), k = ((K % 4) + 4) % 4;
    constexpr bool two_axes = a >= 0 && b >= 0 && a != b;
    if constexpr (!two_axes) {
      static_assert(two_axes, "etch: rot90: two different axes must be named");
      return Poison{};
    } else if constexpr (k == 0) {
      return x;
    } else if constexpr (k == 1) {
      return transpose_fn<A, B>{}(flip_fn<B>{}(x));
    } else if constexpr (k == 2) {
      return flip_fn<A, B>{}(x);
    } else {
      return flip_fn<B>{}(transpose_fn<A, B>{}(x));
    }
  }
};

/// Element i of the diagonal is (row + i, column + i); x without axes A and B, the diagonal last.
template <class X, int Offset, int A, int B>
struct diagonal_of {
  static constexpr int a = axis_of(A, X::rank), b = axis_of(B, X::rank);
  static constexpr bool two_axes = a >= 0 && b >= 0 && a != b;
  static constexpr bool swapped = a > b;
  static constexpr int first = swapped ? b : a, second = swapped ? a : b, offset = swapped ? -Offset : Offset;
  static constexpr Dim size(int i) { return two_axes ? X::dims(0)[i] : static_dim(0); }
  static constexpr bool sizes_are_static = !size(first).bounded && !size(second).bounded;
  static constexpr int rows = size(first).size, columns = size(second).size;
  static constexpr int row = offset < 0 ? -offset : 0, column = offset > 0 ? offset : 0;
  static constexpr int room = rows - row < columns - column ? rows - row : columns - column, length = room > 0 ? room : 0;
  static constexpr Dims make() {
    Dims r;
    const Dims x = X::dims(0);
    for (int i = 0; two_axes && i < x.rank; ++i)
      if (i != first && i != second) r.push(x[i]);
    if (two_axes) r.push(static_dim(length));
    return r;
  }
  static constexpr Dims value = make();
};
template <int Offset, int A, int B>
struct diagonal_fn {
  template <class X>
  constexpr auto operator()(X x) const {
    using Rule = diagonal_of<X, Offset, A, B>;
    if constexpr (!Rule::two_axes || !Rule::sizes_are_static) {
      static_assert(Rule::two_axes, "etch: diagonal: two different axes must be named");
      static_assert(Rule::sizes_are_static, "etch: diagonal: the axes must have static sizes");
      return Poison{};
    } else {
      Builder& b = *x.builder;
      int order[max_rank]{};
      int n = 0;
      for (int i = 0; i < X::rank; ++i)
        if (i != Rule::first && i != Rule::second) order[n++] = i;
      order[n++] = Rule::first;
      order[n] = Rule::second;
      const int last = b.permute(x.id, order);
      Shape flat = b.shape(last);
      flat.size[flat.rank - 2] = Rule::rows * Rule::columns;
      --flat.rank;
      const int start = Rule::length > 0 ? Rule::row * Rule::columns + Rule::column : 0;
      return result_of<typename X::value_type, Rule, X>{&b, b.slice(b.reshape(last, flat), flat.rank - 1, start, Rule::length, Rule::columns + 1)};
    }
  }
};
/// The first axis backwards; a number has none.
struct flipud_fn {
  template <class X>
  constexpr auto operator()(X x) const {
    if constexpr (X::rank == 0) {
      static_assert(X::rank > 0, "etch: flipud: the operand must have an axis");
      return Poison{};
    } else {
      return flip_fn<0>{}(x);
    }
  }
};
}  // namespace detail

/// Elements [start, stop) of an axis, every step-th.
template <int A, int Start, int Stop, int Step = 1, Operand X> constexpr auto slice(const X& x) { return apply<slice_fn<A, Start, Stop, Step>>(x); }
/// `Length` elements of an axis from Start, which counts from the end where it is negative.
template <int A, int Start, int Length, Operand X> constexpr auto narrow(const X& x) { return apply<detail::narrow_fn<A, Start, Length>>(x); }
/// Index I of an axis, the axis removed: PyTorch's `select`.
template <int A, int I, Operand X> constexpr auto select_axis(const X& x) { return apply<detail::select_fn<A, I>>(x); }
/// The axes A backwards.
template <int... A, Operand X> constexpr auto flip(const X& x) { return apply<detail::flip_fn<A...>>(x); }
template <Operand X> constexpr auto flipud(const X& x) { return apply<detail::flipud_fn>(x); }
template <Operand X> constexpr auto fliplr(const X& x) { return apply<detail::flip_fn<1>>(x); }
/// K quarter turns in the plane of two axes, from A towards B.
template <int K = 1, int A = 0, int B = 1, Operand X> constexpr auto rot90(const X& x) { return apply<detail::rot90_fn<K, A, B>>(x); }
/// The diagonal of two axes, as a new last axis; Offset columns to the right.
template <int Offset = 0, int A = 0, int B = 1, Operand X> constexpr auto diagonal(const X& x) { return apply<detail::diagonal_fn<Offset, A, B>>(x); }

}  // namespace ETCH_ABI
}  // namespace etch
