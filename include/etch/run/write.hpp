// Writing through views: `t(x) = y`, `x(every, 1) += 2`, `diagonal(x) = 0`, `x(rows, every) = y` change x.
//
// An expression that only looks at one tensor is a view: the compiler knows where its elements lie. The value is computed
// first, beside what it is read from, and then stored: overlapping parts give the right answer.
#pragma once

#include <etch/run/assign.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace detail {

/// Where the elements of a view lie in the memory of the input it looks at; sizes and strides are size codes.
struct ViewLayout {
  bool is_view = false, repeats = false, dense = true;
  int slot = 0, rank = 0;
  std::int64_t offset = 0;
  int extra = 0;
  int size[max_rank]{}, stride[max_rank]{};
  Shape base{};
  int symbols = 0;
};
/// With the bounded sizes that its codes name.
template <int N>
struct BoundedViewLayout : ViewLayout {
  Symbol symbol[N > 0 ? N : 1]{};
};

template <class E>
struct ViewSpec {
  static constexpr int capacity = 64 + 64 * E::nodes;
  static constexpr void trace(Builder& b) { b.output(E::trace(b).id, 0); }
};
template <class E>
inline constexpr auto view_draft = trace_draft<ViewSpec<E>>();
template <class E>
constexpr BoundedViewLayout<max_plan_symbols> draft_view_layout() {
  constexpr const auto& d = view_draft<E>;
  const GraphRef g{d.node, d.nodes, d.shape, d.shapes, d.output, d.outputs, d.symbol, d.symbols, d.slot, d.slots, d.loop};
  BoundedViewLayout<max_plan_symbols> r;
  const int n = d.output[0].node;
  int root = n;
  bool overlaps = false;
  for (; is_view(d.node[root].op); root = d.node[root].in[0]) overlaps = overlaps || d.node[root].op == Op::window;
  if (d.node[root].op != Op::input) return r;
  Planning<d.nodes + 2> p(g);
  Location l{};
  if (!p.locate(n, l)) return r;
  r.is_view = true;
  r.slot = l.index;
  r.offset = l.offset;
  r.extra = l.extra;
  r.rank = p.shape(n).rank;
  int dense[max_rank]{};
  p.z.dense(p.shape(n), dense);
  r.dense = l.extra == 0;
  for (int k = 0; k < r.rank; ++k) {
    r.size[k] = p.shape(n).size[k];
    r.stride[k] = l.stride[k];
    r.repeats = r.repeats || overlaps || (r.stride[k] == 0 && r.size[k] != 1);
    r.dense = r.dense && r.size[k] >= 0 && (r.stride[k] == dense[k] || r.size[k] == 1);
  }
  r.base = p.shape(root);
  r.symbols = p.z.symbols;
  for (int k = 0; k < r.symbols; ++k) r.symbol[k] = p.z.symbol[k];
  return r;
}
template <class E>
constexpr auto make_view_layout() {
  constexpr auto d = draft_view_layout<E>();
  BoundedViewLayout<d.symbols> r;
  static_cast<ViewLayout&>(r) = d;
  for (int k = 0; k < d.symbols; ++k) r.symbol[k] = d.symbol[k];
  return r;
}
template <class E>
inline constexpr auto view_layout = make_view_layout<E>();

/// Where the elements of a view of a tensor of these sizes lie.
inline Strided elements_of(const ViewLayout& v, const Symbol* symbol, const int* base_sizes) {
  auto actual = [&](int code) {
    if (is_static(code)) return static_cast<std::int64_t>(number_of(code));
    const Symbol& s = symbol[-1 - code];
    std::int64_t n = s.factor;
    for (int t = 0; t < s.tags; ++t)
      for (int k = 0; k < v.base.rank; ++k) {
        if (v.base.size[k] >= 0 || symbol[-1 - v.base.size[k]].tag[0] != s.tag[t]) continue;
        n *= base_sizes[k];
        break;
      }
    return n;
  };
  Strided s;
  s.rank = v.rank;
  s.first = v.offset + actual(v.extra);
  for (int k = 0; k < v.rank; ++k) {
    s.size[k] = actual(v.size[k]);
    s.stride[k] = actual(v.stride[k]);
  }
  return s;
}

