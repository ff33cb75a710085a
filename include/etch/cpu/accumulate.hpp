// Accumulators of a fused loop over rows: what a part begins with, and how two parts become one. For kernels on all devices.
#pragma once

#include <etch/cpu/fused.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace cpu {
namespace detail {

/// f(null pointer of the element type); as a switch inside a kernel, all types are one instantiation.
template <class F>
ETCH_INLINE void with_type(DType d, F f) {
  switch (d) {
    case DType::float32: return f(static_cast<float*>(nullptr));
    case DType::float64: return f(static_cast<double*>(nullptr));
    case DType::int64: return f(static_cast<std::int64_t*>(nullptr));
    case DType::int32: return f(static_cast<std::int32_t*>(nullptr));
    case DType::int16: return f(static_cast<std::int16_t*>(nullptr));
    case DType::int8: return f(static_cast<std::int8_t*>(nullptr));
    case DType::float16: return f(static_cast<half*>(nullptr));
    case DType::bfloat16: return f(static_cast<bfloat16*>(nullptr));
    default: return f(static_cast<std::uint8_t*>(nullptr));
  }
}

template <class T>
ETCH_INLINE T neutral_of(Op op) {
  return op == Op::sum ? neutral<0, T>() : op == Op::prod ? neutral<1, T>() : op == Op::amax ? neutral<2, T>() : neutral<3, T>();
}
template <class T>
ETCH_INLINE T combined(Op op, T a, T b) {
  if (op == Op::sum) return static_cast<T>(a + b);
  if (op == Op::prod) return static_cast<T>(a * b);
  if (op == Op::amax) return b > a || b != b ? b : a;
  return b < a || b != b ? b : a;
}

template <class T>
void combine_span(Op op, T* to, const T* from, index_t count) {
  for (index_t i = 0; i < count; ++i) to[i] = combined<T>(op, to[i], from[i]);
}
template <class T>
void fill_span(Op op, T* to, index_t count) {
  const T v = neutral_of<T>(op);
  for (index_t i = 0; i < count; ++i) to[i] = v;
}

}  // namespace detail
}  // namespace cpu
}  // namespace ETCH_ABI
}  // namespace etch
