// scan: a loop over the rows of tensors, as one node with one compiled body; torch's and JAX's scan.
//
//   auto [h, y] = scan([](auto h, auto x, auto w) {
//     const auto next = tanh(matmul(h, w) + x);
//     return several(next, next);
//   }, h0, xs, w);
#pragma once

#include <etch/ops/loop.hpp>
#include <etch/run/several.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace detail {

template <class Fn, class... A>
constexpr auto scan_operands(const A&... a) {
  if constexpr ((is_tracer_v<A> || ...)) {
    Builder* b = builder_of(a...);
    return Fn{}(lower(b, a)...);
  } else {
    return call<Fn>(a...);
  }
}
template <bool Reversed, class F, class C, class X, class... K>
constexpr auto scan(const C& init, const X& xs, const K&... constants) {
  if constexpr (!std::is_empty_v<F>) {
    static_assert(std::is_empty_v<F>, "etch: scan: a traced function must have no captures; pass values as arguments");
    return Poison{};
  } else {
    using Fn = loop_fn<F, LoopOperands{value_count<C>, value_count<X>, is_values<C>, is_values<X>, Reversed}>;
    return spread(init, [&](const auto&... c) { return spread(xs, [&](const auto&... x) { return scan_operands<Fn>(c..., x..., constants...); }); });
  }
}

}  // namespace detail

/// `auto [c, y] = scan(f, init, xs, constants...)`: f(c, x, constants...) returns several(next c, y) for each row x of xs along its first
/// axis; the result is the last c and all y. `init` and `xs` may be `several(...)`. Compiled once, however many rows; differentiable.
template <class F, class C, class X, class... K>
constexpr auto scan(F, const C& init, const X& xs, const K&... constants) {
  return detail::scan<false, F>(init, xs, constants...);
}
/// The same from the last row to the first; y[i] still belongs to x[i].
template <class F, class C, class X, class... K>
constexpr auto reverse_scan(F, const C& init, const X& xs, const K&... constants) {
  return detail::scan<true, F>(init, xs, constants...);
}

}  // namespace ETCH_ABI
}  // namespace etch
