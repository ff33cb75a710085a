// Tensors made one: concatenated, stacked, rolled. Each part is written where it belongs.
#pragma once

#include <etch/ops/pointwise.hpp>
#include <etch/ops/slice.hpp>

namespace etch {
inline namespace ETCH_ABI {

namespace detail {
/// A part of shape (0) is skipped, whatever the others are, as PyTorch does.
template <class X>
inline constexpr bool is_skipped = X::rank == 1 && X::dims(0)[0].is(0);

template <int A, class... X>
struct joined {
  static constexpr int count = sizeof...(X);
  static constexpr bool skipped[count] = {is_skipped<X>...};
  static constexpr int find_first() {
    for (int i = 0; i < count; ++i)
      if (!skipped[i]) return i;
    return 0;
  }
  static constexpr int first = find_first();
  static constexpr bool skips(int i) { return skipped[i] && i != first; }
  static constexpr Dims dims(int i) {
    const Dims all[] = {X::dims(0)...};
    return all[i];
  }
  static constexpr int axis = axis_of(A, dims(first).rank);
  static constexpr bool check() {
    bool ok = axis >= 0;
    const Dims x = dims(first);
    for (int k = 0; k < count; ++k) {
      if (skips(k)) continue;
      const Dims o = dims(k);
      ok = ok && o.rank == x.rank;
      for (int i = 0; ok && i < x.rank; ++i) ok = i == axis ? !o[i].bounded : agree(o[i], x[i]);
    }
    return ok;
  }
  static constexpr bool other_sizes_agree = check();
  static constexpr int size(int i) { return skips(i) ? 0 : dims(i)[axis].size; }
  static constexpr Dims make() {
    Dims r = dims(first);
    if (!other_sizes_agree) return r;
    int n = 0;
    for (int k = 0; k < count; ++k) n += size(k);
    r[axis] = static_dim(n);
    for (int i = 0; first > 0 && i < r.rank; ++i) r[i].source = -1;
    return r;
  }
  static constexpr Dims value = make();
};
template <class X, class...>
struct first_of {
  using type = X;
};
}  // namespace detail

/// Tensors one after another along axis A.
template <int A>
struct cat_fn {
  template <class... X>
  constexpr auto operator()(X... x) const {
    using Rule = detail::joined<A, X...>;
    if constexpr (!Rule::other_sizes_agree) {
      static_assert(Rule::other_sizes_agree, "etch: cat: all sizes but the joined one must agree");
      return Poison{};
    } else {
      auto& b = *detail::builder_of(x...);
      constexpr DType d = detail::common_dtype<X...>();
      int r = b.empty(b.shape_of(Rule::value), d);
      std::int64_t at = 0;
      const int parts[] = {x.id...};
      for (int i = 0; i < Rule::count; ++i) {
        if (Rule::skips(i)) continue;
        r = b.place(r, b.cast(parts[i], d), Rule::axis, at, 1);
        at += Rule::size(i);
      }
      return result_of<type_of<d>, Rule, typename detail::first_of<X...>::type>{&b, r};
    }
  }
};

namespace detail {
template <int A>
struct stack_fn {
  constexpr auto operator()(auto... x) const { return cat_fn<A>{}(unsqueeze_fn<A>{}(x)...); }
};
struct hstack_fn {
  template <class X, class... R>
  constexpr auto operator()(X x, R... rest) const {
    return cat_fn<X::rank <= 1 ? 0 : 1>{}(atleast_fn<1>{}(x), atleast_fn<1>{}(rest)...);
  }
};
template <int A>
struct stack_atleast_fn {
  constexpr auto operator()(auto... x) const { return cat_fn<A>{}(atleast_fn<A + 1>{}(x)...); }
};
struct vstack_fn {
  constexpr auto operator()(auto... x) const { return cat_fn<0>{}(atleast_fn<2>{}(x)...); }
};
/// A number or vector becomes a column.
struct column_fn {
  template <class X>
  constexpr auto operator()(X x) const {
    if constexpr (X::rank == 0) return reshape_fn<1, 1>{}(x);
    else if constexpr (X::rank == 1) return unsqueeze_fn<1>{}(x);
    else return x;
  }
};
struct column_stack_fn {
  constexpr auto operator()(auto... x) const { return cat_fn<1>{}(column_fn{}(x)...); }
};

template <class... X>
struct block_diagonal {
  static constexpr bool ranks_are_at_most_two = ((X::rank <= 2) && ...);
  static constexpr bool sizes_are_static() {
    const Dims all[] = {X::dims(0)...};
    bool ok = true;
    for (const Dims& d : all)
      for (int i = 0; i < d.rank; ++i) ok = ok && !d[i].bounded;
    return ok;
  }
  static constexpr int rows(const Dims& d) { return d.rank < 2 ? 1 : d[0].size; }
  static constexpr int columns(const Dims& d) { return d.rank == 0 ? 1 : d[d.rank - 1].size; }
  static constexpr Dims make() {
    Dims r;
    r.push(static_dim((rows(X::dims(0)) + ...)));
    r.push(static_dim((columns(X::dims(0)) + ...)));
    return r;
  }
  static constexpr Dims value = make();
};
struct block_diag_fn {
  template <class... X>
  constexpr auto operator()(X... x) const {
    using Rule = block_diagonal<X...>;
    constexpr bool matrices = Rule::ranks_are_at_most_two && Rule::sizes_are_static();
    if constexpr (!matrices) {
      static_assert(matrices, "etch: block_diag: operands must have at most two dimensions, of static sizes");
      return Poison{};
    } else {
      Builder& b = *builder_of(x...);
      constexpr DType d = common_dtype<X...>();
      const int parts[] = {x.id...};
      const Dims dims[] = {X::dims(0)...};
      int r = b.constant(0, d, b.shape_of(Rule::value)), row = 0, column = 0;
      for (int i = 0; i < static_cast<int>(sizeof...(X)); ++i) {
        Shape block, strip;
        block.rank = strip.rank = 2;
        block.size[0] = strip.size[0] = Rule::rows(dims[i]);
        block.size[1] = Rule::columns(dims[i]);
        strip.size[1] = Rule::value[1].size;
        r = b.place(r, b.place(b.constant(0, d, strip), b.reshape(b.cast(parts[i], d), block), 1, column, 1), 0, row, 1);
        row += block.size[0];
        column += block.size[1];
      }
      return result_of<type_of<d>, Rule>{&b, r};
    }
  }
};

/// Axis Axes[k] moved on by Shifts[k], what leaves its end comes in at its start.
template <class Shifts, class Axes>
struct roll_fn {
  template <class X>
  static constexpr bool axes_exist() {
    bool ok = true;
    for (int k = 0; k < Axes::count; ++k) {
      const int a = axis_of(Axes::at[k], X::rank);
      ok = ok && a >= 0 && !X::dims(0)[a].bounded;
    }
    return ok;
  }
  template <class X>
  constexpr auto operator()(X x) const {
    constexpr bool a_shift_for_every_axis = Shifts::count == Axes::count && Axes::count > 0;
    constexpr bool in_range = axes_exist<X>();
    if constexpr (!a_shift_for_every_axis || !in_range) {
      static_assert(a_shift_for_every_axis, "etch: roll: there must be a shift for every axis");
      static_assert(in_range, "etch: roll: the axes must be in range and have static sizes");
      return Poison{};
    } else {
      Builder& b = *x.builder;
      X r = x;
      for (int k = 0; k < Axes::count; ++k) {
        const int axis = axis_of(Axes::at[k], X::rank), n = b.shape(r.id).size[axis];
        const int shift = n == 0 ? 0 : (Shifts::at[k] % n + n) % n;
        if (shift == 0) continue;
        const int head = b.slice(r.id, axis, n - shift, shift, 1), tail = b.slice(r.id, axis, 0, n - shift, 1);
        r.id = b.place(b.place(b.empty(b.shape(r.id), b.dtype(r.id)), head, axis, 0, 1), tail, axis, shift, 1);
      }
      return r;
    }
  }
};
template <int Shift>
struct roll_flat_fn {
  template <class X>
  constexpr auto operator()(X x) const {
    return reshape_as_fn{}(roll_fn<ints<Shift>, ints<0>>{}(flatten_fn<0, -1>{}(x)), x);
  }
};
}  // namespace detail

/// Tensors one after another along axis A; they become their common type.
template <int A = 0, Operand X, Operand... R> constexpr auto cat(const X& x, const R&... rest) { return apply<cat_fn<A>>(x, rest...); }
template <int A = 0, Operand X, Operand... R> constexpr auto concat(const X& x, const R&... rest) { return apply<cat_fn<A>>(x, rest...); }
template <int A = 0, Operand X, Operand... R> constexpr auto concatenate(const X& x, const R&... rest) { return apply<cat_fn<A>>(x, rest...); }
/// Tensors of one shape along a new axis.
template <int A = 0, Operand X, Operand... R> constexpr auto stack(const X& x, const R&... rest) { return apply<detail::stack_fn<A>>(x, rest...); }
/// Side by side: along axis 1, vectors along axis 0.
template <Operand X, Operand... R> constexpr auto hstack(const X& x, const R&... rest) { return apply<detail::hstack_fn>(x, rest...); }
/// On top of each other: vectors are rows.
template <Operand X, Operand... R> constexpr auto vstack(const X& x, const R&... rest) { return apply<detail::vstack_fn>(x, rest...); }
template <Operand X, Operand... R> constexpr auto row_stack(const X& x, const R&... rest) { return apply<detail::vstack_fn>(x, rest...); }
/// In depth: along axis 2.
template <Operand X, Operand... R> constexpr auto dstack(const X& x, const R&... rest) { return apply<detail::stack_atleast_fn<2>>(x, rest...); }
/// Side by side: vectors are columns.
template <Operand X, Operand... R> constexpr auto column_stack(const X& x, const R&... rest) { return apply<detail::column_stack_fn>(x, rest...); }
/// Matrices along the diagonal of a larger one, zeros elsewhere.
template <Operand X, Operand... R> constexpr auto block_diag(const X& x, const R&... rest) { return apply<detail::block_diag_fn>(x, rest...); }
/// Elements moved on by Shift along axis A, around its end; without an axis, in row-major order; several as `ints`.
template <int Shift, int A, Operand X> constexpr auto roll(const X& x) { return apply<detail::roll_fn<ints<Shift>, ints<A>>>(x); }
template <int Shift, Operand X> constexpr auto roll(const X& x) { return apply<detail::roll_flat_fn<Shift>>(x); }
template <class Shifts, class Axes, Operand X> constexpr auto roll(const X& x) { return apply<detail::roll_fn<Shifts, Axes>>(x); }

}  // namespace ETCH_ABI
}  // namespace etch
