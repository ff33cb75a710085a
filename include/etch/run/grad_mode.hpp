// Whether `backward` collects gradients on this thread, as torch.no_grad and its relatives.
//
//   { NoGradGuard guard;  ... }        no_grad([&] { ... });
#pragma once

#include <etch/core/config.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace detail {
inline bool& grad_mode() {
  thread_local bool enabled = true;
  return enabled;
}
}  // namespace detail

/// Whether gradients are collected on this thread; true at first.
inline bool is_grad_enabled() { return detail::grad_mode(); }
inline void set_grad_enabled(bool enabled) { detail::grad_mode() = enabled; }

/// Gradients on or off until the end of a block.
class AutoGradMode {
 public:
  explicit AutoGradMode(bool enabled) : before_(is_grad_enabled()) { set_grad_enabled(enabled); }
  ~AutoGradMode() { set_grad_enabled(before_); }
  AutoGradMode(const AutoGradMode&) = delete;
  AutoGradMode& operator=(const AutoGradMode&) = delete;

 private:
  bool before_;
};
struct NoGradGuard : AutoGradMode {
  NoGradGuard() : AutoGradMode(false) {}
};
struct EnableGradGuard : AutoGradMode {
  EnableGradGuard() : AutoGradMode(true) {}
};

/// Calls f with gradients switched off, or on.
template <class F>
decltype(auto) no_grad(F&& f) {
  const NoGradGuard guard;
  return f();
}
template <class F>
decltype(auto) enable_grad(F&& f) {
  const EnableGradGuard guard;
  return f();
}

}  // namespace ETCH_ABI
}  // namespace etch
