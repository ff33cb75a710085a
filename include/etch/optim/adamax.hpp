// Adamax: Adam with the largest gradient, forgotten at the rate beta2, in place of the root mean square.
//
//   g += weight_decay p;   m = lerp(m, g, 1 - beta1);   u = max(beta2 u, |g| + eps);   p -= lr / (1 - beta1^t) * m / u
#pragma once

#include <etch/ops/pointwise.hpp>
#include <etch/optim/options.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace optim {

struct Adamax {
  double lr = 2e-3;
  double betas[2] = {0.9, 0.999};
  double eps = 1e-8;
  double weight_decay = 0;
  bool maximize = false;

  static constexpr int states = 2;
  static constexpr int scalars = 6;
  static constexpr const char* state_names[] = {"exp_avg", "exp_inf"};
  template <class O, class F>
  static constexpr void options(O& o, F&& f) {
    f("lr", o.lr), f("betas", o.betas), f("eps", o.eps), f("weight_decay", o.weight_decay), f("maximize", o.maximize);
  }

  void check() const { detail::check_adam(*this); }
  /// The numbers of step 1, 2, ...
  void prepare(std::int64_t step, double* s) const {
    s[0] = maximize ? -1 : 1;
    s[1] = weight_decay;
    s[2] = 1 - betas[0];
    s[3] = betas[1];
    s[4] = eps;
    s[5] = lr / (1 - __builtin_pow(betas[0], static_cast<double>(step)));
  }
  template <class P, class S>
  static constexpr void update(P& p, P g, P* state, const S* s) {
    g = g * s[0] + p * s[1];
    P &m = state[0], &u = state[1];
    m = m + (g - m) * s[2];
    u = maximum(u * s[3], abs(g) + s[4]);
    p = p - m / u * s[5];
  }
};

}  // namespace optim
}  // namespace ETCH_ABI
}  // namespace etch
