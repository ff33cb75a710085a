// Convolution layers: Conv1d, Conv2d, Conv3d and their transposes, with PyTorch's parameters and their names.
//
//   nn::Conv2d<3, 64, 7, stride<2>, padding<3>, no_bias>   nn::Conv1d<8, 8, 3, padding_same, PadMode::circular, element<double>>
#pragma once

#include <etch/model/module.hpp>
#include <etch/nn/init.hpp>
#include <etch/ops/conv.hpp>
#include <etch/ops/pad.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace nn {
namespace detail {

/// The weight [Out, In / groups, kernel..], or, transposed, [In, Out / groups, kernel..].
template <int D, bool Transposed, auto In, auto Out, auto Kernel, auto... Option>
struct conv_weight {
  static constexpr etch::detail::Settings set = etch::detail::settings<Kernel, Option...>();
  static constexpr int groups = set.at(Knob::groups, 0, 1);
  static constexpr int in = dims_of<In>()[0].size, out = dims_of<Out>()[0].size;
  static constexpr bool groups_divide = groups > 0 && in % (groups > 0 ? groups : 1) == 0 && out % (groups > 0 ? groups : 1) == 0;
  static_assert(groups_divide, "etch: conv: the groups must divide the channels");
  static constexpr int rows = Transposed ? in : out, columns = groups_divide ? (Transposed ? out : in) / groups : 1;
  static constexpr int k(int i) { return set.at(Knob::kernel, i, 1); }
  using T = etch::detail::element_type<Option...>;
  template <class I>
  struct shaped;
  template <std::size_t... I>
  struct shaped<std::index_sequence<I...>> {
    using type = Param<T, rows, columns, k(static_cast<int>(I))...>;
  };
  using type = typename shaped<std::make_index_sequence<D>>::type;
  static constexpr PadMode mode = set.mode;
  static_assert(!Transposed || mode == PadMode::constant, "etch: conv: a transposed convolution is padded with zeros");
  /// Elements before (0) or behind (1) axis i, for modes that pad before the convolution.
  static constexpr int pads(int i, int behind) {
    if (!set.has(Knob::same)) return set.at(Knob::padding, i, 0);
    const int all = (k(i) - 1) * set.at(Knob::dilation, i, 1);
    return behind != 0 ? all - all / 2 : all / 2;
  }
};

template <int D, bool Transposed, auto In, auto Out, auto Kernel, auto... Option>
struct Conv {
  using Rule = conv_weight<D, Transposed, In, Out, Kernel, Option...>;
  template <class X, class... P>
  static constexpr auto run(X x, const P&... parameters) {
    if constexpr (Rule::mode == PadMode::constant) {
      return apply<etch::detail::conv_fn<D, Transposed, Option...>>(x, parameters...);
    } else {
      const auto wide = [&]<std::size_t... I>(std::index_sequence<I...>) { return pad<Rule::mode, Rule::pads(D - 1 - static_cast<int>(I / 2), static_cast<int>(I % 2))...>(x); }(std::make_index_sequence<2 * D>{});
      return apply<etch::detail::conv_fn<D, Transposed, Option...>>(wide, parameters...);
    }
  }
  /// Uniform in +-1 / sqrt(fan in), as PyTorch's.
  template <class W>
  static double bound(const W& weight) {
    double fan = weight.size(1);
    for (int i = 2; i < W::rank; ++i) fan *= weight.size(i);
    return fan > 0 ? 1 / __builtin_sqrt(fan) : 0;
  }
};

template <bool Bias, int D, bool Transposed, auto In, auto Out, auto Kernel, auto... Option>
struct ConvModule {
  using Layer = Conv<D, Transposed, In, Out, Kernel, Option...>;
  typename Layer::Rule::type weight;
  Param<typename Layer::Rule::T, Out> bias;
  ETCH_MODULE(weight, bias)
  constexpr auto forward(auto x) const { return Layer::run(x, weight, bias); }
  void reset_parameters(Generator& g) {
    const double b = Layer::bound(weight);
    init::uniform_(weight, g, -b, b);
    init::uniform_(bias, g, -b, b);
  }
};
template <int D, bool Transposed, auto In, auto Out, auto Kernel, auto... Option>
struct ConvModule<false, D, Transposed, In, Out, Kernel, Option...> {
  using Layer = Conv<D, Transposed, In, Out, Kernel, Option...>;
  typename Layer::Rule::type weight;
  ETCH_MODULE(weight)
  constexpr auto forward(auto x) const { return Layer::run(x, weight); }
  void reset_parameters(Generator& g) {
    const double b = Layer::bound(weight);
    init::uniform_(weight, g, -b, b);
  }
};
}  // namespace detail

/// torch.nn.Conv2d(In, Out, Kernel, ...): x [N, In, H, W] or [In, H, W]; the kernel is a number or `ints<3, 5>{}`.
#define ETCH_CONV_LAYER(name, D, T) \
  template <auto In, auto Out, auto Kernel, auto... Option> \
  using name = detail::ConvModule<!etch::detail::settings<Kernel, Option...>().has(Knob::no_bias), D, T, In, Out, Kernel, Option...>;
ETCH_CONV_LAYER(Conv1d, 1, false)
ETCH_CONV_LAYER(Conv2d, 2, false)
ETCH_CONV_LAYER(Conv3d, 3, false)
ETCH_CONV_LAYER(ConvTranspose1d, 1, true)
ETCH_CONV_LAYER(ConvTranspose2d, 2, true)
ETCH_CONV_LAYER(ConvTranspose3d, 3, true)
#undef ETCH_CONV_LAYER

}  // namespace nn
}  // namespace ETCH_ABI
}  // namespace etch
