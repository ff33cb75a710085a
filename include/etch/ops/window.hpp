// Windows that may overlap: `unfold`, and `as_strided`, which looks at a tensor's elements in any regular way.
#pragma once

#include <etch/ops/join.hpp>

namespace etch {
inline namespace ETCH_ABI {

namespace detail {
template <class X, int A, int Size, int Step>
struct unfolded {
  static constexpr int axis = axis_of_any(A, X::rank);
  static constexpr Dim whole = axis < 0 || X::rank == 0 ? static_dim(1) : X::dims(0)[axis < 0 ? 0 : axis];
  static constexpr bool window_fits = axis >= 0 && !whole.bounded && Size >= 0 && Size <= whole.size && Step > 0 && X::rank < max_rank;
  static constexpr int count = window_fits ? (whole.size - Size) / Step + 1 : 0;
  static constexpr Dims make() {
    Dims r = X::dims(0);
    if (!window_fits) return r;
    if (X::rank > 0) r[axis] = static_dim(count);
    r.push(static_dim(Size));
    return r;
  }
  static constexpr Dims value = make();
};
/// y[.., i, .., k] = x[.., i step + k, ..]: window by window, or element by element of all windows, whichever are fewer.
template <int A, int Size, int Step>
struct unfold_fn {
  template <class X>
  constexpr auto operator()(X x) const {
    using Rule = unfolded<X, A, Size, Step>;
    if constexpr (!Rule::window_fits) {
      static_assert(Rule::window_fits, "etch: unfold: the window must fit into an axis of static size, and the step be positive");
      return Poison{};
    } else {
      Builder& b = *x.builder;
      const Shape to = b.shape_of(Rule::value);
      const int axis = Rule::axis, last = to.rank - 1;
      if (X::rank == 0) return result_of<typename X::value_type, Rule, X>{&b, b.reshape(x.id, to)};
      // the axis last, so that a window is a run of it
      int order[max_rank]{}, back[max_rank]{};
      for (int i = 0; i < last; ++i) order[i] = i < axis ? i : i + 1 < last ? i + 1 : axis;
      for (int i = 0; i < to.rank; ++i) back[i] = i < axis || i == last ? i : i == axis ? last - 1 : i - 1;
      const int run = b.permute(x.id, order);
      Shape windows = b.shape(run);
      windows.size[last - 1] = Rule::count;
      windows.size[windows.rank++] = Size;
      int r = -1;
      if (Size <= Step) {  // a view: whole steps, of each the first elements
        const int steps = Rule::whole.size / Step, covered = steps * Step;
        if (Rule::count == steps) {
          Shape split = windows;
          split.size[last] = Step;
          r = b.slice(b.reshape(b.slice(run, last - 1, 0, covered, 1), split), last, 0, Size, 1);
        }
      }
      if (r < 0) {
        r = b.empty(windows, b.dtype(x.id));
        const bool by_window = Rule::count <= Size;
        const int parts = by_window ? Rule::count : Size, along = by_window ? last - 1 : last;
        Shape part = windows;
        part.size[along] = 1;
        for (int i = 0; i < parts; ++i)
          r = b.place(r, b.reshape(by_window ? b.slice(run, last - 1, i * Step, Size, 1) : b.slice(run, last - 1, i, Rule::count, Step), part), along, i, 1);
      }
      return result_of<typename X::value_type, Rule, X>{&b, b.permute(r, back)};
    }
  }
};

template <class X, class Sizes, class Strides, int Offset>
struct strided {
  static constexpr bool check() {
    if (Sizes::count != Strides::count || Sizes::count > max_rank || Offset < 0) return false;
    const Dims x = X::dims(0);
    for (int i = 0; i < x.rank; ++i)
      if (x[i].bounded) return false;
    std::int64_t last = Offset;
    bool empty = false;
    for (int i = 0; i < Sizes::count; ++i) {
      if (Sizes::at[i] < 0 || Strides::at[i] < 0) return false;
      empty = empty || Sizes::at[i] == 0;
      last += static_cast<std::int64_t>(Sizes::at[i] - 1) * Strides::at[i];
    }
    return empty || last < capacity(x);
  }
  static constexpr bool elements_exist = check();
  static constexpr Dims make() {
    Dims r;
    for (int i = 0; elements_exist && i < Sizes::count; ++i) r.push(static_dim(Sizes::at[i]));
    return r;
  }
  static constexpr Dims value = make();
};
/// Offset + i stride_0 + j stride_1 + .. for each element (i, j, ..) of a shape.
template <class Strides>
constexpr int strided_index(Builder& b, const Shape& to, int offset) {
  int index = b.constant(offset, DType::int64, to);
  for (int i = 0; i < to.rank; ++i) {
    Shape line;
    line.rank = to.rank;
    for (int k = 0; k < to.rank; ++k) line.size[k] = k == i ? to.size[k] : 1;
    const int along = b.expand(b.reshape(b.iota(to.size[i], DType::int64), line), to);
    index = b.map(Op::add, DType::int64, index, b.map(Op::mul, DType::int64, along, b.constant(Strides::at[i], DType::int64, to)));
  }
  return index;
}
/// y[i, j, ..] = x's element Offset + i stride_0 + j stride_1 + .. in row-major order, looked up.
template <class Sizes, class Strides, int Offset>
struct as_strided_fn {
  template <class X>
  constexpr auto operator()(X x) const {
    using Rule = strided<X, Sizes, Strides, Offset>;
    if constexpr (!Rule::elements_exist) {
      static_assert(Rule::elements_exist, "etch: as_strided: there must be a stride for every size, none negative, and all elements exist");
      return Poison{};
    } else {
      Builder& b = *x.builder;
      const Shape to = b.shape_of(Rule::value);
      Shape flat;
      flat.rank = 1;
      flat.size[0] = static_cast<int>(capacity(X::dims(0)));
      return result_of<typename X::value_type, Rule, X>{&b, b.take(b.reshape(x.id, flat), strided_index<Strides>(b, to, Offset))};
    }
  }
};
}  // namespace detail

/// Windows of Size elements of axis A, one every Step, each along a new last axis.
template <int A, int Size, int Step, Operand X> constexpr auto unfold(const X& x) { return apply<detail::unfold_fn<A, Size, Step>>(x); }
/// x's elements in row-major order, seen with these sizes and strides from element Offset on; overlaps are allowed.
template <class Sizes, class Strides, int Offset = 0, Operand X> constexpr auto as_strided(const X& x) { return apply<detail::as_strided_fn<Sizes, Strides, Offset>>(x); }

}  // namespace ETCH_ABI
}  // namespace etch
