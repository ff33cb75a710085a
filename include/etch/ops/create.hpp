// Constant nodes inside a traced function: zeros, ones, full, arange, masks; each takes its builder from `like`.
#pragma once

#include <etch/ops/pointwise.hpp>

namespace etch {
inline namespace ETCH_ABI {

namespace detail {
template <int Value>
struct fill_like_fn {
  template <class X>
  constexpr X operator()(X x) const {
    X r = x;
    r.id = x.builder->constant(Value, x.builder->dtype(x.id), x.builder->shape(x.id));
    return r;
  }
};
/// mask[i, j] = j <= i over the last two axes.
struct causal_mask_fn {
  template <class T, auto... D>
  constexpr Tracer<bool, D...> operator()(Tracer<T, D...> x) const {
    static_assert(sizeof...(D) >= 2, "etch: causal_mask: at least two dimensions");
    Builder& b = *x.builder;
    const Shape s = b.shape(x.id);
    Shape rows, cols;
    rows.rank = cols.rank = 2;
    rows.size[0] = s.size[s.rank - 2];
    cols.size[1] = s.size[s.rank - 1];
    rows.size[1] = cols.size[0] = 1;
    const int i = b.expand(b.reshape(b.iota(rows.size[0], DType::int32), rows), s);
    const int j = b.expand(b.reshape(b.iota(cols.size[1], DType::int32), cols), s);
    return {&b, b.map(Op::le, DType::boolean, j, i)};
  }
};
/// 0, 1, 2, ... along axis A of x's shape, broadcast over the others.
template <int A, class To>
struct iota_like_fn {
  template <class T, auto... D>
  constexpr Tracer<To, D...> operator()(Tracer<T, D...> x) const {
    constexpr int axis = axis_of(A, sizeof...(D));
    static_assert(axis >= 0, "etch: iota_like: axis out of range");
    Builder& b = *x.builder;
    const Shape s = b.shape(x.id);
    Shape line;
    line.rank = s.rank;
    for (int i = 0; i < s.rank; ++i) line.size[i] = i == axis ? s.size[i] : 1;
    return {&b, b.expand(b.reshape(b.iota(s.size[axis], dtype_of<To>), line), s)};
  }
};
}  // namespace detail

template <Operand X> constexpr auto zeros_like(const X& x) { return apply<detail::fill_like_fn<0>>(x); }
template <Operand X> constexpr auto ones_like(const X& x) { return apply<detail::fill_like_fn<1>>(x); }
/// True on and below the diagonal of the last two axes.
template <Operand X> constexpr auto causal_mask(const X& x) { return apply<detail::causal_mask_fn>(x); }
/// Each element's index along axis A.
template <int A, class To = std::int64_t, Operand X> constexpr auto iota_like(const X& x) { return apply<detail::iota_like_fn<A, To>>(x); }

}  // namespace ETCH_ABI
}  // namespace etch