template <class Rule>
struct shape_of_rule {
  static constexpr int rank = Rule::value.rank;
  static constexpr Dims dims(int) { return Rule::value; }
};
/// A value as what it is written to: cast, and broadcast to its sizes.
template <class T, auto... D>
struct written_fn {
  using To = Tracer<T, D...>;
  template <class X>
  constexpr To operator()(X x) const {
    using Rule = broadcast<To, tracer_of<X>>;
    constexpr bool fits = Rule::agree_or_are_one && assignable<To, shape_of_rule<Rule>>::sizes_agree;
    static_assert(fits, "etch: assign: the sizes of the expression must be the view's, or broadcast to them");
    Builder& b = *x.builder;
    const Shape s = b.shape_of(To::dims());
    if constexpr (fits) return {&b, b.expand(b.cast(x.id, dtype_of<T>), s)};
    else return {&b, b.constant(0, dtype_of<T>, s)};
  }
};
/// The same, beside the tensor written to: from it the program knows the actual sizes of bounded dims.
template <class T, auto... D>
struct written_beside_fn {
  constexpr auto operator()(auto, auto x) const { return written_fn<T, D...>{}(x); }
};
template <class T, auto... D, class L, class E>
constexpr auto written_as(Tracer<T, D...>, const L& to, const E& e) {
  if constexpr ((is_bounded<D>() || ...)) return apply<written_beside_fn<T, D...>>(to, e);
  else return apply<written_fn<T, D...>>(e);
}

template <class L, class E>
void write_through(const L& view, const E& e) {
  constexpr const auto& v = view_layout<L>;
  static_assert(v.is_view, "etch: assign: only a tensor or a view of one can be written to");
  static_assert(!v.repeats, "etch: assign: an expanded view has one element in several places, so it cannot be written to");
  if constexpr (v.is_view && !v.repeats) {
    using T = typename L::value_type;
    using Place = expression_place<L>;
    static_assert((places<decltype(leaf(e))>() & ~Place::place) == 0, "etch: device: the result of an expression must be on the device of its operands; x.to(gpu) and x.to(Cpu{}) copy");
    const auto value = written_as(typename L::tracer{}, view, e);
    Bindings to;
    view.bind(to);
    T* const base = static_cast<T*>(to.data[v.slot]);
    constexpr std::size_t bytes = static_cast<std::size_t>(capacity(L::dims())) * sizeof(T);
    if constexpr (v.dense) {
      evaluate<Place>(value, base + v.offset, bytes);
    } else {
      const auto other = Place::allocate(bytes, "what is written through a view");
      evaluate<Place>(value, other.data(), bytes);
      Place::store(elements_of(v, v.symbol, to.sizes[v.slot]), base, other.data(), sizeof(T));
    }
  }
}

/// `x(items...)` with index tensors: the view that the other items make, with the value put into it.
template <class F, class Args>
struct indexed_parts {
  static constexpr bool value = false;
};
template <class X, class... I>
struct indexed_parts<item_fn, Pack<X, I...>> {
  static constexpr bool value = (!is_tag<typename I::tracer> || ...);
  template <class L, class E, std::size_t... K>
  static void write(const L& l, const E& e, std::index_sequence<K...>) {
    const auto v = leaf(e);
    using V = std::remove_const_t<decltype(v)>;
    using View = decltype(item_view_fn{}(typename X::tracer{}, typename I::tracer{}...));
    using Put = decltype(put_item_fn<false>{}(typename X::tracer{}, typename V::tracer{}, typename I::tracer{}...));
    const auto& base = held<0>(l.arguments);
    const typename lazy_of<item_view_fn, Pack<X, I...>, View>::type view(l.arguments);
    const typename lazy_of<put_item_fn<false>, Pack<X, V, I...>, Put>::type put(Pack<X, V, I...>{{{base}, {v}, {held<K + 1>(l.arguments)}...}});
    write_through(view, put);
  }
};

}  // namespace detail

template <class F, class... A, class T, auto... D>
template <class E>
Lazy<F, Pack<A...>, T, D...>& Lazy<F, Pack<A...>, T, D...>::operator=(const E& e) {
  using Indexed = detail::indexed_parts<F, Pack<A...>>;
  if constexpr (std::is_same_v<E, Poison>) {
  } else if constexpr (Indexed::value) {
    Indexed::write(*this, e, std::make_index_sequence<sizeof...(A) - 1>{});
  } else {
    detail::write_through(*this, e);
  }
  return *this;
}
template <class F, class... A, class T, auto... D>
Lazy<F, Pack<A...>, T, D...>& Lazy<F, Pack<A...>, T, D...>::operator=(const Lazy& e) {
  return this->template operator=<Lazy>(e);
}

}  // namespace ETCH_ABI
}  // namespace etch
