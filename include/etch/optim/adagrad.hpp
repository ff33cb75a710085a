// Adagrad: every number's step shrinks with the sum of its squared gradients.
//
//   g += weight_decay p;   sum += g^2;   p -= lr / (1 + (t - 1) lr_decay) * g / (sqrt(sum) + eps)
#pragma once

#include <etch/ops/pointwise.hpp>
#include <etch/optim/options.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace optim {

struct Adagrad {
  double lr = 1e-2;
  double lr_decay = 0;
  double weight_decay = 0;
  double initial_accumulator_value = 0;
  double eps = 1e-10;
  bool maximize = false;

  static constexpr int states = 1;
  static constexpr int scalars = 5;
  static constexpr const char* state_names[] = {"sum"};
  template <class O, class F>
  static constexpr void options(O& o, F&& f) {
    f("lr", o.lr), f("lr_decay", o.lr_decay), f("weight_decay", o.weight_decay), f("initial_accumulator_value", o.initial_accumulator_value);
    f("eps", o.eps), f("maximize", o.maximize);
  }

  void check() const {
    detail::not_negative("lr", lr);
    detail::not_negative("lr_decay", lr_decay);
    detail::not_negative("weight_decay", weight_decay);
    detail::not_negative("initial_accumulator_value", initial_accumulator_value);
    detail::not_negative("eps", eps);
  }
  /// The numbers of step 1, 2, ...; the first adds what the sum begins with.
  void prepare(std::int64_t step, double* s) const {
    s[0] = maximize ? -1 : 1;
    s[1] = weight_decay;
    s[2] = step == 1 ? initial_accumulator_value : 0;
    s[3] = lr / (1 + static_cast<double>(step - 1) * lr_decay);
    s[4] = eps;
  }
  template <class P, class S>
  static constexpr void update(P& p, P g, P* state, const S* s) {
    const P d = g * s[0] + p * s[1];
    P& sum = state[0];
    sum = sum + s[2] + d * d;
    p = p - d / (sqrt(sum) + s[4]) * s[3];
  }
};

}  // namespace optim
}  // namespace ETCH_ABI
}  // namespace etch
