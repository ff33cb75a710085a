// checkpoint_sequential: a chain of modules in segments, of which only what goes in is kept for the backward pass.
//
//   y = checkpoint_sequential<4>(blocks, x)
#pragma once

#include <etch/grad/function.hpp>
#include <etch/nn/repeat.hpp>
#include <etch/nn/sequential.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace detail {

/// Modules Begin .. End - 1 of a Sequential.
template <int Begin, int End, class S, class X>
constexpr auto run_modules(const S& modules, X x) {
  if constexpr (Begin == End) return x;
  else return run_modules<Begin + 1, End>(modules, modules.template get<static_cast<std::size_t>(Begin)>()(x));
}
template <int Segment, int Segments, int Count, class S, class X>
constexpr auto run_segments(const S& modules, X x) {
  constexpr int size = Count / Segments, begin = Segment * size;
  if constexpr (Segment + 1 == Segments) {
    return run_modules<begin, Count>(modules, x);
  } else {
    return run_segments<Segment + 1, Segments, Count>(modules, checkpoint([&modules](auto v) { return run_modules<begin, begin + size>(modules, v); }, x));
  }
}

}  // namespace detail

/// modules(x), within traced code; every segment but the last is computed again in the backward pass.
template <int Segments, class... M, class X>
constexpr auto checkpoint_sequential(const nn::Sequential<M...>& modules, const X& x) {
  constexpr bool fits = Segments >= 1 && Segments <= static_cast<int>(sizeof...(M));
  if constexpr (!fits) {
    static_assert(fits, "etch: checkpoint_sequential: at least one segment, and at most as many as modules");
    return Poison{};
  } else {
    return detail::run_segments<0, Segments, static_cast<int>(sizeof...(M))>(modules, x);
  }
}
template <int Segments, class M, int N, class X>
constexpr auto checkpoint_sequential(const nn::Repeat<M, N>& modules, const X& x) {
  constexpr bool fits = Segments >= 1 && Segments <= N;
  if constexpr (!fits) {
    static_assert(fits, "etch: checkpoint_sequential: at least one segment, and at most as many as modules");
    return Poison{};
  } else {
    constexpr int size = N / Segments;
    auto y = x;
    for (int s = 0; s + 1 < Segments; ++s)
      y = checkpoint([&modules, s](auto v) {
        for (int i = 0; i < size; ++i) v = modules[s * size + i](v);
        return v;
      }, y);
    for (int i = (Segments - 1) * size; i < N; ++i) y = modules[i](y);
    return y;
  }
}

}  // namespace ETCH_ABI
}  // namespace etch
