// What convolution, pooling and folding share: how a window moves over the last axes, said among the template arguments.
//
//   conv2d<stride<2>, padding<1>>(x, w)   max_pool2d<3, stride<2>, ceil_mode>(x)   avg_pool2d<ints<2, 3>{}, padding<1>>(x)
//
// Windows are views (Op::window): position i, element k of a window is x[i stride + k dilation - padding].
#pragma once

#include <etch/ops/join.hpp>
#include <etch/ops/pad.hpp>

namespace etch {
inline namespace ETCH_ABI {

/// What a window is told.
enum class Knob : std::uint8_t { kernel, stride, padding, dilation, output_padding, groups, divisor, same, ceil, exclude_padding, no_bias, return_indices, output_size, samples, count };
template <Knob K, int... N>
struct Setting {};
/// Elements from one window to the next: one number, or one for each axis. A pool's is its kernel size.
template <int... N> inline constexpr Setting<Knob::stride, N...> stride{};
/// Elements added on both sides of each axis.
template <int... N> inline constexpr Setting<Knob::padding, N...> padding{};
/// Padding such that as much comes out as goes in: PyTorch's "same".
inline constexpr Setting<Knob::same, 1> padding_same{};
/// Elements from one element of a window to the next.
template <int... N> inline constexpr Setting<Knob::dilation, N...> dilation{};
/// Elements a transposed convolution adds at the end of each axis.
template <int... N> inline constexpr Setting<Knob::output_padding, N...> output_padding{};
/// Channels in so many groups that do not see each other.
template <int N> inline constexpr Setting<Knob::groups, N> groups{};
/// A last window that begins within the input may reach beyond it.
inline constexpr Setting<Knob::ceil, 1> ceil_mode{};
/// Whether an average counts the padding.
template <bool B> inline constexpr Setting<Knob::exclude_padding, !B> count_include_pad{};
/// What an average divides by.
template <int N> inline constexpr Setting<Knob::divisor, N> divisor_override{};
/// What comes out, of several sizes that may.
template <int... N> inline constexpr Setting<Knob::output_size, N...> output_size{};
/// A layer without a bias.
inline constexpr Setting<Knob::no_bias, 1> no_bias{};
/// The shape of samples that a fractional pooling layer keeps.
template <int... N> inline constexpr Setting<Knob::samples, N...> random_samples{};
/// A pooling layer that returns (values, indices).
inline constexpr Setting<Knob::return_indices, 1> return_indices{};

template <class T>
struct ElementType {};
/// Among the arguments of a layer: the type of its parameters, where it is not float. A `PadMode` says what its padding holds.
template <class T> inline constexpr ElementType<T> element{};

namespace detail {

inline constexpr int max_spatial = 3;

/// The settings of one call; a plain number or `ints` is the kernel size.
struct Settings {
  int given[static_cast<int>(Knob::count)]{};
  int value[static_cast<int>(Knob::count)][max_spatial]{};
  PadMode mode = PadMode::constant;
  template <Knob K, int... N>
  constexpr void add(Setting<K, N...>) {
    put(K, sizeof...(N), ints<N...>::at);
  }
  template <int... N>
  constexpr void add(ints<N...>) {
    put(Knob::kernel, sizeof...(N), ints<N...>::at);
  }
  template <class T>
  constexpr void add(ElementType<T>) {}
  constexpr void add(PadMode m) { mode = m; }
  constexpr void add(int n) { put(Knob::kernel, 1, &n); }
  constexpr void put(Knob k, int count, const int* n) {
    given[static_cast<int>(k)] = count;
    for (int i = 0; i < count && i < max_spatial; ++i) value[static_cast<int>(k)][i] = n[i];
  }
  constexpr bool has(Knob k) const { return given[static_cast<int>(k)] != 0; }
  constexpr int at(Knob k, int axis, int otherwise) const {
    const int n = given[static_cast<int>(k)];
    return n == 0 ? otherwise : value[static_cast<int>(k)][n == 1 ? 0 : axis];
  }
  /// Whether each is one number or one for each of `rank` axes.
  constexpr bool fit(int rank) const {
    for (int k = 0; k < static_cast<int>(Knob::samples); ++k)
      if (given[k] > 1 && given[k] != rank) return false;
    return true;
  }
};
template <auto... Option>
constexpr Settings settings() {
  Settings s;
  (s.add(Option), ...);
  return s;
}

template <class... Option>
struct element_in {
  using type = float;
};
template <class T, class... Rest>
struct element_in<ElementType<T>, Rest...> {
  using type = T;
};
template <class First, class... Rest>
struct element_in<First, Rest...> : element_in<Rest...> {};
/// The element type among the options, float without one.
template <auto... Option>
using element_type = typename element_in<std::remove_const_t<decltype(Option)>...>::type;

/// Windows over the last `rank` axes: `in` elements, `before` and `after` added, `out` windows.
struct Grid {
  int rank = 0;
  int in[max_spatial]{}, before[max_spatial]{}, after[max_spatial]{};
  int kernel[max_spatial]{}, stride[max_spatial]{}, dilation[max_spatial]{}, out[max_spatial]{};
  constexpr int reach(int i) const { return (kernel[i] - 1) * dilation[i] + 1; }
  /// Windows that fit, or, with `ceil`, that begin before the end of the input; then the rest is added behind.
  constexpr void count(bool ceil) {
    for (int i = 0; i < rank; ++i) {
      const int room = in[i] + before[i] + after[i] - reach(i);
      out[i] = room < 0 ? 0 : room / stride[i] + 1;
      if (ceil && room >= 0 && room % stride[i] != 0 && out[i] * stride[i] < in[i] + before[i]) ++out[i];
      const int missing = (out[i] - 1) * stride[i] + reach(i) - in[i] - before[i] - after[i];
      if (missing > 0) after[i] += missing;
    }
  }
  constexpr bool positive() const {
    for (int i = 0; i < rank; ++i)
      if (kernel[i] < 1 || stride[i] < 1 || dilation[i] < 1 || before[i] < 0) return false;
    return true;
  }
  constexpr bool fits() const {
    for (int i = 0; i < rank; ++i)
      if (out[i] < 1) return false;
    return true;
  }
  constexpr int elements() const { return product(kernel); }
  constexpr int windows() const { return product(out); }
  constexpr int product(const int* n) const {
    int p = 1;
    for (int i = 0; i < rank; ++i) p *= n[i];
    return p;
  }
};

/// `x` with `before` and `after` elements of `value` added to axis `axis`, every element followed by `step` - 1 more; cut off where negative.
constexpr int stretched(Builder& b, int x, int axis, int before, int after, int step, int value) {
  Shape s = b.shape(x);
  const int length = (s.size[axis] - 1) * step + 1, cut_before = before < 0 ? -before : 0, cut_after = after < 0 ? -after : 0;
  if (before == 0 && after == 0 && step == 1) return x;
  s.size[axis] = length + before + cut_before + after + cut_after;
  x = b.place(b.expand(value, s), x, axis, before + cut_before, step);
  return b.slice(x, axis, cut_before, s.size[axis] - cut_before - cut_after, 1);
}

/// The windows of a grid over the last axes of `x`, padded with `value`: [.., o1, k1, o2, k2, ..].
constexpr int interleaved_windows(Builder& b, int x, const Grid& g, int value) {
  const int first = b.shape(x).rank - g.rank;
  for (int i = 0; i < g.rank; ++i) x = stretched(b, x, first + i, g.before[i], g.after[i], 1, value);
  for (int i = g.rank - 1; i >= 0; --i) x = b.window(x, first + i, g.out[i], g.kernel[i], g.stride[i], g.dilation[i]);
  return x;
}
/// The same as [.., o1, o2, .., k1, k2, ..], or with the elements of a window first.
constexpr int windows(Builder& b, int x, const Grid& g, int value, bool elements_first = false) {
  const int r = interleaved_windows(b, x, g, value), first = b.shape(r).rank - 2 * g.rank;
  int order[max_rank]{};
  for (int i = 0; i < first; ++i) order[i] = i;
  for (int i = 0; i < g.rank; ++i) {
    order[first + i] = first + 2 * i + (elements_first ? 1 : 0);
    order[first + g.rank + i] = first + 2 * i + (elements_first ? 0 : 1);
  }
  return b.permute(r, order);
}

/// X's shape with the last axes replaced by `size`.
template <class X, class Rule>
struct spatial_shape {
  static constexpr Dims make() {
    Dims r = X::dims(0);
    for (int i = 0; i < Rule::grid.rank; ++i) r[X::rank - Rule::grid.rank + i] = static_dim(Rule::grid.out[i]);
    return r;
  }
  static constexpr Dims value = make();
};
/// Whether the last `rank` axes have sizes known to the compiler.
template <class X>
constexpr bool static_axes(int rank) {
  const Dims d = X::dims(0);
  for (int i = 0; i < rank; ++i)
    if (X::rank < rank || d[X::rank - 1 - i].bounded) return false;
  return true;
}

}  // namespace detail
}  // namespace ETCH_ABI
}  // namespace etch
