// A layer whose weight is computed from other parameters each time it is called: torch.nn.utils.parametrizations.
//
//   WeightNorm<Linear<3, 4>>     weight = g v / |v|                             parametrizations.weight.original0, original1: g and v
//   SpectralNorm<Linear<3, 4>>   weight = w / (u^T w v), in training after      parametrizations.weight.original: w; .0._u, .0._v: buffers
//                                u <- w v / |w v|, v <- w^T u / |w^T u|
#pragma once

#include <etch/nn/conv.hpp>
#include <etch/nn/weight_norm.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace nn {
namespace detail {

/// What a weight is computed from, and what PyTorch calls it.
enum class Parametrization { weight_norm, spectral_norm, pruned };
inline constexpr const char* parametrized_weight[] = {"parametrizations.weight.original1", "parametrizations.weight.original", "weight_orig"};
inline constexpr const char* parametrized_more[] = {", parametrizations.weight.original0", ", parametrizations.weight.0._u, parametrizations.weight.0._v", ", weight_mask"};

/// Layer's names with that of its weight and of what comes with it as a parametrization has them.
template <class Layer, Parametrization By>
struct ParametrizedNames {
  static constexpr const char *weight = parametrized_weight[static_cast<int>(By)], *more = parametrized_more[static_cast<int>(By)];
  static constexpr int length(const char* c) { return *c == '\0' ? 0 : 1 + length(c + 1); }
  char at[length(Layer::etch_names) + length(weight) + length(more) + 1]{};
  constexpr ParametrizedNames() {
    int n = 0;
    const auto add = [&](const char* c) {
      for (; *c != '\0'; ++c) at[n++] = *c;
    };
    for (const char* name = Layer::etch_names; *name != '\0';) {
      const char* end = name;
      while (*end != '\0' && *end != ',' && *end != ' ') ++end;
      bool is_weight = end - name == 6;
      for (int i = 0; i < 6 && is_weight; ++i) is_weight = name[i] == "weight"[i];
      if (is_weight) add(weight), name = end;
      for (; name != end; ++name) at[n++] = *name;
      for (; *name == ',' || *name == ' '; ++name) at[n++] = *name;
    }
    add(more);
  }
};
template <class Layer, Parametrization By>
inline constexpr ParametrizedNames<Layer, By> parametrized_names{};

/// What takes part beside a weight [D..]: one number for each place on its axis, or one in all; vectors of the axis and of the others together.
template <class W, int Axis>
struct ParametrizedParts;
template <Role R, class T, auto... D, int Axis>
struct ParametrizedParts<ModuleTensor<R, T, D...>, Axis> {
  static constexpr Dims dims = dims_of<D...>();
  static constexpr int axis = Axis < 0 ? Axis + dims.rank : Axis;
  static constexpr bool exists = axis >= 0 && axis < dims.rank;
  static_assert(exists, "etch: parametrizations: the axis must be one of the weight's");
  static constexpr int rows = exists ? dims[axis].size : 1, columns = rows > 0 ? ModuleTensor<R, T, D...>::numel() / rows : 0;
  static constexpr int inner() {
    int n = 1;
    for (int i = axis + 1; i < dims.rank; ++i) n *= dims[i].size;
    return n;
  }
  template <class I>
  struct sized;
  template <std::size_t... I>
  struct sized<std::index_sequence<I...>> {
    using type = Param<T, (static_cast<int>(I) == axis ? dims[static_cast<int>(I)].size : 1)...>;
  };
  using per_row = typename sized<std::make_index_sequence<sizeof...(D)>>::type;
  using one = Param<T>;
  using left = ModuleBuffer<T, rows>;
  using right = ModuleBuffer<T, columns>;
  /// f(row, column, value) of each element, the axis being the rows.
  template <class W, class F>
  static void each(const W& w, F f) {
    for (int i = 0; i < rows * columns; ++i) f(i / inner() % rows, i / (inner() * rows) * inner() + i % inner(), static_cast<double>(w.data()[i]));
  }
};

/// Calls the layer with `weight` in its weight's place.
template <class Layer, class W, class X, class... More>
constexpr auto called_with(const Layer& layer, W weight, X x, More... more) {
  auto& b = *x.builder;
  const auto before = b.stand_in({&layer.weight, weight.id});
  const auto y = layer(x, more...);
  b.stand_in(before);
  return y;
}
/// to = values / |values|
template <class V>
void store_unit(const double* values, V& to) {
  double s = 0;
  for (int i = 0; i < V::numel(); ++i) s += values[i] * values[i];
  const double length = s > 1e-24 ? __builtin_sqrt(s) : 1e-12;
  for (int i = 0; i < V::numel(); ++i) to.data()[i] = static_cast<typename V::value_type>(values[i] / length);
}
/// The axis of a weight that holds the output's channels.
template <class Layer>
inline constexpr int output_axis = 0;
template <bool Bias, int D, auto In, auto Out, auto Kernel, auto... Option>
inline constexpr int output_axis<ConvModule<Bias, D, true, In, Out, Kernel, Option...>> = 1;

template <class Layer>
concept Weighted = requires(const Layer& layer) { layer.weight.data(); };
struct NoWeight {
  Param<float, 1, 1> weight;
};
/// Layer, where it has a weight.
template <class Layer>
struct weighted {
  static_assert(Weighted<Layer>, "etch: parametrizations: the layer must have a parameter named weight");
  using type = decltype(std::conditional_t<Weighted<Layer>, Layer, NoWeight>::weight);
};

}  // namespace detail

