// Pooling to a size that is asked for: windows of nearly equal length, or of fixed length at random places.
//
//   adaptive_avg_pool2d<5, 7>(x)   adaptive_max_pool2d<1, every>(x)   fractional_max_pool2d<2, output_size<5, 5>>(x)
//
// Window i of n elements pooled to m reaches from floor(i n / m) to ceil((i + 1) n / m). Axis after axis, the last first.
#pragma once

#include <etch/ops/pool.hpp>
#include <etch/ops/random.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace detail {

/// The sizes that are asked for; `every` keeps an axis.
struct PooledSizes {
  static constexpr int kept = -1;
  int count = 0;
  int size[max_spatial + 1]{};
  bool indices = false;
  constexpr void add(int n) { put(n < 0 ? 0 : n); }
  constexpr void add(Every) { put(kept); }
  constexpr void put(int n) { size[count < max_spatial ? count : max_spatial] = n, ++count; }
  template <int... N>
  constexpr void add(ints<N...>) {
    (add(N), ...);
  }
  constexpr void add(Setting<Knob::return_indices, 1>) { indices = true; }
};
template <auto... Option>
constexpr PooledSizes pooled_sizes() {
  PooledSizes s;
  (s.add(Option), ...);
  return s;
}
template <int D, class X, auto... Option>
struct adaptive_rule {
  static constexpr PooledSizes sizes = pooled_sizes<Option...>();
  static constexpr Grid make() {
    Grid g;
    if (!((X::rank == D + 1 || X::rank == D + 2) && (sizes.count == 1 || sizes.count == D) && static_axes<X>(D))) return g;
    g.rank = D;
    for (int i = 0; i < D; ++i) {
      g.in[i] = X::dims(0)[X::rank - D + i].size;
      const int n = sizes.size[sizes.count == 1 ? 0 : i];
      g.out[i] = n == PooledSizes::kept ? g.in[i] : n;
    }
    return g;
  }
  static constexpr Grid grid = make();
  static constexpr bool fits = grid.rank == D && grid.fits();
};

