// A product over windows as a convolution of a library's, or the gradient of one's weight: found again in the axes of its operands.
//
//   y[n, o, ..]  = sum over c, t of w[o, c, t] x[n, c, .. stride + t dilation - pad]
//   w'[o, c, t]  = sum over n, .. of y'[n, o, ..] x[n, c, .. stride + t dilation - pad]
//
// Of the first, the first operand is the weight as it lies, the second windows of an image, padded or not, the only batch its items; the
// image's gradient at stride 1 is one, too. Of the second, windows come first. Anything else, groups among it, is none.
#pragma once

#include <etch/cpu/window_dot.hpp>
#include <etch/cuda/group.hpp>

#include <compare>

namespace etch {
inline namespace ETCH_ABI {
namespace device {

struct Convolution {
  static constexpr int most = 3;
  int spatial = 0;  ///< axes of a window; 0 where there is no convolution
  index_t items = 1, channels = 1, results = 1;
  index_t size[most]{}, kernel[most]{}, result[most]{}, pad[most]{}, stride[most]{}, dilation[most]{};
  index_t x_stride[most + 2]{}, y_stride[most + 2]{};  ///< items, channels, places
  int x = -1, w = -1, y = -1;                          ///< accesses; what is computed has none
  auto operator<=>(const Convolution&) const = default;
};

/// The image whose windows an operand is, of axes [channels, taps..] and [places..]; whether it is one.
template <class T>
bool find_image(Convolution& r, const cpu::detail::WindowDot<T>& dot, int operand, const cpu::detail::Axes& taps, const cpu::detail::Axes& places, index_t item) {
  const int d = places.count;
  if (d < 1 || d > Convolution::most || taps.count != d + 1) return false;
  r.channels = taps.size[0];
  r.x = operand;
  const auto divides = [](index_t all, index_t part) { return part > 0 && all > 0 && all % part == 0; };
  const bool padded = dot.padded == operand;
  const cpu::detail::Padding box = padded ? dot.padding().box : cpu::detail::Padding{};
  index_t line = 1;  // of the padded image: elements from one place of this axis to the next
  if (padded && (box.rank != d + 2 || box.size[0] != r.items || box.inside[0] != r.items || box.size[1] != r.channels || box.inside[1] != r.channels || dot.padding().at != 0)) return false;
  for (int i = d - 1; i >= 0; --i) {
    r.kernel[i] = taps.size[i + 1], r.result[i] = places.size[i];
    index_t step = line;
    if (!padded) {  // the largest step that both take: the image is as large as they reach
      index_t a = taps.stride[i + 1], b = places.stride[i];
      if (a <= 0 || b <= 0) return false;
      while (b != 0) {
        const index_t rest = a % b;
        a = b, b = rest;
      }
      step = a;
    }
    if (!divides(taps.stride[i + 1], step) || !divides(places.stride[i], step)) return false;
    r.dilation[i] = taps.stride[i + 1] / step, r.stride[i] = places.stride[i] / step;
    const index_t reach = (r.kernel[i] - 1) * r.dilation[i];
    r.size[i] = padded ? box.inside[i + 2] : reach + (r.result[i] - 1) * r.stride[i] + 1;
    r.pad[i] = padded ? box.start[i + 2] : 0;
    r.x_stride[i + 2] = padded ? box.stride[i + 2] : step;
    if (r.pad[i] < 0 || (r.size[i] + 2 * r.pad[i] - reach - 1) / r.stride[i] + 1 != r.result[i]) return false;  // as much behind as before
    if (padded) line *= box.size[i + 2];
  }
  if (padded && (taps.stride[0] != line || item != line * r.channels)) return false;
  r.x_stride[0] = padded ? box.stride[0] : item;
  r.x_stride[1] = padded ? box.stride[1] : taps.stride[0];
  r.spatial = d;
  return true;
}
/// Places that lie one after another, so far apart.
inline void lay_places(Convolution& r, index_t apart) {
  for (int i = r.spatial - 1; i >= 0; --i) {
    r.y_stride[i + 2] = apart;
    apart *= r.result[i];
  }
}

template <class T>
Convolution convolution_of(const cpu::detail::WindowDot<T>& dot) {
  if (dot.batches != 1 || dot.machine.index(dot.a - 2) != 257 || dot.padded == dot.a || dot.m * dot.n * dot.k == 0) return {};
  if (dot.stride(dot.a, 0) != 0 || dot.stride(dot.a, 1) != dot.k || dot.stride(dot.a, 2) != 1) return {};
  Convolution r;
  r.items = dot.size(0), r.results = dot.m;
  r.w = dot.a;
  if (!find_image(r, dot, dot.b, dot.axes(dot.b, false), dot.axes(dot.b, true), dot.stride(dot.b, 0))) return {};
  r.y_stride[0] = dot.fused ? dot.m * dot.n : dot.machine.stride(dot.c, 0);
  r.y_stride[1] = dot.fused ? dot.n : dot.machine.stride(dot.c, 1);
  lay_places(r, dot.fused ? 1 : dot.machine.stride(dot.c, 2));
  return r;
}

/// The gradient of a weight that lies as it does there.
template <class T>
Convolution weight_gradient_of(const cpu::detail::WindowDot<T>& dot) {
  using cpu::detail::Axes;
  if (dot.batches != 0 || dot.fused || dot.padded == dot.b || dot.m * dot.n * dot.k == 0) return {};
  if (dot.machine.stride(dot.c, 0) != 1 || dot.machine.stride(dot.c, 1) != dot.m) return {};
  const Axes columns = dot.axes(dot.a, true), rows = dot.axes(dot.b, false), results = dot.axes(dot.b, true);
  Convolution r;
  if (columns.count < 2 || rows.count < 2 || rows.size[0] != columns.size[0] || results.count != 1) return {};
  Axes places;
  for (places.count = 0; places.count + 1 < columns.count; ++places.count) places.size[places.count] = columns.size[places.count + 1], places.stride[places.count] = columns.stride[places.count + 1];
  r.items = rows.size[0], r.results = dot.n;
  r.y = dot.b;
  if (!find_image(r, dot, dot.a, dot.axes(dot.a, false), places, columns.stride[0])) return {};
  r.y_stride[0] = rows.stride[0], r.y_stride[1] = results.stride[0];
  if (rows.count == 2) {
    lay_places(r, rows.stride[1]);
  } else {
    if (rows.count != columns.count) return {};
    for (int i = 0; i < r.spatial; ++i) {
      if (rows.size[i + 1] != r.result[i]) return {};
      r.y_stride[i + 2] = rows.stride[i + 1];
    }
  }
  return r;
}

}  // namespace device
}  // namespace ETCH_ABI
}  // namespace etch
