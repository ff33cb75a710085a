// Gradients of functions: `grad(f)(w, x)`, `value_and_grad`, `vjp`, `jvp`, `jacobian`, `hessian`, `hvp`, `vhp`.
//
// Variables are named by number: `grad<1>(f)` differentiates by the second argument, `grad<0, 1>(f)` by both. A function may
// return `several(value, more...)`: the first is differentiated, the others come along.
#pragma once

#include <etch/grad/transform.hpp>
#include <etch/run/several.hpp>

namespace etch {
inline namespace ETCH_ABI {

/// A function of functions, applied: callable on tracers, on tensors, and as a function in its turn. `Fn` is one of the
/// functors of grad/transform.hpp over F.
template <class F, class Fn>
struct Transformed {
  [[no_unique_address]] F f;
  template <OperandOrNumber... X>
  constexpr auto operator()(const X&... x) const {
    if constexpr ((detail::is_tracer_v<X> || ...)) {
      detail::Builder* b = detail::builder_of(x...);
      return Fn{f}(detail::lower(b, x)...);
    } else if constexpr (!std::is_empty_v<F>) {
      static_assert(std::is_empty_v<F>, "etch: grad: a traced function must have no captures; pass values as arguments");
      return Poison{};
    } else {
      return detail::call<Fn>(x...);
    }
  }
};

/// d f / d (argument A), of a function that returns one number; one lazy node where there is one gradient.
template <int A = 0, int... More, class F>
constexpr Transformed<F, detail::grad_fn<F, A, More...>> grad(F f) {
  return {f};
}
/// Value and gradient together: `auto [value, gradient] = value_and_grad(f)(w, x)`.
template <int A = 0, int... More, class F>
constexpr Transformed<F, detail::value_and_grad_fn<F, A, More...>> value_and_grad(F f) {
  return {f};
}
/// `auto [y, g] = vjp(f)(x, v)`: the value, and v J for each argument.
template <class F>
constexpr Transformed<F, detail::vjp_fn<F>> vjp(F f) {
  return {f};
}
/// `auto [y, dy] = jvp(f)(x, t)`: the value, and how it moves when each argument moves by its t. Forward mode.
template <class F>
constexpr Transformed<F, detail::jvp_fn<F>> jvp(F f) {
  return {f};
}
/// dy/dx, of shape [y.., x..], in the mode that takes fewer directions.
template <int A = 0, int... More, class F>
constexpr Transformed<F, detail::jacobian_fn<detail::Mode::automatic, F, A, More...>> jacobian(F f) {
  return {f};
}
/// dy/dx by reverse mode.
template <int A = 0, int... More, class F>
constexpr Transformed<F, detail::jacobian_fn<detail::Mode::reverse, F, A, More...>> jacrev(F f) {
  return {f};
}
/// dy/dx by forward mode.
template <int A = 0, int... More, class F>
constexpr Transformed<F, detail::jacobian_fn<detail::Mode::forward, F, A, More...>> jacfwd(F f) {
  return {f};
}
/// The second derivatives of a number by argument A, [x.., x..].
template <int A = 0, class F>
constexpr Transformed<F, detail::hessian_fn<F, A>> hessian(F f) {
  return {f};
}
/// `auto [y, p] = hvp(f)(x, v)`: the value and the Hessian times v.
template <int A = 0, class F>
constexpr Transformed<F, detail::hvp_fn<F, A>> hvp(F f) {
  return {f};
}
/// `auto [y, p] = vhp(f)(x, v)`: the value and v times the Hessian.
template <int A = 0, class F>
constexpr Transformed<F, detail::vhp_fn<F, A>> vhp(F f) {
  return {f};
}

}  // namespace ETCH_ABI
}  // namespace etch
