// Axes made longer at their ends, by a number or by what is there; or cut shorter.
//
//   pad<2, 1>(abcd) = ..abcd.     reflect: cbabcdc     replicate: aaabcdd     circular: cdabcda
#pragma once

#include <etch/ops/pointwise.hpp>

namespace etch {
inline namespace ETCH_ABI {

/// What `pad` puts at the ends of an axis.
enum class PadMode { constant, reflect, replicate, circular };

namespace detail {

/// Axis rank - 1 - k grows by Pads[2k] in front and Pads[2k + 1] behind; negative numbers cut off.
template <class X, int... Pads>
struct padded {
  static constexpr int pairs = sizeof...(Pads) / 2;
  static constexpr int at(int i) {
    const int p[] = {Pads..., 0};
    return p[i];
  }
  static constexpr bool pairs_fit = sizeof...(Pads) % 2 == 0 && pairs <= X::rank;
  static constexpr bool check() {
    bool ok = pairs_fit;
    for (int k = 0; ok && k < pairs; ++k) {
      const Dim d = X::dims(0)[X::rank - 1 - k];
      ok = !d.bounded && (at(2 * k) > 0 ? 0 : at(2 * k)) + (at(2 * k + 1) > 0 ? 0 : at(2 * k + 1)) + d.size >= 0;
    }
    return ok;
  }
  static constexpr bool sizes_stay_positive = check();
  /// Whether there are enough elements to be mirrored, repeated or gone around.
  static constexpr bool fits(PadMode mode) {
    for (int k = 0; sizes_stay_positive && mode != PadMode::constant && k < pairs; ++k) {
      const int before = at(2 * k), after = at(2 * k + 1), most = before > after ? before : after, n = X::dims(0)[X::rank - 1 - k].size;
      const int left = n + (before < 0 ? before : 0) + (after < 0 ? after : 0);
      if (most > 0 && most > (mode == PadMode::reflect ? n - 1 : mode == PadMode::circular ? left : n == 0 ? 0 : most)) return false;
    }
    return true;
  }
  static constexpr Dims make() {
    Dims r = X::dims(0);
    for (int k = 0; sizes_stay_positive && k < pairs; ++k)
      if (at(2 * k) != 0 || at(2 * k + 1) != 0) r[X::rank - 1 - k] = static_dim(r[X::rank - 1 - k].size + at(2 * k) + at(2 * k + 1));
    return r;
  }
  static constexpr Dims value = make();
};

/// One axis padded; what is cut off is still mirrored and repeated, but not gone around.
constexpr int pad_axis(Builder& b, int x, int axis, int before, int after, PadMode mode, int fill) {
  const int n = b.shape(x).size[axis], cut_before = before < 0 ? -before : 0, cut_after = after < 0 ? -after : 0;
  const int middle = b.slice(x, axis, cut_before, n - cut_before - cut_after, 1), left = b.shape(middle).size[axis];
  before += cut_before;
  after += cut_after;
  if (before == 0 && after == 0) return middle;
  Shape s = b.shape(middle);
  s.size[axis] += before + after;
  auto end = [&](int first, int count) {  // `count` elements in front or behind
    switch (mode) {
      case PadMode::reflect: return b.slice(x, axis, first ? count : n - 2, count, -1);
      case PadMode::constant: {
        Shape strip = s;
        strip.size[axis] = count;
        return b.expand(fill, strip);
      }
      case PadMode::circular: return b.slice(middle, axis, first ? left - count : 0, count, 1);
      default: {
        Shape wide = b.shape(x);
        wide.size[axis] = count;
        return b.expand(b.slice(x, axis, first ? 0 : n - 1, 1, 1), wide);
      }
    }
  };
  int r = b.place(b.empty(s, b.dtype(x)), middle, axis, before, 1);
  if (before > 0) r = b.place(r, end(1, before), axis, 0, 1);
  if (after > 0) r = b.place(r, end(0, after), axis, before + left, 1);
  return r;
}
template <PadMode Mode, int... Pads>
struct pad_fn {
  template <class X, class V>
  constexpr auto operator()(X x, V value) const {
    using Rule = padded<X, Pads...>;
    if constexpr (!Rule::pairs_fit || !Rule::sizes_stay_positive) {
      static_assert(Rule::pairs_fit, "etch: pad: there must be two numbers for each axis, from the last, and no more axes than x has");
      static_assert(Rule::sizes_stay_positive, "etch: pad: axes must have static sizes, and not be cut below 0");
      return Poison{};
    } else if constexpr (!Rule::fits(Mode)) {
      static_assert(Rule::fits(Mode), "etch: pad: the axis must hold the elements that are reflected (beside the edge), repeated or gone around");
      return Poison{};
    } else {
      Builder& b = *x.builder;
      const int fill = b.cast(value.id, b.dtype(x.id));
      int r = x.id;
      if constexpr (capacity(Rule::value) == 0) r = b.constant(0, b.dtype(r), b.shape_of(Rule::value));
      else
        for (int k = 0; k < Rule::pairs; ++k) r = pad_axis(b, r, X::rank - 1 - k, Rule::at(2 * k), Rule::at(2 * k + 1), Mode, fill);
      return result_of<typename X::value_type, Rule, X>{&b, r};
    }
  }
};
}  // namespace detail

/// x longer by Pads: the numbers of elements before and behind the last axis, the one before it, and so on. They are `value`;
/// or, `pad<PadMode::reflect, 1, 2>(x)`, what is there mirrored, repeated or gone around.
template <int... Pads, Operand X, OperandOrNumber V = int>
constexpr auto pad(const X& x, const V& value = 0) {
  return apply<detail::pad_fn<PadMode::constant, Pads...>>(x, value);
}
template <PadMode Mode, int... Pads, Operand X, OperandOrNumber V = int>
constexpr auto pad(const X& x, const V& value = 0) {
  return apply<detail::pad_fn<Mode, Pads...>>(x, value);
}
template <int... Pads, Operand X, OperandOrNumber V = int>
constexpr auto constant_pad_nd(const X& x, const V& value = 0) {
  return pad<Pads...>(x, value);
}

}  // namespace ETCH_ABI
}  // namespace etch
