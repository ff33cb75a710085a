// Mixed precision: `autocast<bfloat16>(f)` is f with its matrix products, convolutions and attention in bfloat16.
//
//   auto step = train_step(model, autocast<bfloat16>(loss), optim::AdamW{}, x, y);      parameters, gradients and optimizer stay float32
//   Tensor y = autocast<half>([](auto x, auto w) { return softmax<1>(matmul(x, w)); })(x, w);
//
// Operands and results of products are rounded, sums are float32; everything else computes in float32 (graph/autocast.hpp).
#pragma once

#include <etch/run/several.hpp>

namespace etch {
inline namespace ETCH_ABI {

/// F, whose products take numbers of type T; of a T of float, F as it is, also within another autocast.
template <class T, class F>
struct Autocast {
  static_assert(std::is_same_v<T, bfloat16> || std::is_same_v<T, half> || std::is_same_v<T, float>, "etch: autocast: the dtype must be bfloat16, half or float");
  [[no_unique_address]] F f;
  static constexpr int extra_nodes = 1792;

  template <class... X>
  constexpr auto operator()(X&&... x) const {
    if constexpr ((detail::is_tracer_v<std::remove_cvref_t<X>> || ...)) {
      detail::Builder& b = *detail::builder_of(x...);
      const DType around = b.autocast;
      b.autocast = dtype_of<T>;
      const auto y = f(static_cast<X&&>(x)...);
      b.autocast = around;
      return y;
    } else if constexpr (!std::is_empty_v<F>) {
      static_assert(std::is_empty_v<F>, "etch: autocast: a traced function must have no captures; pass values as arguments");
      return Poison{};
    } else {
      return detail::call<Autocast>(x...);
    }
  }
};

/// A function of tensors, or the loss of a training step, in mixed precision.
template <class T, class F>
constexpr Autocast<T, F> autocast(F f) {
  return {f};
}

}  // namespace ETCH_ABI
}  // namespace etch
