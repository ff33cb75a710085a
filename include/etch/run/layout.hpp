// Questions about a tensor's size and memory, answered without computing anything.
#pragma once

#include <etch/run/write.hpp>

namespace etch {
inline namespace ETCH_ABI {

/// The number of elements; of an expression with bounded dims only its tensor knows it.
template <Operand X>
constexpr std::int64_t numel(const X& x) {
  if constexpr (requires { x.numel(); }) {
    return x.numel();
  } else {
    constexpr bool sizes_are_static = [] {
      for (int i = 0; i < X::rank; ++i)
        if (X::dims()[i].bounded) return false;
      return true;
    }();
    static_assert(sizes_are_static, "etch: numel: an expression must have static sizes; a tensor knows its own");
    return capacity(X::dims());
  }
}
/// The number of axes.
template <Operand X>
constexpr int ndim(const X&) {
  return X::rank;
}
/// Bytes of an element, and of all.
template <Operand X>
constexpr std::int64_t element_size(const X&) {
  return static_cast<std::int64_t>(sizeof(typename X::value_type));
}
template <Operand X>
constexpr std::int64_t nbytes(const X& x) {
  return numel(x) * element_size(x);
}
/// Whether two shapes are the same.
template <Operand X, Operand Y>
constexpr bool is_same_size(const X& x, const Y& y) {
  bool same = X::rank == Y::rank;
  if constexpr (requires { x.sizes(); y.sizes(); } && X::rank == Y::rank) {
    for (int i = 0; i < X::rank; ++i) same = same && x.sizes()[i] == y.sizes()[i];
  } else {
    const Dims a = X::dims(0), b = Y::dims(X::rank);
    for (int i = 0; same && i < a.rank; ++i) same = agree(a[i], b[i]);
  }
  return same;
}
/// Whether there are negative numbers of this dtype.
template <Operand X>
constexpr bool is_signed(const X&) {
  return dtype_of<typename X::value_type> != DType::boolean && dtype_of<typename X::value_type> != DType::uint8;
}
/// Whether elements lie one after another in row-major order: not in most views. What is computed does.
template <Operand X>
constexpr bool is_contiguous(const X&) {
  if constexpr (requires(const X& x) { x.arguments; }) return !detail::view_layout<X>.is_view || detail::view_layout<X>.dense;
  else return true;
}
/// Whether the only element is not 0.
template <Operand X>
bool is_nonzero(const X& x) {
  return x.item() != typename X::value_type(0);
}

}  // namespace ETCH_ABI
}  // namespace etch
