// The cross product of vectors of three elements.
//
//   cross(x, y)[i] = x[i + 1] y[i + 2] - x[i + 2] y[i + 1], indices mod 3
#pragma once

#include <etch/ops/pointwise.hpp>

namespace etch {
inline namespace ETCH_ABI {

/// Whether two operands have as many dimensions.
template <int A, int B>
struct cross_ranks {
  static constexpr bool agree = A == B;
};

namespace detail {

/// The first axis of size 3, torch.cross's default.
constexpr int no_axis = 1 << 20;
constexpr int axis_of_three(const Dims& d) {
  for (int i = 0; i < d.rank; ++i)
    if (d[i].is(3)) return i;
  return -1;
}
/// x[1], x[2], x[0] along an axis, `by` times.
constexpr int turned(Builder& b, int x, int axis, int by) {
  const int whole = b.empty(b.shape(x), b.dtype(x));
  const int head = b.slice(x, axis, by, 3 - by, 1), tail = b.slice(x, axis, 0, by, 1);
  return b.place(b.place(whole, head, axis, 0, 1), tail, axis, 3 - by, 1);
}
template <int Axis>
struct cross_fn {
  template <class A, class B>
  constexpr auto operator()(A x, B y) const {
    using Rule = broadcast<A, B>;
    using Ranks = cross_ranks<A::rank, B::rank>;
    if constexpr (!Ranks::agree) {
      static_assert(Ranks::agree, "etch: cross: the operands must have as many dimensions");
      return Poison{};
    } else if constexpr (!Rule::agree_or_are_one) {
      static_assert(Rule::agree_or_are_one, "etch: cross: sizes must agree or be 1");
      return Poison{};
    } else {
      constexpr int axis = Axis == no_axis ? axis_of_three(Rule::value) : axis_of(Axis, Rule::value.rank);
      constexpr bool three = axis >= 0 && A::dims(0)[axis < 0 ? 0 : axis].is(3) && B::dims(0)[axis < 0 ? 0 : axis].is(3);
      if constexpr (!three) {
        static_assert(three, "etch: cross: the axis must have size 3");
        return Poison{};
      } else {
        constexpr DType d = common_dtype<A, B>();
        Builder& b = *x.builder;
        const Shape s = b.shape_of(Rule::value);
        const int p = b.expand(b.cast(x.id, d), s), q = b.expand(b.cast(y.id, d), s);
        const Value p1{&b, turned(b, p, axis, 1)}, p2{&b, turned(b, p, axis, 2)}, q1{&b, turned(b, q, axis, 1)}, q2{&b, turned(b, q, axis, 2)};
        return result_of<type_of<d>, Rule, A, B>{&b, (p1 * q2 - p2 * q1).id};
      }
    }
  }
};

}  // namespace detail

/// The cross product along an axis of size 3: the first such, or the one named.
template <Operand A, Operand B> constexpr auto cross(const A& a, const B& b) { return apply<detail::cross_fn<detail::no_axis>>(a, b); }
template <int Axis, Operand A, Operand B> constexpr auto cross(const A& a, const B& b) { return apply<detail::cross_fn<Axis>>(a, b); }

}  // namespace ETCH_ABI
}  // namespace etch
