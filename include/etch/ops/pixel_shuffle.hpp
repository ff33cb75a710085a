// Channels to pixels and back, and channels among groups: reshapes and permutations, nothing is computed.
#pragma once

#include <etch/ops/spatial.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace detail {

template <class X, int R, bool Up>
struct pixel_rule {
  static constexpr int channels = X::rank >= 3 ? X::dims(0)[X::rank - 3].size : 0, height = X::rank >= 3 ? X::dims(0)[X::rank - 2].size : 0, width = X::rank >= 3 ? X::dims(0)[X::rank - 1].size : 0;
  static constexpr bool divides = X::rank >= 3 && R >= 1 && static_axes<X>(X::rank >= 3 ? 3 : 0) && (Up ? channels % (R * R) == 0 : height % R == 0 && width % R == 0);
  static constexpr Dims make() {
    Dims r = X::dims(0);
    if (!divides) return r;
    r[X::rank - 3] = static_dim(Up ? channels / (R * R) : channels * R * R);
    r[X::rank - 2] = static_dim(Up ? height * R : height / R);
    r[X::rank - 1] = static_dim(Up ? width * R : width / R);
    return r;
  }
  static constexpr Dims value = make();
};
/// [.., C r r, H, W] -> [.., C, H r, W r], or back.
template <int R, bool Up>
struct pixel_fn {
  template <class X>
  constexpr auto operator()(X x) const {
    using Rule = pixel_rule<X, R, Up>;
    if constexpr (!Rule::divides) {
      static_assert(Rule::divides, "etch: pixel_shuffle: the input must be [.., C, H, W], the factor squared divide C (or, back, H and W)");
      return Poison{};
    } else {
      Builder& b = *x.builder;
      Shape s = b.shape(x.id);
      const int first = s.rank - 3;
      const int c = Rule::channels, h = Rule::height, w = Rule::width;
      const int up[5] = {c / (R * R), R, R, h, w}, down[5] = {c, h / R, R, w / R, R}, spread[5] = {0, 3, 1, 4, 2}, gather[5] = {0, 2, 4, 1, 3};
      s.rank = first + 5;
      int order[max_rank]{};
      for (int i = 0; i < first; ++i) order[i] = i;
      for (int i = 0; i < 5; ++i) {
        s.size[first + i] = Up ? up[i] : down[i];
        order[first + i] = first + (Up ? spread[i] : gather[i]);
      }
      return result_of<typename X::value_type, Rule, X>{&b, b.reshape(b.permute(b.reshape(x.id, s), order), b.shape_of(Rule::value))};
    }
  }
};
template <int Groups>
struct channel_shuffle_fn {
  template <class A>
  constexpr auto operator()(A x) const {
    using X = tracer_of<A>;
    constexpr bool divides = X::rank >= 3 && Groups >= 1 && X::dims(0)[X::rank >= 3 ? 1 : 0].size % (Groups >= 1 ? Groups : 1) == 0;
    if constexpr (!divides) {
      static_assert(divides, "etch: channel_shuffle: the input must be [N, C, sizes..] and the groups divide C");
      return Poison{};
    } else {
      Builder& b = *x.builder;
      const Shape to = b.shape(x.id);
      Shape s = to;
      for (int i = s.rank++; i > 1; --i) s.size[i] = s.size[i - 1];
      s.size[1] = Groups;
      s.size[2] /= Groups;
      return X{&b, b.reshape(b.transpose(b.reshape(x.id, s), 1, 2), to)};
    }
  }
};
}  // namespace detail

/// R x R channels become R x R pixels.
template <int R, Operand X> constexpr auto pixel_shuffle(const X& x) { return apply<detail::pixel_fn<R, true>>(x); }
/// R x R pixels become R x R channels.
template <int R, Operand X> constexpr auto pixel_unshuffle(const X& x) { return apply<detail::pixel_fn<R, false>>(x); }
/// Channel g k + i becomes channel i G + g.
template <int Groups, Operand X> constexpr auto channel_shuffle(const X& x) { return apply<detail::channel_shuffle_fn<Groups>>(x); }

}  // namespace ETCH_ABI
}  // namespace etch
