// Elements repeated: sizes of 1 broadcast as views; tiles and repeats as copies.
#pragma once

#include <etch/expr/values.hpp>
#include <etch/ops/reshape.hpp>

namespace etch {
inline namespace ETCH_ABI {

namespace detail {
template <class X, auto... D>
struct expanded {
  static constexpr Dims make() {
    Dims r = dims_of<D...>(X::rank);
    const Dims x = X::dims(0);
    for (int i = 0; i < r.rank; ++i) {
      const int k = i - (r.rank - x.rank);
      if (r[i].size == -1 && k >= 0) r[i] = x[k];
    }
    return r;
  }
  static constexpr Dims value = make();
  static constexpr bool fits() {
    const Dims x = X::dims(0);
    if (x.rank > value.rank) return false;
    for (int k = 0; k < x.rank; ++k) {
      const Dim to = value[k + value.rank - x.rank];
      if (!x[k].is(1) && !agree(x[k], to)) return false;
    }
    return true;
  }
  static constexpr bool sizes_agree_or_are_one = fits();
};
}  // namespace detail

template <auto... D>
struct expand_fn {
  template <class T, auto... X>
  constexpr auto operator()(Tracer<T, X...> x) const {
    using Rule = detail::expanded<Tracer<T, X...>, D...>;
    if constexpr (!Rule::sizes_agree_or_are_one) {
      static_assert(Rule::sizes_agree_or_are_one, "etch: expand: sizes must agree or be 1");
      return Poison{};
    } else {
      using R = result_of<T, Rule, Tracer<T, X...>, Tracer<T, D...>>;
      return R{x.builder, x.builder->expand(x.id, x.builder->shape_of(Rule::value))};
    }
  }
};


namespace detail {
struct expand_as_fn {
  template <class X, class T, auto... D>
  constexpr auto operator()(X x, Tracer<T, D...>) const {
    return expand_fn<D...>{}(x);
  }
};

/// The shape that several shapes broadcast to: from the right, sizes agree or are 1.
struct Broadcast {
  Dims value;
  bool valid = true;
  constexpr void add(const Dims& d) {
    Dims r = value.rank > d.rank ? value : d;
    const Dims& other = value.rank > d.rank ? d : value;
    const int missing = r.rank - other.rank;
    for (int i = 0; i < other.rank; ++i) {
      Dim& to = r[i + missing];
      if (to.is(1)) to = other[i];
      else if (!other[i].is(1)) valid = valid && agree(to, other[i]) && !to.bounded;
    }
    for (int i = 0; i < r.rank; ++i) {
      valid = valid && !r[i].bounded;
      r[i].source = -1;
    }
    value = r;
  }
};
template <int... N>
constexpr Dims dims_of_ints(ints<N...>) {
  return dims_of<N...>();
}
template <class... X>
struct broadcast_together {
  static constexpr Broadcast make() {
    Broadcast r;
    (r.add(X::dims(0)), ...);
    return r;
  }
  static constexpr Broadcast all = make();
  static constexpr bool sizes_agree_or_are_one = all.valid;
  static constexpr Dims value = all.value;
};
template <class Rule>
struct broadcast_tensors_fn {
  template <int I>
  struct part {
    template <class X>
    constexpr auto operator()(X x) const {
      return result_of<typename X::value_type, Rule, X>{x.builder, x.builder->expand(x.id, x.builder->shape_of(Rule::value))};
    }
  };
};

/// x with each axis Count[i] times one after another; Count may be longer than x's shape, or shorter.
template <class X, int... Count>
struct repeated {
  static constexpr int n = sizeof...(Count);
  static constexpr int rank = X::rank > n ? X::rank : n;
  static constexpr int count(int axis) {
    const int c[] = {Count..., 0};
    return axis < rank - n ? 1 : c[axis - (rank - n)];
  }
  static constexpr Dims make() {
    Dims r;
    const Dims x = X::dims(0);
    for (int i = 0; i < rank; ++i) {
      const Dim d = i < rank - x.rank ? static_dim(1) : x[i - (rank - x.rank)];
      r.push(count(i) == 1 ? d : static_dim(d.size * count(i)));
    }
    return r;
  }
  static constexpr bool check() {
    bool ok = true;
    const Dims x = X::dims(0);
    for (int i = 0; i < rank; ++i) ok = ok && count(i) >= 0 && (count(i) == 1 || i < rank - x.rank || !x[i - (rank - x.rank)].bounded);
    return ok;
  }
  static constexpr bool counts_fit = check() && rank <= max_rank;
  static constexpr Dims value = counts_fit ? make() : Dims{};
};
/// Each axis that is repeated becomes two, of which the first is expanded; as many at once as there is room for.
constexpr int repeat_axes(Builder& b, int a, const Shape& to) {
  Shape s;
  s.rank = to.rank;
  const int missing = to.rank - b.shape(a).rank;
  for (int i = 0; i < to.rank; ++i) s.size[i] = i < missing ? 1 : b.shape(a).size[i - missing];
  a = b.reshape(a, s);
  int axis = 0;
  while (axis < to.rank) {
    Shape split, wide;
    const Shape from = b.shape(a);
    for (int i = 0; i < to.rank; ++i) {
      const bool repeats = i >= axis && from.size[i] != to.size[i];
      const int room = max_rank - split.rank - (to.rank - i);
      if (i == axis && (!repeats || room > 0)) ++axis;
      else if (i >= axis) {
        split.size[split.rank++] = wide.size[wide.rank++] = from.size[i];
        continue;
      }
      if (repeats && from.size[i] != 1) {
        split.size[split.rank++] = 1;
        wide.size[wide.rank++] = to.size[i] / (from.size[i] == 0 ? 1 : from.size[i]);
        split.size[split.rank++] = wide.size[wide.rank++] = from.size[i];
      } else {
        split.size[split.rank++] = from.size[i];
        wide.size[wide.rank++] = i < axis ? to.size[i] : from.size[i];
      }
    }
    Shape done = from;
    for (int i = 0; i < axis; ++i) done.size[i] = to.size[i];
    a = b.reshape(b.expand(b.reshape(a, split), wide), done);
  }
  return a;
}
template <int... Count>
struct repeat_fn {
  template <class X>
  constexpr auto operator()(X x) const {
    using Rule = repeated<X, Count...>;
    if constexpr (!Rule::counts_fit) {
      static_assert(Rule::counts_fit, "etch: repeat: counts must not be negative, and the result have at most 10 axes");
      return Poison{};
    } else {
      return result_of<typename X::value_type, Rule, X>{x.builder, repeat_axes(*x.builder, x.id, x.builder->shape_of(Rule::value))};
    }
  }
};
template <int... Count>
struct repeat_exactly_fn {
  template <class X>
  constexpr auto operator()(X x) const {
    constexpr bool a_count_for_every_axis = sizeof...(Count) >= X::rank;
    if constexpr (!a_count_for_every_axis) {
      static_assert(a_count_for_every_axis, "etch: repeat: there must be a count for every axis");
      return Poison{};
    } else {
      return repeat_fn<Count...>{}(x);
    }
  }
};

/// Every element of axis A `Times` times in a row.
template <class X, int A, int Times>
struct interleaved {
  static constexpr int axis = axis_of_any(A, X::rank);
  static constexpr bool in_range = axis >= 0;
  static constexpr bool count_fits = Times >= 0 && in_range && (X::rank == 0 || !X::dims(0)[in_range && X::rank > 0 ? axis : 0].bounded) && X::rank < max_rank;
  static constexpr Dims make() {
    Dims r = X::dims(0);
    if (!count_fits) return r;
    if (r.rank == 0) r.push(static_dim(1));
    r[axis] = static_dim(r[axis].size * Times);
    return r;
  }
  static constexpr Dims value = make();
};
template <int Times, int A>
struct repeat_interleave_fn {
  template <class X>
  constexpr auto operator()(X x) const {
    using Rule = interleaved<X, A, Times>;
    if constexpr (!Rule::in_range || !Rule::count_fits) {
      static_assert(Rule::in_range, "etch: repeat_interleave: axis out of range");
      static_assert(Rule::count_fits, "etch: repeat_interleave: the count must not be negative and the axis have a static size");
      return Poison{};
    } else {
      Builder& b = *x.builder;
      const Shape to = b.shape_of(Rule::value);
      Shape one, wide;
      for (int i = 0; i < to.rank; ++i) {
        one.size[one.rank++] = wide.size[wide.rank++] = X::rank == 0 ? 1 : b.shape(x.id).size[i];
        if (i != Rule::axis) continue;
        one.size[one.rank++] = 1;
        wide.size[wide.rank++] = Times;
      }
      return result_of<typename X::value_type, Rule, X>{&b, b.reshape(b.expand(b.reshape(x.id, one), wide), to)};
    }
  }
};
template <int Times>
struct repeat_interleave_flat_fn {
  constexpr auto operator()(auto x) const { return repeat_interleave_fn<Times, 0>{}(flatten_fn<0, -1>{}(x)); }
};

template <class X, int A, int Size>
struct resized_axis {
  static constexpr Dims make() {
    Dims r = X::dims(0);
    r[A] = static_dim(Size);
    return r;
  }
  static constexpr Dims value = make();
};
/// Row i of axis A `counts[i]` times in a row, Total in all: row j of the result is the first whose counts reach past j.
template <int Total, int A>
struct repeat_counted_fn {
  template <class X, class C>
  constexpr auto operator()(X x, C counts) const {
    constexpr int axis = axis_of(A, X::rank);
    constexpr bool a_count_for_every_row = axis >= 0 && !is_floating(dtype_of<typename C::value_type>) && (C::rank == 0 || (C::rank == 1 && C::dims(0)[0].size == X::dims(0)[axis < 0 ? 0 : axis].size));
    if constexpr (!a_count_for_every_row) {
      static_assert(a_count_for_every_row, "etch: repeat_interleave: there must be an integer count for every index of the axis");
      return Poison{};
    } else {
      using Rule = resized_axis<X, axis, Total>;
      Builder& b = *x.builder;
      const int n = X::dims(0)[axis].size;
      Shape square, table, line, column;
      square.rank = table.rank = line.rank = column.rank = 2;
      square.size[0] = square.size[1] = table.size[1] = line.size[1] = column.size[0] = n;
      table.size[0] = Total;
      line.size[0] = column.size[1] = 1;
      Shape all, places;
      all.rank = places.rank = 1;
      all.size[0] = n;
      places.size[0] = Total;
      const DType d = DType::int64;
      const int row = b.iota(n, d), count = b.expand(b.cast(counts.id, d), all);
      const int before = b.map(Op::le, DType::boolean, b.expand(b.reshape(row, line), square), b.expand(b.reshape(row, column), square));
      const int end = b.reduce(Op::sum, b.map(Op::where, d, before, b.expand(b.reshape(count, line), square), b.constant(0, d, square)), 0b10);
      Shape standing = table;
      standing.size[1] = 1;
      const int place = b.expand(b.reshape(b.iota(Total, d), standing), table);
      const int past = b.cast(b.map(Op::le, DType::boolean, b.expand(b.reshape(end, line), table), place), d);
      const int index = b.reduce(Op::sum, past, 0b10);
      int order[max_rank]{};
      for (int i = 0; i < X::rank; ++i) order[i] = i == 0 ? axis : i <= axis ? i - 1 : i;
      const int rows = b.take(b.permute(x.id, order), index);
      int back[max_rank]{};
      for (int i = 0; i < X::rank; ++i) back[order[i]] = i;
      return result_of<typename X::value_type, Rule, X>{&b, b.permute(rows, back)};
    }
  }
};
template <int Total>
struct repeat_counted_flat_fn {
  constexpr auto operator()(auto x, auto counts) const { return repeat_counted_fn<Total, 0>{}(flatten_fn<0, -1>{}(x), counts); }
};
}  // namespace detail

/// Sizes of 1, and missing leading axes, repeated to D; -1 keeps a size.
template <auto... D, Operand X> constexpr auto expand(const X& x) { return apply<expand_fn<D...>>(x); }
template <auto... D, Operand X> constexpr auto broadcast_to(const X& x) { return apply<expand_fn<D...>>(x); }
template <Operand X, Operand Y> constexpr auto expand_as(const X& x, const Y& other) { return apply<detail::expand_as_fn>(x, other); }
/// The shape that shapes broadcast to, as `Dims`: `broadcast_shapes<ints<7, 1, 4>, ints<7, 4>>()`.
template <class... S>
constexpr Dims broadcast_shapes() {
  constexpr auto all = [] {
    detail::Broadcast r;
    (r.add(detail::dims_of_ints(S{})), ...);
    return r;
  }();
  static_assert(all.valid, "etch: broadcast_shapes: sizes must agree or be 1");
  return all.value;
}
/// All tensors expanded to their common shape.
template <Operand... X>
constexpr auto broadcast_tensors(const X&... x) {
  using Rule = detail::broadcast_together<traced<X>...>;
  static_assert(Rule::sizes_agree_or_are_one, "etch: broadcast_tensors: sizes must be static, and agree or be 1");
  using Part = typename detail::broadcast_tensors_fn<Rule>::template part<0>;
  if constexpr (Rule::sizes_agree_or_are_one) return Values<decltype(apply<Part>(x))...>{{{{apply<Part>(x)}...}}};
  else return Poison{};
}
/// The whole of x Count[i] times along each axis; more counts than axes add leading ones.
template <int... Count, Operand X> constexpr auto repeat(const X& x) { return apply<detail::repeat_exactly_fn<Count...>>(x); }
/// The same, where leading counts may be missing.
template <int... Count, Operand X> constexpr auto tile(const X& x) { return apply<detail::repeat_fn<Count...>>(x); }
/// Every element of axis A `Times` times in a row; without an axis, of all elements in order.
template <int Times, int A, Operand X> constexpr auto repeat_interleave(const X& x) { return apply<detail::repeat_interleave_fn<Times, A>>(x); }
template <int Times, Operand X> constexpr auto repeat_interleave(const X& x) { return apply<detail::repeat_interleave_flat_fn<Times>>(x); }
/// Index i `counts[i]` times in a row. Total is the sum of the counts, as PyTorch's `output_size`.
template <int Total, int A, Operand X, Operand C> constexpr auto repeat_interleave(const X& x, const C& counts) { return apply<detail::repeat_counted_fn<Total, A>>(x, counts); }
template <int Total, Operand X, Operand C> constexpr auto repeat_interleave(const X& x, const C& counts) { return apply<detail::repeat_counted_flat_fn<Total>>(x, counts); }

}  // namespace ETCH_ABI
}  // namespace etch
