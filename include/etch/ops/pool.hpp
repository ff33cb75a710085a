// Pooling over windows of the last one, two or three axes: largest, average, power mean, and putting the largest back.
//
//   max_pool2d<2>(x)   auto [y, at] = max_pool2d<3, stride<2>, return_indices>(x)   max_unpool2d<2>(y, at)
//   avg_pool2d<3, padding<1>, count_include_pad<false>>(x)
//
// Of equal elements of a window the first in order is the largest, and takes the gradient; `indices` say where it is
// among the elements of all pooled axes.
#pragma once

#include <etch/graph/pool.hpp>
#include <etch/ops/extremum.hpp>
#include <etch/ops/spatial.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace detail {

/// The grid of a pool: windows as large as they are apart, unless told otherwise.
template <int D, class X, auto... Option>
struct pool_rule {
  static constexpr Settings set = settings<Option...>();
  static constexpr bool ranks_fit = (X::rank == D + 1 || X::rank == D + 2) && set.has(Knob::kernel) && set.fit(D) && static_axes<X>(D);
  static constexpr Grid make() {
    Grid g;
    if (!ranks_fit) return g;
    g.rank = D;
    for (int i = 0; i < D; ++i) {
      g.in[i] = X::dims(0)[X::rank - D + i].size;
      g.kernel[i] = set.at(Knob::kernel, i, 1);
      g.stride[i] = set.at(Knob::stride, i, g.kernel[i]);
      g.dilation[i] = set.at(Knob::dilation, i, 1);
      g.before[i] = g.after[i] = set.at(Knob::padding, i, 0);
    }
    if (g.positive()) g.count(set.has(Knob::ceil));
    return g;
  }
  static constexpr Grid grid = make();
  static constexpr bool check() {
    for (int i = 0; i < D; ++i)
      if (2 * grid.before[i] > grid.kernel[i]) return false;
    const Dims x = X::dims(0);
    for (int i = 0; i <= D; ++i)
      if (x[X::rank - 1 - i].is(0)) return false;
    return grid.positive() && grid.fits();
  }
  static constexpr bool window_fits = ranks_fit && check();
};
/// The dtype's least value.
constexpr double least_of(DType d) {
  return is_floating(d) ? -inf : d == DType::int64 ? -9223372036854775808.0 : d == DType::int32 ? -2147483648.0 : d == DType::int16 ? -32768.0 : d == DType::int8 ? -128.0 : 0.0;
}
/// `x` with the axes before its last `rank` ones as one: [L, in..]; L = 1 where there are none.
constexpr Shape lines_of(Builder& b, const Shape& s, int rank) {
  return Shape{2, {b.product(s.size, s.rank - rank), b.product(s.size + s.rank - rank, rank)}};
}

/// 0, 1, .. along axis `axis` of `s`.
constexpr Value counted_along(Builder& b, const Shape& s, int axis, DType d) {
  Shape line;
  line.rank = s.rank;
  for (int i = 0; i < s.rank; ++i) line.size[i] = i == axis ? s.size[i] : 1;
  return {&b, b.expand(b.reshape(b.iota(s.size[axis], d), line), s)};
}

