// Which convolutions Winograd's F(2 x 4, 3 x 3) computes: windows of 3 x 3 side by side over float images, forward and both gradients,
// where its 24 multiplications for each eight places, instead of 72, outweigh that images, filters and results are transformed.
#pragma once

#include <etch/plan/types.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace detail {

inline constexpr std::int64_t winograd_products = std::int64_t{1} << 21;  // of a convolution that is worth it
inline constexpr std::int64_t winograd_filters = std::int64_t{1} << 16;   // of transformed filters, 96 bytes each, that stay in a cache

/// Whether what Winograd's algorithm does takes less time than the products themselves, in products of a busy core.
constexpr bool winograd_pays(std::int64_t images, std::int64_t channels, std::int64_t outputs, std::int64_t rows, std::int64_t columns) {
  const std::int64_t filters = channels * outputs, tiles = images * ((rows + 1) / 2) * ((columns + 3) / 4), places = images * rows * columns;
  if (channels < 16 || outputs < 16 || filters > winograd_filters || rows < 2 || columns < 7 || 9 * filters * places < winograd_products) return false;
  return 27 * filters * tiles + 120 * (channels + outputs) * tiles + 450 * filters < 10 * filters * places;
}

/// Whether a step is such a convolution; `access` are all of the plan's. Its operands are as library_steps.hpp has them.
constexpr bool is_winograd([[maybe_unused]] const Step& s, [[maybe_unused]] const Access* access) {
#if defined(ETCH_CPU_EIGEN)
  return false;
#else
  if (s.kind != StepKind::window_dot || s.dtype != DType::float32 || s.dims < 3 || s.dims > 4) return false;
  const bool gradient = s.dims == 3, padded = (s.arg & 255) != 0;  // of the weight: windows from the left; else from the right
  if (padded && (s.arg & 255) != (gradient ? 1U : 2U)) return false;
  const Access* const a = access + s.access + s.accesses - (s.words != 0 ? 2 : 3);
  const Access &sizes = a[gradient ? -2 : -1], &windows = a[gradient ? 0 : 1], &walk = padded ? a[-3] : windows;
  const int images = !gradient || sizes.index == (3 << 8 | 3) ? 1 : 0, c = gradient ? 0 : 1, y = gradient ? 3 + images : 4;
  if (sizes.index != (3 << 8 | (gradient ? 2 + images : 2))) return false;
  const int number = gradient ? (images != 0 ? sizes.stride[3] : 1) : sizes.stride[0], channels = sizes.stride[c], outputs = s.dim[1], rows = sizes.stride[y], columns = sizes.stride[y + 1];
  if (sizes.stride[c + 1] != 3 || sizes.stride[c + 2] != 3 || channels < 0 || outputs < 0 || rows < 0 || columns < 0) return false;
  if (walk.stride[c + 2] != 1 || walk.stride[y + 1] != 1 || walk.stride[y] < 0 || walk.stride[c + 1] != walk.stride[y] || walk.stride[c] < 0) return false;
  if (padded) {
    const Access &box = a[-6], &start = a[-5], &inside = a[-4];
    if (box.index != 4 || walk.index != 0 || box.stride[2] != rows + 2 || box.stride[3] != columns + 2 || walk.stride[y] != columns + 2 || walk.stride[c] != (rows + 2) * (columns + 2)) return false;
    for (int d = 0; d < 2; ++d)
      if (start.stride[d] != 0 || inside.stride[d] != box.stride[d]) return false;
    if (windows.stride[3] != 1) return false;
  }
  if (gradient) {
    if (a[-1].index != ((1 + images) << 8 | 1) || a[1].stride[images] != 1 || a[-1].stride[images] != rows * columns) return false;
  } else if (a[-2].index != 257 || a[0].stride[0] != 0 || a[0].stride[2] != 1 || (s.words == 0 && a[2].stride[2] != 1)) {
    return false;
  }
  return winograd_pays(number < 0 ? 1 : number, channels, outputs, rows, columns);
#endif
}

}  // namespace detail
}  // namespace ETCH_ABI
}  // namespace etch
