// LayerNorm over the last axis.
#pragma once

#include <etch/model/module.hpp>
#include <etch/nn/init.hpp>
#include <etch/ops/normalization.hpp>

namespace etch {
inline namespace ETCH_ABI {

namespace nn {

/// torch.nn.LayerNorm(C): x [.., C] -> the same shape.
template <auto C, auto Eps = 1e-5, class T = float>
struct LayerNorm {
  Param<T, C> weight;
  Param<T, C> bias;
  ETCH_MODULE(weight, bias)
  constexpr auto forward(auto x) const { return layer_norm<Eps>(x, weight, bias); }
  void reset_parameters(Generator&) {
    init::ones_(weight);
    init::zeros_(bias);
  }
};

}  // namespace nn
}  // namespace ETCH_ABI
}  // namespace etch
