// RAdam: Adam whose division waits until the second moment's variance is known well enough.
//
//   r = 2 / (1 - beta2) - 1;   r_t = r - 2 t beta2^t / (1 - beta2^t)
//   r_t > 5:   p -= lr m^ sqrt(1 - beta2^t) / (sqrt(v) + eps) * sqrt((r_t - 4) (r_t - 2) r / ((r - 4) (r - 2) r_t));   else p -= lr m^
#pragma once

#include <etch/ops/pointwise.hpp>
#include <etch/optim/options.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace optim {

struct RAdam {
  double lr = 1e-3;
  double betas[2] = {0.9, 0.999};
  double eps = 1e-8;
  double weight_decay = 0;
  bool decoupled_weight_decay = false;
  bool maximize = false;

  static constexpr int states = 2;
  static constexpr int scalars = 9;
  static constexpr const char* state_names[] = {"exp_avg", "exp_avg_sq"};
  template <class O, class F>
  static constexpr void options(O& o, F&& f) {
    f("lr", o.lr), f("betas", o.betas), f("eps", o.eps), f("weight_decay", o.weight_decay);
    f("decoupled_weight_decay", o.decoupled_weight_decay), f("maximize", o.maximize);
  }

  void check() const { detail::check_adam(*this); }
  /// The numbers of step 1, 2, ...
  void prepare(std::int64_t step, double* s) const {
    const double t = static_cast<double>(step), power = __builtin_pow(betas[1], t);
    const double r = 2 / (1 - betas[1]) - 1, now = r - 2 * t * power / (1 - power), size = lr / (1 - __builtin_pow(betas[0], t));
    s[0] = maximize ? -1 : 1;
    s[1] = decoupled_weight_decay ? 0 : weight_decay;
    s[2] = decoupled_weight_decay ? 1 - lr * weight_decay : 1;
    s[3] = 1 - betas[0];
    s[4] = betas[1];
    s[5] = 1 - betas[1];
    s[6] = eps;
    s[7] = now > 5 ? 0 : size;
    s[8] = now > 5 ? size * __builtin_sqrt((1 - power) * ((now - 4) * (now - 2) * r / ((r - 4) * (r - 2) * now))) : 0;
  }
  template <class P, class S>
  static constexpr void update(P& p, P g, P* state, const S* s) {
    g = g * s[0] + p * s[1];
    P &m = state[0], &v = state[1];
    m = m + (g - m) * s[3];
    v = v * s[4] + g * g * s[5];
    p = p * s[2] - m * (s[8] / (sqrt(v) + s[6]) + s[7]);
  }
};

}  // namespace optim
}  // namespace ETCH_ABI
}  // namespace etch
