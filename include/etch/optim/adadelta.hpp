// Adadelta: steps in the units of the parameter, from two running means of squares.
//
//   g += weight_decay p;   v = rho v + (1 - rho) g^2;   d = sqrt(u + eps) / sqrt(v + eps) * g
//   u = rho u + (1 - rho) d^2;   p -= lr d
#pragma once

#include <etch/ops/pointwise.hpp>
#include <etch/optim/options.hpp>


namespace etch {
inline namespace ETCH_ABI {
namespace optim {

struct Adadelta {
  double lr = 1;
  double rho = 0.9;
  double eps = 1e-6;
  double weight_decay = 0;
  bool maximize = false;

  static constexpr int states = 2;
  static constexpr int scalars = 6;
  static constexpr const char* state_names[] = {"square_avg", "acc_delta"};
  template <class O, class F>
  static constexpr void options(O& o, F&& f) {
    f("lr", o.lr), f("rho", o.rho), f("eps", o.eps), f("weight_decay", o.weight_decay), f("maximize", o.maximize);
  }

  void check() const {
    detail::not_negative("lr", lr);
    detail::fraction("rho", rho);
    detail::not_negative("eps", eps);
    detail::not_negative("weight_decay", weight_decay);
  }
  void prepare(std::int64_t, double* s) const {
    s[0] = maximize ? -1 : 1;
    s[1] = weight_decay;
    s[2] = rho;
    s[3] = 1 - rho;
    s[4] = eps;
    s[5] = lr;
  }
  template <class P, class S>
  static constexpr void update(P& p, P g, P* state, const S* s) {
    g = g * s[0] + p * s[1];
    P &v = state[0], &u = state[1];
    v = v * s[2] + g * g * s[3];
    const P d = sqrt(u + s[4]) / sqrt(v + s[4]) * g;
    u = u * s[2] + d * d * s[3];
    p = p - d * s[5];
  }
};

}  // namespace optim
}  // namespace ETCH_ABI
}  // namespace etch
