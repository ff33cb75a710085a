// Axes in another order: nothing is computed.
#pragma once

#include <etch/expr/lazy.hpp>

namespace etch {
inline namespace ETCH_ABI {

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
  static constexpr int a = axis_of_any(A, X::rank), b = axis_of_any(B, X::rank);
  static constexpr bool in_range = a >= 0 && b >= 0;
  static constexpr Dims make() {
    Dims r = X::dims(0);
    if (in_range && a != b) {
      const Dim d = r[a];
      r[a] = r[b];
      r[b] = d;
    }
    return r;
  }
  static constexpr Dims value = make();
};

/// Axes From go to the places To, the others keep their order.
template <class X, class From, class To>
struct moved_axes {
  static constexpr int n = From::count;
  struct Order {
    int axis[max_rank]{};
    bool valid = false;
  };
  static constexpr Order make_order() {
    Order r;
    if (From::count != To::count) return r;
    unsigned from = 0, to = 0;
    for (int k = 0; k < n; ++k) {
      const int f = axis_of_any(From::at[k], X::rank), t = axis_of_any(To::at[k], X::rank);
      if (f < 0 || t < 0 || (from >> f & 1) || (to >> t & 1)) return r;
      from |= 1u << f;
      to |= 1u << t;
      r.axis[t] = f;
    }
    int next = 0;
    for (int i = 0; i < X::rank; ++i) {
      if (to >> i & 1) continue;
      while (from >> next & 1) ++next;
      r.axis[i] = next++;
    }
    r.valid = true;
    return r;
  }
  static constexpr Order order = make_order();
  static constexpr bool every_axis_has_one_place = order.valid;
  static constexpr Dims make() {
    Dims r;
    const Dims x = X::dims(0);
    for (int i = 0; order.valid && i < x.rank; ++i) r.push(x[order.axis[i]]);
    return r;
  }
  static constexpr Dims value = make();
};

/// The axes of X in the order of their names; a name that none of them has becomes an axis of 1.
template <class X, auto... Name>
struct aligned_axes {
  struct Order {
    int axis[max_rank]{};
    Dims dims;
    bool valid = false;
  };
  static constexpr Order make_order() {
    Order r;
    const Dims x = X::dims(0), names = dims_of<Name...>();
    int found = 0;
    for (int k = 0; k < names.rank; ++k) {
      Dim d = static_dim(1);
      for (int i = 0; i < x.rank; ++i) {
        if (x[i].tag == 0 || x[i].tag != names[k].tag) continue;
        d = x[i];
        if (found < max_rank) r.axis[found++] = i;
      }
      r.dims.push(d);
    }
    r.valid = found == X::rank;
    for (int i = 0; i < found; ++i)
      for (int j = 0; j < i; ++j) r.valid = r.valid && r.axis[i] != r.axis[j];
    return r;
  }
  static constexpr Order order = make_order();
  static constexpr bool every_axis_is_named_once = order.valid;
  static constexpr Dims value = order.dims;
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

namespace detail {
template <class From, class To>
struct movedim_fn {
  template <class X>
  constexpr auto operator()(X x) const {
    using Rule = moved_axes<X, From, To>;
    if constexpr (!Rule::every_axis_has_one_place) {
      static_assert(Rule::every_axis_has_one_place, "etch: movedim: every axis must be in range and named once, and have a place");
      return Poison{};
    } else {
      return result_of<typename X::value_type, Rule, X>{x.builder, x.builder->permute(x.id, Rule::order.axis)};
    }
  }
};
template <auto... Name>
struct align_fn {
  template <class X>
  constexpr auto operator()(X x) const {
    using Rule = aligned_axes<X, Name...>;
    if constexpr (!Rule::every_axis_is_named_once) {
      static_assert(Rule::every_axis_is_named_once, "etch: align_to: every axis must have a name, and be named once");
      return Poison{};
    } else {
      Builder& b = *x.builder;
      return result_of<typename X::value_type, Rule, X>{&b, b.reshape(b.permute(x.id, Rule::order.axis), b.shape_of(Rule::value))};
    }
  }
};
struct t_fn {
  template <class X>
  constexpr auto operator()(X x) const {
    constexpr int rank = X::rank;
    static_assert(rank <= 2, "etch: t: at most two dimensions");
    if constexpr (rank > 2) return Poison{};
    else if constexpr (rank < 2) return x;
    else return transpose_fn<0, 1>{}(x);
  }
};
}  // namespace detail

/// Axis i of the result is axis Axis[i] of x.
template <int... Axis, Operand X> constexpr auto permute(const X& x) { return apply<permute_fn<Axis...>>(x); }
/// The axes in the order of their names, with axes of 1 for names that x has not: `align_to<channels, batch>(x)`.
template <auto... Name, Operand X> constexpr auto align_to(const X& x) { return apply<detail::align_fn<Name...>>(x); }
/// Two axes exchanged.
template <int A, int B, Operand X> constexpr auto transpose(const X& x) { return apply<transpose_fn<A, B>>(x); }
template <int A, int B, Operand X> constexpr auto swapaxes(const X& x) { return apply<transpose_fn<A, B>>(x); }
template <int A, int B, Operand X> constexpr auto swapdims(const X& x) { return apply<transpose_fn<A, B>>(x); }
/// The transposed matrix; a vector or a number as it is.
template <Operand X> constexpr auto t(const X& x) { return apply<detail::t_fn>(x); }
/// The last two axes exchanged: PyTorch's `x.mT`.
template <Operand X> constexpr auto mT(const X& x) { return apply<transpose_fn<-2, -1>>(x); }
/// Axis From at place To, the others in their order; several as `ints`.
template <int From, int To, Operand X> constexpr auto movedim(const X& x) { return apply<detail::movedim_fn<ints<From>, ints<To>>>(x); }
template <class From, class To, Operand X> constexpr auto movedim(const X& x) { return apply<detail::movedim_fn<From, To>>(x); }
template <int From, int To, Operand X> constexpr auto moveaxis(const X& x) { return apply<detail::movedim_fn<ints<From>, ints<To>>>(x); }
template <class From, class To, Operand X> constexpr auto moveaxis(const X& x) { return apply<detail::movedim_fn<From, To>>(x); }

}  // namespace ETCH_ABI
}  // namespace etch