/// Element `tap` (counted row by row) of every window: [.., out..].
constexpr int tap_of(Builder& b, int x, const Grid& g, int tap) {
  for (int i = g.rank - 1; i >= 0; --i, tap /= g.kernel[i + 1]) x = b.slice(x, b.shape(x).rank - g.rank + i, tap % g.kernel[i] * g.dilation[i], g.out[i], g.stride[i]);
  return x;
}
inline constexpr int most_taps = 16;  ///< of a window, for which each is a load of its own
constexpr int max_pooled(Builder& b, int x, const Grid& g) {
  const int least = b.constant(least_of(b.dtype(x)), b.dtype(x));
  if (g.elements() <= most_taps) {
    for (int i = 0; i < g.rank; ++i) x = stretched(b, x, b.shape(x).rank - g.rank + i, g.before[i], g.after[i], 1, least);
    int y = tap_of(b, x, g, 0);
    for (int k = 1; k < g.elements(); ++k) y = b.map(Op::maximum, b.dtype(x), y, tap_of(b, x, g, k));
    return y;
  }
  const int w = windows(b, x, g, least), rank = b.shape(w).rank;
  return b.reduce(Op::amax, w, (1u << rank) - (1u << (rank - g.rank)));
}
/// Whether windows lie apart in x itself, each a few elements: then every element knows its window.
constexpr bool lie_apart(const Grid& g) {
  for (int i = 0; i < g.rank; ++i)
    if (g.before[i] != 0 || g.after[i] != 0 || g.reach(i) > g.stride[i]) return false;
  return g.elements() <= most_taps;
}
/// Elements of windows that lie apart, in the order of taps, put where they stand in `to`; zeros between. Overwrites `part`.
constexpr int put_taps(Builder& b, int* part, const Grid& g, const Shape& to) {
  int parts = g.elements();
  for (int i = g.rank - 1; i >= 0; --i) {
    const int axis = to.rank - g.rank + i;
    const bool whole = g.kernel[i] > 1 && g.dilation[i] == 1 && g.kernel[i] == g.stride[i] && g.in[i] == g.out[i] * g.stride[i];
    parts /= g.kernel[i];
    for (int p = 0; p < parts; ++p) {
      const int* const from = part + p * g.kernel[i];
      Shape s = b.shape(from[0]);
      s.size[axis] = g.in[i];
      int r = whole ? b.empty(s, b.dtype(from[0])) : b.constant(0, b.dtype(from[0]), s);
      for (int k = 0; k < g.kernel[i]; ++k) r = b.place(r, from[k], axis, k * g.dilation[i], g.stride[i]);
      part[p] = r;
    }
  }
  return part[0];
}
/// Where in x's last axes, counted as one, each of max_pooled's elements stands.
constexpr int max_pooled_at(Builder& b, int x, int y, const Grid& g) {
  const Value w{&b, windows(b, x, g, b.constant(least_of(b.dtype(x)), b.dtype(x)))};
  const Shape s = w.shape();
  const int first = s.rank - 2 * g.rank;
  const unsigned mask = (1u << s.rank) - (1u << (s.rank - g.rank));
  Shape kept = b.shape(y);
  for (int i = 0; i < g.rank; ++i) kept.size[kept.rank++] = 1;
  Value hit = compare(Op::eq, w, {&b, b.expand(b.reshape(y, kept), s)});
  if (is_floating(w.dtype())) hit = compare(Op::logical_or, hit, {&b, b.map(Op::isnan, DType::boolean, w.id)});
  Value at{&b, b.constant(0, DType::int32, s)};
  int step = 1;
  for (int i = g.rank - 1; i >= 0; --i) {
    const Value here = counted_along(b, s, first + i, DType::int32) * g.stride[i] + counted_along(b, s, first + g.rank + i, DType::int32) * g.dilation[i] - g.before[i];
    if (g.before[i] > 0) hit = both(hit, compare(Op::ge, here, here.number(0)));
    if (g.after[i] > 0) hit = both(hit, compare(Op::lt, here, here.number(g.in[i])));
    at = at + here * step;
    step *= g.in[i];
  }
  return b.cast(b.reduce(Op::amin, choose(hit, at, at.number(2147483647)).id, mask), DType::int64);
}
/// Values put where `at` says, among zeros, in the last `rank` axes of `to`.
constexpr int put_back(Builder& b, int values, int at, const Shape& to, int rank) {
  const Shape lines = lines_of(b, to, rank), from = lines_of(b, b.shape(at), rank);
  const int index = b.checked(b.reshape(at, from), 1, lines.size[1], false);
  return b.reshape(b.scatter(b.constant(0, b.dtype(values), lines), index, b.reshape(values, from), 1, Op::sum), to);
}
/// Elements picked out of x, and where they stand.
struct Picked {
  int values, at;
};
/// Picks elements of x's last `rank` axes, as a region: their gradient goes to where they stand.
template <class F>
constexpr int picked(Builder& b, int x, int rank, F f) {
  if (!is_floating(b.dtype(x))) return f(x).values;
  Region r{};
  r.in[0] = x = b.fresh(x);
  r.inputs = 1;
  const Picked y = f(x);
  r.saved[0] = y.at;
  r.saved[1] = rank;
  r.out[0] = b.fresh(y.values);
  r.outputs = 1;
  r.transparent = true;
  r.rule = [](Builder& builder, const Region& region, const int* dy, const bool* needed, int* dx) {
    if (needed[0]) dx[0] = put_back(builder, dy[0], region.saved[0], builder.shape(region.in[0]), region.saved[1]);
  };
  b.add_region(r);
  return r.out[0];
}

