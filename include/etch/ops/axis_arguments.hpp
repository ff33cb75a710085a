// What a call says whose axes or sizes are arguments, as they are in Python: here they are template arguments.
#pragma once

#include <concepts>

#include <etch/expr/tensor.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace detail {

template <class X>
constexpr Poison axes_as_arguments(const X&) {
  static_assert(sizeof(X) == 0, "etch: axes and sizes: they are template arguments, as in sum<1>(x), softmax<-1>(x), transpose<0, 1>(x), reshape<-1, 4>(x)");
  return {};
}

}  // namespace detail

#define ETCH_AXES_ARE_TEMPLATE_ARGUMENTS(NAME) \
  template <Operand X, std::integral First, std::integral... Rest> \
  constexpr auto NAME(const X& x, First, Rest...) { \
    return detail::axes_as_arguments(x); \
  }
#define ETCH_AXIS_IS_A_TEMPLATE_ARGUMENT(NAME) \
  ETCH_AXES_ARE_TEMPLATE_ARGUMENTS(NAME) \
  template <Operand X> constexpr auto NAME(const X& x) { return detail::axes_as_arguments(x); }

ETCH_AXES_ARE_TEMPLATE_ARGUMENTS(sum)
ETCH_AXES_ARE_TEMPLATE_ARGUMENTS(prod)
ETCH_AXES_ARE_TEMPLATE_ARGUMENTS(mean)
ETCH_AXES_ARE_TEMPLATE_ARGUMENTS(amax)
ETCH_AXES_ARE_TEMPLATE_ARGUMENTS(amin)
ETCH_AXES_ARE_TEMPLATE_ARGUMENTS(argmax)
ETCH_AXES_ARE_TEMPLATE_ARGUMENTS(argmin)
ETCH_AXES_ARE_TEMPLATE_ARGUMENTS(all)
ETCH_AXES_ARE_TEMPLATE_ARGUMENTS(any)
ETCH_AXES_ARE_TEMPLATE_ARGUMENTS(var)
ETCH_AXES_ARE_TEMPLATE_ARGUMENTS(std)
ETCH_AXES_ARE_TEMPLATE_ARGUMENTS(logsumexp)
ETCH_AXES_ARE_TEMPLATE_ARGUMENTS(sort)
ETCH_AXES_ARE_TEMPLATE_ARGUMENTS(argsort)
ETCH_AXES_ARE_TEMPLATE_ARGUMENTS(flip)
ETCH_AXES_ARE_TEMPLATE_ARGUMENTS(squeeze)
ETCH_AXES_ARE_TEMPLATE_ARGUMENTS(permute)
ETCH_AXES_ARE_TEMPLATE_ARGUMENTS(reshape)
ETCH_AXES_ARE_TEMPLATE_ARGUMENTS(view)
ETCH_AXES_ARE_TEMPLATE_ARGUMENTS(flatten)
ETCH_AXIS_IS_A_TEMPLATE_ARGUMENT(unsqueeze)
ETCH_AXIS_IS_A_TEMPLATE_ARGUMENT(transpose)
ETCH_AXIS_IS_A_TEMPLATE_ARGUMENT(softmax)
ETCH_AXIS_IS_A_TEMPLATE_ARGUMENT(log_softmax)
ETCH_AXIS_IS_A_TEMPLATE_ARGUMENT(softmin)
ETCH_AXIS_IS_A_TEMPLATE_ARGUMENT(cumsum)
ETCH_AXIS_IS_A_TEMPLATE_ARGUMENT(cumprod)

#undef ETCH_AXIS_IS_A_TEMPLATE_ARGUMENT
#undef ETCH_AXES_ARE_TEMPLATE_ARGUMENTS

}  // namespace ETCH_ABI
}  // namespace etch
