// Views and joins: elements found elsewhere, nothing computed. Sizes and axes are template arguments.
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
template <class X, int... Axis>
struct permuted {
  static constexpr bool is_permutation() {
    if (sizeof...(Axis) != X::rank) return false;
    unsigned seen = 0;
    const int a[] = {Axis..., 0};
    for (int i = 0; i < X::rank; ++i) {
      const int k = axis_of(a[i], X::rank);
      if (k < 0) return false;
      seen |= 1u << k;
    }
    return seen == (1u << X::rank) - 1;
  }
  static constexpr bool names_every_axis_once = is_permutation();
  static constexpr Dims make() {
    Dims r;
    const Dims x = X::dims(0);
    if (names_every_axis_once) (r.push(x[axis_of(Axis, X::rank)]), ...);
    return r;
  }
  static constexpr Dims value = make();
};
template <class X, int A, int B>
struct transposed_axes {
  static constexpr int a = axis_of(A, X::rank), b = axis_of(B, X::rank);
  static constexpr bool in_range = a >= 0 && b >= 0;
  static constexpr Dims make() {
    Dims r = X::dims(0);
    if (in_range) {
      const Dim d = r[a];
      r[a] = r[b];
      r[b] = d;
    }
    return r;
  }
  static constexpr Dims value = make();
};
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
template <class X, int A>
struct with_axis {
  static constexpr Dims make() {
    Dims r;
    const Dims x = X::dims(0);
    for (int i = 0; i <= x.rank; ++i) {
      if (i == A) r.push(static_dim(1));
      if (i < x.rank) r.push(x[i]);
    }
    return r;
  }
  static constexpr Dims value = make();
};
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

template <int... Axis>
struct permute_fn {
  template <class X>
  constexpr auto operator()(X x) const {
    using Rule = detail::permuted<X, Axis...>;
    if constexpr (!Rule::names_every_axis_once) {
      static_assert(Rule::names_every_axis_once, "etch: permute: every axis must be named once");
      return Poison{};
    } else {
      const int order[] = {axis_of(Axis, X::rank)..., 0};
      return result_of<typename X::value_type, Rule, X>{x.builder, x.builder->permute(x.id, order)};
    }
  }
};
template <int A, int B>
struct transpose_fn {
  template <class X>
  constexpr auto operator()(X x) const {
    using Rule = detail::transposed_axes<X, A, B>;
    if constexpr (!Rule::in_range) {
      static_assert(Rule::in_range, "etch: transpose: axis out of range");
      return Poison{};
    } else {
      return result_of<typename X::value_type, Rule, X>{x.builder, x.builder->transpose(x.id, Rule::a, Rule::b)};
    }
  }
};
/// Elements start, start + step, ... before stop of one axis.
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
      constexpr bool within_the_axis = start >= 0 && start <= stop && stop <= d.size && Step >= 1;
      static_assert(!d.bounded, "etch: slice: the axis must have a static size");
      if constexpr (!within_the_axis) {
        static_assert(within_the_axis, "etch: slice: the range must lie within the axis");
        return Poison{};
      } else {
        constexpr int length = (stop - start + Step - 1) / Step;
        using Rule = detail::resized<X, axis, length>;
        return result_of<typename X::value_type, Rule, X>{x.builder, x.builder->slice(x.id, axis, start, length, Step)};
      }
    }
  }
};
template <int A>
struct squeeze_fn {
  template <class X>
  constexpr auto operator()(X x) const {
    constexpr int axis = axis_of(A, X::rank);
    static_assert(axis >= 0, "etch: squeeze: axis out of range");
    constexpr bool size_is_one = X::dims(0)[axis < 0 ? 0 : axis].is(1);
    static_assert(size_is_one, "etch: squeeze: the axis must have size 1");
    using Rule = detail::without_axis<X, axis>;
    return result_of<typename X::value_type, Rule, X>{x.builder, x.builder->reshape(x.id, x.builder->shape_of(Rule::value))};
  }
};
template <int A>
struct unsqueeze_fn {
  template <class X>
  constexpr auto operator()(X x) const {
    constexpr int axis = axis_of(A, X::rank + 1);
    static_assert(axis >= 0, "etch: unsqueeze: axis out of range");
    using Rule = detail::with_axis<X, axis>;
    return result_of<typename X::value_type, Rule, X>{x.builder, x.builder->reshape(x.id, x.builder->shape_of(Rule::value))};
  }
};
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
template <int A, class X, class... Rest>
struct joined {
  static constexpr int axis = axis_of(A, X::rank);
  static constexpr bool check() {
    bool ok = axis >= 0;
    const Dims x = X::dims(0);
    const Dims others[] = {Rest::dims(0)..., x};
    for (const Dims& o : others) {
      ok = ok && o.rank == x.rank;
      for (int i = 0; ok && i < x.rank; ++i) ok = i == axis ? !o[i].bounded : agree(o[i], x[i]);
    }
    return ok;
  }
  static constexpr bool other_sizes_agree = check();
  static constexpr Dims make() {
    Dims r = X::dims(0);
    if (other_sizes_agree) r[axis] = static_dim((X::dims(0)[axis].size + ... + Rest::dims(0)[axis].size));
    return r;
  }
  static constexpr Dims value = make();
};
}  // namespace detail

