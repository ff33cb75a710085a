// Several results of one function, for structured bindings: `auto [a, b] = split<2>(x);`, `return several(sum(x), x * 2);`.
#pragma once

#include <etch/expr/lazy.hpp>

#include <utility>

namespace etch {
inline namespace ETCH_ABI {

/// Several tensors, expressions or tracers.
template <class... X>
struct Values {
  Pack<X...> value;
  template <std::size_t I>
  constexpr auto& get() & {
    return detail::held<I>(value);
  }
  template <std::size_t I>
  constexpr const auto& get() const& {
    return detail::held<I>(value);
  }
  template <std::size_t I>
  constexpr auto&& get() && {
    return std::move(detail::held<I>(value));
  }
};

/// The results of a traced function that has more than one.
template <class... X>
constexpr Values<X...> several(const X&... x) {
  return {Pack<X...>{{{x}...}}};
}

template <class F, class... R, class... A>
constexpr auto each_result(const Values<R...>*, const A&... a) {
  return [&]<std::size_t... I>(std::index_sequence<I...>) { return several(apply<detail::result_fn<F, I>>(a...)...); }(std::index_sequence_for<R...>{});
}

/// Two results, expressions or tensors: `auto [v, i] = sort<1>(x)`, or `sort<1>(x).indices`.
template <class V, class I>
struct ValuesIndices {
  V values;
  I indices;
};
namespace detail {
/// One of the two results of F.
template <class F, bool Indices>
struct value_or_index_fn {
  static constexpr int extra_nodes = detail::extra_nodes<F>();
  template <class... X>
  constexpr auto operator()(X... x) const {
    if constexpr (Indices) return F{}(x...).indices;
    else return F{}(x...).values;
  }
};
}  // namespace detail
template <class F, class V, class I, class... A>
constexpr auto each_result(const ValuesIndices<V, I>*, const A&... a) {
  const auto v = apply<detail::value_or_index_fn<F, false>>(a...);
  const auto i = apply<detail::value_or_index_fn<F, true>>(a...);
  return ValuesIndices<std::remove_const_t<decltype(v)>, std::remove_const_t<decltype(i)>>{v, i};
}

/// What `value_and_grad` returns: `auto [value, gradient] = value_and_grad(f)(w, x)`.
template <class V, class G>
struct ValueAndGradient {
  V value;
  G gradient;
};

namespace detail {
template <class>
inline constexpr bool is_values = false;
template <class... X>
inline constexpr bool is_values<Values<X...>> = true;

template <class F, class V, class I>
constexpr void for_each_value(const ValuesIndices<V, I>& y, const F& f);
template <class F, class V, class I>
constexpr void for_each_value(ValuesIndices<V, I>& y, const F& f);
/// Calls f on each single value in y, in order.
template <class Y, class F>
constexpr void for_each_value(Y&& y, const F& f) {
  f(y);
}
template <class F, class... X>
constexpr void for_each_value(const Values<X...>& y, const F& f) {
  [&]<std::size_t... I>(std::index_sequence<I...>) { (for_each_value(held<I>(y.value), f), ...); }(std::index_sequence_for<X...>{});
}
template <class F, class... X>
constexpr void for_each_value(Values<X...>& y, const F& f) {
  [&]<std::size_t... I>(std::index_sequence<I...>) { (for_each_value(held<I>(y.value), f), ...); }(std::index_sequence_for<X...>{});
}
template <class F, class V, class G>
constexpr void for_each_value(const ValueAndGradient<V, G>& y, const F& f) {
  for_each_value(y.value, f);
  for_each_value(y.gradient, f);
}
template <class F, class V, class G>
constexpr void for_each_value(ValueAndGradient<V, G>& y, const F& f) {
  for_each_value(y.value, f);
  for_each_value(y.gradient, f);
}
template <class F, class V, class I>
constexpr void for_each_value(const ValuesIndices<V, I>& y, const F& f) {
  f(y.values), f(y.indices);
}
template <class F, class V, class I>
constexpr void for_each_value(ValuesIndices<V, I>& y, const F& f) {
  f(y.values), f(y.indices);
}
}  // namespace detail

namespace detail {
template <class A>
constexpr auto tracer_like() {
  if constexpr (is_tracer_v<A>) return tracer_of<A>{};
  else if constexpr (std::is_same_v<A, Poison>) return Poison{};
  else return typename decltype(leaf(std::declval<const A&>()))::tracer{};
}
template <class F, class... A, std::size_t... I>
constexpr auto apply_each(std::index_sequence<I...>, const A&... a) {
  using R = Values<decltype(apply<typename F::template part<static_cast<int>(I)>>(a...))...>;
  return R{{{{apply<typename F::template part<static_cast<int>(I)>>(a...)}...}}};
}
}  // namespace detail

/// The tracer that an operand becomes: its shape, before anything is traced.
template <class A>
using traced = decltype(detail::tracer_like<A>());

/// The functors F::part<0>, ... F::part<N - 1> on the same arguments.
template <int N, class F, class... A>
constexpr auto apply_each(const A&... a) {
  return detail::apply_each<F>(std::make_index_sequence<static_cast<std::size_t>(N)>{}, a...);
}

}  // namespace ETCH_ABI
}  // namespace etch

template <class... X>
struct std::tuple_size<etch::Values<X...>> {
  static constexpr std::size_t value = sizeof...(X);
};
template <std::size_t I, class... X>
struct std::tuple_element<I, etch::Values<X...>> {
  using type = std::remove_reference_t<decltype(etch::detail::held<I>(*static_cast<etch::Pack<X...>*>(nullptr)))>;
};