/// The window of a pool over one or two axes.
constexpr PoolWindow pool_window(const Grid& g) {
  PoolWindow w{{{1, 1, 1, 0}, {1, 1, 1, 0}}};
  for (int i = 0; i < g.rank; ++i) w.axis[2 - g.rank + i] = {g.kernel[i], g.stride[i], g.dilation[i], g.before[i]};
  return w;
}
/// Whether a kernel of its own takes the largest of each window.
constexpr bool is_max_pool(DType d, const Grid& g) { return g.rank <= 2 && (d == DType::float32 || d == DType::float64) && pool_window(g).fits(); }
constexpr int max_pooled_planes(Builder& b, int x, const Grid& g) {
  Shape to = b.shape(x), from = to;
  for (int i = 0; i < g.rank; ++i) to.size[to.rank - g.rank + i] = g.out[i];
  if (g.rank == 2) return b.max_pool(x, -1, to, pool_window(g).arg());
  Shape flat = to;
  from.size[from.rank] = from.size[from.rank - 1], from.size[from.rank++ - 1] = 1;
  flat.size[flat.rank] = flat.size[flat.rank - 1], flat.size[flat.rank++ - 1] = 1;
  return b.reshape(b.max_pool(b.reshape(x, from), -1, flat, pool_window(g).arg()), to);
}

/// The largest of each window, or (`Indices`) where it is.
template <int D, bool Indices, auto... Option>
struct max_pool_fn {
  template <class A>
  constexpr auto operator()(A x) const {
    using X = tracer_of<A>;
    using Rule = pool_rule<D, X, Option...>;
    if constexpr (!Rule::window_fits) {
      static_assert(Rule::window_fits, "etch: pool: the input must be [N, C, sizes..] or [C, sizes..], and windows fit into it, padded by at most half of one");
      return Poison{};
    } else {
      using R = std::conditional_t<Indices, std::int64_t, typename X::value_type>;
      Builder& b = *x.builder;
      constexpr bool has_kernel = is_max_pool(dtype_of<typename X::value_type>, Rule::grid);
      const auto pick = [&](int n) {
        const int y = has_kernel ? max_pooled_planes(b, n, Rule::grid) : max_pooled(b, n, Rule::grid);
        return Picked{y, max_pooled_at(b, n, y, Rule::grid)};
      };
      int y = -1;
      if constexpr (Indices) y = pick(b.detach(x.id)).at;
      else if constexpr (has_kernel) y = max_pooled_planes(b, x.id, Rule::grid);
      else y = picked(b, x.id, D, pick);
      return result_of<R, spatial_shape<X, Rule>, X>{&b, y};
    }
  }
};
/// The values, or with `Both` (values, indices).
template <bool Both, class V, class I, class... X>
constexpr auto values_and_indices(const X&... x) {
  const auto values = apply<V>(x...);
  if constexpr (Both) {
    const auto at = apply<I>(x...);
    return ValuesIndices<std::remove_const_t<decltype(values)>, std::remove_const_t<decltype(at)>>{values, at};
  } else {
    return values;
  }
}
template <int D, auto... Option, class X>
constexpr auto max_pool(const X& x) {
  return values_and_indices<settings<Option...>().has(Knob::return_indices), max_pool_fn<D, false, Option...>, max_pool_fn<D, true, Option...>>(x);
}

