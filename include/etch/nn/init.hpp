// How parameters start: torch.nn.init, on anything with `data()`, `numel()`, `size(i)` and `rank`.
//
//   xavier   deviation gain sqrt(2 / (fan_in + fan_out))     kaiming   deviation gain / sqrt(fan)
//
// Each call that draws takes one step of the generator, so the same calls in the same order give the same numbers.
#pragma once

#include <etch/core/error.hpp>
#include <etch/core/rng.hpp>

#include <type_traits>

namespace etch {
inline namespace ETCH_ABI {
namespace nn {
namespace init {

enum class Nonlinearity { linear, conv1d, conv2d, conv3d, conv_transpose1d, conv_transpose2d, conv_transpose3d, sigmoid, tanh, relu, leaky_relu, selu };
enum class FanMode { fan_in, fan_out };

/// What a nonlinearity takes from the deviation of its input; `slope` is leaky_relu's.
inline double calculate_gain(Nonlinearity f, double slope = 0.01) {
  switch (f) {
    case Nonlinearity::tanh: return 5.0 / 3.0;
    case Nonlinearity::relu: return __builtin_sqrt(2.0);
    case Nonlinearity::leaky_relu: return __builtin_sqrt(2.0 / (1.0 + slope * slope));
    case Nonlinearity::selu: return 0.75;
    default: return 1.0;
  }
}

namespace detail {
enum class Draw { uniform, normal };

/// to[i] = offset + scale z_i
template <Draw D, class T>
ETCH_SHARED void fill(T* to, std::int64_t count, Generator& g, double offset, double scale) {
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
  return calculate_gain(f, slope) / __builtin_sqrt(mode == FanMode::fan_in ? fans.in : fans.out);
}
template <class X>
double xavier(const X& x, double gain) {
  const Fans fans = fans_of(x);
  return gain * __builtin_sqrt(2.0 / (fans.in + fans.out));
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

/// 1 on the diagonal of a matrix, 0 elsewhere.
template <class X>
void eye_(X&& x) {
  static_assert(std::remove_cvref_t<X>::rank == 2, "etch: init: eye_ fills a matrix");
  zeros_(x);
  const std::int64_t rows = x.size(0), columns = x.size(1);
  for (std::int64_t i = 0; i < rows && i < columns; ++i) x.data()[i * columns + i] = 1;
}
/// A kernel [out, in, kernel...] that passes as many channels on as it can, in each of `groups`.
template <class X>
void dirac_(X&& x, int groups = 1) {
  constexpr int rank = std::remove_cvref_t<X>::rank;
  static_assert(rank >= 3 && rank <= 5, "etch: init: dirac_ fills a kernel of 1 to 3 dimensions");
  if (groups < 1 || x.size(0) % groups != 0) fail("dirac_", "the channels must divide into groups", Message{} << "got " << x.size(0) << " channels and " << groups << " groups");
  zeros_(x);
  std::int64_t field = 1, centre = 0;
  for (int i = 2; i < rank; ++i) {
    centre = centre * x.size(i) + x.size(i) / 2;
    field *= x.size(i);
  }
  const std::int64_t out = x.size(0) / groups, in = x.size(1);
  for (int g = 0; g < groups; ++g)
    for (std::int64_t c = 0; c < out && c < in; ++c) x.data()[((g * out + c) * in + c) * field + centre] = 1;
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
/// Normal with this mean and standard deviation, drawn again until it lies in [low, high].
template <class X>
void trunc_normal_(X&& x, Generator& g, double mean = 0, double deviation = 1, double low = -2, double high = 2) {
  if (!(low < high)) fail("trunc_normal_", "low must be below high");
  const std::int64_t n = x.numel();
  auto* to = x.data();
  using T = std::remove_reference_t<decltype(*to)>;
  normal_(x, g, mean, deviation);
  constexpr int lanes = 16;
  for (int round = 0; round < 1000; ++round) {
    const std::uint64_t seed = g.seed(), step = g.next();
    bool all = true;
    for (std::int64_t i = 0; i < n; ++i) {
      if (static_cast<double>(to[i]) >= low && static_cast<double>(to[i]) <= high) continue;
      const auto z = simd::normal<T, lanes>(seed, step, static_cast<std::uint64_t>(i / lanes * lanes));
      T drawn[lanes];
      simd::store(drawn, z);
      to[i] = static_cast<T>(static_cast<double>(drawn[i % lanes]) * deviation + mean);
      all = false;
    }
    if (all) return;
  }
  for (std::int64_t i = 0; i < n; ++i) to[i] = static_cast<T>(static_cast<double>(to[i]) < low ? low : static_cast<double>(to[i]) > high ? high : static_cast<double>(to[i]));
}
/// Rows, or columns where there are fewer, that are orthogonal to each other and of length gain; axes behind the first are one.
template <class X>
void orthogonal_(X&& x, Generator& g, double gain = 1) {
  static_assert(std::remove_cvref_t<X>::rank >= 2, "etch: init: orthogonal_ fills at least a matrix");
  normal_(x, g);
  const std::int64_t n = x.numel(), rows = x.size(0), columns = rows > 0 ? n / rows : 0;
  const bool by_row = rows <= columns;
  const std::int64_t count = by_row ? rows : columns, length = by_row ? columns : rows, next = by_row ? columns : 1, along = by_row ? 1 : columns;
  auto* const at = x.data();
  using T = std::remove_reference_t<decltype(*at)>;
  auto product = [&](std::int64_t a, std::int64_t b) {
    double s = 0;
    for (std::int64_t k = 0; k < length; ++k) s += static_cast<double>(at[a * next + k * along]) * static_cast<double>(at[b * next + k * along]);
    return s;
  };
  for (std::int64_t i = 0; i < count; ++i) {  // Gram and Schmidt, twice, for what rounding left
    for (int again = 0; again < 2; ++again)
      for (std::int64_t j = 0; j < i; ++j) {
        const double s = product(i, j);
        for (std::int64_t k = 0; k < length; ++k) at[i * next + k * along] = static_cast<T>(static_cast<double>(at[i * next + k * along]) - s * static_cast<double>(at[j * next + k * along]));
      }
    const double size = __builtin_sqrt(product(i, i));
    for (std::int64_t k = 0; k < length; ++k) at[i * next + k * along] = static_cast<T>(static_cast<double>(at[i * next + k * along]) / size);
  }
  for (std::int64_t i = 0; i < n; ++i) at[i] = static_cast<T>(static_cast<double>(at[i]) * gain);
}
/// A matrix of normal numbers, of which in each column a share is 0.
template <class X>
void sparse_(X&& x, Generator& g, double sparsity, double deviation = 0.01) {
  static_assert(std::remove_cvref_t<X>::rank == 2, "etch: init: sparse_ fills a matrix");
  normal_(x, g, 0, deviation);
  const std::int64_t rows = x.size(0), columns = x.size(1);
  const auto zeros = static_cast<std::int64_t>(__builtin_ceil(sparsity * static_cast<double>(rows)));
  for (std::int64_t c = 0; c < columns; ++c) {
    std::int64_t left = zeros < rows ? zeros : rows;  // each row is taken with the chance that still suits the rest
    const std::uint64_t seed = g.seed(), step = g.next();
    for (std::int64_t r = 0; r < rows && left > 0; ++r) {
      float u[16];
      simd::store(u, simd::uniform<float, 16>(seed, step, static_cast<std::uint64_t>(r / 16 * 16)));
      if (static_cast<double>(u[r % 16]) * static_cast<double>(rows - r) < static_cast<double>(left)) {
        x.data()[r * columns + c] = 0;
        --left;
      }
    }
  }
}
/// Uniform with variance 2 gain^2 / (fan_in + fan_out) (Glorot and Bengio, 2010).
template <class X>
void xavier_uniform_(X&& x, Generator& g, double gain = 1) {
  const double bound = __builtin_sqrt(3.0) * detail::xavier(x, gain);
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
  const double bound = __builtin_sqrt(3.0) * detail::kaiming(x, slope, mode, f);
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
