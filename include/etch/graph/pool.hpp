// A window over the last two axes as the argument of `max_pool`: kernel, stride, dilation and padding before, a byte each for each axis.
#pragma once

#include <etch/core/config.hpp>

#include <cstdint>

namespace etch {
inline namespace ETCH_ABI {
namespace detail {

struct PoolAxis {
  int kernel, stride, dilation, before;
};
struct PoolWindow {
  PoolAxis axis[2];

  /// Whether each number fits its byte.
  constexpr bool fits() const {
    for (const PoolAxis& a : axis)
      if (a.kernel > 255 || a.stride > 255 || a.dilation > 255 || a.before > 255) return false;
    return true;
  }
  /// 2 x 2, side by side.
  constexpr bool pairs() const {
    for (const PoolAxis& a : axis)
      if (a.kernel != 2 || a.stride != 2 || a.dilation != 1 || a.before != 0) return false;
    return true;
  }
  constexpr std::uint64_t arg() const {
    std::uint64_t r = 0;
    for (const PoolAxis& a : axis)
      r = r << 32 | static_cast<std::uint64_t>(a.kernel) << 24 | static_cast<std::uint64_t>(a.stride) << 16 | static_cast<std::uint64_t>(a.dilation) << 8 | static_cast<std::uint64_t>(a.before);
    return r;
  }
  static constexpr PoolWindow of(std::uint64_t arg) {
    const auto byte = [arg](int i) { return static_cast<int>(arg >> (56 - 8 * i) & 255); };
    return {{{byte(0), byte(1), byte(2), byte(3)}, {byte(4), byte(5), byte(6), byte(7)}}};
  }
};

}  // namespace detail
}  // namespace ETCH_ABI
}  // namespace etch
