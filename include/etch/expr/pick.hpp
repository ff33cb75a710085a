// Parts of a tensor, as Python's `x[...]`: what `x(every, 1)`, `x(Slice<1, 5>{}, newaxis, ellipsis)`, `x(rows, every)` trace to.
//
// Numbers, slices and new axes are views. Tensors of integers are applied to what these leave, all together: they broadcast,
// and their dims stand where the first of them stood, or first where something is between them. `ints<0, 2>{}` is such a list.
#pragma once

#include <etch/core/error.hpp>
#include <etch/expr/lazy.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace detail {

/// Not constexpr: reaching it in a constant expression is the error.
inline void an_index_must_lie_within_its_dimension() {}

/// A number among the items; in an expression it is 0, since its place is already in the pointer.
struct At {
  std::int64_t index = 0;
};

/// One item of an index as a value.
struct Item {
  enum Kind : std::uint8_t { all, fixed, slice, rest, add, by_index } kind = all;
  int start = 0, stop = 0, step = 1;
};
template <class I>
inline constexpr Item item{Item::by_index, 0, 0, 1};
template <> inline constexpr Item item<At>{Item::fixed, 0, 0, 1};
template <> inline constexpr Item item<Every>{Item::all, 0, 0, 1};
template <> inline constexpr Item item<Ellipsis>{Item::rest, 0, 0, 1};
template <> inline constexpr Item item<NewAxis>{Item::add, 0, 0, 1};
template <int A, int B, int S> inline constexpr Item item<Slice<A, B, S>>{Item::slice, A, B, S};

template <class I>
inline constexpr bool is_list = false;
template <int... I> inline constexpr bool is_list<ints<I...>> = true;
template <class I>
inline constexpr bool is_tag = item<I>.kind != Item::by_index;
/// An index that leaves something to be decided; numbers for every axis name an element.
template <std::size_t Rank, class... I>
concept partial_index = ((is_tag<I> || is_list<I> || std::is_integral_v<I> || Operand<I>) && ...) && sizeof...(I) > 0 && !(sizeof...(I) == Rank && (std::is_integral_v<I> && ...));

/// An item that is no tensor as an argument of a lazy expression.
template <class I>
struct TagLeaf {
  using tracer = I;
  static constexpr int nodes = 0, places = 0;
  static constexpr I trace(Builder&) { return {}; }
  constexpr I lower(Builder&) const { return {}; }
  void bind(Bindings&) const {}
};
/// A list of indices known to the compiler, `ints<0, 2, 3>{}`, as a tensor.
template <class List>
struct ListLeaf;
template <int... I>
struct ListLeaf<ints<I...>> {
  using tracer = Tracer<std::int64_t, static_cast<int>(sizeof...(I))>;
  static constexpr int nodes = 0, places = 0;
  static constexpr tracer trace(Builder& b) {
    const int at[] = {I..., 0};
    int r = b.empty(Shape{1, {static_cast<int>(sizeof...(I))}}, DType::int64);
    for (int k = 0; k < static_cast<int>(sizeof...(I)); ++k) r = b.place(r, b.constant(at[k], DType::int64, Shape{1, {1}}), 0, k, 1);
    return {&b, r};
  }
  constexpr tracer lower(Builder& b) const { return trace(b); }
  void bind(Bindings&) const {}
};
template <class I>
constexpr auto item_leaf(const I& i) {
  if constexpr (is_list<I>) return ListLeaf<I>{};
  else if constexpr (std::is_integral_v<I>) return TagLeaf<At>{};
  else if constexpr (is_tag<I>) return TagLeaf<I>{};
  else return leaf(i);
}
template <class I>
constexpr auto item_tracer(Builder* b, const I& i) {
  if constexpr (is_list<I>) return ListLeaf<I>::trace(*b);
  else if constexpr (std::is_integral_v<I>) return At{static_cast<std::int64_t>(i)};
  else if constexpr (is_tag<I>) return i;
  else return lower(b, i);
}

/// Dims of an index tensor; none of what is no tensor.
template <class I>
constexpr Dims item_dims() {
  if constexpr (is_tag<I>) return {};
  else return I::dims(0);
}

/// The items `I` given to the axes of X: the view they make and which of its axes tensors index.
template <class X, class... I>
struct items {
  Item at[2 * max_rank]{};  ///< with the ellipsis written out
  int count = 0;
  int axis[max_rank]{};     ///< of the view
  int indexed = 0;
  Dims view{};              ///< what numbers, slices and new axes leave
  Dims joined{};            ///< the shape of the index tensors together
  int place = 0;            ///< where it stands in the result
  Dims result{};
  bool enough_axes = true, slices_are_static = true, agree_or_are_one = true;