/// Sums over windows that lie apart, as a region: every element of a window receives its sum's gradient.
template <const Grid& G>
constexpr int sum_of_taps(Builder& b, int x) {
  Region r{};
  r.in[0] = x = b.fresh(x);
  r.inputs = 1;
  int y = tap_of(b, x, G, 0);
  for (int k = 1; k < G.elements(); ++k) y = b.map(Op::add, b.dtype(x), y, tap_of(b, x, G, k));
  r.out[0] = b.fresh(y);
  r.outputs = 1;
  r.transparent = true;
  r.rule = [](Builder& builder, const Region& region, const int* dy, const bool* needed, int* dx) {
    int part[most_taps]{};
    for (int& p : part) p = dy[0];
    if (needed[0]) dx[0] = put_taps(builder, part, G, builder.shape(region.in[0]));
  };
  b.add_region(r);
  return r.out[0];
}
/// Whether windows that overlap are summed axis after axis: each a few shifted copies of the padded input, added in one pass.
constexpr bool sums_by_axis(const Grid& g) {
  int taps = 0;
  for (int i = 0; i < g.rank; ++i) {
    if (g.dilation[i] != 1) return false;
    taps += g.kernel[i];
  }
  return taps <= 16;
}
/// The sum of `taps` slices of `a` in zeros, where element j of it stands at start + j step: slice k begins at first + k, its elements `apart`.
constexpr int sum_of_slices(Builder& b, int a, int axis, int start, int step, int first, int taps, int length, int apart) {
  const Shape s = b.shape(a);
  const int needed = first + taps + (length - 1) * apart, given = start + (s.size[axis] - 1) * step + 1;
  if (start != 0 || step != 1 || needed > given) {
    Shape wide = s;
    wide.size[axis] = needed > given ? needed : given;
    a = b.place(b.constant(0, b.dtype(a), wide), a, axis, start, step);
  }
  int y = b.slice(a, axis, first, length, apart);
  for (int k = 1; k < taps; ++k) y = b.map(Op::add, b.dtype(a), y, b.slice(a, axis, first + k, length, apart));
  return y;
}
/// Sums over windows along axis I of the grid, as a region: its gradient is such a sum of what arrives, with zeros between.
template <const Grid& G, int I>
constexpr int sum_along(Builder& b, int x) {
  if (G.kernel[I] == 1 && G.stride[I] == 1 && G.before[I] == 0 && G.out[I] == G.in[I]) return x;
  Region r{};
  r.in[0] = x = b.fresh(x);
  r.inputs = 1;
  r.out[0] = b.fresh(sum_of_slices(b, x, b.shape(x).rank - G.rank + I, G.before[I], 1, 0, G.kernel[I], G.out[I], G.stride[I]));
  r.outputs = 1;
  r.transparent = true;
  r.rule = [](Builder& builder, const Region& region, const int* dy, const bool* needed, int* dx) {
    if (needed[0]) dx[0] = sum_of_slices(builder, dy[0], builder.shape(region.in[0]).rank - G.rank + I, G.kernel[I] - 1, G.stride[I], G.before[I], G.kernel[I], G.in[I], 1);
  };
  b.add_region(r);
  return r.out[0];
}
template <const Grid& G>
constexpr int sum_axes(Builder& b, int x) {
  if constexpr (G.rank > 0) x = sum_along<G, G.rank - 1>(b, x);
  if constexpr (G.rank > 1) x = sum_along<G, G.rank - 2>(b, x);
  if constexpr (G.rank > 2) x = sum_along<G, G.rank - 3>(b, x);
  return x;
}
/// Sums over the windows.
constexpr int sum_pooled(Builder& b, int x, const Grid& g) {
  int w = interleaved_windows(b, x, g, b.constant(0, b.dtype(x)));
  unsigned mask = 0;
  for (int i = 0; i < g.rank; ++i) mask |= 1u << (b.shape(w).rank - 1 - 2 * i);
  return b.reduce(Op::sum, w, mask);
}
/// Elements of each window along axis i, of the padded input or of the input itself.
constexpr int window_length(const Grid& g, int i, int at, int padding, bool padded) {
  int begin = at * g.stride[i] - padding, end = begin + g.kernel[i];
  const int last = g.in[i] + (padded ? padding : 0);
  end = end < last ? end : last;
  begin = padded || begin > 0 ? begin : 0;
  return end - begin;
}
/// What each sum is divided by.
constexpr Value window_sizes(Builder& b, const Grid& g, const Shape& s, DType d, const int* padding, bool padded) {
  Value r{&b, b.constant(1, d, s)};
  for (int i = 0; i < g.rank; ++i) {
    bool same = true;
    for (int k = 1; k < g.out[i]; ++k) same = same && window_length(g, i, k, padding[i], padded) == window_length(g, i, 0, padding[i], padded);
    if (same) {
      r = r * window_length(g, i, 0, padding[i], padded);
      continue;
    }
    const Value begin = counted_along(b, s, s.rank - g.rank + i, d) * g.stride[i] - padding[i];
    const Value end = apply_map(Op::minimum, begin + g.kernel[i], begin.number(g.in[i] + (padded ? padding[i] : 0)));
    r = r * (end - (padded ? begin : apply_map(Op::maximum, begin, begin.number(0))));
  }
  return r;
}

