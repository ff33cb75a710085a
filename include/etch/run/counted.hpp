// Results whose size the values decide: `unique`, `nonzero`, `bincount`, ... They are computed when they are called, outside of
// any program, into a tensor whose bounded dim has the actual size; every operation, with its gradient, takes it from there.
//
//   count -> Tensor<T, counted<Max>, ...> r(count) -> filled          embedding(r, w) is lazy and has a gradient again
#pragma once

#include <etch/run/eval.hpp>

namespace etch {
inline namespace ETCH_ABI {

/// A size that an operation found, at most `Max`: `Tensor<std::int64_t, counted<12>>`. Two results that stand in one
/// expression and may differ in size want names of their own: `struct Hits : dyn<12> {}`.
template <int Max>
struct Counted : dyn<(Max > 0 ? Max : 1)> {};
template <int Max>
inline constexpr Counted<Max> counted{};

namespace detail {

/// The caller's name for a size, `f<hits>(x)`, or `counted<Max>` where there is none.
template <int Max, auto... Name>
constexpr auto counted_name() {
  static_assert(sizeof...(Name) <= 1, "etch: counted: one name at most");
  if constexpr (sizeof...(Name) == 0) return counted<Max>;
  else return (Name, ...);
}

/// Whether an operand has values now; what is being traced has none.
template <class X>
inline constexpr bool has_values = !is_tracer_v<X>;

/// The operand as a tensor in memory: itself, or what its expression evaluates to.
template <class X>
decltype(auto) values_of(const X& x) {
  if constexpr (requires { x.sizes(); }) return (x);
  else return eval(x);
}

/// The type of `values_of`, without its reference.
template <class X>
using values_type = std::remove_cvref_t<decltype(values_of(std::declval<const X&>()))>;

}  // namespace detail
}  // namespace ETCH_ABI
}  // namespace etch
