// Random numbers inside a traced function: counter-based, computed in the fused kernel and again in the backward pass.
//
//   value = Philox(seed, step, stream, element index): the same bits on any number of threads, and never stored
#pragma once

#include <etch/ops/pointwise.hpp>

namespace etch {
inline namespace ETCH_ABI {

namespace detail {
/// The random state of a program: two numbers it is given at each call.
constexpr void bind_random(Builder& b) {
  if (b.seed >= 0) return;
  b.seed = b.input(b.add_slot(SlotKind::random, DType::int64, Shape{}), 0, DType::int64, Shape{});
  b.step = b.input(static_cast<int>(b[b.seed].arg >> 48), 8, DType::int64, Shape{});
}
struct rand_like_fn {
  template <class X>
  constexpr X operator()(X x) const {
    Builder& b = *x.builder;
    bind_random(b);
    X r = x;
    r.id = b.uniform(b.shape(x.id), b.dtype(x.id));
    return r;
  }
};
struct randn_like_fn {  // Box-Muller
  constexpr auto operator()(auto x) const {
    const auto u = rand_like_fn{}(x), v = rand_like_fn{}(x);
    return sqrt(log(1 - u) * -2) * cos(v * 6.283185307179586476925);
  }
};
}  // namespace detail

/// Uniform in [0, 1), of x's shape and dtype.
template <Operand X> constexpr auto rand_like(const X& x) { return apply<detail::rand_like_fn>(x); }
/// Normal with mean 0 and deviation 1, of x's shape and dtype.
template <Operand X> constexpr auto randn_like(const X& x) { return apply<detail::randn_like_fn>(x); }

}  // namespace ETCH_ABI
}  // namespace etch
