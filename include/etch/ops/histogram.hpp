// Places and counts: searchsorted and bucketize in sorted edges; histc, histogram and histogramdd of how many lie between them.
//
//   place = searchsorted(edges, x)      counts = scatter_add(place, weights)
#pragma once

#include <etch/ops/difference.hpp>
#include <etch/ops/extremum.hpp>
#include <etch/ops/index.hpp>

namespace etch {
inline namespace ETCH_ABI {

struct Density {};
/// Among the arguments of `histogram`: the counts over their sum and the widths of the bins.
inline constexpr Density density{};

namespace detail {
/// Points that count `weight` times: `histogram<10>(weighted(x, w))`.
template <class X, class W>
struct Weighted {
  X points;
  W weights;
};
}  // namespace detail
/// Counts, and the edges between which they were counted: of histogramdd a Pack of them, `bin_edges<1>(h)`.
template <class H, class E>
struct Histogram {
  H hist;
  E bin_edges;
};

/// Whether values can be looked up in S: a vector serves any shape, rows serve rows of the same leading sizes.
template <class S, class V>
struct sorted_sizes {
  static constexpr bool check() {
    const Dims s = S::dims(0), v = V::dims(0);
    if (s.rank == 1) return true;
    bool ok = s.rank == v.rank && s.rank > 0;
    for (int i = 0; ok && i + 1 < s.rank; ++i) ok = agree(s[i], v[i]);
    return ok;
  }
  static constexpr bool leading_agree = check();
};

namespace detail {

template <class X>
struct same_sizes {
  static constexpr Dims value = X::dims(0);
};

template <bool Right, class Out>
struct searchsorted_fn {
  template <class S, class V>
  constexpr auto operator()(S sorted, V values) const {
    using Rule = sorted_sizes<tracer_of<S>, tracer_of<V>>;
    if constexpr (!Rule::leading_agree) {
      static_assert(Rule::leading_agree, "etch: searchsorted: the sorted tensor must be a vector, or have the values' leading sizes");
      return Poison{};
    } else {
      constexpr DType d = common_dtype<S, V>();
      Builder& b = *sorted.builder;
      const Shape to = b.shape(values.id);
      Shape line = to;
      if (S::rank == 1) {
        line = Shape{};
        line.rank = 1;
        line.size[0] = b.product(to.size, to.rank);
      }
      const int found = b.along(Op::searchsorted, b.cast(sorted.id, d), line.rank - 1, Right, b.reshape(b.cast(values.id, d), line));
      return cast_fn<Out>{}(result_of<std::int64_t, same_sizes<tracer_of<V>>, V>{&b, b.reshape(found, to)});
    }
  }
};

/// The least and greatest of x, apart by `Margin / 2` on either side where they are equal; 0 and 1 where x is empty.
template <class X, class L, class H>
constexpr auto bounds(X x, L low, H high, double margin) {
  using T = Tracer<typename X::value_type>;
  Builder& b = *x.builder;
  constexpr DType d = dtype_of<typename X::value_type>;
  const bool none = capacity(X::dims()) == 0;
  T l{&b, b.cast(low.id, d)}, h{&b, b.cast(high.id, d)};
  const auto same = l == h;
  const unsigned all = (1u << X::rank) - 1;
  const T least{&b, none ? b.constant(0, d) : b.reduce(Op::amin, x.id, all)}, most{&b, none ? b.constant(1, d) : b.reduce(Op::amax, x.id, all)};
  l = where(same, least, l);
  h = where(same, most, h);
  const auto point = l == h;
  return MinMax<T, T>{where(point, l - margin, l), where(point, h + margin, h)};
}
/// Weights of the points that `counts` says belong somewhere, added up by place.
template <int Bins, class W>
constexpr Tracer<W, Bins> counts(Builder& b, int place, int valid, int weight) {
  Shape flat;
  flat.rank = 1;
  flat.size[0] = b.product(b.shape(place).size, b.shape(place).rank);
  const int none = b.constant(0, dtype_of<W>, b.shape(place));
  const int to = b.map(Op::where, DType::int64, valid, place, b.constant(0, DType::int64, b.shape(place)));
  return {&b, b.scatter_add(b.reshape(to, flat), b.reshape(b.map(Op::where, dtype_of<W>, valid, weight, none), flat), Bins)};
}

/// An end of the range that histc finds by itself.
template <bool High>
struct own_end_fn {
  template <class X>
  constexpr auto operator()(X x) const {
    const Tracer<int> zero{x.builder, x.builder->constant(0, DType::int32)};
    const auto own = bounds(x, zero, zero, 1);
    return High ? own.max : own.min;
  }
};
/// Own: low and high may be equal, which asks for it.
template <int Bins, bool Own>
struct histc_fn {
  template <class X, class L, class H>
  constexpr auto operator()(X x, L low, H high) const {
    using T = typename X::value_type;
    static_assert(is_floating(dtype_of<T>), "etch: histogram: the dtype must be floating");
    Builder& b = *x.builder;
    const auto range = [&] {
      if constexpr (Own) return bounds(x, low, high, 1);
      else return MinMax<Tracer<T>, Tracer<T>>{{&b, b.cast(low.id, dtype_of<T>)}, {&b, b.cast(high.id, dtype_of<T>)}};
    }();
    const auto valid = x >= range.min && x <= range.max;
    const auto at = where(valid, (x - range.min) / (range.max - range.min) * Bins, 0);
    // what is counted nowhere has a place behind the last
    const auto place = to<std::int64_t>(where(valid, smaller(to<std::int32_t>(at), Bins - 1), Bins));
    Shape line;
    line.rank = 1;
    line.size[0] = b.product(b.shape(x.id).size, b.shape(x.id).rank);
    const int all = b.scatter(b.constant(0, dtype_of<T>, Shape{1, {Bins + 1}}), b.reshape(place.id, line), b.constant(1, dtype_of<T>, line), 0, Op::sum);
    return Tracer<T, Bins>{&b, b.slice(all, 0, 0, Bins, 1)};
  }
};

/// Bins + 1 edges from the least to the greatest element, of dimension D of the points [..., D] where D is not negative.
template <int Bins, int D>
struct edges_fn {
  template <class X, class L, class H>
  constexpr auto operator()(X x, L low, H high) const {
    const auto column = [&] {
      if constexpr (D < 0) return x;
      else return slice_fn<-1, D, D + 1>{}(x);
    }();
    const auto range = bounds(column, low, high, 0.5);
    Builder& b = *x.builder;
    const Tracer<typename X::value_type, Bins + 1> i{&b, b.iota(Bins + 1, dtype_of<typename X::value_type>)};
    return where(i == Bins, range.max, range.min + (range.max - range.min) / Bins * i);
  }
};

/// One dimension's place for each point; `valid` collects whether it has one.
template <class X, class E>
constexpr Value place_of(X x, E edges, Value& valid) {
  constexpr int bins = E::dims(0)[0].size - 1;
  const Tracer<typename X::value_type> first{x.builder, x.builder->reshape(x.builder->slice(edges.id, 0, 0, 1, 1), Shape{})};
  const Tracer<typename X::value_type> last{x.builder, x.builder->reshape(x.builder->slice(edges.id, 0, bins, 1, 1), Shape{})};
  const auto inside = x >= first && x <= last;
  const auto at = smaller(searchsorted_fn<true, std::int64_t>{}(edges, x) - 1, bins - 1);  // the last bin holds its right edge
  valid = valid.id < 0 ? Value{x.builder, inside.id} : Value{x.builder, x.builder->map(Op::logical_and, DType::boolean, valid.id, inside.id)};
  return {x.builder, at.id};
}

template <class X, class W, bool Multi>
constexpr bool a_weight_each() {
  Dims points = X::dims(0);
  if (Multi) --points.rank;
  return agree(points, W::dims(0));
}
/// counts over points x (of any shape for one dimension, [..., D] for several), with edges given for each.
template <bool Multi, bool Dense>
struct histogram_fn {
  template <class X, class W, class... E>
  constexpr auto operator()(X x, W weight, E... edges) const {
    constexpr int dims = sizeof...(E);
    constexpr bool fits = ((E::rank == 1) && ...) && (!Multi || (X::rank >= 2 && X::dims(0)[X::rank < 1 ? 0 : X::rank - 1].is(dims)));
    constexpr bool weighted = !fits || is_weak<W> || a_weight_each<X, W, Multi>();
    if constexpr (!fits || !weighted) {
      static_assert(weighted, "etch: histogram: there must be a weight for each point");
      static_assert(fits, "etch: histogramdd: the points must be [..., D], with one vector of edges or one number of bins for each of D");
      return Poison{};
    } else {
      constexpr bool floats = is_floating(dtype_of<typename X::value_type>);
      static_assert(floats, "etch: histogram: the dtype must be floating");
      using T = typename X::value_type;
      constexpr int total = ((E::dims(0)[0].size - 1) * ... * 1);
      Builder& b = *x.builder;
      Value valid{}, place{};
      const auto one = [&]<int D>(auto edge) {
        const auto column = [&] {
          if constexpr (Multi) return squeeze_fn<-1>{}(slice_fn<-1, D, D + 1>{}(x));
          else return x;
        }();
        const Value at = place_of(column, edge, valid);
        place = place.id < 0 ? at : place * static_cast<double>(edge.dims(0)[0].size - 1) + at;
      };
      [&]<int... D>(std::integer_sequence<int, D...>) { (one.template operator()<D>(edges), ...); }(std::make_integer_sequence<int, dims>{});
      const int w = b.expand(b.reshape(b.cast(weight.id, dtype_of<T>), W::rank == 0 ? Shape{} : b.shape(place.id)), b.shape(place.id));
      const auto flat = counts<total, T>(b, place.id, valid.id, w);
      auto hist = reshape_fn<E::dims(0)[0].size - 1 ...>{}(flat);
      if constexpr (Dense) {
        const auto sum = reduce_fn<Op::sum>{}(flat);
        const auto over = [&]<int D>(auto edge) {
          constexpr int after = dims - 1 - D;
          constexpr int bins = decltype(edge)::dims(0)[0].size - 1;
          const auto width = diff_fn<1, 0>{}(edge);
          Shape s;
          s.rank = 1 + after;
          for (int i = 0; i <= after; ++i) s.size[i] = i == 0 ? bins : 1;
          hist = hist / [&]<int... I>(std::integer_sequence<int, I...>) { return Tracer<T, bins, (I - I + 1)...>{&b, b.reshape(width.id, s)}; }(std::make_integer_sequence<int, after>{});
        };
        hist = hist / sum;
        [&]<int... D>(std::integer_sequence<int, D...>) { (over.template operator()<D>(edges), ...); }(std::make_integer_sequence<int, dims>{});
      }
      return hist;
    }
  }
};

/// Whether low is at most high, where both are numbers.
template <class L, class H>
constexpr bool is_range(const L& low, const H& high) {
  if constexpr (std::is_arithmetic_v<L> && std::is_arithmetic_v<H>) return static_cast<double>(low) <= static_cast<double>(high);
  else return true;
}
/// What `histogram` and `histogramdd` were given as points.
template <class X>
constexpr const auto& points_of(const X& x) {
  if constexpr (requires { x.weights; }) return x.points;
  else return x;
}
template <class X>
constexpr auto weights_of(const X& x) {
  if constexpr (requires { x.weights; }) return x.weights;
  else return 1;
}
/// The numbers of bins among the arguments, and whether a density is asked for.
struct HistogramOptions {
  int bins[max_rank]{};
  int dims = 0;
  bool dense = false;
  constexpr void add(int n) { bins[dims++] = n; }
  constexpr void add(Density) { dense = true; }
};
template <auto... Option>
constexpr HistogramOptions histogram_options() {
  HistogramOptions r;
  (r.add(Option), ...);
  return r;
}
template <bool Multi, bool Dense, class X, class... E>
constexpr auto histogram_of(const X& x, const E&... edges) {
  const auto hist = apply<histogram_fn<Multi, Dense>>(points_of(x), weights_of(x), edges...);
  using H = std::remove_const_t<decltype(hist)>;
  if constexpr (Multi) return Histogram<H, Pack<E...>>{hist, Pack<E...>{{{edges}...}}};
  else return Histogram<H, E...>{hist, edges...};
}

}  // namespace detail

/// x and how often each of its elements counts.
template <Operand X, Operand W> constexpr auto weighted(const X& x, const W& weights) { return detail::Weighted<X, W>{x, weights}; }

/// Where each value belongs in a sorted vector, or in its row of sorted rows; `Right`: behind what equals it.
template <bool Right = false, class Out = std::int64_t, Operand S, OperandOrNumber V> constexpr auto searchsorted(const S& sorted, const V& values) {
  return apply<detail::searchsorted_fn<Right, Out>>(sorted, values);
}
template <bool Right = false, class Out = std::int64_t, OperandOrNumber X, Operand B> constexpr auto bucketize(const X& x, const B& boundaries) {
  return apply<detail::searchsorted_fn<Right, Out>>(boundaries, x);
}
/// How many elements lie in each of `Bins` equal parts of [low, high]; of their own range where both are equal, which is looked up at once for numbers.
template <int Bins = 100, Operand X, OperandOrNumber L, OperandOrNumber H> constexpr auto histc(const X& x, const L& low, const H& high) {
  static_assert(Bins > 0, "etch: histc: there must be at least one bin");
  if (!detail::is_range(low, high)) fail("histc", "low must be at most high");
  if constexpr (Operand<L> || Operand<H>) {
    return apply<detail::histc_fn<Bins, true>>(x, low, high);
  } else if constexpr (detail::is_tracer_v<X>) {
    return low == high ? apply<detail::histc_fn<Bins, true>>(x, low, high) : apply<detail::histc_fn<Bins, false>>(x, low, high);
  } else {
    using T = typename X::value_type;
    T least = static_cast<T>(low), most = static_cast<T>(high);
    if (least == most) least = apply<detail::own_end_fn<false>>(x).item(), most = apply<detail::own_end_fn<true>>(x).item();
    return apply<detail::histc_fn<Bins, false>>(x, least, most);
  }
}
/// The same of their own range.
template <int Bins = 100, Operand X> constexpr auto histc(const X& x) {
  static_assert(Bins > 0, "etch: histc: there must be at least one bin");
  return apply<detail::histc_fn<Bins, true>>(x, 0, 0);
}
/// Counts between edges: `auto [hist, edges] = histogram<10>(x)`, `histogram<10, density>(x, low, high)`, `histogram(x, edges)`.
template <int Bins, auto... Option, class X, OperandOrNumber L = int, OperandOrNumber H = int> constexpr auto histogram(const X& x, const L& low = 0, const H& high = 0) {
  static_assert(Bins > 0, "etch: histogram: there must be at least one bin");
  if (!detail::is_range(low, high)) fail("histogram", "low must be at most high");
  return detail::histogram_of<false, detail::histogram_options<Option...>().dense>(x, apply<detail::edges_fn<Bins, -1>>(detail::points_of(x), low, high));
}
template <auto... Option, class X, Operand E>
  requires(detail::histogram_options<Option...>().dims == 0)
constexpr auto histogram(const X& x, const E& edges) {
  return detail::histogram_of<false, detail::histogram_options<Option...>().dense>(x, edges);
}
/// The same for points [..., D] in D dimensions: `histogramdd<3, 2>(x)`, `histogramdd<density>(x, edges0, edges1)`.
template <auto... Option, class X, Operand... E>
  requires(detail::histogram_options<Option...>().dims == 0)
constexpr auto histogramdd(const X& x, const E&... edges) {
  return detail::histogram_of<true, detail::histogram_options<Option...>().dense>(x, edges...);
}
/// With numbers of bins the range of each dimension may follow: `histogramdd<3, 2>(x, low0, high0, low1, high1)`.
template <auto... Option, class X, OperandOrNumber... R>
  requires(detail::histogram_options<Option...>().dims > 0)
constexpr auto histogramdd(const X& x, const R&... range) {
  constexpr auto o = detail::histogram_options<Option...>();
  constexpr bool pairs = sizeof...(R) == 0 || sizeof...(R) == 2 * o.dims;
  static_assert(pairs, "etch: histogramdd: a range is two numbers for each dimension");
  return [&]<int... D>(std::integer_sequence<int, D...>) {
    if constexpr (pairs && sizeof...(R) > 0) {
      const Pack<R...> all{{{range}...}};
      if (!(detail::is_range(detail::held<2 * D>(all), detail::held<2 * D + 1>(all)) && ...)) fail("histogramdd", "low must be at most high");
      return detail::histogram_of<true, o.dense>(x, apply<detail::edges_fn<o.bins[D], D>>(detail::points_of(x), detail::held<2 * D>(all), detail::held<2 * D + 1>(all))...);
    } else {
      return detail::histogram_of<true, o.dense>(x, apply<detail::edges_fn<o.bins[D], D>>(detail::points_of(x), 0, 0)...);
    }
  }(std::make_integer_sequence<int, o.dims>{});
}

/// The edges of dimension D of a histogramdd.
template <int D, class H, class... E> constexpr const auto& bin_edges(const Histogram<H, Pack<E...>>& h) { return detail::held<D>(h.bin_edges); }

}  // namespace ETCH_ABI
}  // namespace etch