/// Tensors one after another along axis A.
template <int A>
struct cat_fn {
  template <class X, class... Rest>
  constexpr auto operator()(X x, Rest... rest) const {
    using Rule = detail::joined<A, X, Rest...>;
    if constexpr (!Rule::other_sizes_agree) {
      static_assert(Rule::other_sizes_agree, "etch: cat: all sizes but the joined one must agree");
      return Poison{};
    } else {
      Builder& b = *x.builder;
      const DType d = dtype_of<typename X::value_type>;
      int r = b.empty(b.shape_of(Rule::value), d);
      std::int64_t at = 0;
      const int parts[] = {x.id, rest.id...};
      const int sizes[] = {X::dims(0)[Rule::axis].size, Rest::dims(0)[Rule::axis].size...};
      for (int i = 0; i < static_cast<int>(1 + sizeof...(Rest)); ++i) {
        r = b.place(r, b.cast(parts[i], d), Rule::axis, at, 1);
        at += sizes[i];
      }
      return result_of<typename X::value_type, Rule, X>{&b, r};
    }
  }
};

template <auto... D, Operand X> constexpr auto reshape(const X& x) { return apply<reshape_fn<D...>>(x); }
template <auto... D, Operand X> constexpr auto view(const X& x) { return apply<reshape_fn<D...>>(x); }
template <int... Axis, Operand X> constexpr auto permute(const X& x) { return apply<permute_fn<Axis...>>(x); }
template <int A, int B, Operand X> constexpr auto transpose(const X& x) { return apply<transpose_fn<A, B>>(x); }
/// The transposed matrix.
template <Operand X> constexpr auto t(const X& x) { return apply<transpose_fn<0, 1>>(x); }
/// Elements [start, stop) of an axis, every step-th.
template <int A, int Start, int Stop, int Step = 1, Operand X> constexpr auto slice(const X& x) { return apply<slice_fn<A, Start, Stop, Step>>(x); }
template <int A, int Start, int Length, Operand X> constexpr auto narrow(const X& x) { return apply<slice_fn<A, Start, Start + Length>>(x); }
template <int A, Operand X> constexpr auto squeeze(const X& x) { return apply<squeeze_fn<A>>(x); }
template <int A, Operand X> constexpr auto unsqueeze(const X& x) { return apply<unsqueeze_fn<A>>(x); }
template <auto... D, Operand X> constexpr auto expand(const X& x) { return apply<expand_fn<D...>>(x); }
template <int A, Operand X, Operand... R> constexpr auto cat(const X& x, const R&... rest) { return apply<cat_fn<A>>(x, rest...); }

namespace detail {
template <int A, int I>
struct select_fn {
  template <class X>
  constexpr auto operator()(X x) const {
    constexpr int axis = axis_of(A, X::rank);
    constexpr int i = I < 0 ? I + X::dims(0)[axis < 0 ? 0 : axis].size : I;
    return squeeze_fn<A>{}(slice_fn<A, i, i + 1>{}(x));
  }
};
template <int A, int Parts, int I>
struct chunk_fn {
  template <class X>
  constexpr auto operator()(X x) const {
    constexpr int axis = axis_of(A, X::rank);
    constexpr int size = X::dims(0)[axis < 0 ? 0 : axis].size;
    static_assert(size % Parts == 0, "etch: chunk: the axis must divide into equal parts");
    return slice_fn<A, I * (size / Parts), (I + 1) * (size / Parts)>{}(x);
  }
};
template <int A>
struct stack_fn {
  constexpr auto operator()(auto... x) const { return cat_fn<A>{}(unsqueeze_fn<A>{}(x)...); }
};
}  // namespace detail

/// Index I of an axis, the axis removed.
template <int A, int I, Operand X> constexpr auto select_axis(const X& x) { return apply<detail::select_fn<A, I>>(x); }
/// Part I of `Parts` equal parts of an axis.
template <int A, int Parts, int I, Operand X> constexpr auto chunk(const X& x) { return apply<detail::chunk_fn<A, Parts, I>>(x); }
/// Tensors of one shape along a new axis.
template <int A, Operand X, Operand... R> constexpr auto stack(const X& x, const R&... rest) { return apply<detail::stack_fn<A>>(x, rest...); }

}  // namespace ETCH_ABI
}  // namespace etch