template <int D, auto... Option>
struct avg_pool_fn {
  template <class A>
  constexpr auto operator()(A x) const {
    using X = tracer_of<A>;
    using T = typename X::value_type;
    using Rule = pool_rule<D, X, Option...>;
    constexpr bool divides = !Rule::set.has(Knob::divisor) || Rule::set.at(Knob::divisor, 0, 1) != 0;
    if constexpr (!Rule::window_fits) {
      static_assert(Rule::window_fits, "etch: pool: the input must be [N, C, sizes..] or [C, sizes..], and windows fit into it, padded by at most half of one");
      return Poison{};
    } else if constexpr (!divides) {
      static_assert(divides, "etch: avg_pool: the divisor must not be 0");
      return Poison{};
    } else if constexpr (is_half<T>) {
      return rounded_once<T, avg_pool_fn>(x);
    } else {
      Builder& b = *x.builder;
      int padding[max_spatial]{};
      for (int i = 0; i < D; ++i) padding[i] = Rule::set.at(Knob::padding, i, 0);
      Value sum{&b, -1};
      if constexpr (lie_apart(Rule::grid) && is_floating(dtype_of<T>)) sum.id = sum_of_taps<Rule::grid>(b, x.id);
      else if constexpr (sums_by_axis(Rule::grid) && is_floating(dtype_of<T>)) sum.id = sum_axes<Rule::grid>(b, x.id);
      else sum.id = sum_pooled(b, x.id, Rule::grid);
      const Value count = Rule::set.has(Knob::divisor) ? sum.number(Rule::set.at(Knob::divisor, 0, 1))
                                                       : window_sizes(b, Rule::grid, sum.shape(), sum.dtype(), padding, Rule::set.at(Knob::exclude_padding, 0, 0) == 0);
      return result_of<T, spatial_shape<X, Rule>, X>{&b, (sum / count).id};
    }
  }
};
/// (sum of x^p)^(1/p) as PyTorch has it: the average of x^p, times the size of a window.
template <int D, auto P, auto... Option>
struct lp_pool_fn {
  constexpr auto operator()(auto x) const {
    constexpr double p = static_cast<double>(P);
    auto y = avg_pool_fn<D, Option...>{}(pow(x, p));
    if constexpr (std::is_same_v<decltype(y), Poison>) {
      return y;
    } else {
      return pow(sign(y) * abs(y) * pool_rule<D, tracer_of<decltype(x)>, Option...>::grid.elements(), 1 / p);
    }
  }
};

