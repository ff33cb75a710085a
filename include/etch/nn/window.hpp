// Layers without parameters around windows and images: pooling, folding, resampling, shuffles, padding; shapes.
#pragma once

#include <etch/model/module.hpp>
#include <etch/ops/adaptive_pool.hpp>
#include <etch/ops/fold.hpp>
#include <etch/ops/interpolate.hpp>
#include <etch/ops/pad.hpp>
#include <etch/ops/pixel_shuffle.hpp>
#include <etch/ops/reshape.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace nn {

// Layers named after functions take their arguments: `MaxPool2d<3, stride<2>>`, `AdaptiveAvgPool2d<1>`, `Fold<2, output_size<4, 5>>`.
#define ETCH_WINDOW_LAYER(name, function)                                     \
  template <auto... Option>                                                   \
  struct name {                                                               \
    ETCH_MODULE()                                                             \
    constexpr auto forward(const auto&... x) const { return function<Option...>(x...); } \
  };
ETCH_WINDOW_LAYER(MaxPool1d, max_pool1d)
ETCH_WINDOW_LAYER(MaxPool2d, max_pool2d)
ETCH_WINDOW_LAYER(MaxPool3d, max_pool3d)
ETCH_WINDOW_LAYER(MaxUnpool1d, max_unpool1d)
ETCH_WINDOW_LAYER(MaxUnpool2d, max_unpool2d)
ETCH_WINDOW_LAYER(MaxUnpool3d, max_unpool3d)
ETCH_WINDOW_LAYER(AvgPool1d, avg_pool1d)
ETCH_WINDOW_LAYER(AvgPool2d, avg_pool2d)
ETCH_WINDOW_LAYER(AvgPool3d, avg_pool3d)
ETCH_WINDOW_LAYER(LPPool1d, lp_pool1d)
ETCH_WINDOW_LAYER(LPPool2d, lp_pool2d)
ETCH_WINDOW_LAYER(LPPool3d, lp_pool3d)
ETCH_WINDOW_LAYER(AdaptiveAvgPool1d, adaptive_avg_pool1d)
ETCH_WINDOW_LAYER(AdaptiveAvgPool2d, adaptive_avg_pool2d)
ETCH_WINDOW_LAYER(AdaptiveAvgPool3d, adaptive_avg_pool3d)
ETCH_WINDOW_LAYER(AdaptiveMaxPool1d, adaptive_max_pool1d)
ETCH_WINDOW_LAYER(AdaptiveMaxPool2d, adaptive_max_pool2d)
ETCH_WINDOW_LAYER(AdaptiveMaxPool3d, adaptive_max_pool3d)
ETCH_WINDOW_LAYER(Unfold, unfold)
ETCH_WINDOW_LAYER(Fold, fold)
ETCH_WINDOW_LAYER(PixelShuffle, pixel_shuffle)
ETCH_WINDOW_LAYER(PixelUnshuffle, pixel_unshuffle)
ETCH_WINDOW_LAYER(ChannelShuffle, channel_shuffle)
#undef ETCH_WINDOW_LAYER

namespace detail {
/// A fractional pool that keeps its samples, or draws them.
template <int D, class Samples, auto... Option>
struct FractionalPool;
template <int D, int... N, auto... Option>
struct FractionalPool<D, Setting<Knob::samples, N...>, Option...> {
  ModuleBuffer<etch::detail::element_type<Option...>, N...> _random_samples;
  ETCH_MODULE(_random_samples)
  constexpr auto forward(auto x) const {
    if constexpr (D == 2) return fractional_max_pool2d<Option...>(x, _random_samples);
    else return fractional_max_pool3d<Option...>(x, _random_samples);
  }
};
template <int D, auto... Option>
struct FractionalPool<D, void, Option...> {
  ETCH_MODULE()
  constexpr auto forward(auto x) const {
    if constexpr (D == 2) return fractional_max_pool2d<Option...>(x);
    else return fractional_max_pool3d<Option...>(x);
  }
};
template <class... Option>
struct samples_in {
  using type = void;
};
template <int... N, class... Rest>
struct samples_in<Setting<Knob::samples, N...>, Rest...> {
  using type = Setting<Knob::samples, N...>;
};
template <class First, class... Rest>
struct samples_in<First, Rest...> : samples_in<Rest...> {};
}  // namespace detail
/// torch.nn.FractionalMaxPool2d: places drawn anew, or, with `random_samples<N, C, 2>`, those of a buffer.
template <auto... Option> using FractionalMaxPool2d = detail::FractionalPool<2, typename detail::samples_in<std::remove_const_t<decltype(Option)>...>::type, Option...>;
template <auto... Option> using FractionalMaxPool3d = detail::FractionalPool<3, typename detail::samples_in<std::remove_const_t<decltype(Option)>...>::type, Option...>;

