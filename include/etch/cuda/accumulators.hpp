// Accumulators of a group: neutral before its parts run, the partial results of all parts in order after them.
#pragma once

#include <etch/cpu/accumulate.hpp>
#include <etch/cuda/group.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace device {

/// Element i of all parts together becomes neutral.
struct StartAccumulator {
  char* const* part;  ///< of part 0, in the tables
  index_t step;       ///< bytes from part to part
  index_t count;
  Op op;
  DType dtype;
  ETCH_INLINE void operator()(index_t i) const {
    cpu::detail::with_type(dtype, [&]<class T>(T*) { reinterpret_cast<T*>(*part + i / count * step)[i % count] = cpu::detail::neutral_of<T>(op); });
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
    cpu::detail::with_type(dtype, [&]<class T>(T*) {
      T value = reinterpret_cast<const T*>(*part)[i];
      for (int k = 1; k < parts; ++k) value = cpu::detail::combined<T>(op, value, reinterpret_cast<const T*>(*part + k * step)[i]);
      reinterpret_cast<T*>(*target)[i] = value;
    });
  }
};

}  // namespace device
}  // namespace ETCH_ABI
}  // namespace etch
