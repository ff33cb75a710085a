// Images, lines and volumes at another size: the last axes of [N, C, sizes..], one axis after another, the last first.
//
//   interpolate<Resample::bilinear, output_size<5, 6>, align_corners>(x)   interpolate<Resample::nearest, scale_factor<2>>(x)
//
// Position i of the result lies at (i + 1/2) scale - 1/2 of the input, or, with align_corners, at i (in - 1) / (out - 1). With antialias
// an axis that shrinks is a product with a matrix of weights: each element of the result sees all that it covers.
#pragma once

#include <etch/ops/adaptive_pool.hpp>

namespace etch {
inline namespace ETCH_ABI {

/// How `interpolate` finds a value between elements.
enum class Resample { nearest, nearest_exact, linear, bilinear, trilinear, bicubic, area };
template <double... S>
struct ScaleFactor {};
/// How many times larger the result is: one number, or one for each axis.
template <auto... S> inline constexpr ScaleFactor<static_cast<double>(S)...> scale_factor{};
template <bool B>
struct AlignCorners {};
/// Corner elements keep their places.
inline constexpr AlignCorners<true> align_corners{};
struct RecomputeScaleFactor {};
/// Positions are computed from the sizes, not from `scale_factor`.
inline constexpr RecomputeScaleFactor recompute_scale_factor{};
struct Antialias {};
/// An element of a smaller result is a mean of all elements that it covers, not only of its neighbours.
inline constexpr Antialias antialias{};

namespace detail {

struct ResampleOptions {
  int sizes = 0, scales = 0;
  int size[max_spatial]{};
  double scale[max_spatial]{};
  bool corners = false, recompute = false, antialiased = false;
  template <int... N>
  constexpr void add(Setting<Knob::output_size, N...>) {
    ((sizes < max_spatial ? void(size[sizes++] = N) : void()), ...);
  }
  template <double... S>
  constexpr void add(ScaleFactor<S...>) {
    ((scales < max_spatial ? void(scale[scales++] = S) : void()), ...);
  }
  constexpr void add(AlignCorners<true>) { corners = true; }
  constexpr void add(RecomputeScaleFactor) { recompute = true; }
  constexpr void add(Antialias) { antialiased = true; }
};
template <auto... Option>
constexpr ResampleOptions resample_options() {
  ResampleOptions o;
  (o.add(Option), ...);
  return o;
}

template <Resample Mode, class X, auto... Option>
struct resample_rule {
  static constexpr ResampleOptions options = resample_options<Option...>();
  static constexpr int rank = X::rank - 2;
  static constexpr bool mode_fits() {
    if (rank < 1 || rank > max_spatial || !static_axes<X>(rank)) return false;
    if (Mode == Resample::linear) return rank == 1;
    if (Mode == Resample::bilinear || Mode == Resample::bicubic) return rank == 2;
    return Mode != Resample::trilinear || rank == 3;
  }
  static constexpr bool corners_fit = !options.corners || (Mode != Resample::nearest && Mode != Resample::nearest_exact && Mode != Resample::area);
  static constexpr bool antialias_fits = !options.antialiased || Mode == Resample::bilinear || Mode == Resample::bicubic;
  static constexpr bool one_size = (options.sizes == 0) != (options.scales == 0) && (options.sizes <= 1 || options.sizes == rank) && (options.scales <= 1 || options.scales == rank);
  static constexpr Grid make() {
    Grid g;
    if (!mode_fits() || !one_size) return g;
    g.rank = rank;
    for (int i = 0; i < rank; ++i) {
      g.in[i] = X::dims(0)[2 + i].size;
      g.out[i] = options.sizes > 0 ? options.size[options.sizes == 1 ? 0 : i] : static_cast<int>(g.in[i] * options.scale[options.scales == 1 ? 0 : i]);
    }
    return g;
  }
  static constexpr Grid grid = make();
  static constexpr bool fits = grid.rank == rank && grid.fits();
  /// Elements of the input for one of the result.
  static constexpr double scale(int i) {
    if (options.corners) return grid.out[i] > 1 ? static_cast<double>(grid.in[i] - 1) / (grid.out[i] - 1) : 0;
    if (options.scales > 0 && !options.recompute) return 1 / options.scale[options.scales == 1 ? 0 : i];
    return static_cast<double>(grid.in[i]) / grid.out[i];
  }
};

/// x at positions `at` (of the size of the result) along an axis.
constexpr Value taken_along(Builder& b, int x, int axis, Value at, int out) {
  Shape s = b.shape(x), line;
  s.size[axis] = out;
  line.rank = s.rank;
  for (int i = 0; i < s.rank; ++i) line.size[i] = i == axis ? out : 1;
  return {&b, b.gather(x, b.expand(b.reshape(at.cast(DType::int64).id, line), s), axis)};
}
constexpr Value clamped(Value x, double low, double high) { return apply_map(Op::minimum, apply_map(Op::maximum, x, x.number(low)), x.number(high)); }
/// A weight for each position of an axis, for all of `like`.
constexpr Value weight_along(Value weight, Value like, int axis) {
  Shape line;
  line.rank = like.shape().rank;
  for (int i = 0; i < line.rank; ++i) line.size[i] = i == axis ? like.shape().size[axis] : 1;
  return {like.b, like.b->expand(like.b->reshape(weight.id, line), like.shape())};
}
/// Cubic convolution: the weight of an element at a distance of at most 1, and of at most 2.
constexpr Value cubic_near(Value d, double a) { return ((d * (a + 2) - (a + 3)) * d * d) + 1; }
constexpr Value cubic_far(Value d, double a) { return ((d * a - 5 * a) * d + 8 * a) * d - 4 * a; }
/// The weights of four neighbours at distance 1 + t, t, 1 - t, 2 - t, with a = -3/4.
constexpr Value cubic_weight(Value t, int which) {
  const double a = -0.75;
  return which == 0 ? cubic_far(t + 1, a) : which == 1 ? cubic_near(t, a) : which == 2 ? cubic_near(1 - t, a) : cubic_far(2 - t, a);
}
/// A triangle, or a cubic with a = -1/2, as wide as what an element of the result covers; for each of them the weights of all elements sum to 1.
/// As in PyTorch, align_corners changes the scale and not where elements lie.
constexpr int antialiased(Builder& b, int x, int axis, Resample mode, double scale, int out, DType d) {
  const int in = b.shape(x).size[axis], last = b.shape(x).rank - 1;
  const Shape s{2, {in, out}};
  const Value i{&b, b.expand(b.iota(out, d), s)}, j{&b, b.expand(b.reshape(b.iota(in, d), Shape{2, {in, 1}}), s)};
  const Value distance = apply_map(Op::abs, j - ((i + 0.5) * scale - 0.5)) * (scale > 1 ? 1 / scale : 1.0);
  const Value zero = distance.number(0);
  const Value w = mode == Resample::bilinear ? apply_map(Op::maximum, 1 - distance, zero)
                                             : choose(compare(Op::lt, distance, distance.number(1)), cubic_near(distance, -0.5), choose(compare(Op::lt, distance, distance.number(2)), cubic_far(distance, -0.5), zero));
  const Value total{&b, b.expand(b.reshape(b.reduce(Op::sum, w.id, 1), Shape{2, {1, out}}), s)};
  const int turned = b.transpose(x, axis, last);
  Shape to = b.shape(turned);
  to.size[last] = out;
  const int rows = b.reshape(turned, Shape{2, {b.product(to.size, last), in}});
  return b.transpose(b.reshape(b.dot(rows, (w / total).cast(b.dtype(x)).id), to), axis, last);
}
constexpr int resampled(Builder& b, int x, int axis, Resample mode, bool corners, double scale, int out, DType d) {
  const int in = b.shape(x).size[axis];
  const bool nearest = mode == Resample::nearest, exact = mode == Resample::nearest_exact;
  if (nearest && (in == out || out % in == 0) && scale * out == in) {  // whole repeats: a view
    Shape s = b.shape(x), to = s;
    to.size[axis] = out;
    for (int i = s.rank++; i > axis; --i) s.size[i] = s.size[i - 1];
    s.size[axis + 1] = 1;
    Shape wide = s;
    wide.size[axis + 1] = out / in;
    return b.reshape(b.expand(b.reshape(x, s), wide), to);
  }
  const Value i{&b, b.iota(out, d)};
  if (nearest || exact) return taken_along(b, x, axis, clamped(apply_map(Op::floor, (exact ? i + 0.5 : i) * scale), 0, in - 1), out).id;
  Value source = corners ? i * scale : (i + 0.5) * scale - 0.5;
  if (mode == Resample::bicubic) {
    const Value whole = apply_map(Op::floor, source), t = source - whole;
    Value sum{};
    for (int k = 0; k < 4; ++k) {
      const Value neighbour = taken_along(b, x, axis, clamped(whole + (k - 1.0), 0, in - 1), out);
      const Value part = neighbour * weight_along(cubic_weight(t, k), neighbour, axis);
      sum = k == 0 ? part : sum + part;
    }
    return sum.id;
  }
  if (!corners) source = apply_map(Op::maximum, source, source.number(0));
  const Value low = clamped(apply_map(Op::floor, source), 0, in - 1), share = clamped(source - low, 0, 1);
  const Value left = taken_along(b, x, axis, low, out), right = taken_along(b, x, axis, clamped(low + 1, 0, in - 1), out);
  return (left * weight_along(1 - share, left, axis) + right * weight_along(share, left, axis)).id;
}

template <Resample Mode, auto... Option>
struct interpolate_fn {
  template <class A>
  constexpr auto operator()(A x) const {
    using X = tracer_of<A>;
    using T = typename X::value_type;
    using Rule = resample_rule<Mode, X, Option...>;
    if constexpr (!Rule::fits || !Rule::corners_fit || !Rule::antialias_fits) {
      static_assert(Rule::fits, "etch: interpolate: the input must be [N, C, sizes..] as the mode wants, with output_size or scale_factor, for all axes or for each");
      static_assert(Rule::corners_fit, "etch: interpolate: align_corners is for linear, bilinear, trilinear and bicubic");
      static_assert(Rule::antialias_fits, "etch: interpolate: antialias is for bilinear and bicubic");
      return Poison{};
    } else if constexpr (is_half<T>) {
      return rounded_once<T, interpolate_fn>(x);
    } else {
      Builder& b = *x.builder;
      constexpr DType d = dtype_of<T> == DType::float64 ? DType::float64 : DType::float32;
      constexpr bool rounded = is_integral(dtype_of<T>) && Mode != Resample::nearest && Mode != Resample::nearest_exact && Mode != Resample::area;
      Value y{&b, rounded ? b.cast(x.id, d) : x.id};
      for (int i = Rule::rank - 1; i >= 0; --i) {
        if constexpr (Mode == Resample::area) y = adaptive_average(b, y, 2 + i, Rule::grid.out[i]);
        else if constexpr (Rule::options.antialiased) y.id = antialiased(b, y.id, 2 + i, Mode, Rule::scale(i), Rule::grid.out[i], d);
        else y.id = resampled(b, y.id, 2 + i, Mode, Rule::options.corners, Rule::scale(i), Rule::grid.out[i], d);
        if constexpr (rounded) y = apply_map(Op::floor, y + 0.5);  // whole numbers after each axis, as in PyTorch
        if constexpr (rounded && dtype_of<T> == DType::uint8) y = clamped(y, 0, 255);
      }
      return result_of<T, spatial_shape<X, Rule>, X>{&b, b.cast(y.id, dtype_of<T>)};
    }
  }
};
}  // namespace detail

/// The last axes at another size.
template <Resample Mode = Resample::nearest, auto... Option, Operand X> constexpr auto interpolate(const X& x) { return apply<detail::interpolate_fn<Mode, Option...>>(x); }

}  // namespace ETCH_ABI
}  // namespace etch
