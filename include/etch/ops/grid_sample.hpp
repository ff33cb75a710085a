// An image read at places of its own: grid_sample<Sample::bilinear, SamplePadding::border>(x, grid), with x [N, C, H, W] and
// grid [N, OH, OW, 2], or one dimension more. A place is (x, y) or (x, y, z) from -1 to 1; affine_grid makes such grids.
//
//   y[n, c, p] = sum over the neighbours q of grid[n, p] of weight(q) x[n, c, q]
#pragma once

#include <etch/ops/interpolate.hpp>

namespace etch {
inline namespace ETCH_ABI {

/// How `grid_sample` finds a value between pixels, and what lies outside.
enum class Sample { bilinear, nearest, bicubic };
enum class SamplePadding { zeros, border, reflection };

namespace detail {

template <Sample Mode, class X, class G>
struct grid_rule {
  static constexpr int rank = X::rank - 2;
  static constexpr bool check() {
    if (!((rank == 2 || (rank == 3 && Mode != Sample::bicubic)) && G::rank == X::rank && static_axes<X>(rank) && static_axes<G>(rank + 1))) return false;
    return G::dims(0)[G::rank - 1].is(rank) && X::dims(0)[0].size == G::dims(0)[0].size;
  }
  static constexpr bool fits = check();
  static constexpr Dims make() {
    Dims r = X::dims(0);
    for (int i = 0; fits && i < rank; ++i) r[2 + i] = static_dim(G::dims(0)[1 + i].size);
    return r;
  }
  static constexpr Dims value = make();
};

/// The remainder of x by a positive number, and how often it is contained.
constexpr Value reflected(Value x, double low, double high) {  // at twice the coordinates
  if (low == high) return x.number(0);
  const double least = low / 2, span = (high - low) / 2;
  const Value far = apply_map(Op::abs, x - least), flips = apply_map(Op::floor, far * (1 / span));
  const Value rest = far - flips * span, half = flips * 0.5;
  const Value even = compare(Op::eq, apply_map(Op::floor, half), half);
  return choose(even, rest + least, span + least - rest);
}
/// Clamped, with no gradient from the edge on.
constexpr Value kept_inside(Value x, double high) {
  return choose(compare(Op::gt, x, x.number(0)), choose(compare(Op::lt, x, x.number(high)), x, x.number(high)), x.number(0));
}
/// A coordinate moved inside as the padding says.
constexpr Value padded_coordinate(Value x, int size, SamplePadding padding, bool corners) {
  if (padding == SamplePadding::zeros) return x;
  if (padding == SamplePadding::reflection) x = corners ? reflected(x, 0, 2.0 * (size - 1)) : reflected(x, -1, 2.0 * size - 1);
  return kept_inside(x, size - 1);
}

/// Reads x [N, C, in..] at whole coordinates [N, 1, P], 0 outside, and weighs it.
struct GridReader {
  Builder& b;
  int x, rank, channels;
  int size[max_spatial];  // of the axes of x
  constexpr Value at(const Value* coordinate, Value weight) const {
    Value index = coordinate[0].number(0).cast(DType::int64), inside{&b, b.constant(1, DType::boolean, index.shape())};
    for (int i = 0; i < rank; ++i) {  // x last: coordinate 0 is the last axis
      const Value c = coordinate[rank - 1 - i];
      inside = both(inside, both(compare(Op::ge, c, c.number(0)), compare(Op::le, c, c.number(size[i] - 1))));
      index = index * size[i] + clamped(c, 0, size[i] - 1).cast(DType::int64);
    }
    Shape s = index.shape();
    s.size[1] = channels;
    const Value found{&b, b.gather(x, b.expand(index.id, s), 2)};
    return found * Value{&b, b.expand(choose(inside, weight, weight.number(0)).id, s)};
  }
};

constexpr Value sampled_linear(const GridReader& reader, const Value* at) {
  Value low[max_spatial]{}, share[max_spatial]{}, sum{};
  for (int i = 0; i < reader.rank; ++i) {
    low[i] = apply_map(Op::floor, at[i]);
    low[i].id = reader.b.detach(low[i].id);
    share[i] = at[i] - low[i];
  }
  for (int corner = 0; corner < 1 << reader.rank; ++corner) {
    Value where[max_spatial]{}, weight{};
    for (int i = 0; i < reader.rank; ++i) {
      const bool high = (corner >> i & 1) != 0;
      where[i] = high ? low[i] + 1 : low[i];
      const Value w = high ? share[i] : 1 - share[i];
      weight = i == 0 ? w : weight * w;
    }
    const Value part = reader.at(where, weight);
    sum = corner == 0 ? part : sum + part;
  }
  return sum;
}
constexpr Value sampled_cubic(const GridReader& reader, const Value* at, SamplePadding padding, bool corners) {
  Value low[2]{}, share[2]{}, sum{};
  for (int i = 0; i < 2; ++i) {
    low[i] = apply_map(Op::floor, at[i]);
    low[i].id = reader.b.detach(low[i].id);
    share[i] = at[i] - low[i];
  }
  for (int k = 0; k < 16; ++k) {
    Value where[2]{};
    for (int i = 0; i < 2; ++i) where[i] = padded_coordinate(low[i] + ((i == 0 ? k % 4 : k / 4) - 1.0), reader.size[1 - i], padding, corners);
    const Value part = reader.at(where, cubic_weight(share[0], k % 4) * cubic_weight(share[1], k / 4));
    sum = k == 0 ? part : sum + part;
  }
  return sum;
}

template <Sample Mode, SamplePadding Padding, bool Corners>
struct grid_sample_fn {
  template <class A, class B>
  constexpr auto operator()(A x, B grid) const {
    using X = tracer_of<A>;
    using G = tracer_of<B>;
    using T = typename X::value_type;
    using Rule = grid_rule<Mode, X, G>;
    constexpr bool floating = is_floating(dtype_of<T>) && dtype_of<T> == dtype_of<typename G::value_type>;
    if constexpr (!Rule::fits || !floating) {
      static_assert(Rule::fits, "etch: grid_sample: the input must be [N, C, sizes..] with two sizes, or three without bicubic, and the grid [N, sizes.., 2 or 3]");
      static_assert(floating, "etch: grid_sample: input and grid must have one floating dtype");
      return Poison{};
    } else if constexpr (is_half<T>) {
      return rounded_once<T, grid_sample_fn>(x, grid);
    } else {
      Builder& b = *x.builder;
      const Shape s = b.shape(x.id), g = b.shape(grid.id);
      GridReader reader{b, -1, Rule::rank, s.size[1], {}};
      for (int i = 0; i < Rule::rank; ++i) reader.size[i] = s.size[2 + i];
      reader.x = b.reshape(x.id, Shape{3, {s.size[0], s.size[1], b.product(s.size + 2, Rule::rank)}});
      const Shape places{3, {s.size[0], 1, b.product(g.size + 1, Rule::rank)}};
      Value at[max_spatial]{};
      for (int i = 0; i < Rule::rank; ++i) {
        const int n = reader.size[Rule::rank - 1 - i];
        const Value c{&b, b.reshape(b.slice(grid.id, g.rank - 1, i, 1, 1), places)};
        at[i] = Corners ? (c + 1) * ((n - 1) / 2.0) : ((c + 1) * n - 1) * 0.5;
        if (Mode != Sample::bicubic) at[i] = padded_coordinate(at[i], n, Padding, Corners);
        if (Mode == Sample::nearest) at[i] = {&b, b.detach(apply_map(Op::round, at[i]).id)};
      }
      Value y{};
      if (Mode == Sample::bilinear) y = sampled_linear(reader, at);
      else if (Mode == Sample::bicubic) y = sampled_cubic(reader, at, Padding, Corners);
      else y = reader.at(at, at[0].number(1));
      return result_of<T, Rule, X, G>{&b, b.reshape(y.id, b.shape_of(Rule::value))};
    }
  }
};

template <class X, class Sizes>
struct affine_rule {
  static constexpr int rank = Sizes::count - 2;
  static constexpr bool fits = (rank == 2 || rank == 3) && X::rank == 3 && X::dims(0)[X::rank - 2].is(rank) && X::dims(0)[X::rank - 1].is(rank + 1) && X::dims(0)[0].size == Sizes::at[0];
  static constexpr Dims make() {
    Dims r;
    if (!fits) return r;
    r.push(X::dims(0)[0]);
    for (int i = 0; i < rank; ++i) r.push(static_dim(Sizes::at[2 + i]));
    r.push(static_dim(rank));
    return r;
  }
  static constexpr Dims value = make();
};
template <class Sizes, bool Corners>
struct affine_grid_fn {
  template <class A>
  constexpr auto operator()(A theta) const {
    using X = tracer_of<A>;
    using T = typename X::value_type;
    using Rule = affine_rule<X, Sizes>;
    constexpr bool ok = Rule::fits && is_floating(dtype_of<T>);
    if constexpr (!ok) {
      static_assert(ok, "etch: affine_grid: theta must be floating [N, 2, 3] for sizes N, C, H, W, or [N, 3, 4] for N, C, D, H, W");
      return Poison{};
    } else {
      Builder& b = *theta.builder;
      const DType d = b.dtype(theta.id);
      Shape s;
      for (int i = 0; i < Rule::rank; ++i) s.size[s.rank++] = Sizes::at[2 + i];
      s.size[s.rank++] = Rule::rank + 1;
      int base = b.constant(1, d, s);  // (x, y, .., 1) of each place
      for (int i = 0; i < Rule::rank; ++i) {
        Shape one = s;
        one.size[Rule::rank] = 1;
        const int axis = Rule::rank - 1 - i, n = Sizes::at[2 + axis];
        const Value k = counted_along(b, one, axis, d);
        const Value place = Corners ? (n > 1 ? k * (2.0 / (n - 1)) - 1 : k * 0) : (k * 2 + 1) * (1.0 / n) - 1;
        base = b.place(base, place.id, Rule::rank, i, 1);
      }
      const int n = b.shape(theta.id).size[0], places = b.product(s.size, Rule::rank);
      const int left = b.expand(b.reshape(base, Shape{3, {1, places, Rule::rank + 1}}), Shape{3, {n, places, Rule::rank + 1}});
      return result_of<T, Rule, X>{&b, b.reshape(b.dot(left, b.transpose(theta.id, 1, 2)), b.shape_of(Rule::value))};
    }
  }
};
}  // namespace detail

/// x read at the places of a grid.
template <Sample Mode = Sample::bilinear, SamplePadding Padding = SamplePadding::zeros, Operand X, Operand G> constexpr auto grid_sample(const X& x, const G& grid) { return apply<detail::grid_sample_fn<Mode, Padding, false>>(x, grid); }
template <Sample Mode, SamplePadding Padding, AlignCorners<true>, Operand X, Operand G> constexpr auto grid_sample(const X& x, const G& grid) { return apply<detail::grid_sample_fn<Mode, Padding, true>>(x, grid); }
/// The grid of an image of these sizes moved by theta: `affine_grid<ints<N, C, H, W>>(theta)`.
template <class Sizes, Operand X> constexpr auto affine_grid(const X& theta) { return apply<detail::affine_grid_fn<Sizes, false>>(theta); }
template <class Sizes, AlignCorners<true>, Operand X> constexpr auto affine_grid(const X& theta) { return apply<detail::affine_grid_fn<Sizes, true>>(theta); }

}  // namespace ETCH_ABI
}  // namespace etch
