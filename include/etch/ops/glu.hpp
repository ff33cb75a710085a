// Gated linear unit: the first half of an axis times the sigmoid of the second.
#pragma once

#include <etch/ops/slice.hpp>

namespace etch {
inline namespace ETCH_ABI {

/// Carries the size of the axis that is halved.
template <int Size>
struct halved_size {
  static constexpr bool is_even = Size % 2 == 0;
};

namespace detail {
template <int Axis>
struct glu_fn {
  template <class X>
  constexpr auto operator()(X x) const {
    constexpr int axis = axis_of(Axis, X::rank);
    if constexpr (axis < 0) {
      static_assert(axis >= 0, "etch: glu: axis out of range");
      return Poison{};
    } else {
      constexpr int size = X::dims(0)[axis].size;
      using Size = halved_size<size>;
      if constexpr (!Size::is_even) {
        static_assert(Size::is_even, "etch: glu: the axis must have an even size");
        return Poison{};
      } else {
        return slice_fn<axis, 0, size / 2>{}(x) * sigmoid(slice_fn<axis, size / 2, size>{}(x));
      }
    }
  }
};
}  // namespace detail

/// a sigmoid(b), where a and b are the halves of an axis of x.
template <int Axis = -1, Operand X> constexpr auto glu(const X& x) { return apply<detail::glu_fn<Axis>>(x); }

}  // namespace ETCH_ABI
}  // namespace etch
