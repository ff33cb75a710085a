// Writing where a mask is true: one number (masked_fill), or values one after another (masked_scatter).
//
//   masked_fill(x, m, v)[i] = m[i] ? v : x[i]
#pragma once

#include <etch/ops/gather.hpp>
#include <etch/ops/pointwise.hpp>
#include <etch/ops/scan.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace detail {

struct masked_fill_fn {
  template <class X, class M, class V>
  constexpr auto operator()(X x, M mask, V value) const {
    constexpr bool can_hold = !is_complex(dtype_of<typename V::value_type>) || is_complex(dtype_of<typename X::value_type>);
    if constexpr (V::rank != 0 || !can_hold) {
      static_assert(V::rank == 0, "etch: masked_fill: the value must be one number");
      static_assert(can_hold, "etch: masked_fill: a real tensor cannot hold a complex value");
      return Poison{};
    } else {
      return where_fn{}(mask, cast_fn<typename X::value_type>{}(tracer_of<V>(value)), x);
    }
  }
};

/// The elements of `source` in order, one for each true element of the mask: element i takes the one numbered by how many
/// are true before it. Where the mask is false nothing is asked for, so only too short a source is an error.
struct masked_scatter_fn {
  template <class X, class M, class V>
  constexpr auto operator()(X x, M mask, V source) const {
    using T = typename X::value_type;
    static_assert(std::is_same_v<typename M::value_type, bool>, "etch: masked_scatter: the mask must be a bool tensor");
    static_assert(std::is_same_v<typename V::value_type, T>, "etch: masked_scatter: the source must have the dtype of the input");
    using Rule = broadcast<M, X>;
    if constexpr (!Rule::agree_or_are_one) {
      static_assert(Rule::agree_or_are_one, "etch: masked_scatter: sizes must agree or be 1");
      return Poison{};
    } else {
      Builder& b = *x.builder;
      const Shape s = b.shape_of(Rule::value);
      const int to = b.expand(x.id, s), wide = b.expand(mask.id, s);
      const Value number{&b, b.along(Op::cumsum, flat(b, b.cast(wide, DType::int64)), 0)};
      const int at = b.map(Op::where, DType::int64, flat(b, wide), (number - 1).id, number.number(0).id);
      const int from = flat(b, source.id);
      const int taken = b.gather(from, b.checked(at, 0, b.shape(from).size[0], false), 0);
      return result_of<T, Rule, M, X>{&b, b.map(Op::where, dtype_of<T>, wide, b.reshape(taken, s), to)};
    }
  }
};

}  // namespace detail

/// x where the mask is false, one number where it is true; x and the mask broadcast.
template <Operand X, Operand M, OperandOrNumber V>
constexpr auto masked_fill(const X& x, const M& mask, const V& value) {
  return apply<detail::masked_fill_fn>(x, mask, value);
}
/// x where the mask is false, and the elements of `source` one after another where it is true.
template <Operand X, Operand M, Operand V>
constexpr auto masked_scatter(const X& x, const M& mask, const V& source) {
  return apply<detail::masked_scatter_fn>(x, mask, source);
}

}  // namespace ETCH_ABI
}  // namespace etch
