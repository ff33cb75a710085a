// Lookup by index: rows of a table, and the scatter that is its gradient.
#pragma once

#include <etch/expr/lazy.hpp>
#include <etch/ops/reduce.hpp>

namespace etch {
inline namespace ETCH_ABI {

namespace detail {
template <class X, class I>
struct taken {
  static constexpr Dims make() {
    Dims r = I::dims(X::rank);
    const Dims x = X::dims(0);
    for (int i = 1; i < x.rank; ++i) r.push(x[i]);
    return r;
  }
  static constexpr Dims value = make();
};
}  // namespace detail

/// y[i.., c] = table[index[i..], c]; an index outside [0, V) is an error at run time.
struct embedding_fn {
  template <class I, class X>
  constexpr auto operator()(I index, X table) const {
    constexpr bool integral = is_integral(dtype_of<typename I::value_type>);
    static_assert(integral, "etch: embedding: indices must be integers");
    using Rule = detail::taken<detail::tracer_of<X>, detail::tracer_of<I>>;
    Builder& b = *table.builder;
    return result_of<typename X::value_type, Rule, X, I>{&b, b.take(table.id, b.cast(index.id, DType::int64))};
  }
};
/// Rows of `table` [V, ...] named by integer `index` [...], as torch.nn.functional.embedding.
template <Operand I, Operand X> constexpr auto embedding(const I& index, const X& table) { return apply<embedding_fn>(index, table); }

namespace detail {
/// argmax as a composition: the smallest index at which the maximum stands.
template <int Axis, Op Extremum>
struct arg_fn {
  template <class T, auto... D>
  constexpr auto operator()(Tracer<T, D...> x) const {
    constexpr int axis = axis_of(Axis, sizeof...(D));
    static_assert(axis >= 0, "etch: argmax: axis out of range");
    Builder& b = *x.builder;
    const Shape s = b.shape(x.id);
    Shape line;
    line.rank = s.rank;
    for (int i = 0; i < s.rank; ++i) line.size[i] = i == axis ? s.size[i] : 1;
    Shape kept = s;
    kept.size[axis] = 1;
    const int best = b.expand(b.reshape(b.reduce(Extremum, x.id, 1u << axis), kept), s);
    const int position = b.expand(b.reshape(b.iota(s.size[axis], DType::int32), line), s);
    const int far = b.constant(2147483647, DType::int32, s);
    const int hit = b.map(Op::where, DType::int32, b.map(Op::eq, DType::boolean, x.id, best), position, far);
    const int first = b.cast(b.reduce(Op::amin, hit, 1u << axis), DType::int64);
    using Rule = reduced<Tracer<T, D...>, 1u << axis, false>;
    return result_of<std::int64_t, Rule, Tracer<T, D...>>{&b, first};
  }
};
}  // namespace detail
/// The index of the largest element along an axis; the first where several are equal.
template <int Axis, Operand X> constexpr auto argmax(const X& x) { return apply<detail::arg_fn<Axis, Op::amax>>(x); }
template <int Axis, Operand X> constexpr auto argmin(const X& x) { return apply<detail::arg_fn<Axis, Op::amin>>(x); }

}  // namespace ETCH_ABI
}  // namespace etch
