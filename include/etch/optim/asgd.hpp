// ASGD: gradient descent with a falling rate, and the mean of the parameters along its way.
//
//   g += weight_decay p;   p = (1 - lambd eta) p - eta g;   ax += mu (p - ax)
//   eta = lr / (1 + lambd lr t)^alpha;   mu = 1 / max(1, t - t0), both for the step after this one
#pragma once

#include <etch/ops/pointwise.hpp>
#include <etch/optim/options.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace optim {

struct ASGD {
  double lr = 1e-2;
  double lambd = 1e-4;
  double alpha = 0.75;
  double t0 = 1e6;
  double weight_decay = 0;
  bool maximize = false;
  float eta = 0, mu = 1;  ///< no options: the rates of the next step, rounded as PyTorch keeps them

  static constexpr int states = 1;
  static constexpr int scalars = 5;
  static constexpr const char* state_names[] = {"ax"};
  template <class O, class F>
  static constexpr void options(O& o, F&& f) {
    f("lr", o.lr), f("lambd", o.lambd), f("alpha", o.alpha), f("t0", o.t0), f("weight_decay", o.weight_decay), f("maximize", o.maximize);
  }
  /// What of the state is one number.
  template <class O, class F>
  static constexpr void numbers(O& o, F&& f) {
    f("eta", o.eta), f("mu", o.mu);
  }

  void check() const {
    detail::not_negative("lr", lr);
    detail::not_negative("weight_decay", weight_decay);
  }
  /// The numbers of step 1, 2, ...
  void prepare(std::int64_t step, double* s) {
    if (step == 1) eta = static_cast<float>(lr), mu = 1;
    s[0] = maximize ? -1 : 1;
    s[1] = weight_decay;
    s[3] = static_cast<double>(eta);
    s[2] = 1 - lambd * s[3];
    s[4] = static_cast<double>(mu);
    const double t = static_cast<double>(step);
    eta = static_cast<float>(lr / __builtin_pow(1 + lambd * lr * t, alpha));
    mu = static_cast<float>(1 / (t - t0 > 1 ? t - t0 : 1));
  }
  template <class P, class S>
  static constexpr void update(P& p, P g, P* state, const S* s) {
    g = g * s[0] + p * s[1];
    p = p * s[2] - g * s[3];
    state[0] = state[0] + (p - state[0]) * s[4];
  }
};

}  // namespace optim
}  // namespace ETCH_ABI
}  // namespace etch