  constexpr bool takes(int a) const {
    for (int k = 0; k < indexed; ++k)
      if (axis[k] == a) return true;
    return false;
  }
  constexpr items() {
    const Item given[] = {item<I>...};
    const Dims x = X::dims(0);
    int taken = 0;
    for (const Item& i : given) taken += i.kind != Item::rest && i.kind != Item::add ? 1 : 0;
    enough_axes = taken <= x.rank;
    bool open = true;
    for (const Item& i : given) {
      if (i.kind != Item::rest) at[count++] = i;
      for (int k = taken; i.kind == Item::rest && open && k < x.rank; ++k) at[count++] = Item{};
      open = open && i.kind != Item::rest;
    }
    for (int k = taken; open && k < x.rank; ++k) at[count++] = Item{};
    for (int k = 0, a = 0; enough_axes && k < count; ++k) {
      Item& i = at[k];
      if (i.kind == Item::by_index) axis[indexed++] = view.rank;
      if (i.kind == Item::add) {
        view.push(static_dim(1));
      } else if (i.kind == Item::slice) {
        const int size = x[a].size;
        slices_are_static = slices_are_static && !x[a++].bounded;
        i.start = i.start < 0 ? (i.start + size < 0 ? 0 : i.start + size) : i.start > size ? size : i.start;
        i.stop = i.stop < 0 ? i.stop + size : i.stop > size ? size : i.stop;
        view.push(static_dim(i.stop > i.start ? (i.stop - i.start + i.step - 1) / i.step : 0));
      } else if (i.kind == Item::fixed) {
        ++a;
      } else {
        view.push(x[a++]);
      }
    }
    join();
  }
  constexpr void join() {
    const Dims n[] = {item_dims<I>()...};
    int rank = 0, source = X::rank;
    for (const Dims& d : n) rank = d.rank > rank ? d.rank : rank;
    for (int i = 0; i < rank; ++i) joined.push(static_dim(1));
    for (const Dims& d : n) {
      for (int i = 0; i < d.rank; ++i) {
        Dim& to = joined[rank - d.rank + i];
        agree_or_are_one = agree_or_are_one && (to.is(1) || d[i].is(1) || agree(to, d[i]));
        if (!to.is(1)) continue;
        to = d[i];
        if (to.source >= 0) to.source += source;
      }
      source += d.rank;
    }
    bool adjacent = true;
    for (int k = 1; k < indexed; ++k) adjacent = adjacent && axis[k] == axis[k - 1] + 1;
    place = adjacent && indexed > 0 ? axis[0] : 0;
    for (int i = 0; i <= view.rank; ++i) {
      if (i == place)
        for (int k = 0; k < joined.rank; ++k) result.push(joined[k]);
      if (i < view.rank && !takes(i)) result.push(view[i]);
    }
  }
};

/// A rule as result types want it, and the type whose named dims are those of X and then of all index tensors.
template <const Dims& D>
struct dims_rule {
  static constexpr const Dims& value = D;
};
template <class T, class Rule, class X, class... I>
struct item_result;
template <class T, class Rule, auto... D>
struct item_result<T, Rule, Tracer<T, D...>> {
  using type = from_dims<Tracer, T, Rule, D...>;
};
template <class T, class Rule, auto... D, class I, class... Rest>
struct item_result<T, Rule, Tracer<T, D...>, I, Rest...> : item_result<T, Rule, Tracer<T, D...>, Rest...> {};
template <class T, class Rule, auto... D, class U, auto... E, class... Rest>
struct item_result<T, Rule, Tracer<T, D...>, Tracer<U, E...>, Rest...> : item_result<T, Rule, Tracer<T, D..., E...>, Rest...> {};

/// What the items are on an X: evaluated once.
template <class X, class... I>
struct item_rule {
  static constexpr items<X, I...> all{};
  static constexpr Dims view_dims = all.view, result_dims = all.result;
  static constexpr bool integers = ((is_tag<I> || (!is_floating(dtype_of<typename std::conditional_t<is_tag<I>, Tracer<int>, I>::value_type>) && dtype_of<typename std::conditional_t<is_tag<I>, Tracer<int>, I>::value_type> != DType::boolean)) && ...);
  struct View { static constexpr Dims value = view_dims; };
  struct Result { static constexpr Dims value = result_dims; };
};

