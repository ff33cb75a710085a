// What the tests of the CUDA backend compare with.
#pragma once

#include <etch/cuda.hpp>

#include <doctest/doctest.h>

#include <cmath>

/// Where steps run that have kernels of their own: as __global__ templates on a GPU, through Thrust on the host system.
inline constexpr etch::device::Route own_route = etch::device::has_gpu_kernels ? etch::device::Route::kernel : etch::device::Route::thrust;

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

/// Runs f on both and compares all results; how often a kind ran through Thrust. The CPU's kernels may run products alone.
template <class F, class... X>
double both(F f, etch::detail::StepKind kind, std::int64_t& through_thrust, const X&... x) {
  using namespace etch;
  auto here = compile<X...>(f);
  auto there = compile<decltype(x.to(gpu))...>(f);
  const auto& p = here(x...);
  device::tally() = {};
  const auto& q = there(x.to(gpu)...);
  through_thrust = device::tally().of(own_route, kind) + (own_route == device::Route::thrust ? 0 : device::tally().of(device::Route::thrust, kind));
  double worst = device::tally().of(device::Route::cpu) == device::tally().of(device::Route::cpu, etch::detail::StepKind::dot) ? 0 : 1e3;
  [&]<std::size_t... I>(std::index_sequence<I...>) { ((worst = std::fmax(worst, difference(p.template get<I>(), q.template get<I>().cpu()))), ...); }(std::make_index_sequence<std::tuple_size_v<std::remove_cvref_t<decltype(p)>>>{});
  return worst;
}
