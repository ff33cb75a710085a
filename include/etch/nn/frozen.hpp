// Frozen: a module that is not trained, PyTorch's `requires_grad_(False)`. Its parameters have no gradient, and no step changes them.
//
//   struct Net {
//     nn::Frozen<Backbone> backbone;      // names are those of a Backbone: load(model, "backbone.safetensors")
//     nn::Linear<512, 10> head;
//     ETCH_MODULE(backbone, head)
//     ...
#pragma once

#include <etch/model/module.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace nn {

/// M, whose parameters stay as they are; gradients flow through it to what comes before. Its tensors have M's names.
template <class M>
struct Frozen {
  M module;
  static constexpr bool etch_frozen = true;
  static constexpr const char* etch_names = "~";
  constexpr void etch_members(auto&& f) const { f(module); }
  constexpr void etch_members(auto&& f) { f(module); }
  constexpr auto operator()(const auto&... x) const { return forward(x...); }
  constexpr auto forward(auto... x) const { return module(x...); }
};

}  // namespace nn
}  // namespace ETCH_ABI
}  // namespace etch