/// torch.nn.Upsample: `Upsample<Resample::bilinear, scale_factor<2>>`.
template <Resample Mode, auto... Option>
struct Upsample {
  ETCH_MODULE()
  constexpr auto forward(auto x) const { return interpolate<Mode, Option...>(x); }
};
template <auto... Option> using UpsamplingNearest2d = Upsample<Resample::nearest, Option...>;
template <auto... Option> using UpsamplingBilinear2d = Upsample<Resample::bilinear, align_corners, Option...>;

namespace detail {
/// The numbers of elements before and behind the last D axes, the last axis first; one number is for all.
template <int D, int... Pads>
struct all_pads {
  static constexpr bool fit = sizeof...(Pads) == 1 || sizeof...(Pads) == 2 * D;
  static_assert(fit, "etch: pad: one number for all ends, or two for each axis");
  static constexpr int at(std::size_t i) {
    const int given[] = {Pads...};
    return given[sizeof...(Pads) == 2 * D ? i : 0];
  }
};
template <int D, PadMode Mode, int... Pads>
struct Pad {
  ETCH_MODULE()
  template <class X>
  constexpr auto forward(X x) const {
    constexpr bool fits = Mode == PadMode::constant || X::rank == D + 1 || X::rank == D + 2;
    if constexpr (!fits) {
      static_assert(fits, "etch: pad: the input must be [N, C, sizes..] or [C, sizes..] where it is mirrored, repeated or gone around");
      return Poison{};
    } else {
      return run(x, 0, std::make_index_sequence<2 * D>{});
    }
  }
  template <class X, class V, std::size_t... I>
  static constexpr auto run(X x, V value, std::index_sequence<I...>) {
    return apply<etch::detail::pad_fn<Mode, all_pads<D, Pads...>::at(I)...>>(x, value);
  }
};
template <int D, auto Value, int... Pads>
struct ConstantPad {
  ETCH_MODULE()
  constexpr auto forward(auto x) const { return Pad<D, PadMode::constant, Pads...>::run(x, Value, std::make_index_sequence<2 * D>{}); }
};
}  // namespace detail

/// torch.nn.ReflectionPad2d and its like: `ReflectionPad2d<1>`, `ZeroPad2d<1, 2, 3, 4>`; `ConstantPad2d<0.5, 1>` has the value first.
template <int... Pads> using ReflectionPad1d = detail::Pad<1, PadMode::reflect, Pads...>;
template <int... Pads> using ReflectionPad2d = detail::Pad<2, PadMode::reflect, Pads...>;
template <int... Pads> using ReflectionPad3d = detail::Pad<3, PadMode::reflect, Pads...>;
template <int... Pads> using ReplicationPad1d = detail::Pad<1, PadMode::replicate, Pads...>;
template <int... Pads> using ReplicationPad2d = detail::Pad<2, PadMode::replicate, Pads...>;
template <int... Pads> using ReplicationPad3d = detail::Pad<3, PadMode::replicate, Pads...>;
template <int... Pads> using CircularPad1d = detail::Pad<1, PadMode::circular, Pads...>;
template <int... Pads> using CircularPad2d = detail::Pad<2, PadMode::circular, Pads...>;
template <int... Pads> using CircularPad3d = detail::Pad<3, PadMode::circular, Pads...>;
template <int... Pads> using ZeroPad1d = detail::Pad<1, PadMode::constant, Pads...>;
template <int... Pads> using ZeroPad2d = detail::Pad<2, PadMode::constant, Pads...>;
template <int... Pads> using ZeroPad3d = detail::Pad<3, PadMode::constant, Pads...>;
template <auto Value, int... Pads> using ConstantPad1d = detail::ConstantPad<1, Value, Pads...>;
template <auto Value, int... Pads> using ConstantPad2d = detail::ConstantPad<2, Value, Pads...>;
template <auto Value, int... Pads> using ConstantPad3d = detail::ConstantPad<3, Value, Pads...>;

}  // namespace nn
}  // namespace ETCH_ABI
}  // namespace etch
