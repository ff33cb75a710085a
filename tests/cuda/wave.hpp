// What the tests of the CUDA backend compare with.
#pragma once

#include <etch/cuda.hpp>

#include <doctest/doctest.h>

#include <cmath>

/// A tensor full of a wave.
template <class X>
X wave(double scale = 1) {
  X x;
  for (std::int64_t i = 0; i < x.numel(); ++i) x.data()[i] = static_cast<typename X::value_type>(scale * std::sin(0.37 * static_cast<double>(i) + 0.2));
  return x;
}

/// The largest difference, as a part of the largest value.
template <class A, class B>
double difference(const A& a, const B& b) {
  double most = 0, size = 1e-30;
  for (std::int64_t i = 0; i < a.numel(); ++i) {
    const auto x = static_cast<double>(a.data()[i]), y = static_cast<double>(b.data()[i]);
    most = std::fmax(most, x == y ? 0 : std::isfinite(x - y) ? std::abs(x - y) : 1e300);
    size = std::fmax(size, std::abs(x));
  }
  return most / size;
}
