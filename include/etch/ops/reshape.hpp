// The same elements in the same order, in another shape: nothing is computed.
#pragma once

#include <etch/expr/lazy.hpp>

namespace etch {
inline namespace ETCH_ABI {

/// Whether `x` has as many elements as the sizes asked for; -1 stands for what is left.
template <class X, auto... D>
struct reshape_sizes {
  static constexpr Dims make() {
    Dims r = dims_of<D...>(X::rank);
    const Dims x = X::dims(0);
    std::int64_t known = 1;
    int open = -1;
    for (int i = 0; i < r.rank; ++i) {
      if (r[i].size == -1) open = i;
      else known *= r[i].size;
    }
    if (open >= 0) r[open] = static_dim(known == 0 ? 0 : static_cast<int>(capacity(x) / known));
    return r;
  }
  static constexpr bool leaves_one_answer() {
    const Dims d = dims_of<D...>(X::rank);
    bool open = false, empty = false;
    for (int i = 0; i < d.rank; ++i) {
      open = open || d[i].size == -1;
      empty = empty || d[i].is(0);
    }
    return !open || !empty;
  }
  static constexpr bool one_answer = leaves_one_answer();
  static constexpr Dims value = make();
  static constexpr bool same_elements = capacity(value) == capacity(X::dims(0));
  /// How often the bounded dim `tag` stands in `d`.
  static constexpr int count(const Dims& d, std::uint64_t tag) {
    int n = 0;
    for (int i = 0; i < d.rank; ++i) n += d[i].bounded && d[i].tag == tag ? 1 : 0;
    return n;
  }
  static constexpr bool keeps_bounded() {
    const Dims both[] = {X::dims(0), value};
    for (const Dims& d : both)
      for (int i = 0; i < d.rank; ++i)
        if (d[i].bounded && count(both[0], d[i].tag) != count(both[1], d[i].tag)) return false;
    return true;
  }
  static constexpr bool names_bounded_sizes = keeps_bounded();
};

template <auto... D>
struct reshape_fn {
  template <class T, auto... X>
  constexpr auto operator()(Tracer<T, X...> x) const {
    using Rule = reshape_sizes<Tracer<T, X...>, D...>;
    if constexpr (!Rule::same_elements) {
      static_assert(Rule::same_elements, "etch: reshape: the number of elements must stay the same");
      return Poison{};
    } else if constexpr (!Rule::one_answer) {
      static_assert(Rule::one_answer, "etch: reshape: -1 has no answer beside a size of 0");
      return Poison{};
    } else if constexpr (!Rule::names_bounded_sizes) {
      static_assert(Rule::names_bounded_sizes, "etch: reshape: every bounded size must be named in the result; -1 cannot stand for it");
      return Poison{};
    } else {
      using R = result_of<T, Rule, Tracer<T, X...>, Tracer<T, D...>>;
      return R{x.builder, x.builder->reshape(x.id, x.builder->shape_of(Rule::value))};
    }
  }
};

namespace detail {
/// x in the shape Rule::value, which holds as many elements.
template <class Rule, class X>
constexpr auto reshaped(X x) {
  return result_of<typename X::value_type, Rule, X>{x.builder, x.builder->reshape(x.id, x.builder->shape_of(Rule::value))};
}

template <class X, int Start, int End>
struct flattened {
  static constexpr int first = axis_of_any(Start, X::rank), last = axis_of_any(End, X::rank);
  static constexpr bool in_order = first >= 0 && last >= first;
  static constexpr Dims make() {
    Dims r;
    if (!in_order) return r;
    const Dims x = X::dims(0);
    for (int i = 0; i < first; ++i) r.push(x[i]);
    Dim merged = first < x.rank ? x[first] : static_dim(1);
    for (int i = first + 1; i <= last; ++i) merged = static_dim(merged.size * x[i].size);
    r.push(merged);
    for (int i = last + 1; i < x.rank; ++i) r.push(x[i]);
    return r;
  }
  static constexpr Dims value = make();
  static constexpr bool check() {
    const Dims x = X::dims(0);
    bool ok = true;
    for (int i = first; in_order && last > first && i <= last; ++i) ok = ok && !x[i].bounded;
    return ok;
  }
  static constexpr bool sizes_are_static = check();
};
template <int Start, int End>
struct flatten_fn {
  template <class X>
  constexpr auto operator()(X x) const {
    using Rule = flattened<X, Start, End>;
    if constexpr (!Rule::in_order || !Rule::sizes_are_static) {
      static_assert(Rule::in_order, "etch: flatten: the axes must be in range and in order");
      static_assert(Rule::sizes_are_static, "etch: flatten: the axes must have static sizes");
      return Poison{};
    } else {
      return reshaped<Rule>(x);
    }
  }
};

template <class X, int A, int... D>
struct unflattened {
  static constexpr int axis = axis_of(A, X::rank);
  static constexpr Dims make() {
    Dims r;
    if (axis < 0) return r;
    const Dims x = X::dims(0);
    int known = 1;
    ((known *= D == -1 ? 1 : D), ...);
    const int sizes[] = {D..., 0};
    for (int i = 0; i < x.rank; ++i) {
      if (i != axis) r.push(x[i]);
      for (int k = 0; i == axis && k < static_cast<int>(sizeof...(D)); ++k) r.push(static_dim(sizes[k] == -1 && known > 0 ? x[i].size / known : sizes[k]));
    }
    return r;
  }
  static constexpr Dims value = make();
  static constexpr bool sizes_multiply_to_the_axis = axis >= 0 && !X::dims(0)[axis < 0 ? 0 : axis].bounded && capacity(value) == capacity(X::dims(0)) && X::rank + sizeof...(D) <= max_rank + 1;
};
template <int A, int... D>
struct unflatten_fn {
  template <class X>
  constexpr auto operator()(X x) const {
    using Rule = unflattened<X, A, D...>;
    if constexpr (!Rule::sizes_multiply_to_the_axis) {
      static_assert(Rule::sizes_multiply_to_the_axis, "etch: unflatten: the sizes must multiply to that of an axis");
      return Poison{};
    } else {
      return reshaped<Rule>(x);
    }
  }
};

/// x without the axes of size 1 that are named, or all of them.
template <class X, int... A>
struct squeezed {
  static constexpr bool in_range = ((axis_of_any(A, X::rank) >= 0) && ...);
  static constexpr bool distinct = axes_differ<A...>(X::rank);
  static constexpr Dims make() {
    Dims r;
    const Dims x = X::dims(0);
    for (int i = 0; i < x.rank; ++i)
      if (!x[i].is(1) || (sizeof...(A) > 0 && !((axis_of_any(A, X::rank) == i) || ...))) r.push(x[i]);
    return r;
  }
  static constexpr Dims value = make();
};
template <int... A>
struct squeeze_fn {
  template <class X>
  constexpr auto operator()(X x) const {
    using Rule = squeezed<X, A...>;
    if constexpr (!Rule::in_range || !Rule::distinct) {
      static_assert(Rule::in_range, "etch: squeeze: axis out of range");
      static_assert(Rule::distinct, "etch: squeeze: an axis is named twice");
      return Poison{};
    } else {
      return reshaped<Rule>(x);
    }
  }
};

template <class X, int A>
struct unsqueezed {
  static constexpr int axis = axis_of(A, X::rank + 1);
  static constexpr Dims make() {
    Dims r;
    const Dims x = X::dims(0);
    for (int i = 0; i <= x.rank; ++i) {
      if (i == axis) r.push(static_dim(1));
      if (i < x.rank) r.push(x[i]);
    }
    return r;
  }
  static constexpr Dims value = make();
};
template <int A>
struct unsqueeze_fn {
  template <class X>
  constexpr auto operator()(X x) const {
    using Rule = unsqueezed<X, A>;
    if constexpr (Rule::axis < 0) {
      static_assert(Rule::axis >= 0, "etch: unsqueeze: axis out of range");
      return Poison{};
    } else {
      return reshaped<Rule>(x);
    }
  }
};

/// A vector is a row of a matrix; a matrix is a block of depth 1.
template <class X, int Rank>
struct padded_rank {
  static constexpr Dims make() {
    Dims r;
    const Dims x = X::dims(0);
    const int behind = Rank == 3 && x.rank > 0 ? 1 : 0;
    while (r.rank + x.rank + behind < Rank) r.push(static_dim(1));
    for (int i = 0; i < x.rank; ++i) r.push(x[i]);
    if (behind == 1) r.push(static_dim(1));
    return r;
  }
  static constexpr Dims value = make();
};
template <int Rank>
struct atleast_fn {
  template <class X>
  constexpr auto operator()(X x) const {
    if constexpr (X::rank >= Rank) return x;
    else return reshaped<padded_rank<X, Rank>>(x);
  }
};
struct same_fn {
  constexpr auto operator()(auto x) const { return x; }
};
/// x in the shape of another.
struct reshape_as_fn {
  template <class X, class T, auto... D>
  constexpr auto operator()(X x, Tracer<T, D...>) const {
    return reshape_fn<D...>{}(x);
  }
};
}  // namespace detail

/// x itself: what PyTorch copies is a new tensor here when it is assigned to one.
template <Operand X> constexpr auto clone(const X& x) { return apply<detail::same_fn>(x); }
template <Operand X> constexpr auto contiguous(const X& x) { return apply<detail::same_fn>(x); }
/// The same elements in another shape; one size may be -1 and is found.
template <auto... D, Operand X> constexpr auto reshape(const X& x) { return apply<reshape_fn<D...>>(x); }
template <auto... D, Operand X> constexpr auto view(const X& x) { return apply<reshape_fn<D...>>(x); }
template <Operand X, Operand Y> constexpr auto reshape_as(const X& x, const Y& other) { return apply<detail::reshape_as_fn>(x, other); }
template <Operand X, Operand Y> constexpr auto view_as(const X& x, const Y& other) { return apply<detail::reshape_as_fn>(x, other); }
/// The axes from Start to End, both included, as one.
template <int Start = 0, int End = -1, Operand X> constexpr auto flatten(const X& x) { return apply<detail::flatten_fn<Start, End>>(x); }
template <Operand X> constexpr auto ravel(const X& x) { return apply<detail::flatten_fn<0, -1>>(x); }
/// Axis A as several, of sizes D; one may be -1.
template <int A, int... D, Operand X> constexpr auto unflatten(const X& x) { return apply<detail::unflatten_fn<A, D...>>(x); }
/// Without the axes A where their size is 1; none given: without all of size 1.
template <int... A, Operand X> constexpr auto squeeze(const X& x) { return apply<detail::squeeze_fn<A...>>(x); }
template <int A, Operand X> constexpr auto unsqueeze(const X& x) { return apply<detail::unsqueeze_fn<A>>(x); }
template <Operand X> constexpr auto atleast_1d(const X& x) { return apply<detail::atleast_fn<1>>(x); }
template <Operand X> constexpr auto atleast_2d(const X& x) { return apply<detail::atleast_fn<2>>(x); }
template <Operand X> constexpr auto atleast_3d(const X& x) { return apply<detail::atleast_fn<3>>(x); }

}  // namespace ETCH_ABI
}  // namespace etch
