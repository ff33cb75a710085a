// Windows of images as columns, and back: unfold<3, padding<1>>(x) is [N, C KH KW, L], fold adds the columns up again.
#pragma once

#include <etch/graph/window.hpp>
#include <etch/ops/pool.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace detail {

/// The grid over [N, C, H, W] or [C, H, W]; a stride of 1 unless told otherwise.
template <class X, auto... Option>
struct unfold_rule {
  static constexpr Settings set = settings<Option...>();
  static constexpr bool ranks_fit = (X::rank == 3 || X::rank == 4) && set.has(Knob::kernel) && set.fit(2) && static_axes<X>(3);
  static constexpr Grid grid_over(int height, int width) {
    Grid g;
    g.rank = 2;
    for (int i = 0; i < 2; ++i) {
      g.in[i] = i == 0 ? height : width;
      g.kernel[i] = set.at(Knob::kernel, i, 1);
      g.stride[i] = set.at(Knob::stride, i, 1);
      g.dilation[i] = set.at(Knob::dilation, i, 1);
      g.before[i] = g.after[i] = set.at(Knob::padding, i, 0);
    }
    if (g.positive()) g.count(false);
    return g;
  }
  static constexpr Grid grid = ranks_fit ? grid_over(X::dims(0)[X::rank - 2].size, X::dims(0)[X::rank - 1].size) : Grid{};
  static constexpr bool window_fits = ranks_fit && grid.positive() && grid.fits();
  static constexpr Dims make() {
    Dims r;
    for (int i = 0; i + 2 < X::rank; ++i) r.push(X::dims(0)[i]);
    r.push(static_dim(grid.windows()));
    r[r.rank - 2] = static_dim(r[r.rank - 2].size * grid.elements());
    return r;
  }
  static constexpr Dims value = make();
};
template <auto... Option>
struct unfold_columns_fn {
  template <class X>
  constexpr auto operator()(X x) const {
    using Rule = unfold_rule<X, Option...>;
    if constexpr (!Rule::window_fits) {
      static_assert(Rule::window_fits, "etch: unfold: the input must be [N, C, H, W] or [C, H, W] of static sizes, and the window fit into it");
      return Poison{};
    } else {
      Builder& b = *x.builder;
      const int w = windows(b, x.id, Rule::grid, b.constant(0, b.dtype(x.id)), true);
      return result_of<typename X::value_type, Rule, X>{&b, b.reshape(w, b.shape_of(Rule::value))};
    }
  }
};

template <class X, auto... Option>
struct fold_rule {
  static constexpr Settings set = settings<Option...>();
  static constexpr bool ranks_fit = (X::rank == 2 || X::rank == 3) && set.has(Knob::kernel) && set.has(Knob::output_size) && set.fit(2) && static_axes<X>(2);
  static constexpr Grid make() {
    if (!ranks_fit) return Grid{};
    using Image = Tracer<float, 1, 1, 1>;
    return unfold_rule<Image, Option...>::grid_over(set.at(Knob::output_size, 0, 1), set.at(Knob::output_size, 1, 1));
  }
  static constexpr Grid grid = make();
  static constexpr bool check() {
    return ranks_fit && grid.positive() && grid.fits() && X::dims(0)[X::rank - 1].is(grid.windows()) && X::dims(0)[X::rank - 2].size % grid.elements() == 0;
  }
  static constexpr bool columns_fit = check();
  static constexpr Dims make_shape() {
    Dims r;
    for (int i = 0; i + 1 < X::rank; ++i) r.push(X::dims(0)[i]);
    if (!columns_fit) return r;
    r[r.rank - 1] = static_dim(r[r.rank - 1].size / grid.elements());
    r.push(static_dim(grid.in[0]));
    r.push(static_dim(grid.in[1]));
    return r;
  }
  static constexpr Dims value = make_shape();
};
template <auto... Option>
struct fold_fn {
  template <class X>
  constexpr auto operator()(X x) const {
    using Rule = fold_rule<X, Option...>;
    if constexpr (!Rule::columns_fit) {
      static_assert(Rule::columns_fit, "etch: fold: the input must be [N, C KH KW, L] or [C KH KW, L] with a column for each window of the output, whose size is given");
      return Poison{};
    } else {
      Builder& b = *x.builder;
      constexpr Grid g = Rule::grid;
      const Shape to = b.shape_of(Rule::value);
      Shape s = to;
      s.rank -= 2;
      const int first = s.rank;
      const int sizes[4] = {g.kernel[0], g.kernel[1], g.out[0], g.out[1]};
      for (int n : sizes) s.size[s.rank++] = n;
      int order[max_rank]{};
      for (int i = 0; i < first; ++i) order[i] = i;
      const int back[4] = {2, 0, 3, 1};
      for (int i = 0; i < 4; ++i) order[first + i] = first + back[i];
      int y = b.permute(b.reshape(x.id, s), order);
      for (int i = 1; i >= 0; --i) {
        const int axis = first + 2 * i;
        y = unwindowed(b, y, g.in[i] + g.before[i] + g.after[i], axis, g.stride[i], g.dilation[i]);
        y = b.slice(y, axis, g.before[i], g.in[i], 1);
      }
      return result_of<typename X::value_type, Rule, X>{&b, y};
    }
  }
};
}  // namespace detail

/// Windows of the last two axes as columns: `unfold<ints<2, 3>{}, stride<2>>(x)`.
template <auto Kernel, auto... Option, Operand X>
  requires(sizeof...(Option) == 0 || !(std::is_same_v<decltype(Option), int> || ...))
constexpr auto unfold(const X& x) { return apply<detail::unfold_columns_fn<Kernel, Option...>>(x); }
/// Columns added up where they came from: `fold<2, output_size<4, 5>>(x)`.
template <auto... Option, Operand X> constexpr auto fold(const X& x) { return apply<detail::fold_fn<Option...>>(x); }

}  // namespace ETCH_ABI
}  // namespace etch
