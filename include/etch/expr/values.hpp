// Several values at once: what a function of more than one result returns, on tracers and on tensors.
//
//   auto f = [](auto x) { return several(sum(x), x * 2); };      auto [s, y] = ...
#pragma once

#include <etch/expr/lazy.hpp>

#include <utility>

namespace etch {
inline namespace ETCH_ABI {

/// Several values, for structured bindings.
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
}  // namespace detail

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
