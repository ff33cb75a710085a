// A function of numbers, any that C++ can call, mapped over a tensor: `apply_(x, f)`, `map_(x, y, f)`.
//
// It runs when it is called, one element after another, and has no gradient: what is made of tensor operations is faster.
#pragma once

#include <etch/run/in_place.hpp>

namespace etch {
inline namespace ETCH_ABI {

/// x[i] = f(x[i]), of a tensor or of a view of one.
template <Writable X, class F>
X&& apply_(X&& x, F&& f) {
  Tensor values = x;
  using T = std::remove_pointer_t<decltype(values.data())>;
  for (std::int64_t i = 0; i < values.numel(); ++i) values.data()[i] = static_cast<T>(f(values.data()[i]));
  x = values;
  return static_cast<X&&>(x);
}
/// x[i] = f(x[i], y[i]), where y broadcasts to x's shape.
template <Writable X, Operand Y, class F>
X&& map_(X&& x, const Y& y, F&& f) {
  Tensor values = x, other = detail::written_as(typename decltype(detail::leaf(x))::tracer{}, x, y);
  using T = std::remove_pointer_t<decltype(values.data())>;
  for (std::int64_t i = 0; i < values.numel(); ++i) values.data()[i] = static_cast<T>(f(values.data()[i], other.data()[i]));
  x = values;
  return static_cast<X&&>(x);
}

}  // namespace ETCH_ABI
}  // namespace etch