/// Candidates for each result along one axis: [.., o, m, ..] in place of [.., n, ..], where each stands, and whether it counts.
struct Candidates {
  Value value, place, counts;
};
/// [.., n, ..] repeated for each of `out` windows, with the elements that belong to each.
constexpr Candidates adaptive_candidates(Builder& b, int x, int axis, int out) {
  Shape s = b.shape(x);
  const int n = s.size[axis];
  for (int i = s.rank++; i > axis; --i) s.size[i] = s.size[i - 1];
  s.size[axis] = 1;
  x = b.reshape(x, s);
  s.size[axis] = out;
  const Value i = counted_along(b, s, axis, DType::int64), j = counted_along(b, s, axis + 1, DType::int64);
  // floor(i n / m) <= j < ceil((i + 1) n / m), multiplied out
  const Value counts = both(compare(Op::gt, (j + 1) * out, i * n), compare(Op::lt, j * out, (i + 1) * n));
  return {{&b, b.expand(x, s)}, j.cast(DType::int32), counts};
}
/// The largest of each window along `axis`, and where it stands among all axes from this one on: `at` is that for the axes
/// behind (-1 where there are none), `step` their elements.
constexpr Picked largest_along(Builder& b, const Candidates& c, int axis, int at, int n, int step) {
  const Value value = choose(c.counts, c.value, c.value.number(least_of(c.value.dtype())));
  const unsigned mask = 1u << (axis + 1);
  const int best = b.reduce(Op::amax, value.id, mask);
  Shape kept = b.shape(value.id);
  kept.size[axis + 1] = 1;
  Value hit = compare(Op::eq, value, {&b, b.expand(b.reshape(best, kept), value.shape())});
  if (is_floating(value.dtype())) hit = compare(Op::logical_or, hit, {&b, b.map(Op::isnan, DType::boolean, value.id)});
  const int first = b.reduce(Op::amin, choose(both(hit, c.counts), c.place, c.place.number(2147483647)).id, mask);
  const Value place{&b, b.cast(first, DType::int64)};
  if (at < 0) return {best, place.id};
  return {best, (place * step + Value{&b, b.gather(at, b.checked(place.id, axis, n, false), axis)}).id};
}
constexpr Picked adaptive_largest(Builder& b, int x, const Grid& g) {
  Picked r{x, -1};
  int step = 1;
  for (int i = g.rank - 1; i >= 0; --i) {
    const int axis = b.shape(x).rank - g.rank + i;
    r = largest_along(b, adaptive_candidates(b, r.values, axis, g.out[i]), axis, r.at, g.in[i], step);
    step *= g.in[i];
  }
  return r;
}
template <int D, bool Indices, auto... Option>
struct adaptive_max_fn {
  template <class A>
  constexpr auto operator()(A x) const {
    using X = tracer_of<A>;
    using Rule = adaptive_rule<D, X, Option...>;
    if constexpr (!Rule::fits) {
      static_assert(Rule::fits, "etch: adaptive_pool: the input must be [N, C, sizes..] or [C, sizes..], with one output size of at least 1, or one for each axis");
      return Poison{};
    } else {
      Builder& b = *x.builder;
      using R = std::conditional_t<Indices, std::int64_t, typename X::value_type>;
      const auto pick = [&](int n) { return adaptive_largest(b, n, Rule::grid); };
      return result_of<R, spatial_shape<X, Rule>, X>{&b, Indices ? pick(b.detach(x.id)).at : picked(b, x.id, D, pick)};
    }
  }
};
template <int D, auto... Option, class X>
constexpr auto adaptive_max(const X& x) {
  return values_and_indices<pooled_sizes<Option...>().indices, adaptive_max_fn<D, false, Option...>, adaptive_max_fn<D, true, Option...>>(x);
}

/// Sums over the windows of one axis, and the elements of each.
constexpr Value adaptive_average(Builder& b, Value x, int axis, int out) {
  const int n = x.shape().size[axis];
  if (n == out) return x;
  if (n % out == 0) {
    Shape s = x.shape();
    for (int i = s.rank++; i > axis; --i) s.size[i] = s.size[i - 1];
    s.size[axis] = out;
    s.size[axis + 1] = n / out;
    return Value{&b, b.reduce(Op::sum, b.reshape(x.id, s), 1u << (axis + 1))} * (1.0 / (n / out));
  }
  const Candidates c = adaptive_candidates(b, x.id, axis, out);
  const Value sum{&b, b.reduce(Op::sum, choose(c.counts, c.value, c.value.number(0)).id, 1u << (axis + 1))};
  return sum / Value{&b, b.reduce(Op::sum, c.counts.cast(x.dtype()).id, 1u << (axis + 1))};
}
template <int D, auto... Option>
struct adaptive_avg_fn {
  template <class A>
  constexpr auto operator()(A x) const {
    using X = tracer_of<A>;
    using T = typename X::value_type;
    using Rule = adaptive_rule<D, X, Option...>;
    if constexpr (!Rule::fits) {
      static_assert(Rule::fits, "etch: adaptive_pool: the input must be [N, C, sizes..] or [C, sizes..], with one output size of at least 1, or one for each axis");
      return Poison{};
    } else if constexpr (is_half<T>) {
      return rounded_once<T, adaptive_avg_fn>(x);
    } else {
      Builder& b = *x.builder;
      Value y{&b, x.id};
      for (int i = D - 1; i >= 0; --i) y = adaptive_average(b, y, X::rank - D + i, Rule::grid.out[i]);
      return result_of<T, spatial_shape<X, Rule>, X>{&b, y.id};
    }
  }
};

// ---- windows at random places ------------------------------------------------------------------------------------------

