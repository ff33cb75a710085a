// Activations, each a few lines over the pointwise table.
#pragma once

#include <etch/ops/pointwise.hpp>
#include <etch/ops/reduce.hpp>

namespace etch {
inline namespace ETCH_ABI {

namespace detail {
struct relu_fn {
  constexpr auto operator()(auto x) const { return where(x > 0, x, 0); }
};
struct gelu_tanh_fn {
  constexpr auto operator()(auto x) const { return x * (tanh((x + x * x * x * 0.044715) * 0.79788456080286535588) + 1) * 0.5; }
};
struct silu_fn {
  constexpr auto operator()(auto x) const { return x * sigmoid(x); }
};
struct softplus_fn {
  constexpr auto operator()(auto x) const { return larger(x, 0) + log1p(exp(-abs(x))); }
};
struct leaky_relu_fn {
  constexpr auto operator()(auto x, auto slope) const { return where(x > 0, x, x * slope); }
};
struct elu_fn {
  constexpr auto operator()(auto x) const { return where(x > 0, x, expm1(smaller(x, 0))); }
};
}  // namespace detail

/// max(x, 0)
template <Operand X> constexpr auto relu(const X& x) { return apply<detail::relu_fn>(x); }
/// x Phi(x) = x/2 (1 + erf(x / sqrt 2))
template <Operand X> constexpr auto gelu(const X& x) { return apply<unary_fn<Op::gelu>>(x); }
/// GELU's approximation by tanh.
template <Operand X> constexpr auto gelu_tanh(const X& x) { return apply<detail::gelu_tanh_fn>(x); }
/// x sigmoid(x)
template <Operand X> constexpr auto silu(const X& x) { return apply<detail::silu_fn>(x); }
/// log(1 + exp(x))
template <Operand X> constexpr auto softplus(const X& x) { return apply<detail::softplus_fn>(x); }
/// x where positive, slope * x elsewhere
template <Operand X, OperandOrNumber S = float> constexpr auto leaky_relu(const X& x, const S& slope = 0.01f) { return apply<detail::leaky_relu_fn>(x, slope); }
/// x where positive, exp(x) - 1 elsewhere
template <Operand X> constexpr auto elu(const X& x) { return apply<detail::elu_fn>(x); }

}  // namespace ETCH_ABI
}  // namespace etch
