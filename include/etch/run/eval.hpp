// eval: several expressions at once, in one program, so that what they share is computed once.
//
//   auto [m, v] = eval(mean<1>(a), var<1>(a));
#pragma once

#include <etch/expr/values.hpp>
#include <etch/run/assign.hpp>

namespace etch {
inline namespace ETCH_ABI {

namespace detail {

template <class T, auto... D>
Tensor<T, D...> result_tensor(Tracer<T, D...>);
template <class X>
using tensor_of = decltype(result_tensor(typename X::tracer{}));

template <std::size_t... I, class... X>
auto evaluate_together(std::index_sequence<I...>, const X&... x) {
  using Spec = EvalSpec<X...>;
  using Place = typename PlaceOf<(0 | ... | places<X>())>::type;
  typename Place::template result<Values<tensor_of<X>...>> r;
  Bindings in;
  (x.bind(in), ...);
  void* out[] = {held<I>(r.value).data()...};
  typename Place::Machine& m = machine_of<Spec, Place>();
  m.run(in, out);
  (resize_result<Compiled<Spec>>(Place::sizes(m), held<I>(r.value), static_cast<int>(I)), ...);
  return r;
}

}  // namespace detail

/// The values of expressions as tensors; of one expression as a tensor.
template <Operand E>
auto eval(const E& e) {
  using X = std::remove_cvref_t<decltype(detail::as_expression(e))>;
  return typename detail::expression_place<X>::template result<detail::tensor_of<X>>(e);
}
/// Both results of an operation that has two: `auto [values, indices] = eval(sort<1>(x))`.
template <class E>
  requires requires(const E& e) { e.values; e.indices; }
auto eval(const E& e) {
  return detail::evaluate_together(std::index_sequence_for<int, int>{}, detail::as_expression(e.values), detail::as_expression(e.indices));
}
template <Operand E, Operand... More>
requires(sizeof...(More) > 0) auto eval(const E& e, const More&... more) {
  return detail::evaluate_together(std::index_sequence_for<E, More...>{}, detail::as_expression(e),
                                   detail::as_expression(more)...);
}

}  // namespace ETCH_ABI
}  // namespace etch
