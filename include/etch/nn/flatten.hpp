// Modules that only change shapes, for Sequential.
#pragma once

#include <etch/model/module.hpp>
#include <etch/ops/shape.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace nn {

/// torch.nn.Identity.
struct Identity {
  ETCH_MODULE()
  constexpr auto forward(auto x) const { return x; }
};
/// torch.nn.Flatten: all axes but the batch become one.
template <int Start = 1, int End = -1>
struct Flatten {
  ETCH_MODULE()
  constexpr auto forward(auto x) const { return flatten<Start, End>(x); }
};
/// torch.nn.Unflatten: `Unflatten<1, 2, 3>` makes an axis of 6 two of 2 and 3.
template <int Axis, auto... D>
struct Unflatten {
  ETCH_MODULE()
  constexpr auto forward(auto x) const { return unflatten<Axis, D...>(x); }
};

}  // namespace nn
}  // namespace ETCH_ABI
}  // namespace etch
