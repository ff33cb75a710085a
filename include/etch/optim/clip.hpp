// Clipping before the update: the gradient of all parameters together is scaled down to a norm of at most max_norm.
//
//   g *= min(1, max_norm / (|g| + 1e-6))
#pragma once

#include <etch/ops/reduce.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace optim {

/// An optimizer whose gradient is clipped first; its own fields stay where they were: `step.optimizer().lr`.
template <class Inner>
struct ClipGradNorm : Inner {
  static_assert(requires { Inner::states; }, "etch: clip_grad_norm: this optimizer makes several passes; call nn::utils::clip_grad_norm_ between backward and update");
  double max_norm = 1;

  static constexpr int states = Inner::states;
  static constexpr int scalars = Inner::scalars + 1;

  template <class O, class F>
  static constexpr void options(O& o, F&& f) {
    Inner::options(o, f);
  }
  void prepare(std::int64_t step, double* s) {
    Inner::prepare(step, s);
    s[Inner::scalars] = max_norm;
  }
  template <class P, class S>
  static constexpr void update(P& p, P g, P* state, const S* s) {
    const auto norm = sqrt(sum(g * g));
    Inner::update(p, P(g * etch::detail::smaller(s[Inner::scalars] / (norm + 1e-6), 1)), state, s);
  }
};

/// `clip_grad_norm(AdamW{.lr = 1e-3}, 1.0)`: torch.nn.utils.clip_grad_norm_ before every update.
template <class Inner>
constexpr ClipGradNorm<Inner> clip_grad_norm(const Inner& inner, double max_norm) {
  return {inner, max_norm};
}

}  // namespace optim
}  // namespace ETCH_ABI
}  // namespace etch
