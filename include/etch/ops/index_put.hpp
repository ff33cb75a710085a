// index_put: x with values written, or added, where index tensors say; a mask says it by being true.
//
//   index_put(x, indices(i, every, j), v)[i[k], :, j[k]] = v[k, :]
#pragma once

#include <etch/expr/pick.hpp>
#include <etch/ops/masked_fill.hpp>
#include <etch/ops/scatter.hpp>

namespace etch {
inline namespace ETCH_ABI {

namespace detail {
template <class I>
constexpr auto held_item(const I& i) {
  if constexpr (is_tracer_v<I>) return i;
  else return item_leaf(i);
}
template <class I>
constexpr auto lower_item(Builder& b, const I& i) {
  if constexpr (is_tracer_v<I>) return i;
  else return i.lower(b);
}
}  // namespace detail

/// The indices of one `index_put`, as an expression holds them.
template <class... I>
struct Indices {
  Pack<I...> value;
};
/// Tensors of integers, `every` for whole axes; or one mask of the leading axes.
template <class... I>
  requires(detail::partial_index<max_rank + 1, I...> && !(std::is_integral_v<I> || ...))
constexpr auto indices(const I&... i) {
  return Indices<decltype(detail::held_item(i))...>{{{{detail::held_item(i)}...}}};
}

namespace detail {
/// Whether the sizes of V, from the last, are 1 or those of `to`.
template <class V>
constexpr bool broadcasts_to(const Dims& to) {
  const Dims v = V::dims(0);
  if (v.rank > to.rank) return false;
  for (int i = 1; i <= v.rank; ++i)
    if (!v[v.rank - i].is(1) && !agree(v[v.rank - i], to[to.rank - i])) return false;
  return true;
}
/// The same of the rows of X behind `lead` axes, of which a mask names any number.
template <class X, class V, int Lead>
constexpr bool row_fits() {
  const Dims x = X::dims(0), v = V::dims(0);
  Dims row;
  if (v.rank == x.rank - Lead + 1) row.push(v[0]);
  for (int i = Lead; i < x.rank; ++i) row.push(x[i]);
  return broadcasts_to<V>(row);
}
/// A mask of the leading axes of x. Values with one row for each true element are taken in order; other values broadcast.
template <bool Accumulate>
struct put_mask_fn {
  template <class X, class V, class M>
  constexpr auto operator()(X x, V value, M mask) const {
    constexpr bool leading = M::rank >= 1 && M::rank <= X::rank, fits = leading && row_fits<X, V, M::rank>();
    static_assert(leading, "etch: index_put: a mask must have the leading sizes of the input");
    static_assert(fits || !leading, "etch: index_put: the values must broadcast to what the indices name");
    if constexpr (fits) {
      Builder& b = *x.builder;
      const Shape all = b.shape(x.id);
      constexpr int inner = X::rank - M::rank;
      Shape lead = b.shape(mask.id), trail;
      for (int k = M::rank; k < all.rank; ++k) trail.size[trail.rank++] = all.size[k];
      while (lead.rank < all.rank) lead.size[lead.rank++] = 1;
      const int wide = b.expand(b.reshape(mask.id, lead), all);
      int rows = b.cast(value.id, b.dtype(x.id));
      if constexpr (V::rank == inner + 1 && !V::dims(0)[0].is(1)) {
        const Value number{&b, b.along(Op::cumsum, flat(b, b.cast(mask.id, DType::int64)), 0)};
        const int at = b.map(Op::where, DType::int64, flat(b, mask.id), (number - 1).id, number.number(0).id);
        Shape taken = trail, given = trail;
        for (int k = trail.rank; k > 0; --k) taken.size[k] = given.size[k] = trail.size[k - 1];
        taken.rank = given.rank = trail.rank + 1;
        taken.size[0] = b.shape(at).size[0];
        given.size[0] = b.shape(rows).size[0];
        const int index = along_axis(b, b.checked(at, 0, given.size[0], false), 0, taken);
        rows = b.reshape(b.gather(b.expand(rows, given), index, 0), all);
      } else {
        rows = b.expand(rows, all);
      }
      const DType d = b.dtype(x.id);
      x.id = b.map(Op::where, d, wide, Accumulate ? b.map(Op::add, d, x.id, rows) : rows, x.id);
    }
    return x;
  }
};
template <bool Accumulate>
struct index_put_fn {
  template <class X, class V, class... I>
  constexpr auto operator()(X x, V value, I... i) const {
    static_assert(written_dtype<X, V>::agrees, "etch: index_put: the values must have the dtype of the input");
    if constexpr (sizeof...(I) == 1 && ((!is_tag<I> && std::is_same_v<typename std::conditional_t<is_tag<I>, X, I>::value_type, bool>) && ...)) return put_mask_fn<Accumulate>{}(x, value, i...);
    else return put_at(x, value, i...);
  }
  template <class X, class V, class... I>
  static constexpr auto put_at(X x, V value, I... i) {
    using Rule = item_rule<X, I...>;
    constexpr bool fits = !Rule::all.enough_axes || !Rule::all.agree_or_are_one || !Rule::integers || broadcasts_to<V>(Rule::result_dims);
    static_assert(fits, "etch: index_put: the values must broadcast to what the indices name");
    if constexpr (fits) return put_item_fn<Accumulate>{}(x, value, i...);
    else return Poison{};
  }
};
template <class F, class X, class V, class... I>
constexpr auto apply_items(const X& x, const V& value, const I&... i) {
  if constexpr (std::is_same_v<X, Poison> || std::is_same_v<V, Poison>) {
    return Poison{};
  } else if constexpr (is_tracer_v<X> || is_tracer_v<V> || (is_tracer_v<I> || ...)) {
    Builder* b = builder_of(x, value, i...);
    return F{}(lower(b, x), lower(b, value), lower_item(*b, i)...);
  } else {
    using Args = Pack<decltype(leaf(x)), decltype(leaf(value)), I...>;
    using R = decltype(F{}(typename decltype(leaf(x))::tracer{}, typename decltype(leaf(value))::tracer{}, typename I::tracer{}...));
    if constexpr (std::is_same_v<R, Poison>) return Poison{};
    else return typename lazy_of<F, Args, R>::type{Args{{{leaf(x)}, {leaf(value)}, {i}...}}};
  }
}
}  // namespace detail

/// x with `value`, broadcast, written where the indices say, or added there: `index_put<true>`.
template <bool Accumulate = false, Operand X, class... I, OperandOrNumber V>
constexpr auto index_put(const X& x, const Indices<I...>& at, const V& value) {
  return [&]<std::size_t... N>(std::index_sequence<N...>) {
    return detail::apply_items<detail::index_put_fn<Accumulate>>(x, value, detail::held<N>(at.value)...);
  }(std::index_sequence_for<I...>{});
}

}  // namespace ETCH_ABI
}  // namespace etch
