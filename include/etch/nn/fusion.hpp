// A trained layer that does what it and the batch normalisation behind it do in evaluation: torch.nn.utils.fusion.
//
//   w' = w gamma / sqrt(var + eps),   b' = (b - mean) gamma / sqrt(var + eps) + beta
#pragma once

#include <etch/model/make.hpp>
#include <etch/nn/conv.hpp>
#include <etch/nn/linear.hpp>
#include <etch/nn/norm.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace nn {
namespace detail {

/// The layer with a bias, and where the output's channels lie in its weight: [in, out / groups, ..] where it is transposed.
template <class Layer>
struct fused_layer;
template <bool Bias, int D, bool T, auto In, auto Out, auto Kernel, auto... Option>
struct fused_layer<ConvModule<Bias, D, T, In, Out, Kernel, Option...>> {
  using type = ConvModule<true, D, T, In, Out, Kernel, Option...>;
  static constexpr bool transposed = T;
};
template <auto In, auto Out, bool Bias, class T>
struct fused_layer<Linear<In, Out, Bias, T>> {
  using type = Linear<In, Out, true, T>;
  static constexpr bool transposed = false;
};
template <class N>
struct norm_eps;
template <int D, bool Batch, bool W, bool B, bool Track, auto C, auto... Option>
struct norm_eps<Norm<D, Batch, W, B, Track, C, Option...>> {
  static constexpr double value = etch::detail::norm_settings<Batch, Batch, Option...>().eps;
};

template <class Layer, class N>
auto fused(const Layer& layer, const N& norm) {
  using Rule = fused_layer<Layer>;
  using To = typename Rule::type;
  Model<To> model{Storage(sizeof(To))};
  using T = typename decltype(To::bias)::value_type;
  const int channels = model->bias.size(0), rows = layer.weight.size(0), columns = layer.weight.size(1), inner = layer.weight.numel() / (rows * columns);
  const auto scale = [&](int c) {
    double gamma = 1;
    if constexpr (requires { norm.weight; }) gamma = static_cast<double>(norm.weight.data()[c]);
    return gamma / __builtin_sqrt(static_cast<double>(norm.running_var.data()[c]) + norm_eps<N>::value);
  };
  const int groups = channels / columns;  // of a transposed one
  for (int i = 0; i < layer.weight.numel(); ++i) {
    const int row = i / (columns * inner), channel = Rule::transposed ? row / (rows / groups) * columns + i / inner % columns : row;
    model->weight.data()[i] = static_cast<T>(static_cast<double>(layer.weight.data()[i]) * scale(channel));
  }
  for (int c = 0; c < channels; ++c) {
    double b = 0, beta = 0;
    if constexpr (requires { layer.bias; }) b = static_cast<double>(layer.bias.data()[c]);
    if constexpr (requires { norm.bias; }) beta = static_cast<double>(norm.bias.data()[c]);
    model->bias.data()[c] = static_cast<T>((b - static_cast<double>(norm.running_mean.data()[c])) * scale(c) + beta);
  }
  return model;
}
}  // namespace detail

namespace utils {
/// A convolution, transposed or not, and the BatchNorm behind it as one: `auto fused = fuse_conv_bn_eval(model->conv, model->bn)`, a model.
template <class Layer, class N>
auto fuse_conv_bn_eval(const Layer& conv, const N& bn) {
  return detail::fused(conv, bn);
}
template <class Layer, class N>
auto fuse_linear_bn_eval(const Layer& linear, const N& bn) {
  return detail::fused(linear, bn);
}
}  // namespace utils

}  // namespace nn
}  // namespace ETCH_ABI
}  // namespace etch
