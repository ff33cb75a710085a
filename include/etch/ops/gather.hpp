// Reading by index: elements (gather, take), rows (index_select), along an axis with broadcasting (take_along_dim).
//
//   gather<1>(x, i)[a, b, c] = x[a, i[a, b, c], c]
//
// Indices are integers; one outside its dimension is an error at run time.
#pragma once

#include <etch/ops/shape.hpp>

namespace etch {
inline namespace ETCH_ABI {

namespace detail {
/// The dims of X; a number counts as a row of one element.
template <class X>
constexpr Dims line_dims() {
  Dims d = X::dims(0);
  if (d.rank == 0) d.push(static_dim(1));
  return d;
}
template <class X>
constexpr bool no_elements() {
  for (int k = 0; k < X::rank; ++k)
    if (X::dims(0)[k].is(0)) return true;
  return false;
}
}  // namespace detail

/// `index` may be smaller than x, except along the axis, where any size is right; one without elements may have any shape.
template <class X, class I, int A>
struct gather_sizes {
  static constexpr int rank = X::rank > 0 ? X::rank : 1;
  static constexpr bool same_rank = rank == (I::rank > 0 ? I::rank : 1);
  static constexpr int axis = axis_of(A, rank);
  static constexpr bool nothing = detail::no_elements<I>();
  static constexpr bool check() {
    if (nothing) return axis >= 0;
    const Dims x = detail::line_dims<X>(), i = detail::line_dims<I>();
    for (int k = 0; same_rank && k < x.rank; ++k)
      if (k != axis && !agree(x[k], i[k]) && (i[k].bounded || x[k].bounded || i[k].size > x[k].size)) return false;
    return same_rank && axis >= 0;
  }
  static constexpr bool index_fits = check();
};

namespace detail {

template <class I>
inline constexpr bool is_index = dtype_of<typename I::value_type> != DType::boolean && is_integral(dtype_of<typename I::value_type>);

/// The dims of X, all but axis A's, which is the elements of I; of a number, what I has.
template <class X, class I, int A>
struct selected {
  static constexpr Dims make() {
    Dims r = X::dims(0);
    const Dims i = I::dims(X::rank);
    if (r.rank > 0) r[A] = i.rank > 0 ? i[0] : static_dim(1);
    return r;
  }
  static constexpr Dims value = make();
};
/// Dims given by another type.
template <class X>
struct dims_like {
  static constexpr Dims value = X::dims(0);
};

/// A number as one element; anything else as it is.
constexpr int as_line(Builder& b, int a) {
  if (b.shape(a).rank > 0) return a;
  return b.reshape(a, Shape{1, {1}});
}
/// All elements in a row.
constexpr int flat(Builder& b, int a) {
  Shape s{1, {}};
  s.size[0] = b.product(b.shape(a).size, b.shape(a).rank);
  return b.reshape(a, s);
}
/// A list of indices as an index for every element along `axis` of `to`.
constexpr int along_axis(Builder& b, int index, int axis, const Shape& to) {
  Shape line = to;
  for (int k = 0; k < to.rank; ++k) line.size[k] = k == axis ? b.shape(index).size[0] : 1;
  return b.expand(b.reshape(index, line), to);
}

template <int A>
struct gather_fn {
  template <class X, class I>
  constexpr auto operator()(X x, I index) const {
    using Rule = gather_sizes<X, I, A>;
    static_assert(is_index<I>, "etch: gather: indices must be integers");
    if constexpr (!Rule::index_fits || !is_index<I>) {
      static_assert(Rule::index_fits, "etch: gather: the index must have the rank of the input and fit within its other sizes");
      return Poison{};
    } else {
      Builder& b = *x.builder;
      constexpr int axis = Rule::nothing ? 0 : Rule::axis;
      const int from = Rule::nothing ? flat(b, x.id) : as_line(b, x.id), at = Rule::nothing ? flat(b, index.id) : as_line(b, index.id);
      const int r = b.gather(from, b.checked(at, axis, b.shape(from).size[axis], false), axis);
      return result_of<typename X::value_type, dims_like<I>, I>{&b, b.reshape(r, b.shape(index.id))};
    }
  }
};

template <int A>
struct index_select_fn {
  template <class X, class I>
  constexpr auto operator()(X x, I index) const {
    constexpr int axis = axis_of(A, X::rank > 0 ? X::rank : 1);
    constexpr bool list = is_index<I> && I::rank <= 1;
    static_assert(axis >= 0, "etch: index_select: axis out of range");
    static_assert(list, "etch: index_select: the index must be a list of integers");
    if constexpr (axis < 0 || !list) {
      return Poison{};
    } else {
      using Rule = selected<X, I, axis>;
      Builder& b = *x.builder;
      const int from = as_line(b, x.id), at = as_line(b, index.id);
      Shape to = b.shape(from);
      const int checked = b.checked(at, axis, to.size[axis], false);
      to.size[axis] = b.shape(at).size[0];
      const int r = b.gather(from, along_axis(b, checked, axis, to), axis);
      return result_of<typename X::value_type, Rule, X, I>{&b, b.reshape(r, b.shape_of(Rule::value))};
    }
  }
};

struct take_fn {
  template <class X, class I>
  constexpr auto operator()(X x, I index) const {
    static_assert(is_index<I>, "etch: take: indices must be integers");
    Builder& b = *x.builder;
    const int from = flat(b, x.id), at = flat(b, index.id);
    const int r = b.gather(from, b.checked(at, 0, b.shape(from).size[0], true), 0);
    return result_of<typename X::value_type, dims_like<I>, I>{&b, b.reshape(r, b.shape(index.id))};
  }
};

/// X and I broadcast against each other on all axes but A.
template <class X, class I, int A>
struct along_sizes {
  static constexpr bool same_rank = X::rank == I::rank && X::rank > 0;
  static constexpr int axis = axis_of(A, X::rank);
  static constexpr Dims join(bool of_x) {
    const Dims x = X::dims(0), i = I::dims(X::rank);
    Dims r = of_x ? x : i;
    for (int k = 0; same_rank && k < r.rank; ++k)
      if (k != axis) r[k] = x[k].is(1) ? i[k] : i[k].is(1) || agree(x[k], i[k]) ? x[k] : static_dim(-1);
    return r;
  }
  static constexpr Dims value = join(false);
  static constexpr Dims source = join(true);
  static constexpr bool check() {
    for (int k = 0; k < value.rank; ++k)
      if (value[k].size < 0) return false;
    return same_rank && axis >= 0;
  }
  static constexpr bool sizes_agree_or_are_one = check();
};

template <int A>
struct take_along_dim_fn {
  template <class X, class I>
  constexpr auto operator()(X x, I index) const {
    using Rule = along_sizes<X, I, A>;
    static_assert(is_index<I>, "etch: take_along_dim: indices must be integers");
    if constexpr (!Rule::sizes_agree_or_are_one) {
      static_assert(Rule::sizes_agree_or_are_one, "etch: take_along_dim: sizes beside the axis must agree or be 1");
      return Poison{};
    } else {
      Builder& b = *x.builder;
      const int from = b.expand(x.id, b.shape_of(Rule::source));
      const int at = b.checked(index.id, Rule::axis, b.shape(from).size[Rule::axis], true);
      return result_of<typename X::value_type, Rule, X, I>{&b, b.gather(from, b.expand(at, b.shape_of(Rule::value)), Rule::axis)};
    }
  }
};
/// Without an axis: elements of the flattened tensor, in a row.
struct take_flat_fn {
  constexpr auto operator()(auto x, auto index) const { return reshape<-1>(take_fn{}(x, index)); }
};

template <int A, int Length>
struct narrow_at_fn {
  template <class X, class S>
  constexpr auto operator()(X x, S start) const {
    constexpr int axis = axis_of(A, X::rank);
    static_assert(axis >= 0, "etch: narrow: axis out of range");
    static_assert(S::rank == 0 && is_index<S>, "etch: narrow: the start must be one integer");
    using Rule = resized<X, axis, Length>;
    Builder& b = *x.builder;
    const Shape to = b.shape_of(Rule::value), line{1, {Length}};
    const int size = b.shape(x.id).size[axis];
    // the first must lie within the axis, counted from the end where negative; so must the last
    const int first = b.expand(b.reshape(b.checked(start.id, axis, size, true), Shape{1, {1}}), line);
    const int at = b.checked(b.map(Op::add, DType::int64, first, b.iota(Length, DType::int64)), axis, size, false);
    return result_of<typename X::value_type, Rule, X>{&b, b.gather(x.id, along_axis(b, at, axis, to), axis)};
  }
};

template <int Classes>
struct one_hot_fn {
  template <class I, auto... D>
  constexpr auto operator()(Tracer<I, D...> index) const {
    static_assert(is_index<Tracer<I>>, "etch: one_hot: indices must be integers");
    Builder& b = *index.builder;
    Shape from = b.shape(index.id), to = from;
    from.size[from.rank++] = 1;
    to.size[to.rank++] = Classes;
    const int at = b.expand(b.reshape(b.cast(b.checked(index.id, from.rank - 1, Classes, false), DType::int32), from), to);
    const int line = along_axis(b, b.iota(Classes, DType::int32), to.rank - 1, to);
    return Tracer<std::int64_t, D..., Classes>{&b, b.cast(b.map(Op::eq, DType::boolean, at, line), DType::int64)};
  }
};

}  // namespace detail

/// y[i.., j, k..] = x[i.., index[i.., j, k..], k..] along axis A; `index` has the rank of x.
template <int A, Operand X, Operand I> constexpr auto gather(const X& x, const I& index) { return apply<detail::gather_fn<A>>(x, index); }
/// The slices of x along axis A that the list `index` names.
template <int A, Operand X, Operand I> constexpr auto index_select(const X& x, const I& index) { return apply<detail::index_select_fn<A>>(x, index); }
/// Elements of x as if it were one row; negative indices count from the end.
template <Operand X, Operand I> constexpr auto take(const X& x, const I& index) { return apply<detail::take_fn>(x, index); }
/// As gather, x and index broadcast beside the axis: what `argmax` or `argsort` return fits.
template <int A, Operand X, Operand I> constexpr auto take_along_dim(const X& x, const I& index) { return apply<detail::take_along_dim_fn<A>>(x, index); }
/// Elements of x as if it were one row, in a row.
template <Operand X, Operand I> constexpr auto take_along_dim(const X& x, const I& index) { return apply<detail::take_flat_fn>(x, index); }
/// `Length` elements of axis A from one that is known at run time.
template <int A, int Length, Operand X, Operand S> constexpr auto narrow(const X& x, const S& start) { return apply<detail::narrow_at_fn<A, Length>>(x, start); }
/// 1 where an element's class stands along a new last axis, 0 elsewhere, as torch.nn.functional.one_hot.
template <int Classes, Operand I> constexpr auto one_hot(const I& index) { return apply<detail::one_hot_fn<Classes>>(index); }

}  // namespace ETCH_ABI
}  // namespace etch
