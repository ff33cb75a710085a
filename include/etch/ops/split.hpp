// One tensor as several: `auto [a, b] = split<2>(x);`. Every part is a view.
#pragma once

#include <etch/expr/values.hpp>
#include <etch/ops/slice.hpp>

namespace etch {
inline namespace ETCH_ABI {

namespace detail {
/// Where the parts of an axis of `n` elements begin.
struct Cuts {
  static constexpr int capacity = 256;
  int count = 0;
  bool valid = true;
  int begin[capacity]{};
  int end[capacity]{};
  constexpr void add(int from, int to) {
    valid = valid && count < capacity && to >= from;
    if (!valid) return;
    begin[count] = from;
    end[count++] = to;
  }
  /// The next part, of `size` elements.
  constexpr void add(int size) { add(last(), last() + size); }
  constexpr int last() const { return count == 0 ? 0 : end[count - 1]; }
};
/// Parts of `size` elements, the last one smaller.
constexpr Cuts cuts_of_size(int n, int size) {
  Cuts r;
  r.valid = size > 0 || (size == 0 && n == 0);
  if (!r.valid) return r;
  int left = n;
  do {
    const int part = left < size ? left : size;
    r.add(part);
    left -= part;
  } while (left > 0 && r.valid);
  return r;
}
/// `parts` parts whose sizes differ by at most one, the larger ones first.
constexpr Cuts cuts_in_parts(int n, int parts) {
  Cuts r;
  r.valid = parts > 0;
  for (int i = 0; i < parts && r.valid; ++i) r.add(n / parts + (i < n % parts ? 1 : 0));
  return r;
}

// How an axis is divided: a number, or `ints`.
template <int Size>
struct by_size {
  static constexpr Cuts cuts(int n) { return cuts_of_size(n, Size); }
};
template <int Parts>
struct by_chunks {
  static constexpr Cuts cuts(int n) {
    if (Parts <= 0) return cuts_in_parts(n, 0);
    if (n == 0) return cuts_in_parts(0, Parts);
    return cuts_of_size(n, (n + Parts - 1) / Parts);
  }
};
template <int Parts>
struct by_parts {
  static constexpr Cuts cuts(int n) { return cuts_in_parts(n, Parts); }
};
template <int Parts>
struct by_equal_parts {
  static constexpr Cuts cuts(int n) { return cuts_in_parts(n, Parts > 0 && n % Parts == 0 ? Parts : 0); }
};
template <class Sizes>
struct by_sizes {
  static constexpr Cuts cuts(int n) {
    Cuts r;
    for (int i = 0; i < Sizes::count; ++i) r.add(Sizes::at[i]);
    r.valid = r.valid && r.last() == n;
    return r;
  }
};
template <class Indices>
struct by_indices {
  static constexpr int limited(int i, int n) {
    const int k = i < 0 ? i + n : i;
    return k < 0 ? 0 : k > n ? n : k;
  }
  static constexpr Cuts cuts(int n) {
    Cuts r;
    int at = 0;
    for (int i = 0; i < Indices::count; ++i) {
      const int to = limited(Indices::at[i], n);
      r.add(at, to > at ? to : at);
      at = to;
    }
    r.add(at, n);
    return r;
  }
};

template <class X, class How, int A>
struct divided {
  static constexpr int axis = axis_of(A, X::rank);
  static constexpr Dim size = axis < 0 ? static_dim(0) : X::dims(0)[axis < 0 ? 0 : axis];
  static constexpr bool in_range = axis >= 0 && !size.bounded;
  static constexpr Cuts cuts = How::cuts(size.size);
  static constexpr bool parts_make_the_axis = cuts.valid;
};
template <class Rule>
struct part_of {
  template <int I>
  using part = slice_fn<Rule::axis, Rule::cuts.begin[I], Rule::cuts.end[I]>;
};
template <class How, int A, class X>
constexpr auto divide(const X& x) {
  if constexpr (std::is_same_v<X, Poison>) {
    return Poison{};
  } else {
    using Rule = divided<traced<X>, How, A>;
    if constexpr (!Rule::in_range || !Rule::parts_make_the_axis) {
      static_assert(Rule::in_range, "etch: split: the axis must be in range and have a static size");
      static_assert(Rule::parts_make_the_axis, "etch: split: the parts must be positive and make up the axis");
      return Poison{};
    } else {
      return apply_each<Rule::cuts.count, part_of<Rule>>(x);
    }
  }
}
/// hsplit, vsplit and dsplit: along axis A of at least Rank dimensions.
template <class How, int A, int Rank, class X>
constexpr auto divide_atleast(const X& x) {
  constexpr bool enough_dimensions = std::is_same_v<X, Poison> || traced<X>::rank >= Rank;
  static_assert(enough_dimensions, "etch: split: hsplit needs 1 dimension, vsplit 2, dsplit 3");
  if constexpr (enough_dimensions) return divide<How, A>(x);
  else return Poison{};
}
template <int A>
struct unbound {
  template <int I>
  using part = select_fn<A, I>;
};
}  // namespace detail

/// Parts of Size elements along axis A, the last one smaller; or of these sizes, as `ints`.
template <int Size, int A = 0, Operand X> constexpr auto split(const X& x) { return detail::divide<detail::by_size<Size>, A>(x); }
template <class Sizes, int A = 0, Operand X> constexpr auto split(const X& x) { return detail::divide<detail::by_sizes<Sizes>, A>(x); }
template <class Sizes, int A = 0, Operand X> constexpr auto split_with_sizes(const X& x) { return detail::divide<detail::by_sizes<Sizes>, A>(x); }
/// At most Chunks parts of equal size along axis A, the last one smaller.
template <int Chunks, int A = 0, Operand X> constexpr auto chunk(const X& x) { return detail::divide<detail::by_chunks<Chunks>, A>(x); }
/// Exactly Parts parts, the first ones larger by one; or cut before these indices, as `ints`.
template <int Parts, int A = 0, Operand X> constexpr auto tensor_split(const X& x) { return detail::divide<detail::by_parts<Parts>, A>(x); }
template <class Indices, int A = 0, Operand X> constexpr auto tensor_split(const X& x) { return detail::divide<detail::by_indices<Indices>, A>(x); }
/// Equal parts, or cut before these indices: along axis 1 (of a vector, 0), along axis 0, along axis 2.
template <int Parts, Operand X> constexpr auto hsplit(const X& x) { return detail::divide_atleast<detail::by_equal_parts<Parts>, traced<X>::rank == 1 ? 0 : 1, 1>(x); }
template <class Indices, Operand X> constexpr auto hsplit(const X& x) { return detail::divide_atleast<detail::by_indices<Indices>, traced<X>::rank == 1 ? 0 : 1, 1>(x); }
template <int Parts, Operand X> constexpr auto vsplit(const X& x) { return detail::divide_atleast<detail::by_equal_parts<Parts>, 0, 2>(x); }
template <class Indices, Operand X> constexpr auto vsplit(const X& x) { return detail::divide_atleast<detail::by_indices<Indices>, 0, 2>(x); }
template <int Parts, Operand X> constexpr auto dsplit(const X& x) { return detail::divide_atleast<detail::by_equal_parts<Parts>, 2, 3>(x); }
template <class Indices, Operand X> constexpr auto dsplit(const X& x) { return detail::divide_atleast<detail::by_indices<Indices>, 2, 3>(x); }
/// Every index of axis A as a tensor of its own.
template <int A = 0, Operand X>
constexpr auto unbind(const X& x) {
  if constexpr (std::is_same_v<X, Poison>) {
    return Poison{};
  } else {
    constexpr int axis = axis_of(A, X::rank);
    static_assert(axis >= 0, "etch: unbind: axis out of range");
    if constexpr (axis < 0) return Poison{};
    else return apply_each<traced<X>::dims(0)[axis].size, detail::unbound<A>>(x);
  }
}

}  // namespace ETCH_ABI
}  // namespace etch