/// The view that numbers, slices and new axes make of `x`; `number` are the numbers, in order.
constexpr int view_of_items(Builder& b, int x, const Item* item, int count, const std::int64_t* number, const Shape& to) {
  for (int k = 0, axis = 0; k < count; ++k) {
    if (item[k].kind == Item::add) continue;
    if (item[k].kind == Item::fixed) {
      const std::int64_t size = b.shape(x).size[axis], j = *number < 0 ? *number + size : *number;
      if (size >= 0 && (j < 0 || j >= size)) an_index_must_lie_within_its_dimension();
      ++number;
      x = b.slice(x, axis, j, 1, 1);
    } else if (item[k].kind == Item::slice) {
      const int length = item[k].stop > item[k].start ? (item[k].stop - item[k].start + item[k].step - 1) / item[k].step : 0;
      x = b.slice(x, axis, item[k].start, length, item[k].step);
    }
    ++axis;
  }
  return b.reshape(x, to);
}

/// The indexed axes of a view brought together as one, and one index into it for each element of the index tensors.
struct Gathering {
  int x = -1, index = -1;  ///< [before.., product of indexed sizes, after..]; for every element that is named
  int place = 0;
  Shape moved{};           ///< the view with the indexed axes together
  int order[max_rank]{};

  template <class Items>
  constexpr Gathering(Builder& b, const Items& items, int view, const int* tensor) : place(items.place) {
    const Shape s = b.shape(view);
    int k = 0;
    for (int i = 0; i <= s.rank; ++i) {
      if (i == place)
        for (int j = 0; j < items.indexed; ++j) order[k++] = items.axis[j];
      if (i < s.rank && !items.takes(i)) order[k++] = i;
    }
    moved.rank = s.rank;
    for (int i = 0; i < s.rank; ++i) moved.size[i] = s.size[order[i]];
    Shape merged;
    for (int i = 0; i < place; ++i) merged.size[merged.rank++] = moved.size[i];
    merged.size[merged.rank++] = b.product(moved.size + place, items.indexed);
    for (int i = place + items.indexed; i < s.rank; ++i) merged.size[merged.rank++] = moved.size[i];
    x = b.reshape(b.permute(view, order), merged);
    const Shape to = b.shape_of(items.joined);
    for (int j = 0; j < items.indexed; ++j) {
      const int size = s.size[items.axis[j]];
      const int part = b.expand(b.checked(tensor[j], items.axis[j], size, true), to);
      index = index < 0 ? part : b.map(Op::add, DType::int64, b.map(Op::mul, DType::int64, index, b.expand(b.extent(size, DType::int64), to)), part);
    }
    Shape line = merged;
    merged.size[place] = b.product(to.size, to.rank);
    for (int i = 0; i < line.rank; ++i) line.size[i] = i == place ? merged.size[i] : 1;
    index = b.expand(b.reshape(index, line), merged);
  }
};

template <class I>
constexpr void note_item(const I& i, std::int64_t*& number, int*& tensor) {
  if constexpr (std::is_same_v<I, At>) *number++ = i.index;
  else if constexpr (!is_tag<I>) *tensor++ = i.id;
}