template <int D, class X, auto... Option>
struct fractional_rule {
  static constexpr Settings set = settings<Option...>();
  static constexpr Grid make() {
    Grid g;
    if (!((X::rank == D + 1 || X::rank == D + 2) && set.has(Knob::kernel) && set.has(Knob::output_size) && set.fit(D) && static_axes<X>(D))) return g;
    g.rank = D;
    for (int i = 0; i < D; ++i) {
      g.in[i] = X::dims(0)[X::rank - D + i].size;
      g.kernel[i] = set.at(Knob::kernel, i, 1);
      g.out[i] = set.at(Knob::output_size, i, 1);
    }
    return g;
  }
  static constexpr Grid grid = make();
  static constexpr bool check() {
    bool ok = grid.rank == D && grid.fits();
    for (int i = 0; i < grid.rank; ++i) ok = ok && grid.kernel[i] >= 1 && grid.out[i] + grid.kernel[i] - 1 <= grid.in[i];
    return ok;
  }
  static constexpr bool fits = check();
};
/// Window i begins at floor((i + u) a) - floor(u a), a = (n - k) / (m - 1), the last one at n - k; u [N, C, D] in [0, 1).
constexpr Picked fractional_largest(Builder& b, int x, Value samples, const Grid& g) {
  Picked r{x, -1};
  int step = 1;
  for (int i = g.rank - 1; i >= 0; --i) {
    Shape s = b.shape(r.values);
    const int axis = s.rank - g.rank + i, n = g.in[i], k = g.kernel[i], m = g.out[i];
    Shape lines;
    for (lines.rank = 0; lines.rank < s.rank; ++lines.rank) lines.size[lines.rank] = lines.rank < s.rank - g.rank ? s.size[lines.rank] : 1;
    const int last = samples.shape().rank - 1, which = g.rank == 2 ? 1 - i : i;  // PyTorch's order: of two, the width comes first
    for (int j = s.rank; j > axis; --j) s.size[j] = s.size[j - 1];
    ++s.rank;
    s.size[axis] = m;
    s.size[axis + 1] = k;
    lines.size[lines.rank++] = 1;
    const Value u{&b, b.expand(b.reshape(b.slice(samples.id, last, which, 1, 1), lines), s)};
    const Value window = counted_along(b, s, axis, u.dtype());
    const double a = m > 1 ? static_cast<double>(n - k) / (m - 1) : 0;
    const auto whole = [&](Value v) { return apply_map(Op::floor, v * a); };
    const Value begin = choose(compare(Op::eq, window, window.number(m - 1)), window.number(n - k), whole(window + u) - whole(u));
    const Value place = begin.cast(DType::int64) + counted_along(b, s, axis + 1, DType::int64);
    Shape flat = b.shape(r.values);
    flat.size[axis] = m * k;
    const Value found{&b, b.reshape(b.gather(r.values, b.checked(b.reshape(place.id, flat), axis, n, false), axis), s)};
    r = largest_along(b, {found, place.cast(DType::int32), {&b, b.constant(1, DType::boolean, s)}}, axis, r.at, n, step);
    step *= n;
  }
  return r;
}
template <int D, bool Indices, auto... Option>
struct fractional_fn {
  template <class A, class S>
  constexpr auto operator()(A x, S samples) const {
    using X = tracer_of<A>;
    using Rule = fractional_rule<D, X, Option...>;
    constexpr bool batch = X::rank == D + 2;
    constexpr bool ok = Rule::fits && S::rank == 3 && S::dims(0)[S::rank - 1].is(D) && S::dims(0)[1].size == X::dims(0)[batch ? 1 : 0].size && S::dims(0)[0].size >= (batch ? X::dims(0)[0].size : 1);
    if constexpr (!ok) {
      static_assert(ok, "etch: fractional_max_pool: the input must be [N, C, sizes..] or [C, sizes..], output_size be given, windows fit, and samples be [N, C, axes]");
      return Poison{};
    } else {
      Builder& b = *x.builder;
      using R = std::conditional_t<Indices, std::int64_t, typename X::value_type>;
      Shape u = b.shape(x.id);
      u.rank = X::rank - D + 1;
      u.size[u.rank - 1] = D;
      const int items = batch ? u.size[0] : 1, drawn = items < 0 ? samples.id : b.slice(samples.id, 0, 0, items, 1);  // the first ones, as PyTorch
      const Value at{&b, b.detach(b.reshape(drawn, u))};
      const auto pick = [&](int n) { return fractional_largest(b, n, at, Rule::grid); };
      return result_of<R, spatial_shape<X, Rule>, X>{&b, Indices ? pick(b.detach(x.id)).at : picked(b, x.id, D, pick)};
    }
  }
};
/// Samples for x.
template <int D, class X>
struct samples_shape {
  static constexpr Dims make() {
    Dims r;
    if (X::rank < D + 1) return r;
    r.push(X::rank == D + 2 ? X::dims(0)[0] : static_dim(1));
    r.push(X::dims(0)[X::rank - D - 1]);
    r.push(static_dim(D));
    return r;
  }
  static constexpr Dims value = make();
};
template <int D>
struct draw_samples_fn {
  template <class X>
  constexpr auto operator()(X x) const {
    using Rule = samples_shape<D, X>;
    Builder& b = *x.builder;
    using T = std::conditional_t<std::is_same_v<typename X::value_type, double>, double, float>;
    return rand_like_fn{}(result_of<T, Rule, X>{&b, b.constant(0, dtype_of<T>, b.shape_of(Rule::value))});
  }
};
template <int D, auto... Option, class X, class S>
constexpr auto fractional_max(const X& x, const S& samples) {
  return values_and_indices<settings<Option...>().has(Knob::return_indices), fractional_fn<D, false, Option...>, fractional_fn<D, true, Option...>>(x, samples);
}

}  // namespace detail

