// Functions with a gradient of their own: custom functions, checkpoints and hooks, on tracers.
//
//   struct Exp : Function<Exp> {
//     static constexpr auto forward(auto x) { const auto y = exp(x); return save_for_backward(y, y); }
//     static constexpr auto backward(auto ctx, auto dy) { auto [y] = ctx.saved; return dy * y; }
//   };
//   Exp::apply(x)
//
// Such a function is a region of the graph from fresh inputs to fresh outputs; reverse mode asks its rule and leaves the
// nodes inside alone.
#pragma once

#include <etch/expr/values.hpp>
#include <etch/grad/forward.hpp>

namespace etch {
inline namespace ETCH_ABI {

/// What a custom function's backward gets beside the gradients of its results.
template <class Inputs, class Outputs, class Saved>
struct Context {
  Inputs inputs;
  Outputs outputs;
  Saved saved;  ///< what forward gave to `save_for_backward`
  bool needed[detail::Region::max_inputs]{};
  /// Whether anything asks for the gradient of argument i.
  constexpr bool needs_input_grad(int i) const { return needed[i]; }
};

/// In place of the gradient of an argument that has none.
struct NoGradient {
  int id = -1;
};
inline constexpr NoGradient no_gradient{};

namespace detail {

template <class Result, class Saved>
struct Saving {
  Result result;
  Saved saved;
};
template <class R>
constexpr auto as_values(const R& r) {
  if constexpr (is_values<R>) return r;
  else return several(r);
}
template <class R>
constexpr auto as_saving(const R& r) {
  if constexpr (requires { r.saved; r.result; }) return r;
  else return Saving<R, Values<>>{r, {}};
}

/// The tracers of these types whose nodes are ids[0], ids[1], ...
template <class V>
struct rebuilt;
template <class... X>
struct rebuilt<Values<X...>> {
  static constexpr Values<X...> from(Builder& b, const int* ids) {
    return [&]<std::size_t... I>(std::index_sequence<I...>) { return several(X{&b, ids[I]}...); }(std::index_sequence_for<X...>{});
  }
};
template <class... X>
constexpr void ids_of(const Values<X...>& v, int* ids) {
  int n = 0;
  for_each_value(v, [&](const auto& x) { ids[n++] = x.id; });
}

/// y = f(fresh x...) with fresh results, as a region with this rule, or without one: a checkpoint. Compilers under sanitizers do not
/// compare functions with null in constant expressions.
template <class Rule, class F, class... X>
constexpr auto with_rule(Rule rule, bool transparent, const F& f, X... x) {
  constexpr bool real = !(is_complex_type<typename X::value_type> || ...);
  static_assert(real, "etch: Function: arguments must be real");
  static_assert(sizeof...(X) <= Region::max_inputs, "etch: Function: at most 8 arguments");
  Builder& b = *builder_of(x...);
  ((x.id = b.fresh(x.id)), ...);
  const auto made = as_saving(f(x...));
  auto y = as_values(made.result);
  using Y = decltype(y);
  static_assert(std::tuple_size<Y>::value <= Region::max_outputs, "etch: Function: at most 4 results");
  static_assert(std::tuple_size<std::remove_cvref_t<decltype(made.saved)>>::value <= Region::max_saved, "etch: Function: at most 8 saved values");
  for_each_value(y, [&](auto& v) { v.id = b.fresh(v.id); });
  Region r{};
  const int in[] = {x.id...};
  for (std::size_t i = 0; i < sizeof...(X); ++i) r.in[i] = in[i];
  ids_of(y, r.out);
  ids_of(made.saved, r.saved);
  r.inputs = sizeof...(X);
  r.outputs = static_cast<int>(std::tuple_size<Y>::value);
  r.transparent = transparent;
  r.rule = rule;
  r.copied = std::is_same_v<Rule, std::nullptr_t>;
  b.add_region(r);
  if constexpr (is_values<std::remove_cvref_t<decltype(made.result)>>) return y;
  else return held<0>(y.value);
}

/// Calls backward with what the region holds.
template <class Rule, class Inputs, class Outputs, class Saved>
struct backward_rule {
  static constexpr void run(Builder& b, const Region& r, const int* dy, const bool* needed, int* dx) {
    Context<Inputs, Outputs, Saved> context{rebuilt<Inputs>::from(b, r.in), rebuilt<Outputs>::from(b, r.out), rebuilt<Saved>::from(b, r.saved)};
    for (int i = 0; i < r.inputs; ++i) context.needed[i] = needed[i];
    const auto arriving = rebuilt<Outputs>::from(b, dy);
    const auto g = [&]<std::size_t... I>(std::index_sequence<I...>) { return as_values(Rule::backward(context, held<I>(arriving.value)...)); }(std::make_index_sequence<std::tuple_size<Outputs>::value>{});
    constexpr int inputs = std::tuple_size<Inputs>::value, gradients = std::tuple_size<std::remove_cvref_t<decltype(g)>>::value;
    static_assert(inputs == gradients, "etch: Function: backward must return one gradient for each argument, no_gradient for none");
    check(context.inputs, g);
    if constexpr (inputs == gradients) ids_of(g, dx);
  }
  template <class... X, class... G>
  static constexpr void check(const Values<X...>&, const Values<G...>&) {
    if constexpr (sizeof...(X) == sizeof...(G)) {
      constexpr bool shapes = (fits<X, G>() && ...);
      static_assert(shapes, "etch: Function: a gradient must have the shape and dtype of its argument");
    }
  }
  template <class X, class G>
  static constexpr bool fits() {
    if constexpr (std::is_same_v<G, NoGradient>) return true;
    else return std::is_same_v<tracer_of<X>, tracer_of<G>>;
  }
};

template <class Rule>
struct custom_fn {
  template <class... X>
  constexpr auto operator()(X... x) const {
    auto forward = [](auto... a) { return Rule::forward(a...); };
    using Made = decltype(as_saving(Rule::forward(tracer_of<X>{}...)));
    using Inputs = Values<tracer_of<X>...>;
    using Outputs = decltype(as_values(Made{}.result));
    return with_rule(&backward_rule<Rule, Inputs, Outputs, decltype(Made{}.saved)>::run, false, forward, tracer_of<X>{x.builder, x.id}...);
  }
};

template <class F>
struct checkpoint_fn {
  template <class... X>
  constexpr auto operator()(X... x) const {
    return with_rule(nullptr, true, F{}, tracer_of<X>{x.builder, x.id}...);
  }
};

template <class F, class X>
struct hook_rule {
  static constexpr void run(Builder& b, const Region&, const int* dy, const bool*, int* dx) { dx[0] = F{}(X{&b, dy[0]}).id; }
};
template <class F>
struct hook_fn {
  template <class X>
  constexpr auto operator()(X x) const {
    return with_rule(&hook_rule<F, tracer_of<X>>::run, true, [](auto a) { return a; }, tracer_of<X>{x.builder, x.id});
  }
};

}  // namespace detail

/// The result of a custom function's forward, and what its backward will want to have.
template <class Result, class... Saved>
constexpr auto save_for_backward(const Result& result, const Saved&... saved) {
  return detail::Saving<Result, Values<Saved...>>{result, several(saved...)};
}

/// The base of a function with its own gradient: `forward` and `backward` are its static members.
template <class Rule>
struct Function {
  template <OperandOrNumber... X>
  static constexpr auto apply(const X&... x) {
    return etch::apply<detail::custom_fn<Rule>>(x...);
  }
};

/// f(x...), whose intermediate values are computed again in the backward pass instead of being kept. Within traced code f may
/// be a module.
template <class F, OperandOrNumber... X>
constexpr auto checkpoint(const F& f, const X&... x) {
  if constexpr ((detail::is_tracer_v<X> || ...)) {
    detail::Builder* b = detail::builder_of(x...);
    return detail::with_rule(nullptr, true, f, detail::lower(b, x)...);
  } else {
    static_assert(std::is_empty_v<F>, "etch: checkpoint: a traced function must have no captures; pass values as arguments");
    return apply<detail::checkpoint_fn<F>>(x...);
  }
}
/// x, whose gradient is f(gradient): what a tensor's hook does.
template <class F, Operand X>
constexpr auto register_hook(const X& x, F) {
  static_assert(std::is_empty_v<F>, "etch: register_hook: a traced function must have no captures; pass values as arguments");
  return apply<detail::hook_fn<F>>(x);
}

}  // namespace ETCH_ABI
}  // namespace etch
