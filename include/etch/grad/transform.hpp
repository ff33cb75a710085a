// Functions of functions, on tracers: gradients, products with Jacobians and Hessians, and the matrices themselves.
//
//   y = f(x...)      grad: dy/dx      jvp: J t      vjp: v J      hvp: H v
//
// Each is a functor again, so they compose to any order.
#pragma once

#include <etch/expr/values.hpp>
#include <etch/grad/batch.hpp>
#include <etch/grad/forward.hpp>

namespace etch {
inline namespace ETCH_ABI {

namespace detail {

/// The node to differentiate by in place of `id`: itself, unless something else reads it, which is no part of the function.
constexpr int variable_node(Builder& b, int id, const int* arguments, int count, bool captures) {
  bool shared = captures || b.walks > 0 || b.is_pair(id);
  int uses = 0;
  for (int i = 0; i < count; ++i) uses += arguments[i] == id ? 1 : 0;
  for (int n = id + 1; !shared && n < b.size(); ++n)
    for (int k = 0; k < 3; ++k) shared = shared || b[n].in[k] == id;
  return shared || uses > 1 ? b.fresh(id) : id;
}

/// Arguments of which those at A... are variables, the value of f there, and the variables' nodes.
template <class F, class Indices, class List, int... A>
struct Variables;
template <class F, std::size_t... I, class... X, int... A>
struct Variables<F, std::index_sequence<I...>, Pack<X...>, A...> {
  static constexpr int variables = sizeof...(A);
  static constexpr bool in_range = ((A >= 0 && A < static_cast<int>(sizeof...(X))) && ...);
  Pack<X...> in;
  int wrt[variables + 1]{};

  constexpr Variables(const F&, X... x) : in{{{x}...}} {
    Builder& b = *builder_of(x...);
    int ids[] = {x.id..., -1};
    int n = 0;
    ((wrt[n++] = held<static_cast<std::size_t>(A)>(in).id = ids[A] = variable_node(b, ids[A], ids, sizeof...(X), !std::is_empty_v<F>)), ...);
  }
  constexpr auto value(const F& f) const { return f(held<I>(in)...); }
  template <int K>
  using variable = tracer_of<std::remove_cvref_t<decltype(held<static_cast<std::size_t>(K)>(static_cast<const Pack<X...>&>(*static_cast<const Pack<X...>*>(nullptr))))>>;
};
template <class F, int... A, class... X>
constexpr auto variables_in(const F& f, std::integer_sequence<int, A...>, X... x) {
  return Variables<F, std::index_sequence_for<X...>, Pack<X...>, A...>(f, x...);
}

/// The first result of a function: what is differentiated; the others come along.
template <class Y>
constexpr auto main_result(const Y& y) {
  if constexpr (is_values<Y>) return held<0>(y.value);
  else return y;
}
template <class Y>
constexpr bool is_poison() {
  return std::is_same_v<Y, Poison>;
}
/// One value, or several.
template <class X>
constexpr auto one_or_several(const X& x) {
  return x;
}
template <class X, class Y, class... More>
constexpr auto one_or_several(const X& x, const Y& y, const More&... more) {
  return several(x, y, more...);
}
template <class... X>
constexpr bool all_differentiable() {
  return ((is_floating(dtype_of<typename X::value_type>) || is_complex_type<typename X::value_type>) && ...);
}
template <class... X>
constexpr bool all_floating() {
  return (is_floating(dtype_of<typename X::value_type>) && ...);
}

template <class F, int... A>
struct value_and_grad_fn {
  [[no_unique_address]] F f;
  static constexpr int extra_nodes = 1792;
  template <class... X>
  constexpr auto operator()(X... x) const {
    constexpr bool in_range = ((A >= 0 && A < static_cast<int>(sizeof...(X))) && ...);
    if constexpr (!in_range) {
      static_assert(in_range, "etch: grad: the function has no argument of that number");
      return ValueAndGradient<Poison, Poison>{};
    } else {
      const auto t = variables_in(f, std::integer_sequence<int, A...>{}, x...);
      const auto y = t.value(f);
      using Y = std::remove_cvref_t<decltype(main_result(y))>;
      if constexpr (is_poison<Y>()) {
        return ValueAndGradient<Poison, Poison>{};
      } else {
        using T = std::remove_cvref_t<decltype(t)>;
        constexpr bool number = Y::rank == 0, floating = all_differentiable<Y, typename T::template variable<A>...>(), real = !is_complex_type<typename Y::value_type>;
        static_assert(number, "etch: grad: the function must return one number; reduce it with mean or sum");
        static_assert(floating, "etch: grad: only floating values have a gradient");
        static_assert(real, "etch: grad: the function must return a real number; take its real part or abs");
        Builder& b = *builder_of(x...);
        int g[sizeof...(A)]{};
        const int out = main_result(y).id, seed = b.constant(1, b.dtype(out), b.shape(out));
        reverse(b, &out, &seed, 1, t.wrt, T::variables, g);
        int n = 0;
        const auto gradient = [&](auto... v) { ((v.id = g[n++]), ...); return one_or_several(v...); }(typename T::template variable<A>{&b, 0}...);
        return ValueAndGradient<std::remove_cvref_t<decltype(y)>, std::remove_cvref_t<decltype(gradient)>>{y, gradient};
      }
    }
  }
};

template <class F, int... A>
struct grad_fn {
  [[no_unique_address]] F f;
  static constexpr int extra_nodes = 1792;
  constexpr auto operator()(auto... x) const {
    const auto r = value_and_grad_fn<F, A...>{f}(x...);
    using V = std::remove_cvref_t<decltype(r.value)>;
    if constexpr (is_values<V>) return with_rest(r, std::make_index_sequence<std::tuple_size<V>::value - 1>{});
    else return r.gradient;
  }
  /// The gradient, then what the function returned beside its value.
  template <class R, std::size_t... I>
  static constexpr auto with_rest(const R& r, std::index_sequence<I...>) {
    return several(r.gradient, held<I + 1>(r.value.value)...);
  }
};

/// v J for every argument; the last argument is v.
template <class F>
struct vjp_fn {
  [[no_unique_address]] F f;
  static constexpr int extra_nodes = 1792;
  template <class... X>
  constexpr auto operator()(X... all) const {
    static_assert(sizeof...(X) >= 2, "etch: vjp: the arguments of the function, then a vector of its result's shape");
    return split(std::make_index_sequence<sizeof...(X) - 1>{}, Pack<X...>{{{all}...}});
  }
  template <std::size_t... I, class P>
  constexpr auto split(std::index_sequence<I...>, const P& all) const {
    const auto t = variables_in(f, std::make_integer_sequence<int, sizeof...(I)>{}, held<I>(all)...);
    const auto v = held<sizeof...(I)>(all);
    const auto y = t.value(f);
    using Y = std::remove_cvref_t<decltype(y)>;
    using T = std::remove_cvref_t<decltype(t)>;
    if constexpr (is_poison<Y>()) {
      return Poison{};
    } else {
      constexpr bool fits = agree(Y::dims(), std::remove_cvref_t<decltype(v)>::dims());
      static_assert(fits, "etch: vjp: the last argument must have the shape of the function's result");
      Builder& b = *v.builder;
      int g[sizeof...(I)]{};
      const int seed = b.cast(v.id, b.dtype(y.id));
      if constexpr (fits) reverse(b, &y.id, &seed, 1, t.wrt, T::variables, g);
      return several(y, typename T::template variable<static_cast<int>(I)>{&b, g[I]}...);
    }
  }
};

/// J t: the arguments of the function, then a direction for each.
template <class F>
struct jvp_fn {
  [[no_unique_address]] F f;
  static constexpr int extra_nodes = 1792;
  template <class... X>
  constexpr auto operator()(X... all) const {
    constexpr bool pairs = sizeof...(X) % 2 == 0;
    if constexpr (!pairs) {
      static_assert(pairs, "etch: jvp: the arguments of the function, then a direction for each");
      return Poison{};
    } else {
      return split(std::make_index_sequence<sizeof...(X) / 2>{}, Pack<X...>{{{all}...}});
    }
  }
  template <std::size_t... I, class P>
  constexpr auto split(std::index_sequence<I...>, const P& all) const {
    constexpr std::size_t n = sizeof...(I);
    const auto t = variables_in(f, std::make_integer_sequence<int, n>{}, held<I>(all)...);
    const auto y = t.value(f);
    using Y = std::remove_cvref_t<decltype(y)>;
    if constexpr (is_poison<Y>()) {
      return Poison{};
    } else {
      constexpr bool fits = (agree(std::remove_cvref_t<decltype(held<I>(all))>::dims(), std::remove_cvref_t<decltype(held<n + I>(all))>::dims()) && ...);
      static_assert(fits, "etch: jvp: a direction must have the shape of its argument");
      Builder& b = *builder_of(held<I>(all)...);
      const int direction[] = {b.cast(held<n + I>(all).id, b.dtype(held<I>(all).id))...};
      Y moved = y;
      if constexpr (fits) forward(b, &y.id, 1, t.wrt, direction, static_cast<int>(n), &moved.id);
      return several(y, moved);
    }
  }
};

/// The shape of a Jacobian: that of the result, then that of the argument.
template <class Y, class X>
struct jacobian_shape {
  static constexpr Dims make() {
    Dims r = Y::dims(0);
    const Dims x = X::dims(Y::rank);
    for (int i = 0; i < x.rank && r.rank < max_rank; ++i) r.push(x[i]);
    return r;
  }
  static constexpr Dims value = make();
};
enum class Mode { automatic, reverse, forward };

/// Every unit vector of a shape: [n, shape...].
constexpr int unit_vectors(Builder& b, DType d, const Shape& s) {
  const int n = b.product(s.size, s.rank);
  const Shape square{2, {n, n}};
  const int i = b.iota(n, DType::int32);
  const int one = b.cast(b.map(Op::eq, DType::boolean, b.expand(b.reshape(i, Shape{2, {n, 1}}), square), b.expand(i, square)), d);
  Shape all;
  all.size[all.rank++] = n;
  for (int k = 0; k < s.rank; ++k) all.size[all.rank++] = s.size[k];
  return b.reshape(one, all);
}

/// dy/dx as one node [y.., x..]: one direction of the linear map, batched over all.
template <class Y, class X, Mode M>
constexpr auto jacobian_node(Builder& b, Y y, int wrt) {
  using Rule = jacobian_shape<Y, X>;
  using R = result_of<typename Y::value_type, Rule, Y, X>;
  constexpr bool forwards = M == Mode::forward || (M == Mode::automatic && capacity(X::dims()) < capacity(Y::dims()));
  const Shape from = b.shape(wrt), to = b.shape(y.id);
  const Shape full = b.shape_of(Rule::value);
  int r = -1;
  if constexpr (forwards) {
    const int t = b.placeholder(b.dtype(wrt), from), n = b.product(from.size, from.rank);
    forward(b, &y.id, 1, &wrt, &t, 1, &r);
    const int units = unit_vectors(b, b.dtype(wrt), from);
    r = batched(b, r, &t, &units, 1, n);
    r = b.reshape(r, Shape{2, {n, b.product(to.size, to.rank)}});
    return R{&b, b.reshape(b.transpose(r, 0, 1), full)};
  } else {
    const int v = b.placeholder(b.dtype(y.id), to), n = b.product(to.size, to.rank);
    reverse(b, y.id, v, &wrt, 1, &r);
    const int units = unit_vectors(b, b.dtype(y.id), to);
    return R{&b, b.reshape(batched(b, r, &v, &units, 1, n), full)};
  }
}
template <Mode M, class F, int... A>
struct jacobian_fn {
  [[no_unique_address]] F f;
  static constexpr int extra_nodes = 1792;
  template <class... X>
  constexpr auto operator()(X... x) const {
    const auto t = variables_in(f, std::integer_sequence<int, A...>{}, x...);
    const auto y = t.value(f);
    using Y = std::remove_cvref_t<decltype(y)>;
    using T = std::remove_cvref_t<decltype(t)>;
    if constexpr (is_poison<Y>()) {
      return Poison{};
    } else {
      constexpr bool floating = all_floating<Y, typename T::template variable<A>...>();
      static_assert(floating, "etch: grad: only floating values have a gradient");
      constexpr bool fits = ((Y::rank + T::template variable<A>::rank <= max_rank) && ...);
      if constexpr (!fits) {
        static_assert(fits, "etch: jacobian: the result has more than 10 dimensions");
        return Poison{};
      } else {
        return [&]<std::size_t... I>(std::index_sequence<I...>) {
          return one_or_several(jacobian_node<Y, typename T::template variable<A>, M>(*y.builder, y, t.wrt[I])...);
        }(std::make_index_sequence<sizeof...(A)>{});
      }
    }
  }
};

template <class F, int A>
using hessian_fn = jacobian_fn<Mode::forward, grad_fn<F, A>, A>;

/// The value and the product of the Hessian and a vector, for argument A; the last argument is the vector. The gradient is moved
/// forward along it (H v) or pulled back by it (v H).
template <Mode M, class F, int A>
struct hessian_product_fn {
  [[no_unique_address]] F f;
  static constexpr int extra_nodes = 1792;
  template <class... X>
  constexpr auto operator()(X... all) const {
    static_assert(sizeof...(X) >= 2, "etch: hvp: the arguments of the function, then a vector of the variable's shape");
    return split(std::make_index_sequence<sizeof...(X) - 1>{}, Pack<X...>{{{all}...}});
  }
  template <std::size_t... I, class P>
  constexpr auto split(std::index_sequence<I...>, const P& all) const {
    const auto t = variables_in(f, std::integer_sequence<int, A>{}, held<I>(all)...);
    const auto v = held<sizeof...(I)>(all);
    const auto r = value_and_grad_fn<F, A>{f}(held<I>(t.in)...);
    using W = std::remove_cvref_t<decltype(r.gradient)>;
    if constexpr (is_poison<W>()) {
      return Poison{};
    } else {
      constexpr bool fits = agree(W::dims(), std::remove_cvref_t<decltype(v)>::dims());
      static_assert(fits, "etch: hvp: the last argument must have the shape of the variable");
      Builder& b = *v.builder;
      const int vector = b.cast(v.id, b.dtype(t.wrt[0]));
      W product = r.gradient;
      if constexpr (fits && M == Mode::forward) forward(b, &r.gradient.id, 1, t.wrt, &vector, 1, &product.id);
      else if constexpr (fits) reverse(b, r.gradient.id, vector, t.wrt, 1, &product.id);
      return several(r.value, product);
    }
  }
};
template <class F, int A>
using hvp_fn = hessian_product_fn<Mode::forward, F, A>;
template <class F, int A>
using vhp_fn = hessian_product_fn<Mode::reverse, F, A>;

}  // namespace detail
}  // namespace ETCH_ABI
}  // namespace etch
