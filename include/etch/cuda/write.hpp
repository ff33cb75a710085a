// What is written from outside a program: elements through a view, gradients added to what a variable has collected.
#pragma once

#include <etch/cuda/accumulators.hpp>
#include <etch/cuda/launch.hpp>
#include <etch/run/place.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace device {
inline namespace ETCH_PLACE {

/// Element i of a dense block, stored where a view has it.
template <class Bits>
struct StoreElement {
  etch::detail::Strided to;
  Bits* base;
  const Bits* dense;
  ETCH_INLINE void operator()(index_t i) const {
    index_t at = to.first, rest = i;
    for (int k = to.rank - 1; k >= 0; --k) {
      at += rest % to.size[k] * to.stride[k];
      rest /= to.size[k];
    }
    base[at] = dense[i];
  }
};
struct Bits128 {
  std::uint64_t low, high;
};
inline void store(const etch::detail::Strided& to, void* base, const void* dense, std::size_t bytes) {
  index_t count = 1;
  for (int k = 0; k < to.rank; ++k) count *= to.size[k];
  const auto run = [&]<class Bits>(Bits*) { for_each(count, StoreElement<Bits>{to, static_cast<Bits*>(base), static_cast<const Bits*>(dense)}); };
  switch (bytes) {
    case 1: return run(static_cast<std::uint8_t*>(nullptr));
    case 2: return run(static_cast<std::uint16_t*>(nullptr));
    case 4: return run(static_cast<std::uint32_t*>(nullptr));
    case 8: return run(static_cast<std::uint64_t*>(nullptr));
    default: return run(static_cast<Bits128*>(nullptr));
  }
}

/// sum[i] += more[i]
struct AddElement {
  DType dtype;
  void* sum;
  const void* more;
  ETCH_INLINE void operator()(index_t i) const {
    cpu::detail::with_type(dtype, [&]<class T>(T*) {
      T* const to = static_cast<T*>(sum) + i;
      *to = cpu::detail::combined<T>(Op::sum, *to, static_cast<const T*>(more)[i]);
    });
  }
};

}  // namespace ETCH_PLACE
}  // namespace device
}  // namespace ETCH_ABI
}  // namespace etch
