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

template <Op O, class T>
void fill_part(void* part, index_t count) {
  T* const to = static_cast<T*>(part);
  for (index_t i = 0; i < count; ++i) to[i] = neutral_of<T>(O);
}
template <Op O, class T>
void add_part(void* part, const void* other, index_t count) {
  T* ETCH_RESTRICT const to = static_cast<T*>(part);
  const T* ETCH_RESTRICT const from = static_cast<const T*>(other);
  for (index_t i = 0; i < count; ++i) to[i] = combined<T>(O, to[i], from[i]);
}

}  // namespace detail

/// What the parts of an accumulator begin with, and how one takes in another. A program names those it uses.
struct Accumulator {
  void (*fill)(void* part, index_t count) = nullptr;
  void (*add)(void* part, const void* other, index_t count) = nullptr;
};
/// The accumulator of a reduction and a dtype; a bool is a byte.
template <Op O, DType D>
constexpr Accumulator accumulator() {
  using T = std::conditional_t<D == DType::boolean, std::uint8_t, type_of<D>>;
  return {detail::fill_part<O, T>, detail::add_part<O, T>};
}

}  // namespace cpu
}  // namespace ETCH_ABI
}  // namespace etch
