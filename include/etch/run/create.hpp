// Tensors made by the user's code: zeros, ones, full, eye, arange, linspace, rand, randn, randint.
#pragma once

#include <etch/core/rng.hpp>
#include <etch/expr/tensor.hpp>

#include <cmath>

namespace etch {
inline namespace ETCH_ABI {

template <class T, auto... D>
Tensor<T, D...> zeros() {
  return {};
}
template <class T, auto... D>
Tensor<T, D...> full(T value) {
  Tensor<T, D...> r;
  for (std::int64_t i = 0; i < r.numel(); ++i) r.data()[i] = value;
  return r;
}
template <class T, auto... D>
Tensor<T, D...> ones() {
  return full<T, D...>(T(1));
}
/// Ones on the diagonal of an N x N matrix.
template <class T, auto N>
Tensor<T, N, N> eye() {
  Tensor<T, N, N> r;
  for (int i = 0; i < r.size(0); ++i) r(i, i) = T(1);
  return r;
}
/// start, start + step, ..., N of them.
template <class T, auto N>
Tensor<T, N> arange(T start = T(0), T step = T(1)) {
  Tensor<T, N> r;
  for (int i = 0; i < r.size(0); ++i) r(i) = static_cast<T>(start + static_cast<T>(i) * step);
  return r;
}
/// N numbers from start to end, both included, evenly spaced.
template <class T, auto N>
Tensor<T, N> linspace(T start, T end) {
  Tensor<T, N> r;
  const int n = r.size(0);
  for (int i = 0; i < n; ++i) r(i) = n == 1 ? start : static_cast<T>(start + (end - start) * static_cast<T>(i) / static_cast<T>(n - 1));
  return r;
}
/// Uniform in [0, 1); the generator moves on by one step.
template <class T, auto... D>
Tensor<T, D...> rand(Generator& g) {
  Tensor<T, D...> r;
  const std::uint64_t step = g.next();
  for (std::int64_t i = 0; i < r.numel(); ++i) {
    const auto at = static_cast<std::uint64_t>(i);
    if constexpr (detail::is_half<T>) {  // as many bits as the mantissa holds: rounding would reach 1
      constexpr float steps = static_cast<float>(1 << std::numeric_limits<T>::digits);
      r.data()[i] = std::floor(simd::uniform<float, 1>(g.seed(), step, at)[0] * steps) / steps;
    } else {
      r.data()[i] = simd::uniform<T, 1>(g.seed(), step, at)[0];
    }
  }
  return r;
}
template <class T, auto... D>
Tensor<T, D...> rand(Generator&& g) {
  return rand<T, D...>(g);
}
/// Normal with mean 0 and deviation 1; the generator moves on by one step.
template <class T, auto... D>
Tensor<T, D...> randn(Generator& g) {
  Tensor<T, D...> r;
  const std::uint64_t step = g.next();
  using Computed = std::conditional_t<detail::is_half<T>, float, T>;
  for (std::int64_t i = 0; i < r.numel(); ++i) r.data()[i] = simd::normal<Computed, 1>(g.seed(), step, static_cast<std::uint64_t>(i))[0];
  return r;
}
template <class T, auto... D>
Tensor<T, D...> randn(Generator&& g) {
  return randn<T, D...>(g);
}
/// Integers in [low, high).
template <class T, auto... D>
Tensor<T, D...> randint(std::int64_t low, std::int64_t high, Generator& g) {
  if (high <= low) fail("randint", "high must be greater than low", Message{} << "got " << static_cast<long>(low) << " and " << static_cast<long>(high));
  Tensor<T, D...> r;
  const std::uint64_t step = g.next();
  for (std::int64_t i = 0; i < r.numel(); ++i)
    r.data()[i] = static_cast<T>(low + static_cast<std::int64_t>(std::floor(simd::uniform<double, 1>(g.seed(), step, static_cast<std::uint64_t>(i))[0] * static_cast<double>(high - low))));
  return r;
}

}  // namespace ETCH_ABI
}  // namespace etch
