// How parameters start: torch.nn.init, on anything with `data()`, `numel()`, `size(i)` and `rank`.
//
//   xavier   deviation gain sqrt(2 / (fan_in + fan_out))     kaiming   deviation gain / sqrt(fan)
//
// Each call that draws takes one step of the generator, so the same calls in the same order give the same numbers.
#pragma once

#include <etch/core/rng.hpp>

#include <cmath>

namespace etch {
inline namespace ETCH_ABI {
namespace nn {
namespace init {

enum class Nonlinearity { linear, sigmoid, tanh, relu, leaky_relu, selu };
enum class FanMode { fan_in, fan_out };

/// What a nonlinearity takes from the deviation of its input; `slope` is leaky_relu's.
inline double calculate_gain(Nonlinearity f, double slope = 0.01) {
  switch (f) {
    case Nonlinearity::tanh: return 5.0 / 3.0;
    case Nonlinearity::relu: return std::sqrt(2.0);
    case Nonlinearity::leaky_relu: return std::sqrt(2.0 / (1.0 + slope * slope));
    case Nonlinearity::selu: return 0.75;
    default: return 1.0;
  }
}

namespace detail {
enum class Draw { uniform, normal };

/// to[i] = offset + scale z_i
template <Draw D, class T>
void fill(T* to, std::int64_t count, Generator& g, double offset, double scale) {
  static_assert(simd::detail::is_float<T>, "etch: init: the dtype must be floating");
  if constexpr (simd::detail::is_float<T>) {
    constexpr int lanes = 16;
    const std::uint64_t seed = g.seed(), step = g.next();
    for (std::int64_t i = 0; i < count; i += lanes) {
      const auto index = static_cast<std::uint64_t>(i);
      simd::Vec<T, lanes> z;
      if constexpr (D == Draw::uniform)
        z = simd::uniform<T, lanes>(seed, step, index);
      else
        z = simd::normal<T, lanes>(seed, step, index);
      const auto y = simd::fma(z, static_cast<T>(scale), simd::splat<T, lanes>(static_cast<T>(offset)));
      if (count - i >= lanes)
        simd::store(to + i, y);
      else
        simd::store_partial(to + i, y, static_cast<int>(count - i));
    }
  }
}

struct Fans {
  double in = 1, out = 1;
};
/// The inputs and outputs of one unit of a weight [out, in, kernel...].
template <class X>
Fans fans_of(const X& x) {
  static_assert(X::rank >= 2, "etch: init: fans need a weight of at least two dimensions");
  double field = 1;
  for (int i = 2; i < X::rank; ++i) field *= x.size(i);
  return {x.size(1) * field, x.size(0) * field};
}
template <class X>
double kaiming(const X& x, double slope, FanMode mode, Nonlinearity f) {
  const Fans fans = fans_of(x);
  return calculate_gain(f, slope) / std::sqrt(mode == FanMode::fan_in ? fans.in : fans.out);
}
template <class X>
double xavier(const X& x, double gain) {
  const Fans fans = fans_of(x);
  return gain * std::sqrt(2.0 / (fans.in + fans.out));
}
}  // namespace detail

/// Every element `value`.
template <class X>
void constant_(X&& x, double value) {
  const std::int64_t n = x.numel();
  auto* to = x.data();
  for (std::int64_t i = 0; i < n; ++i) to[i] = static_cast<std::remove_reference_t<decltype(*to)>>(value);
}
template <class X>
void zeros_(X&& x) {
  constant_(x, 0);
}
template <class X>
void ones_(X&& x) {
  constant_(x, 1);
}

/// Uniform in [low, high).
template <class X>
void uniform_(X&& x, Generator& g, double low = 0, double high = 1) {
  detail::fill<detail::Draw::uniform>(x.data(), x.numel(), g, low, high - low);
}
/// Normal with this mean and standard deviation.
template <class X>
void normal_(X&& x, Generator& g, double mean = 0, double deviation = 1) {
  detail::fill<detail::Draw::normal>(x.data(), x.numel(), g, mean, deviation);
}
/// Uniform with variance 2 gain^2 / (fan_in + fan_out) (Glorot and Bengio, 2010).
template <class X>
void xavier_uniform_(X&& x, Generator& g, double gain = 1) {
  const double bound = std::sqrt(3.0) * detail::xavier(x, gain);
  uniform_(x, g, -bound, bound);
}
template <class X>
void xavier_normal_(X&& x, Generator& g, double gain = 1) {
  normal_(x, g, 0, detail::xavier(x, gain));
}
/// Uniform with variance gain^2 / fan (He et al., 2015); `slope` is that of the leaky_relu that follows.
template <class X>
void kaiming_uniform_(X&& x, Generator& g, double slope = 0, FanMode mode = FanMode::fan_in,
                      Nonlinearity f = Nonlinearity::leaky_relu) {
  const double bound = std::sqrt(3.0) * detail::kaiming(x, slope, mode, f);
  uniform_(x, g, -bound, bound);
}
template <class X>
void kaiming_normal_(X&& x, Generator& g, double slope = 0, FanMode mode = FanMode::fan_in,
                     Nonlinearity f = Nonlinearity::leaky_relu) {
  normal_(x, g, 0, detail::kaiming(x, slope, mode, f));
}

}  // namespace init
}  // namespace nn
}  // namespace ETCH_ABI
}  // namespace etch
