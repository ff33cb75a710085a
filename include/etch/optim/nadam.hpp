// NAdam: Adam that looks one step of momentum ahead.
//
//   mu_t = beta1 (1 - 0.96^(t momentum_decay) / 2);   M_t = mu_1 ... mu_t
//   p -= lr (1 - mu_t) / (1 - M_t) * g / d + lr mu_(t+1) / (1 - M_t mu_(t+1)) * m / d,   d = sqrt(v / (1 - beta2^t)) + eps
#pragma once

#include <etch/ops/pointwise.hpp>
#include <etch/optim/options.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace optim {

struct NAdam {
  double lr = 2e-3;
  double betas[2] = {0.9, 0.999};
  double eps = 1e-8;
  double weight_decay = 0;
  double momentum_decay = 4e-3;
  bool decoupled_weight_decay = false;
  bool maximize = false;
  float mu_product = 1;  ///< no option: the product of the momenta of the steps so far, rounded as PyTorch keeps it

  static constexpr int states = 2;
  static constexpr int scalars = 10;
  static constexpr const char* state_names[] = {"exp_avg", "exp_avg_sq"};
  template <class O, class F>
  static constexpr void options(O& o, F&& f) {
    f("lr", o.lr), f("betas", o.betas), f("eps", o.eps), f("weight_decay", o.weight_decay), f("momentum_decay", o.momentum_decay);
    f("decoupled_weight_decay", o.decoupled_weight_decay), f("maximize", o.maximize);
  }
  /// What of the state is one number.
  template <class O, class F>
  static constexpr void numbers(O& o, F&& f) {
    f("mu_product", o.mu_product);
  }

  void check() const {
    detail::check_adam(*this);
    detail::not_negative("momentum_decay", momentum_decay);
  }
  /// The numbers of step 1, 2, ...
  void prepare(std::int64_t step, double* s) {
    const double t = static_cast<double>(step);
    const double mu = betas[0] * (1 - 0.5 * __builtin_pow(0.96, t * momentum_decay)), next = betas[0] * (1 - 0.5 * __builtin_pow(0.96, (t + 1) * momentum_decay));
    mu_product = (step == 1 ? 1 : mu_product) * static_cast<float>(mu);
    const double product = static_cast<double>(mu_product);
    s[0] = maximize ? -1 : 1;
    s[1] = decoupled_weight_decay ? 0 : weight_decay;
    s[2] = decoupled_weight_decay ? 1 - lr * weight_decay : 1;
    s[3] = 1 - betas[0];
    s[4] = betas[1];
    s[5] = 1 - betas[1];
    s[6] = 1 / (1 - __builtin_pow(betas[1], t));
    s[7] = eps;
    s[8] = lr * (1 - mu) / (1 - product);
    s[9] = lr * next / (1 - product * next);
  }
  template <class P, class S>
  static constexpr void update(P& p, P g, P* state, const S* s) {
    g = g * s[0] + p * s[1];
    P &m = state[0], &v = state[1];
    m = m + (g - m) * s[3];
    v = v * s[4] + g * g * s[5];
    p = p * s[2] - (g * s[8] + m * s[9]) / (sqrt(v * s[6]) + s[7]);
  }
};

}  // namespace optim
}  // namespace ETCH_ABI
}  // namespace etch