/// A value of `Axis` that stands for all axes together: PyTorch's `dim=None`.
inline constexpr int all_axes = -1;

/// torch.nn.utils.parametrizations.weight_norm(Layer, dim=Axis): a length for each place on the axis of the weight, and directions.
template <class Layer, int Axis = 0>
struct WeightNorm {
  using Parts = detail::ParametrizedParts<typename detail::weighted<Layer>::type, Axis>;
  Layer layer;
  std::conditional_t<Axis == all_axes, typename Parts::one, typename Parts::per_row> length;

  static constexpr const char* etch_names = detail::parametrized_names<Layer, detail::Parametrization::weight_norm>.at;
  constexpr void etch_members(auto&& f) const { layer.etch_members(f), f(length); }
  constexpr void etch_members(auto&& f) { layer.etch_members(f), f(length); }
  constexpr auto operator()(const auto&... x) const { return forward(x...); }
  constexpr auto forward(auto x, auto... more) const { return detail::called_with(layer, utils::weight_norm<Axis>(etch::detail::lower(x.builder, layer.weight), etch::detail::lower(x.builder, length)), x, more...); }
  /// The weight is the layer's own.
  void reset_parameters(Generator& g)
    requires detail::Weighted<Layer>
  {
    if constexpr (requires { layer.reset_parameters(g); }) layer.reset_parameters(g);
    constexpr int count = Axis == all_axes ? 1 : Parts::rows;
    double square[count > 0 ? count : 1]{};
    Parts::each(layer.weight, [&](int row, int, double w) { square[Axis == all_axes ? 0 : row] += w * w; });
    for (int i = 0; i < count; ++i) length.data()[i] = static_cast<typename decltype(length)::value_type>(__builtin_sqrt(square[i]));
  }
};

/// torch.nn.utils.parametrizations.spectral_norm(Layer, n_power_iterations, eps, dim): the weight over its largest singular value.
template <class Layer, int Iterations = 1, auto Eps = 1e-12, int Axis = detail::output_axis<Layer>>
struct SpectralNorm {
  using Parts = detail::ParametrizedParts<typename detail::weighted<Layer>::type, Axis>;
  Layer layer;
  typename Parts::left u;
  typename Parts::right v;

  static constexpr const char* etch_names = detail::parametrized_names<Layer, detail::Parametrization::spectral_norm>.at;
  constexpr void etch_members(auto&& f) const { layer.etch_members(f), f(u), f(v); }
  constexpr void etch_members(auto&& f) { layer.etch_members(f), f(u), f(v); }
  constexpr auto operator()(const auto&... x) const { return forward(x...); }
  constexpr auto forward(auto x, auto... more) const {
    const auto w = etch::detail::lower(x.builder, layer.weight);
    const auto left = latest(*x.builder, u);  // a layer that is called twice goes on from the first call
    const auto right = latest(*x.builder, v);
    if (!x.training()) return detail::called_with(layer, etch::detail::spectral_norm_fn<0, Axis, true>{}(w, left, right, Eps).template get<0>(), x, more...);
    const auto all = etch::detail::spectral_norm_fn<Iterations, Axis, true>{}(w, left, right, Eps);
    assign(u, all.template get<1>());
    assign(v, all.template get<2>());
    return detail::called_with(layer, all.template get<0>(), x, more...);
  }
  /// The layer's own weight; vectors after fifteen steps from random ones.
  void reset_parameters(Generator& g)
    requires detail::Weighted<Layer>
  {
    if constexpr (requires { layer.reset_parameters(g); }) layer.reset_parameters(g);
    init::normal_(v, g);
    const Storage sums(sizeof(double) * (Parts::rows + Parts::columns));
    double *const left = static_cast<double*>(sums.data()), *const right = left + Parts::rows;
    for (int i = 0; i < Parts::columns; ++i) right[i] = static_cast<double>(v.data()[i]);
    detail::store_unit(right, v);
    for (int n = 0; n < 15; ++n) {
      for (int i = 0; i < Parts::rows; ++i) left[i] = 0;
      Parts::each(layer.weight, [&](int row, int column, double w) { left[row] += w * static_cast<double>(v.data()[column]); });
      detail::store_unit(left, u);
      for (int i = 0; i < Parts::columns; ++i) right[i] = 0;
      Parts::each(layer.weight, [&](int row, int column, double w) { right[column] += w * static_cast<double>(u.data()[row]); });
      detail::store_unit(right, v);
    }
  }
};

}  // namespace nn
}  // namespace ETCH_ABI
}  // namespace etch
