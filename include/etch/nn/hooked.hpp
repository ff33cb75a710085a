// A module with functions before it, behind it and on the way back: torch's forward and backward hooks, as parts of the type.
//
//   x -> Before -> module -> After(x, y)         the gradient of what comes out -> BackwardBefore, that of x -> Backward
#pragma once

#include <etch/grad/function.hpp>
#include <etch/model/module.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace nn {

/// Changes nothing.
struct NoHook {};

/// `Hooked<Linear<4, 2>, After>`: After{}(x, y) is what comes out in place of y, Before{}(x) what the module is given (register_forward_pre_hook),
/// Backward{}(gradient) what the input receives (register_full_backward_hook), BackwardBefore{}(gradient) what comes out does
/// (register_full_backward_pre_hook). Its tensors have the module's names.
template <class M, class After = NoHook, class Backward = NoHook, class Before = NoHook, class BackwardBefore = NoHook>
struct Hooked {
  M module;
  static constexpr const char* etch_names = "~";
  constexpr void etch_members(auto&& f) const { f(module); }
  constexpr void etch_members(auto&& f) { f(module); }
  constexpr auto operator()(const auto& x, const auto&... more) const { return forward(x, more...); }
  constexpr auto forward(auto given, auto... more) const {
    const auto x = [&] {
      const auto taken = [&] {
        if constexpr (std::is_same_v<Backward, NoHook>) return given;
        else return register_hook(given, Backward{});
      }();
      if constexpr (std::is_same_v<Before, NoHook>) return taken;
      else return Before{}(taken);
    }();
    const auto y = [&] {
      const auto result = module(x, more...);
      if constexpr (std::is_same_v<After, NoHook>) return result;
      else return After{}(x, result);
    }();
    if constexpr (std::is_same_v<BackwardBefore, NoHook>) return y;
    else return register_hook(y, BackwardBefore{});
  }
};

}  // namespace nn
}  // namespace ETCH_ABI
}  // namespace etch
