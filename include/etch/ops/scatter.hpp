// Writing by index, out of place: scatter and its reductions, and the index_* family for whole slices.
//
//   scatter<1>(x, i, a)[r, i[r, c]] = a[r, c]        index_add<1>(x, i, a)[r, i[c]] += a[r, c]
//
// Where an index names an element twice, values are written or combined in order of position: always the same result.
#pragma once

#include <etch/ops/create.hpp>
#include <etch/ops/gather.hpp>

namespace etch {
inline namespace ETCH_ABI {

/// How values that meet are combined.
enum class Reduce : std::uint8_t { none, sum, prod, mean, amax, amin };

/// `index` fits within the values everywhere and within x beside the axis; one without elements fits anywhere.
template <class X, class I, class V, int A>
struct scatter_sizes {
  static constexpr int rank = X::rank > 0 ? X::rank : 1;
  static constexpr bool same_rank = rank == (I::rank > 0 ? I::rank : 1) && rank == (V::rank > 0 ? V::rank : 1);
  static constexpr int axis = axis_of(A, rank);
  static constexpr bool nothing = detail::no_elements<I>();
  static constexpr bool check() {
    if (nothing) return axis >= 0;
    const Dims x = detail::line_dims<X>(), i = detail::line_dims<I>(), v = detail::line_dims<V>();
    for (int k = 0; same_rank && k < x.rank; ++k) {
      if (!agree(v[k], i[k]) && (i[k].bounded || v[k].bounded || i[k].size > v[k].size)) return false;
      if (k != axis && !agree(x[k], i[k]) && (i[k].bounded || x[k].bounded || i[k].size > x[k].size)) return false;
    }
    return same_rank && axis >= 0;
  }
  static constexpr bool index_fits = check();
};

/// X and the values have equal sizes, but along axis A the values have as many as the list I; one number may be a list of one.
template <class X, class I, class V, int A>
struct slice_sizes {
  static constexpr int axis = axis_of(A, X::rank > 0 ? X::rank : 1);
  static constexpr bool check() {
    const Dims x = detail::line_dims<X>(), i = I::dims(0), v = detail::line_dims<V>();
    if (axis < 0 || v.rank != x.rank || i.rank > 1) return false;
    for (int k = 0; k < x.rank; ++k) {
      if (k != axis && !agree(x[k], v[k])) return false;
      if (k == axis && !(i.rank == 0 ? v[k].is(1) : agree(i[0], v[k]))) return false;
    }
    return X::rank > 0 || i.rank == 0 || i[0].is(1);
  }
  static constexpr bool values_fit = check();
};

/// Whether the values have the dtype of what they are written into; a number takes it.
template <class X, class V>
struct written_dtype {
  static constexpr bool agrees = detail::is_weak<V> || std::is_same_v<typename X::value_type, typename V::value_type>;
};

namespace detail {

constexpr Op scatter_op(Reduce how) {
  switch (how) {
    case Reduce::none: return Op::place;
    case Reduce::prod: return Op::prod;
    case Reduce::amax: return Op::amax;
    case Reduce::amin: return Op::amin;
    default: return Op::sum;
  }
}

/// `base` combined with `a` where the checked index says; without itself, what is met starts from the neutral value.
constexpr int scattered(Builder& b, int base, int index, int a, int axis, Reduce how, bool include_self) {
  const DType d = b.dtype(base);
  const Shape to = b.shape(index);
  for (int k = 0; k < to.rank; ++k)
    if (b.shape(a).size[k] != to.size[k]) a = b.slice(a, k, 0, to.size[k], 1);
  if (!include_self && how != Reduce::none) {
    const bool extremum = how == Reduce::amax || how == Reduce::amin;
    // of integers, which have no infinities, the extremum may meet one of its own values twice
    const int first = extremum && !is_floating(d) ? a : b.constant(extremum ? of_nothing(scatter_op(how), true) : how == Reduce::prod ? 1 : 0, d, to);
    base = b.scatter(base, index, first, axis, Op::place);
  }
  int r = b.scatter(base, index, a, axis, scatter_op(how));
  if (how == Reduce::mean) {
    const DType counts = is_floating(d) ? d : DType::int64;
    const Shape all = b.shape(base);
    int n = b.scatter(b.constant(include_self ? 1 : 0, counts, all), index, b.constant(1, counts, to), axis, Op::sum);
    if (!include_self) n = b.map(Op::maximum, counts, n, b.constant(1, counts, all));
    if (is_floating(d)) r = b.map(Op::div, d, r, n);
    else r = b.cast(b.map(Op::floor, DType::float64, b.map(Op::div, DType::float64, b.cast(r, DType::float64), b.cast(n, DType::float64))), d);
  }
  return r;
}

template <int A, Reduce How, bool IncludeSelf>
struct scatter_fn {
  template <class X, class I, class V>
  constexpr auto operator()(X x, I index, V value) const {
    static_assert(is_index<I>, "etch: scatter: indices must be integers");
    static_assert(written_dtype<X, V>::agrees, "etch: scatter: the values must have the dtype of the input");
    Builder& b = *x.builder;
    const int at = as_line(b, index.id);
    int from = b.cast(value.id, b.dtype(x.id));
    constexpr bool number = V::rank == 0 && I::rank > 0;
    using Rule = scatter_sizes<X, I, std::conditional_t<number, I, tracer_of<V>>, A>;
    static_assert(Rule::index_fits, "etch: scatter: the index must have the rank of the input and fit within it and the values");
    if constexpr (Rule::index_fits && !Rule::nothing) {
      const int base = as_line(b, x.id);
      from = number ? b.expand(from, b.shape(at)) : as_line(b, from);
      const int checked = b.checked(at, Rule::axis, b.shape(base).size[Rule::axis], false);
      x.id = b.reshape(scattered(b, base, checked, from, Rule::axis, How, IncludeSelf), b.shape(x.id));
    }
    return x;
  }
};

/// The index_* family: a list of indices, whole slices as values.
template <int A, Reduce How, bool IncludeSelf>
struct index_reduce_fn {
  template <class X, class I, class V>
  constexpr auto operator()(X x, I index, V value) const {
    using Rule = slice_sizes<X, I, tracer_of<V>, A>;
    static_assert(is_index<I>, "etch: index_reduce: indices must be integers");
    static_assert(written_dtype<X, V>::agrees, "etch: scatter: the values must have the dtype of the input");
    static_assert(Rule::values_fit, "etch: index_reduce: the values must have the input's sizes, along the axis that of the index");
    if constexpr (Rule::values_fit) {
      Builder& b = *x.builder;
      const int base = as_line(b, x.id), from = as_line(b, b.cast(value.id, b.dtype(x.id)));
      const int checked = b.checked(as_line(b, index.id), Rule::axis, b.shape(base).size[Rule::axis], false);
      x.id = b.reshape(scattered(b, base, along_axis(b, checked, Rule::axis, b.shape(from)), from, Rule::axis, How, IncludeSelf), b.shape(x.id));
    }
    return x;
  }
};
template <int A>
struct index_add_fn {
  constexpr auto operator()(auto x, auto index, auto value) const { return index_reduce_fn<A, Reduce::sum, true>{}(x, index, value); }
  template <class V>
  constexpr auto operator()(auto x, auto index, V value, auto alpha) const {
    return index_reduce_fn<A, Reduce::sum, true>{}(x, index, cast_fn<typename V::value_type>{}(value * alpha));
  }
};

/// One number for whole slices: a mask of what is named, so that the number's gradient counts each element once.
template <int A>
struct index_fill_fn {
  template <class X, class I, class V>
  constexpr auto operator()(X x, I index, V value) const {
    constexpr int axis = axis_of(A, X::rank > 0 ? X::rank : 1);
    static_assert(axis >= 0, "etch: index_fill: axis out of range");
    static_assert(is_index<I> && I::rank <= 1, "etch: index_fill: the index must be a list of integers");
    static_assert(V::rank == 0, "etch: index_fill: the value must be one number");
    constexpr bool can_hold = !is_complex_type<typename V::value_type> || is_complex_type<typename X::value_type>;
    static_assert(can_hold, "etch: index_fill: a real tensor cannot hold a complex value");
    if constexpr (axis >= 0 && V::rank == 0 && can_hold) {
      Builder& b = *x.builder;
      const int base = as_line(b, x.id), at = as_line(b, index.id);
      const Shape all = b.shape(base), line{1, {all.size[axis]}};
      const int checked = b.checked(at, axis, all.size[axis], true);
      const int hit = b.scatter(b.constant(0, DType::boolean, line), checked, b.constant(1, DType::boolean, b.shape(at)), 0, Op::place);
      const DType d = b.dtype(base);
      x.id = b.reshape(b.map(Op::where, d, along_axis(b, hit, axis, all), b.expand(b.cast(value.id, d), all), base), b.shape(x.id));
    }
    return x;
  }
};

template <bool Accumulate>
struct put_fn {
  template <class X, class I, class V>
  constexpr auto operator()(X x, I index, V value) const {
    constexpr bool same_elements = capacity(I::dims(0)) == capacity(V::dims(0));
    static_assert(is_index<I>, "etch: put: indices must be integers");
    static_assert(written_dtype<X, V>::agrees, "etch: scatter: the values must have the dtype of the input");
    static_assert(same_elements, "etch: put: there must be as many values as indices");
    if constexpr (same_elements) {
      Builder& b = *x.builder;
      const int base = flat(b, x.id), from = flat(b, b.cast(value.id, b.dtype(x.id)));
      const int checked = b.checked(flat(b, index.id), 0, b.shape(base).size[0], true);
      x.id = b.reshape(b.scatter(base, checked, from, 0, Accumulate ? Op::sum : Op::place), b.shape(x.id));
    }
    return x;
  }
};

}  // namespace detail

/// x with values written, or reduced into it, where `index` says along axis A; `value` may be one number.
template <int A, Reduce How = Reduce::none, Operand X, Operand I, OperandOrNumber V>
constexpr auto scatter(const X& x, const I& index, const V& value) {
  return apply<detail::scatter_fn<A, How, true>>(x, index, value);
}
template <int A, Operand X, Operand I, Operand V>
constexpr auto scatter_add(const X& x, const I& index, const V& value) {
  return apply<detail::scatter_fn<A, Reduce::sum, true>>(x, index, value);
}
/// The values that meet combined by sum, prod, mean, amax or amin; `IncludeSelf` says whether x's own takes part.
template <int A, Reduce How, bool IncludeSelf = true, Operand X, Operand I, Operand V>
constexpr auto scatter_reduce(const X& x, const I& index, const V& value) {
  return apply<detail::scatter_fn<A, How, IncludeSelf>>(x, index, value);
}
/// x with slices of `value` (times alpha) added to the slices of axis A that the list `index` names.
template <int A, Operand X, Operand I, Operand V>
constexpr auto index_add(const X& x, const I& index, const V& value) {
  return apply<detail::index_add_fn<A>>(x, index, value);
}
template <int A, Operand X, Operand I, Operand V, OperandOrNumber S>
constexpr auto index_add(const X& x, const I& index, const V& value, const S& alpha) {
  return apply<detail::index_add_fn<A>>(x, index, value, alpha);
}
template <int A, Operand X, Operand I, Operand V>
constexpr auto index_copy(const X& x, const I& index, const V& value) {
  return apply<detail::index_reduce_fn<A, Reduce::none, true>>(x, index, value);
}
/// As index_add, combined by prod, mean, amax or amin.
template <int A, Reduce How, bool IncludeSelf = true, Operand X, Operand I, Operand V>
constexpr auto index_reduce(const X& x, const I& index, const V& value) {
  return apply<detail::index_reduce_fn<A, How, IncludeSelf>>(x, index, value);
}
/// x with one number in the slices of axis A that the list `index` names; negative indices count from the end.
template <int A, Operand X, Operand I, OperandOrNumber V>
constexpr auto index_fill(const X& x, const I& index, const V& value) {
  return apply<detail::index_fill_fn<A>>(x, index, value);
}
/// x with values written (or added, `put<true>`) to elements of x as if it were one row.
template <bool Accumulate = false, Operand X, Operand I, Operand V>
constexpr auto put(const X& x, const I& index, const V& value) {
  return apply<detail::put_fn<Accumulate>>(x, index, value);
}

}  // namespace ETCH_ABI
}  // namespace etch
