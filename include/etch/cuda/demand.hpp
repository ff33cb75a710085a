// Values that must be what their reader demands of them: indices, targets, probabilities, lengths.
#pragma once

#include <etch/cuda/fault.hpp>
#include <etch/cuda/launch.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace device {
inline namespace ETCH_PLACE {

/// The sizes of a loop and the strides of its operands in elements.
struct Walk {
  index_t size[max_rank]{}, stride[3][max_rank]{};
  int rank = 0;
  /// The offsets at element i, axis `skip` left out.
  ETCH_INLINE void seek(index_t i, int skip, index_t* offset) const {
    for (int k = rank - 1; k >= 0; --k) {
      if (k == skip) continue;
      const index_t j = i % size[k];
      i /= size[k];
      for (int o = 0; o < 3; ++o) offset[o] += j * stride[o][k];
    }
  }
};

/// Whether a value is what is demanded.
ETCH_SCALAR bool meets_demand(Demand rule, double v, double size) {
  switch (rule) {
    case Demand::index:
    case Demand::target: return v >= 0 && v < size;
    case Demand::label: return v >= -1 && v < size;
    case Demand::quantile:
    case Demand::probability: return v >= 0 && v <= 1;
    case Demand::length: return v >= 1 && v <= size;
    default: return !(v < 0);
  }
}
/// [sizes.., size of the axis]; accesses values, out (dense): one element that must be what is demanded of it.
template <class T>
struct DemandElement {
  char* const* from;
  char* const* to;
  Walk walk;
  index_t size;
  Demand rule;
  bool wraps;
  Fault* fault;
  int step;
  ETCH_INLINE void operator()(index_t i) const {
    index_t offset[3]{};
    walk.seek(i, -1, offset);
    T x = at<const T>(from)[offset[0]];
    const T given = x;
    if constexpr (std::is_same_v<T, std::int64_t>) {
      if (wraps && x < 0) x += size;
    }
    if (!meets_demand(rule, static_cast<double>(x), static_cast<double>(size))) {
      report(fault, step, static_cast<double>(given), i, size);
      if constexpr (std::is_integral_v<T>) x = T(rule == Demand::length);  // what follows reads no memory by it
    }
    at<T>(to)[i] = x;
  }
};

}  // namespace ETCH_PLACE
}  // namespace device
}  // namespace ETCH_ABI
}  // namespace etch
