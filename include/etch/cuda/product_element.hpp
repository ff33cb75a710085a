// A product element by element: for what cuBLASLt does not take, and where one thread computes everything.
#pragma once

#include <etch/cuda/group.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace device {

/// One operand: its address and strides in elements.
struct Matrix {
  char* data;
  index_t batch, row, column;
};
/// One element of a product.
template <class T>
struct ProductElement {
  Matrix a, b, c;
  index_t m, n, k;
  ETCH_INLINE void operator()(index_t i) const {
    using Sum = std::conditional_t<etch::detail::is_half<T>, float, T>;
    const index_t column = i % n, row = i / n % m, batch = i / (m * n);
    const T* const x = reinterpret_cast<const T*>(a.data) + batch * a.batch + row * a.row;
    const T* const y = reinterpret_cast<const T*>(b.data) + batch * b.batch + column * b.column;
    Sum sum(0);
    for (index_t j = 0; j < k; ++j) sum = static_cast<Sum>(sum + static_cast<Sum>(x[j * a.column]) * static_cast<Sum>(y[j * b.row]));
    reinterpret_cast<T*>(c.data)[batch * c.batch + row * c.row + column * c.column] = static_cast<T>(sum);
  }
};

}  // namespace device
}  // namespace ETCH_ABI
}  // namespace etch
