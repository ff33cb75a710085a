// Activations as modules, for Sequential; in a `forward` the functions `relu(x)`, `gelu(x)`, ... do the same.
#pragma once

#include <etch/model/module.hpp>
#include <etch/ops/activation.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace nn {

#define ETCH_ACTIVATION(name, function)                          \
  struct name {                                                  \
    ETCH_MODULE()                                                \
    constexpr auto forward(auto x) const { return function(x); } \
  };
ETCH_ACTIVATION(ReLU, relu)
ETCH_ACTIVATION(GELU, gelu)
ETCH_ACTIVATION(Tanh, tanh)
ETCH_ACTIVATION(Sigmoid, sigmoid)
ETCH_ACTIVATION(SiLU, silu)
#undef ETCH_ACTIVATION

}  // namespace nn
}  // namespace ETCH_ABI
}  // namespace etch
