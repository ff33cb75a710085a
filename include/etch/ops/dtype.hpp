// Questions about dtypes, and conversion to another tensor's: answered by the compiler.
#pragma once

#include <etch/ops/pointwise.hpp>

namespace etch {
inline namespace ETCH_ABI {

namespace detail {
template <class A>
using operand_tracer = typename decltype(leaf(*static_cast<const A*>(nullptr)))::tracer;
template <class A>
constexpr auto tracer_of_operand() {
  if constexpr (is_tracer_v<A>) return A{};
  else return operand_tracer<A>{};
}
template <class A>
using tracer_type = decltype(tracer_of_operand<A>());
struct type_as_fn {
  template <class X, class Y>
  constexpr auto operator()(X x, Y) const {
    return cast_fn<typename Y::value_type>{}(x);
  }
};
}  // namespace detail

/// The dtype that arithmetic on these operands has, as torch.result_type.
template <OperandOrNumber... A>
constexpr DType result_type(const A&...) {
  return detail::common_dtype<detail::tracer_type<A>...>();
}
/// The elements of x with the dtype of y.
template <Operand X, Operand Y> constexpr auto type_as(const X& x, const Y& y) { return apply<detail::type_as_fn>(x, y); }
/// Whether the elements are real numbers that are not integers; whether they are complex.
template <Operand X> constexpr bool is_floating_point(const X&) { return is_floating(dtype_of<typename X::value_type>); }
template <Operand X> constexpr bool is_complex(const X&) { return is_complex(dtype_of<typename X::value_type>); }


}  // namespace ETCH_ABI
}  // namespace etch
