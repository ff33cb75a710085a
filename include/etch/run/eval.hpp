// eval: several expressions at once, in one program, so that what they share is computed once.
//
//   auto [m, v] = eval(mean<1>(a), var<1>(a));
#pragma once

#include <etch/run/assign.hpp>

namespace etch {
inline namespace ETCH_ABI {

/// Several tensors, for structured bindings.
template <class... X>
struct Values {
  Pack<X...> value;
  template <std::size_t I>
  auto& get() & {
    return detail::held<I>(value);
  }
  template <std::size_t I>
  const auto& get() const& {
    return detail::held<I>(value);
  }
  template <std::size_t I>
  auto&& get() && {
    return std::move(detail::held<I>(value));
  }
};

namespace detail {

template <class T, auto... D>
Tensor<T, D...> result_tensor(Tracer<T, D...>);
template <class X>
using tensor_of = decltype(result_tensor(typename X::tracer{}));

template <std::size_t... I, class... X>
auto evaluate_together(std::index_sequence<I...>, const X&... x) {
  using Spec = EvalSpec<X...>;
  Values<tensor_of<X>...> r;
  Bindings in;
  (x.bind(in), ...);
  void* out[] = {held<I>(r.value).data()...};
  cpu::Machine& m = machine_of<Spec>();
  m.run(in, out);
  (resize_result<Compiled<Spec>>(m, held<I>(r.value), static_cast<int>(I)), ...);
  return r;
}

}  // namespace detail

/// The values of expressions as tensors; of one expression as a tensor.
template <Operand E>
auto eval(const E& e) {
  return detail::tensor_of<decltype(detail::as_expression(e))>(e);
}
template <Operand E, Operand... More>
requires(sizeof...(More) > 0) auto eval(const E& e, const More&... more) {
  return detail::evaluate_together(std::index_sequence_for<E, More...>{}, detail::as_expression(e),
                                   detail::as_expression(more)...);
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
