// Gradients of functions: `grad(f)(w, x)` and `value_and_grad(f)(w, x)`, with respect to the first argument.
#pragma once

#include <etch/run/assign.hpp>

namespace etch {
inline namespace ETCH_ABI {

/// What `value_and_grad` returns: `auto [value, gradient] = value_and_grad(f)(w, x)`.
template <class V, class G>
struct ValueAndGradient {
  V value;
  G gradient;
};

namespace detail {

/// On tracers: the value of F and its gradient, as nodes; so gradients of gradients are the same again.
template <class F>
struct value_and_grad_fn {
  template <class W, class... X>
  constexpr auto operator()(W w, X... x) const {
    const auto y = F{}(w, x...);
    using Y = std::remove_cvref_t<decltype(y)>;
    if constexpr (std::is_same_v<Y, Poison>) {
      return ValueAndGradient<Poison, Poison>{};
    } else {
      static_assert(Y::rank == 0, "etch: grad: the function must return one number; reduce it with mean or sum");
      static_assert(!is_complex_type<typename Y::value_type>, "etch: grad: the function must return a real number; take its real part or abs");
      Builder& b = *w.builder;
      W g = w;
      reverse(b, y.id, b.constant(1, b.dtype(y.id)), &w.id, 1, &g.id);
      return ValueAndGradient<Y, W>{y, g};
    }
  }
};
template <class F>
struct grad_fn {
  constexpr auto operator()(auto w, auto... x) const { return value_and_grad_fn<F>{}(w, x...).gradient; }
};

/// A program with two results: value and gradient.
template <class F, class... Leaf>
struct ValueAndGradientSpec {
  static constexpr int capacity = 1024;
  static constexpr void trace(Builder& b) {
    Pack<typename Leaf::tracer...> in{{{Leaf::trace(b)}...}};
    finish(b, in, std::index_sequence_for<Leaf...>{});
  }
  template <class P, std::size_t... I>
  static constexpr void finish(Builder& b, const P& in, std::index_sequence<I...>) {
    const auto r = value_and_grad_fn<F>{}(held<I>(in)...);
    b.output(r.value.id, 0);
    b.output(r.gradient.id, 1);
  }
};

}  // namespace detail

/// The gradient of a captureless function of tracers; one lazy node when called on tensors.
template <class F>
struct GradientOf {
  static_assert(std::is_empty_v<F>, "etch: grad: a traced function must have no captures; pass values as arguments");
  template <OperandOrNumber... X>
  constexpr auto operator()(const X&... x) const {
    return apply<detail::grad_fn<F>>(x...);
  }
};
/// Value and gradient together, from one program.
template <class F>
struct ValueAndGradientOf {
  static_assert(std::is_empty_v<F>, "etch: value_and_grad: a traced function must have no captures; pass values as arguments");
  template <OperandOrNumber... X>
  constexpr auto operator()(const X&... x) const {
    if constexpr ((detail::is_tracer_v<X> || ...)) {
      return detail::value_and_grad_fn<F>{}(detail::lower(detail::builder_of(x...), x)...);
    } else {
      using Spec = detail::ValueAndGradientSpec<F, decltype(detail::leaf(x))...>;
      using R = decltype(detail::value_and_grad_fn<F>{}(typename decltype(detail::leaf(x))::tracer{}...));
      decltype(detail::tensor_like(R{}.value)) value;
      decltype(detail::tensor_like(R{}.gradient)) gradient;
      void* out[] = {value.data(), gradient.data()};
      cpu::Machine& m = detail::machine_of<Spec>();
      [&](const auto&... leaf) {  // leaves hold what is bound: numbers, and actual sizes
        Bindings in;
        (leaf.bind(in), ...);
        m.run(in, out);
      }(detail::leaf(x)...);
      detail::resize_result<Compiled<Spec>>(m, gradient, 1);
      return ValueAndGradient<decltype(value), decltype(gradient)>{static_cast<decltype(value)&&>(value), static_cast<decltype(gradient)&&>(gradient)};
    }
  }
};

/// d f / d (first argument).
template <class F>
constexpr GradientOf<F> grad(F) {
  return {};
}
template <class F>
constexpr ValueAndGradientOf<F> value_and_grad(F) {
  return {};
}

}  // namespace ETCH_ABI
}  // namespace etch