template <int D, class X, auto... Option>
struct unpool_rule {
  static constexpr Settings set = settings<Option...>();
  static constexpr bool ranks_fit = (X::rank == D + 1 || X::rank == D + 2) && (set.has(Knob::kernel) || set.has(Knob::output_size)) && set.fit(D) && static_axes<X>(D);
  static constexpr Grid make() {
    Grid g;
    if (!ranks_fit) return g;
    g.rank = D;
    for (int i = 0; i < D; ++i) {
      const int kernel = set.at(Knob::kernel, i, 1), n = X::dims(0)[X::rank - D + i].size;
      g.out[i] = set.at(Knob::output_size, i, (n - 1) * set.at(Knob::stride, i, kernel) - 2 * set.at(Knob::padding, i, 0) + kernel);
    }
    return g;
  }
  static constexpr Grid grid = make();
};
template <int D, auto... Option>
struct max_unpool_fn {
  template <class A, class I>
  constexpr auto operator()(A x, I at) const {
    using X = tracer_of<A>;
    using Rule = unpool_rule<D, X, Option...>;
    constexpr bool ok = Rule::ranks_fit && same_shape<X, tracer_of<I>>() && is_integral(dtype_of<typename I::value_type>) && Rule::grid.fits();
    if constexpr (!ok) {
      static_assert(ok, "etch: max_unpool: values and integer indices must have one shape, [N, C, sizes..] or [C, sizes..], and something come out");
      return Poison{};
    } else {
      Builder& b = *x.builder;
      const Shape to = b.shape_of(spatial_shape<X, Rule>::value), lines = lines_of(b, to, D), from = lines_of(b, b.shape(x.id), D);
      const int index = b.checked(b.reshape(at.id, from), 1, lines.size[1], false);
      const int y = b.scatter(b.constant(0, b.dtype(x.id), lines), index, b.reshape(x.id, from), 1, Op::place);
      return result_of<typename X::value_type, spatial_shape<X, Rule>, X>{&b, b.reshape(y, to)};
    }
  }
  template <class X, class I>
  static constexpr bool same_shape() {
    if (X::rank != I::rank) return false;
    for (int i = 0; i < X::rank; ++i)
      if (!agree(X::dims(0)[i], I::dims(X::rank)[i])) return false;
    return true;
  }
};

}  // namespace detail

/// The largest element of each window; with `return_indices` also where it stands.
template <auto... Option, Operand X> constexpr auto max_pool1d(const X& x) { return detail::max_pool<1, Option...>(x); }
template <auto... Option, Operand X> constexpr auto max_pool2d(const X& x) { return detail::max_pool<2, Option...>(x); }
template <auto... Option, Operand X> constexpr auto max_pool3d(const X& x) { return detail::max_pool<3, Option...>(x); }
/// The average of each window.
template <auto... Option, Operand X> constexpr auto avg_pool1d(const X& x) { return apply<detail::avg_pool_fn<1, Option...>>(x); }
template <auto... Option, Operand X> constexpr auto avg_pool2d(const X& x) { return apply<detail::avg_pool_fn<2, Option...>>(x); }
template <auto... Option, Operand X> constexpr auto avg_pool3d(const X& x) { return apply<detail::avg_pool_fn<3, Option...>>(x); }
/// The P-norm of each window.
template <auto P, auto... Option, Operand X> constexpr auto lp_pool1d(const X& x) { return apply<detail::lp_pool_fn<1, P, Option...>>(x); }
template <auto P, auto... Option, Operand X> constexpr auto lp_pool2d(const X& x) { return apply<detail::lp_pool_fn<2, P, Option...>>(x); }
template <auto P, auto... Option, Operand X> constexpr auto lp_pool3d(const X& x) { return apply<detail::lp_pool_fn<3, P, Option...>>(x); }
/// Values where the indices of a max_pool say, zeros elsewhere; `output_size` where several sizes pool to one.
template <auto... Option, Operand X, Operand I> constexpr auto max_unpool1d(const X& x, const I& at) { return apply<detail::max_unpool_fn<1, Option...>>(x, at); }
template <auto... Option, Operand X, Operand I> constexpr auto max_unpool2d(const X& x, const I& at) { return apply<detail::max_unpool_fn<2, Option...>>(x, at); }
template <auto... Option, Operand X, Operand I> constexpr auto max_unpool3d(const X& x, const I& at) { return apply<detail::max_unpool_fn<3, Option...>>(x, at); }

}  // namespace ETCH_ABI
}  // namespace etch
