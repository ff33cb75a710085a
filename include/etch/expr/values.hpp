// Several results of one function, for structured bindings: `auto [a, b] = split<2>(x);`.
#pragma once

#include <etch/expr/lazy.hpp>

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
