// Accumulators of a group: neutral before its parts run, the partial results of all parts in order after them.
#pragma once

#include <etch/cpu/machine.hpp>
#include <etch/cuda/group.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace device {

/// f(null pointer of the element type); as a switch inside the kernel, all types are one instantiation.
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
  return op == Op::sum ? cpu::detail::neutral<0, T>() : op == Op::prod ? cpu::detail::neutral<1, T>() : op == Op::amax ? cpu::detail::neutral<2, T>() : cpu::detail::neutral<3, T>();
}
template <class T>
ETCH_INLINE T combined(Op op, T a, T b) {
  if (op == Op::sum) return static_cast<T>(a + b);
  if (op == Op::prod) return static_cast<T>(a * b);
  if (op == Op::amax) return b > a || b != b ? b : a;
  return b < a || b != b ? b : a;
}

/// Element i of all parts together becomes neutral.
struct StartAccumulator {
  char* const* part;  ///< of part 0, in the tables
  index_t step;       ///< bytes from part to part
  index_t count;
  Op op;
  DType dtype;
  ETCH_INLINE void operator()(index_t i) const {
    with_type(dtype, [&]<class T>(T*) { reinterpret_cast<T*>(*part + i / count * step)[i % count] = neutral_of<T>(op); });
  }
};
/// Element i of the result.
struct CombineParts {
  char* const* part;
  char* const* target;
  index_t step;
  int parts;
  Op op;
  DType dtype;
  ETCH_INLINE void operator()(index_t i) const {
    with_type(dtype, [&]<class T>(T*) {
      T value = reinterpret_cast<const T*>(*part)[i];
      for (int k = 1; k < parts; ++k) value = combined<T>(op, value, reinterpret_cast<const T*>(*part + k * step)[i]);
      reinterpret_cast<T*>(*target)[i] = value;
    });
  }
};

}  // namespace device
}  // namespace ETCH_ABI
}  // namespace etch
