// How often each number occurs in a tensor of small integers, or what the weights of its occurrences add up to.
//
//   counts[v] = sum over i with x[i] = v of w[i]        as many as the largest number demands, at least `minlength`
#pragma once

#include <etch/run/counted.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace detail {

template <class R, int Max, auto... Name, class X, class Weight>
auto bincount_of(const X& x, int minlength, Weight weight) {
  constexpr bool integers = is_integral(dtype_of<typename X::value_type>);
  static_assert(integers, "etch: bincount: the dtype must be an integer");
  constexpr auto name = counted_name<Max, Name...>();
  if (minlength < 0) fail("bincount", "the least length must not be negative", Message{} << "got " << minlength);
  std::int64_t size = minlength;
  for (std::int64_t i = 0; i < x.numel(); ++i) {
    const auto v = static_cast<std::int64_t>(x.data()[i]);
    if (ETCH_CHECKS && (v < 0 || v >= decltype(name)::capacity))
      fail("bincount", "a number must be at least 0 and below the bound", Message{} << "got " << static_cast<long>(v) << " at position " << static_cast<long>(i) << ", bound " << decltype(name)::capacity);
    size = v + 1 > size ? v + 1 : size;
  }
  Tensor<R, name> counts(static_cast<int>(size));
  for (std::int64_t i = 0; i < x.numel(); ++i) {
    R& c = counts.data()[static_cast<std::int64_t>(x.data()[i])];
    c = static_cast<R>(c + weight(i));
  }
  return counts;
}

}  // namespace detail

/// `bincount<100>(x)`: how often each of 0 .. max(x) occurs; numbers must be below 100.
template <int Max, auto... Name, Operand X>
auto bincount(const X& x, int minlength = 0) {
  if constexpr (!detail::has_values<X>) {
    static_assert(detail::has_values<X>, "etch: bincount: the size of the result depends on values, so it has no place in a traced function");
    return Poison{};
  } else {
    return detail::bincount_of<std::int64_t, Max, Name...>(detail::values_of(x), minlength, [](std::int64_t) { return 1; });
  }
}
/// The sums of `weights`, by the number that stands beside each; of integers as float64.
template <int Max, auto... Name, Operand X, Operand W>
auto bincount(const X& x, const W& weights, int minlength = 0) {
  if constexpr (!detail::has_values<X> || !detail::has_values<W>) {
    static_assert(detail::has_values<X>, "etch: bincount: the size of the result depends on values, so it has no place in a traced function");
    return Poison{};
  } else {
    const auto& w = detail::values_of(weights);
    if (w.numel() != detail::values_of(x).numel()) fail("bincount", "there must be a weight for each number", Message{} << "got " << w.numel() << " for " << detail::values_of(x).numel());
    using R = std::conditional_t<std::is_same_v<typename W::value_type, float>, float, double>;
    return detail::bincount_of<R, Max, Name...>(detail::values_of(x), minlength, [&](std::int64_t i) { return static_cast<R>(w.data()[i]); });
  }
}

}  // namespace ETCH_ABI
}  // namespace etch