/// x[i...]
struct item_fn {
  template <class X, class... I>
  constexpr auto operator()(X x, I... i) const {
    using Rule = item_rule<X, I...>;
    constexpr const auto& items = Rule::all;
    if constexpr (!items.enough_axes || !items.slices_are_static || !items.agree_or_are_one || !Rule::integers) {
      static_assert(items.enough_axes, "etch: index: more indices than axes");
      static_assert(items.slices_are_static, "etch: index: a sliced axis must have a static size");
      static_assert(items.agree_or_are_one, "etch: index: the sizes of index tensors must agree or be 1");
      static_assert(Rule::integers, "etch: index: an index tensor must hold integers; masks go to masked_select and masked_fill");
      return Poison{};
    } else {
      using T = typename X::value_type;
      Builder& b = *x.builder;
      std::int64_t number[sizeof...(I)]{}, *next = number;
      int tensor[sizeof...(I)]{}, *at = tensor;
      (note_item(i, next, at), ...);
      const int view = view_of_items(b, x.id, items.at, items.count, number, b.shape_of(items.view));
      if constexpr (items.indexed == 0) {
        return result_of<T, typename Rule::View, X>{&b, view};
      } else {
        const Gathering g(b, items, view, tensor);
        using R = typename item_result<T, typename Rule::Result, tracer_of<X>, I...>::type;
        return R{&b, b.reshape(b.gather(g.x, g.index, g.place), b.shape_of(items.result))};
      }
    }
  }
};
/// x[i...] where tensors are taken for whole axes: the view that they then index.
struct item_view_fn {
  template <class I>
  static constexpr auto whole(const I& i) {
    if constexpr (is_tag<I>) return i;
    else return Every{};
  }
  constexpr auto operator()(auto x, auto... i) const { return item_fn{}(x, whole(i)...); }
};
/// The view that numbers and slices make of `x`, with `value` written, or added, where the tensors say.
template <bool Accumulate>
struct put_item_fn {
  template <class X, class V, class... I>
  constexpr auto operator()(X x, V value, I... i) const {
    using Rule = item_rule<X, I...>;
    result_of<typename X::value_type, typename Rule::View, X> r{x.builder, x.id};
    constexpr const auto& items = Rule::all;
    static_assert(items.enough_axes, "etch: index_put: more indices than axes");
    static_assert(items.agree_or_are_one, "etch: index_put: the sizes of index tensors must agree or be 1");
    static_assert(Rule::integers && items.indexed > 0, "etch: index_put: indices must be integers");
    if constexpr (items.enough_axes && items.agree_or_are_one && Rule::integers) {
      Builder& b = *x.builder;
      std::int64_t number[sizeof...(I)]{}, *next = number;
      int tensor[sizeof...(I)]{}, *at = tensor;
      (note_item(i, next, at), ...);
      const Gathering g(b, items, view_of_items(b, x.id, items.at, items.count, number, b.shape_of(items.view)), tensor);
      const int rows = b.reshape(b.expand(b.cast(value.id, b.dtype(x.id)), b.shape_of(items.result)), b.shape(g.index));
      const int put = b.reshape(b.scatter(g.x, g.index, rows, g.place, Accumulate ? Op::sum : Op::place), g.moved);
      int back[max_rank]{};
      for (int k = 0; k < g.moved.rank; ++k) back[g.order[k]] = k;
      r.id = b.permute(put, back);
    }
    return r;
  }
};

/// x[i...] of a tracer: at once.
template <class X, class... I>
constexpr auto item_of(const X& x, const I&... i) {
  return item_fn{}(x, item_tracer(x.builder, i)...);
}
/// x[i...] of a tensor: an expression on its memory, moved to where the numbers say.
template <class X, class... I>
auto item_of_tensor(const X& x, const I&... i) {
  auto l = x.leaf();
  const Item item[] = {detail::item<std::conditional_t<std::is_integral_v<I>, At, I>>...};
  const std::int64_t number[] = {[](const auto& n) {
    if constexpr (std::is_integral_v<std::remove_cvref_t<decltype(n)>>) return static_cast<std::int64_t>(n);
    else return std::int64_t{0};
  }(i)...};
  int taken = 0;
  for (const Item& k : item) taken += k.kind != Item::rest && k.kind != Item::add ? 1 : 0;
  std::int64_t at = 0;
  bool open = true;
  int axis = 0;
  for (int k = 0; k < static_cast<int>(sizeof...(I)); ++k) {
    if (item[k].kind == Item::rest && open) {
      axis += X::rank - taken;
      open = false;
    }
    if (item[k].kind == Item::rest || item[k].kind == Item::add) continue;
    const int size = axis < X::rank ? x.size(axis) : 0;
    if (item[k].kind == Item::fixed) {
      const std::int64_t j = number[k] < 0 ? number[k] + size : number[k];
#if ETCH_CHECKS
      if (j < 0 || j >= size) fail("index", "an index must lie within its dimension", Message{} << "got " << static_cast<long>(number[k]) << " for size " << size << " of axis " << axis);
#endif
      std::int64_t stride = 1;
      for (int a = axis + 1; a < X::rank; ++a) stride *= x.size(a);
      at += j * stride;
    }
    ++axis;
  }
  if constexpr ((std::is_integral_v<I> || ...)) l.data = static_cast<typename X::value_type*>(l.data) + at;
  using Args = Pack<decltype(l), decltype(item_leaf(i))...>;
  using R = decltype(item_fn{}(typename decltype(l)::tracer{}, typename decltype(item_leaf(i))::tracer{}...));
  using L = typename lazy_of<item_fn, Args, R>::type;
  if constexpr (std::is_same_v<L, Poison>) return Poison{};
  else return L{Args{{{l}, {item_leaf(i)}...}}};
}

}  // namespace detail
}  // namespace ETCH_ABI
}  // namespace etch
