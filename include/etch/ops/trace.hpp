// The sum of a matrix's diagonal.
#pragma once

#include <etch/ops/reduce.hpp>
#include <etch/ops/slice.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace detail {

struct trace_fn {
  template <class X>
  constexpr auto operator()(X x) const {
    constexpr bool matrix = X::rank == 2;
    if constexpr (!matrix) {
      static_assert(matrix, "etch: trace: the operand must be a matrix");
      return Poison{};
    } else {
      return reduce_fn<Op::sum>{}(diagonal_fn<0, 0, 1>{}(x));
    }
  }
};
}  // namespace detail

/// The sum of a matrix's diagonal.
template <Operand X> constexpr auto trace(const X& x) { return apply<detail::trace_fn>(x); }

}  // namespace ETCH_ABI
}  // namespace etch
