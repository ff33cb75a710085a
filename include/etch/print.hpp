// Printing tensors to a stream, as PyTorch prints them: `std::cout << x`.
#pragma once

#include <etch/expr/tensor.hpp>
#include <etch/run/assign.hpp>

#include <cstdio>
#include <ostream>
#include <string>

namespace etch {
inline namespace ETCH_ABI {
namespace detail {

template <class T>
std::string print_number(T value) {
  char text[64];
  if constexpr (std::is_same_v<T, bool>) return value ? "True" : "False";
  else if constexpr (std::is_floating_point_v<T> || is_half<T>) std::snprintf(text, sizeof text, "%.4f", static_cast<double>(value));
  else if constexpr (is_complex_type<T>) std::snprintf(text, sizeof text, "%.4f%+.4fj", static_cast<double>(value.re), static_cast<double>(value.im));
  else std::snprintf(text, sizeof text, "%lld", static_cast<long long>(value));
  return text;
}

template <class T>
void print_axis(std::ostream& out, const T*& at, const int* sizes, int rank, int indent, std::size_t width) {
  if (rank == 0) {
    const std::string s = print_number(*at++);
    out << std::string(width > s.size() ? width - s.size() : 0, ' ') << s;
    return;
  }
  out << '[';
  for (int i = 0; i < sizes[0]; ++i) {
    if (i != 0) {
      out << ',';
      if (rank == 1) out << ' ';
      else out << std::string(static_cast<std::size_t>(rank - 1), '\n') << std::string(static_cast<std::size_t>(indent) + 1, ' ');
    }
    print_axis(out, at, sizes + 1, rank - 1, indent + 1, width);
  }
  out << ']';
}

}  // namespace detail

template <class T, auto... D>
std::ostream& operator<<(std::ostream& out, const Tensor<T, D...>& x) {
  std::size_t width = 0;
  for (std::int64_t i = 0; i < x.numel(); ++i) {
    const std::size_t w = detail::print_number(x.data()[i]).size();
    width = w > width ? w : width;
  }
  const T* at = x.data();
  out << "tensor(";
  detail::print_axis(out, at, x.sizes(), Tensor<T, D...>::rank, 7, width);
  return out << ')';
}
/// An expression is evaluated and printed.
template <class F, class Args, class T, auto... D>
std::ostream& operator<<(std::ostream& out, const Lazy<F, Args, T, D...>& e) {
  return out << Tensor<T, D...>(e);
}

}  // namespace ETCH_ABI
}  // namespace etch