/// The average of each window, so many of them.
template <auto... Size, Operand X> constexpr auto adaptive_avg_pool1d(const X& x) { return apply<detail::adaptive_avg_fn<1, Size...>>(x); }
template <auto... Size, Operand X> constexpr auto adaptive_avg_pool2d(const X& x) { return apply<detail::adaptive_avg_fn<2, Size...>>(x); }
template <auto... Size, Operand X> constexpr auto adaptive_avg_pool3d(const X& x) { return apply<detail::adaptive_avg_fn<3, Size...>>(x); }
/// The largest element of each window; with `return_indices` also where it stands.
template <auto... Size, Operand X> constexpr auto adaptive_max_pool1d(const X& x) { return detail::adaptive_max<1, Size...>(x); }
template <auto... Size, Operand X> constexpr auto adaptive_max_pool2d(const X& x) { return detail::adaptive_max<2, Size...>(x); }
template <auto... Size, Operand X> constexpr auto adaptive_max_pool3d(const X& x) { return detail::adaptive_max<3, Size...>(x); }
/// The largest element of windows at random places, or at those that `samples` [N, C, axes] in [0, 1) decide.
template <auto... Option, Operand X, Operand S> constexpr auto fractional_max_pool2d(const X& x, const S& samples) { return detail::fractional_max<2, Option...>(x, samples); }
template <auto... Option, Operand X, Operand S> constexpr auto fractional_max_pool3d(const X& x, const S& samples) { return detail::fractional_max<3, Option...>(x, samples); }
template <auto... Option, Operand X> constexpr auto fractional_max_pool2d(const X& x) { return fractional_max_pool2d<Option...>(x, apply<detail::draw_samples_fn<2>>(x)); }
template <auto... Option, Operand X> constexpr auto fractional_max_pool3d(const X& x) { return fractional_max_pool3d<Option...>(x, apply<detail::draw_samples_fn<3>>(x)); }

}  // namespace ETCH_ABI
}  // namespace etch
