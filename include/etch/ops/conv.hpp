// Convolution in one to three dimensions, and its transpose: an implicit matrix product.
//
//   y[n, g, o, p] = sum over c, k of w[g, o, c, k] x[n, g, c, p stride + k dilation - padding]
//
// The windows of x are a view that overlaps itself; the product reads it as a matrix [c k, p]. A region of its own gives
// the gradient as two more products, instead of adding up overlapping windows:
// of x it is the transposed convolution of dy, of w the product of dy with the same windows over n and p.
#pragma once

#include <etch/graph/window.hpp>
#include <etch/ops/contract.hpp>
#include <etch/ops/spatial.hpp>

namespace etch {
inline namespace ETCH_ABI {

/// Carries the channels of the input and those that weight and groups want into the error message.
template <int Channels, int Wanted>
struct channel_sizes {
  static constexpr bool agree = Channels == Wanted;
};

namespace detail {

/// A convolution of x [N, groups C, in..] with w [groups O, C, kernel..].
struct Convolution {
  Grid grid;
  int groups = 1;
};

/// Axis 1 divided into groups.
constexpr Shape grouped(Shape s, int axis, int groups) {
  for (int i = s.rank++; i > axis; --i) s.size[i] = s.size[i - 1];
  s.size[axis] = groups;
  s.size[axis + 1] /= groups;
  return s;
}

/// The windows of x as matrices: [N, G, C k.., o..], seven to nine axes.
constexpr int columns_of(Builder& b, int x, const Convolution& c) {
  const int zero = b.constant(0, b.dtype(x));
  Grid g = c.grid;
  for (int i = 0; i < g.rank; ++i) {
    x = stretched(b, x, 2 + i, g.before[i], g.after[i], 1, zero);
    g.before[i] = g.after[i] = 0;
  }
  return windows(b, b.reshape(x, grouped(b.shape(x), 1, c.groups)), g, zero, true);
}

/// [N, G, rows, inner] times the columns [N, G, inner.., o..], of a matrix [G, rows, inner] that all of N share: [N, G rows, o..].
constexpr int times_columns(Builder& b, int matrix, int columns, const Grid& g) {
  const Shape m = b.shape(matrix), s = b.shape(columns);
  const int n = s.size[0], groups = m.size[0], rows = m.size[1], inner = m.size[2], places = b.product(s.size + s.rank - g.rank, g.rank);
  Shape out{2, {n, groups * rows}};
  for (int i = 0; i < g.rank; ++i) out.size[out.rank++] = s.size[s.rank - g.rank + i];
  if (groups == 1) {
    const int left = b.expand(b.reshape(matrix, Shape{3, {1, rows, inner}}), Shape{3, {n, rows, inner}});
    return b.reshape(b.dot(left, b.reshape(columns, Shape{3, {n, inner, places}})), out);
  }
  const int left = b.expand(b.reshape(matrix, Shape{4, {1, groups, rows, inner}}), Shape{4, {n, groups, rows, inner}});
  return b.reshape(b.dot(left, b.reshape(columns, Shape{4, {n, groups, inner, places}})), out);
}

/// y of x and w.
constexpr int convolved(Builder& b, int x, int w, const Convolution& c) {
  const Shape s = b.shape(w);
  return times_columns(b, b.reshape(w, Shape{3, {c.groups, s.size[0] / c.groups, b.product(s.size + 1, s.rank - 1)}}), columns_of(b, x, c), c.grid);
}

/// convolved_back for windows that are apart: what each window gives, and all of them added up where they overlap.
constexpr int folded_back(Builder& b, int y, int w, const Convolution& c) {
  const Grid& g = c.grid;
  const Shape s = b.shape(y), k = b.shape(w);
  const int n = s.size[0], groups = c.groups, rows = k.size[0] / groups, inner = b.product(k.size + 1, k.rank - 1), places = b.product(s.size + 2, g.rank);
  const int turned = b.transpose(b.reshape(w, Shape{4, {1, groups, rows, inner}}), 2, 3);
  int x = b.dot(b.expand(turned, Shape{4, {n, groups, inner, rows}}), b.reshape(y, Shape{4, {n, groups, rows, places}}));
  Shape windows{2, {n, groups * k.size[1]}};
  int order[max_rank]{0, 1};
  for (int i = 0; i < g.rank; ++i) {
    windows.size[2 + i] = g.kernel[i];
    windows.size[2 + g.rank + i] = g.out[i];
    order[2 + 2 * i] = 2 + g.rank + i;
    order[3 + 2 * i] = 2 + i;
  }
  windows.rank = 2 + 2 * g.rank;
  x = b.permute(b.reshape(x, windows), order);
  for (int i = g.rank - 1; i >= 0; --i) {
    x = unwindowed(b, x, g.in[i] + g.before[i] + g.after[i], 2 + 2 * i, g.stride[i], g.dilation[i]);
    x = b.slice(x, 2 + 2 * i, g.before[i], g.in[i], 1);
  }
  return x;
}

/// What of x's gradient lies at places `phase` of each stride: a convolution of y with every stride-th element of the window, turned
/// around; -1 where none reaches there.
constexpr int phase_back(Builder& b, int y, int w, const Convolution& c, const int* phase) {
  const Grid& g = c.grid;
  Convolution back = c;
  const int zero = b.constant(0, b.dtype(y));
  int turned = b.reshape(w, grouped(b.shape(w), 0, c.groups));
  for (int i = 0; i < g.rank; ++i) {
    const int s = g.stride[i], first = (phase[i] + g.before[i]) % s, taps = (g.kernel[i] - first + s - 1) / s, places = (g.in[i] - phase[i] + s - 1) / s;
    if (first >= g.kernel[i] || places <= 0) return -1;
    const int shift = (phase[i] + g.before[i] - first) / s;
    y = stretched(b, y, 2 + i, (taps - 1) * g.dilation[i] - shift, places + shift - g.out[i], 1, zero);
    turned = b.slice(turned, 3 + i, first + s * (taps - 1), taps, -s);
    back.grid.before[i] = back.grid.after[i] = 0;
    back.grid.stride[i] = 1;
    back.grid.kernel[i] = taps;
    back.grid.in[i] = back.grid.out[i] = places;
  }
  turned = b.transpose(turned, 1, 2);
  const Shape s = b.shape(turned);
  return times_columns(b, b.reshape(turned, Shape{3, {s.size[0], s.size[1], b.product(s.size + 2, s.rank - 2)}}), columns_of(b, y, back), back.grid);
}
inline constexpr int most_phases = 16;

/// x's gradient of y's, which is what a transposed convolution computes: a convolution of y with the window turned around, one for
/// each place in the stride. Where a stride and a dilation meet, each window is added where it was read.
constexpr int convolved_back(Builder& b, int y, int w, const Convolution& c) {
  const Grid& g = c.grid;
  int phases = 1;
  for (int i = 0; i < g.rank; ++i) {
    if (g.stride[i] > most_phases || (g.stride[i] > 1 && g.dilation[i] > 1)) return folded_back(b, y, w, c);
    phases *= g.stride[i];
  }
  if (phases > most_phases) return folded_back(b, y, w, c);
  int part[most_phases]{};
  for (int p = 0; p < phases; ++p) {
    int phase[max_spatial]{};
    for (int i = g.rank - 1, rest = p; i >= 0; rest /= g.stride[i--]) phase[i] = rest % g.stride[i];
    part[p] = phase_back(b, y, w, c, phase);
  }
  for (int i = g.rank - 1; i >= 0; --i) {
    const int s = g.stride[i];
    if (s == 1) continue;
    phases /= s;
    for (int p = 0; p < phases; ++p) {
      int some = -1, missing = 0;
      for (int k = 0; k < s; ++k) {
        if (part[p * s + k] >= 0) some = part[p * s + k];
        else ++missing;
      }
      if (some < 0) {
        part[p] = -1;
        continue;
      }
      Shape to = b.shape(some);
      to.size[2 + i] = g.in[i];
      int r = missing == 0 ? b.empty(to, b.dtype(some)) : b.constant(0, b.dtype(some), to);
      for (int k = 0; k < s; ++k)
        if (part[p * s + k] >= 0) r = b.place(r, part[p * s + k], 2 + i, k, s);
      part[p] = r;
    }
  }
  return part[0];
}

/// w's gradient of y's: over the batch and all places, the windows of x times y; a product with a row for each weight of an
/// output channel, since those are many and windows are read faster along a row.
constexpr int convolved_weight(Builder& b, int x, int y, const Convolution& c, const Shape& weight) {
  const int rank = c.grid.rank, columns = columns_of(b, x, c);
  const Shape s = b.shape(columns);
  int order[max_rank]{};
  for (int i = 0; i <= 1 + rank; ++i) order[i] = 1 + i;
  order[2 + rank] = 0;
  for (int i = 0; i < rank; ++i) order[3 + rank + i] = 3 + rank + i;
  const int inner = b.product(s.size + 2, 1 + rank), n = s.size[0], groups = c.groups, places = b.product(s.size + 3 + rank, rank), rows = weight.size[0] / groups;
  const int sizes[2] = {n, places}, all = b.product(sizes, 2), mixed[4] = {1, 0, 3, 2};
  const int right = b.permute(b.reshape(y, Shape{4, {n, groups, rows, places}}), mixed);
  if (groups == 1) return b.reshape(b.transpose(b.dot(b.reshape(b.permute(columns, order), Shape{2, {inner, all}}), b.reshape(right, Shape{2, {all, rows}})), 0, 1), weight);
  return b.reshape(b.transpose(b.dot(b.reshape(b.permute(columns, order), Shape{3, {groups, inner, all}}), b.reshape(right, Shape{3, {groups, all, rows}})), 1, 2), weight);
}

/// The grid, and what is wrong with it.
template <int D, bool Transposed, class X, class W, auto... Option>
struct conv_rule {
  static constexpr Settings set = settings<Option...>();
  static constexpr bool ranks_fit = W::rank == D + 2 && (X::rank == D + 1 || X::rank == D + 2) && set.fit(D) && static_axes<X>(D) && static_axes<W>(D);
  static constexpr bool batch = X::rank == D + 2;
  static constexpr int groups = set.at(Knob::groups, 0, 1);
  static constexpr int in_channels = ranks_fit ? X::dims(0)[batch ? 1 : 0].size : 0;
  static constexpr int weight_channels = !ranks_fit ? 0 : Transposed ? W::dims(0)[0].size : W::dims(0)[1].size * groups;
  using Channels = channel_sizes<in_channels, weight_channels>;
  static constexpr int out_channels = !ranks_fit ? 0 : Transposed ? W::dims(0)[1].size * groups : W::dims(0)[0].size;
  static constexpr bool groups_divide = groups > 0 && ranks_fit && W::dims(0)[0].size % (groups > 0 ? groups : 1) == 0;
  static constexpr Convolution make() {
    Convolution c;
    c.groups = groups;
    if (!ranks_fit) return c;
    Grid& g = c.grid;
    g.rank = D;
    for (int i = 0; i < D; ++i) {
      g.kernel[i] = W::dims(0)[2 + i].size;
      g.stride[i] = set.at(Knob::stride, i, 1);
      g.dilation[i] = set.at(Knob::dilation, i, 1);
      const bool zeros = set.mode == PadMode::constant;  // a layer puts anything else there itself
      g.before[i] = g.after[i] = zeros ? set.at(Knob::padding, i, 0) : 0;
      if (zeros && set.has(Knob::same)) {
        g.before[i] = (g.reach(i) - 1) / 2;
        g.after[i] = g.reach(i) - 1 - g.before[i];
      }
      const int size = X::dims(0)[X::rank - D + i].size;
      if (Transposed) {
        g.out[i] = size;
        g.in[i] = (size - 1) * g.stride[i] - g.before[i] - g.after[i] + g.reach(i) + set.at(Knob::output_padding, i, 0);
      } else {
        g.in[i] = size;
      }
    }
    if (!Transposed && g.positive()) g.count(false);
    return c;
  }
  static constexpr Convolution conv = make();
  static constexpr bool check() {
    for (int i = 0; i < D; ++i) {
      const int more = set.at(Knob::output_padding, i, 0);
      if (Transposed ? conv.grid.in[i] < 1 || more < 0 || (more >= conv.grid.stride[i] && more >= conv.grid.dilation[i]) : conv.grid.out[i] < 1) return false;
    }
    return conv.grid.positive() && !(set.has(Knob::same) && strided());
  }
  static constexpr bool strided() {
    for (int i = 0; i < D; ++i)
      if (conv.grid.stride[i] != 1) return true;
    return false;
  }
  static constexpr bool window_fits = ranks_fit && check();
  struct shape {
    static constexpr Dims make() {
      Dims r = X::dims(0);
      r[batch ? 1 : 0] = groups == 1 || !Transposed ? W::dims(X::rank)[Transposed ? 1 : 0] : static_dim(out_channels);
      for (int i = 0; i < D; ++i) r[X::rank - D + i] = static_dim(Transposed ? conv.grid.in[i] : conv.grid.out[i]);
      return r;
    }
    static constexpr Dims value = make();
  };
};

/// The region's rule: what x and w receive.
template <const Convolution& C, bool Transposed>
struct conv_gradient {
  static constexpr void run(Builder& b, const Region& r, const int* dy, const bool* needed, int* dx) {
    const int x = r.in[0], w = r.in[1];
    if (needed[0]) dx[0] = Transposed ? convolved(b, dy[0], w, C) : convolved_back(b, dy[0], w, C);
    if (needed[1]) dx[1] = Transposed ? convolved_weight(b, dy[0], x, C, b.shape(w)) : convolved_weight(b, x, dy[0], C, b.shape(w));
  }
};
template <const Convolution& C, bool Transposed>
constexpr int conv_nodes(Builder& b, int x, int w) {
  const auto compute = [&] { return Transposed ? convolved_back(b, x, w, C) : convolved(b, x, w, C); };
  if (b.is_pair(x) || !is_floating(b.dtype(x))) return compute();
  Region r{};
  r.in[0] = x = b.fresh(x);
  r.in[1] = w = b.fresh(w);
  r.inputs = 2;
  r.out[0] = b.fresh(compute());
  r.outputs = 1;
  r.transparent = true;
  r.rule = &conv_gradient<C, Transposed>::run;
  b.add_region(r);
  return r.out[0];
}

template <int D, bool Transposed, auto... Option>
struct conv_fn {
  template <class A, class B>
  constexpr auto operator()(A x, B w) const {
    using X = tracer_of<A>;
    using W = tracer_of<B>;
    using Rule = conv_rule<D, Transposed, X, W, Option...>;
    if constexpr (!Rule::ranks_fit) {
      static_assert(Rule::ranks_fit, "etch: conv: the input must be [N, C, sizes..] or [C, sizes..], the weight [O, C, sizes..], and each option one number or one for each size");
      return Poison{};
    } else if constexpr (dtype_of<typename A::value_type> != dtype_of<typename B::value_type>) {
      static_assert(dtype_of<typename A::value_type> == dtype_of<typename B::value_type>, "etch: conv: input, weight and bias must have one dtype");
      return Poison{};
    } else if constexpr (!Rule::groups_divide || !Rule::Channels::agree) {
      static_assert(Rule::groups_divide, "etch: conv: the groups must divide the channels");
      static_assert(Rule::Channels::agree, "etch: conv: the input must have the channels that weight and groups want");
      return Poison{};
    } else if constexpr (!Rule::window_fits) {
      static_assert(Rule::window_fits, "etch: conv: the kernel must fit into the padded input, and stride, padding and dilation must be possible");
      return Poison{};
    } else {
      constexpr DType d = dtype_of<typename X::value_type>;
      Builder& b = *x.builder;
      Shape s = b.shape(x.id);
      if (!Rule::batch) {
        for (int i = s.rank++; i > 0; --i) s.size[i] = s.size[i - 1];
        s.size[0] = 1;
      }
      const Autocasting rounded(b);
      const int y = rounded(conv_nodes<Rule::conv, Transposed>(b, b.reshape(rounded(x.id), s), rounded(w.id)));
      return result_of<type_of<d>, typename Rule::shape, X, W>{&b, b.reshape(y, b.shape_of(Rule::shape::value))};
    }
  }
  /// y[.., o, p] + bias[o]
  template <class A, class B, class C>
  constexpr auto operator()(A x, B w, C bias) const {
    if constexpr (all_half<A, B, C>) {
      return rounded_once<typename A::value_type, conv_fn>(x, w, bias);
    } else {
      const Autocasting rounded(*x.builder);
      return rounded(biased((*this)(rounded(x), rounded(w)), rounded(bias)));
    }
  }

 private:
  template <class Y, class C>
  static constexpr auto biased(Y y, C bias) {
    if constexpr (std::is_same_v<Y, Poison>) {
      return y;
    } else {
      constexpr bool same_dtype = dtype_of<typename C::value_type> == dtype_of<typename Y::value_type>;
      constexpr bool one_for_each_channel = C::rank == 1 && C::dims(0)[0].is(Y::dims(0)[Y::rank - D - 1].size);
      if constexpr (!same_dtype || !one_for_each_channel) {
        static_assert(same_dtype, "etch: conv: input, weight and bias must have one dtype");
        static_assert(one_for_each_channel, "etch: conv: the bias must have one number for each output channel");
        return Poison{};
      } else {
        Builder& b = *y.builder;
        Shape s;
        s.rank = D + 1;
        for (int i = 0; i <= D; ++i) s.size[i] = i == 0 ? b.shape(bias.id).size[0] : 1;
        const int wide = b.expand(b.reshape(bias.id, s), b.shape(y.id));
        return Y{&b, b.map(Op::add, b.dtype(y.id), y.id, wide)};
      }
    }
  }
};
}  // namespace detail

// conv2d<stride<2>, padding<1>>(x, w, bias): x [N, C, H, W] or [C, H, W], w [O, C / groups, KH, KW], as torch.nn.functional's.
#define ETCH_CONV(name, D, T)                                                                                                                    \
  template <auto... Option, Operand X, Operand W> constexpr auto name(const X& x, const W& w) { return apply<detail::conv_fn<D, T, Option...>>(x, w); } \
  template <auto... Option, Operand X, Operand W, Operand B> constexpr auto name(const X& x, const W& w, const B& bias) { return apply<detail::conv_fn<D, T, Option...>>(x, w, bias); }
ETCH_CONV(conv1d, 1, false)
ETCH_CONV(conv2d, 2, false)
ETCH_CONV(conv3d, 3, false)
ETCH_CONV(conv_transpose1d, 1, true)
ETCH_CONV(conv_transpose2d, 2, true)
ETCH_CONV(conv_transpose3d, 3, true)
#undef ETCH_CONV

namespace detail {
template <int Padding>
struct conv_tbc_fn {
  constexpr auto operator()(auto x, auto w, auto bias) const { return permute<2, 0, 1>(conv_fn<1, false, padding<Padding>>{}(permute<1, 2, 0>(x), permute<2, 1, 0>(w), bias)); }
};
}  // namespace detail
/// torch.conv_tbc: x [T, B, C], w [K, C, O], bias [O] -> [T', B, O].
template <int Padding = 0, Operand X, Operand W, Operand B>
constexpr auto conv_tbc(const X& x, const W& w, const B& bias) {
  return apply<detail::conv_tbc_fn<Padding>>(x, w, bias);
}

}  // namespace ETCH_ABI
}  // namespace etch
