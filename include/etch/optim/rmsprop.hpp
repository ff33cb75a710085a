// RMSprop: a step along the gradient over its root mean square, with momentum; centered(...) takes the mean off first.
//
//   g += weight_decay p;   v = alpha v + (1 - alpha) g^2;   b = momentum b + g / (sqrt(v) + eps);   p -= lr b
//   centered:  a = lerp(a, g, 1 - alpha),  sqrt(v - a^2) in place of sqrt(v)
#pragma once

#include <etch/ops/pointwise.hpp>
#include <etch/optim/options.hpp>


namespace etch {
inline namespace ETCH_ABI {
namespace optim {

struct RMSprop {
  double lr = 1e-2;
  double alpha = 0.99;
  double eps = 1e-8;
  double weight_decay = 0;
  double momentum = 0;
  bool maximize = false;

  static constexpr int states = 2;
  static constexpr int scalars = 7;
  static constexpr const char* state_names[] = {"square_avg", "momentum_buffer", "grad_avg"};
  template <class O, class F>
  static constexpr void options(O& o, F&& f) {
    f("lr", o.lr), f("momentum", o.momentum), f("alpha", o.alpha), f("eps", o.eps), f("weight_decay", o.weight_decay), f("maximize", o.maximize);
  }
  /// Whether state `i` means anything: PyTorch's state_dict has the momentum only where there is one.
  bool keeps(int i) const { return i != 1 || momentum > 0; }

  void check() const {
    detail::not_negative("lr", lr);
    detail::not_negative("eps", eps);
    detail::not_negative("momentum", momentum);
    detail::not_negative("weight_decay", weight_decay);
    detail::not_negative("alpha", alpha);
  }
  void prepare(std::int64_t, double* s) const {
    s[0] = maximize ? -1 : 1;
    s[1] = weight_decay;
    s[2] = alpha;
    s[3] = 1 - alpha;
    s[4] = eps;
    s[5] = momentum;
    s[6] = lr;
  }
  template <bool centered = false, class P, class S>
  static constexpr void update(P& p, P g, P* state, const S* s) {
    g = g * s[0] + p * s[1];
    P &v = state[0], &b = state[1];
    v = v * s[2] + g * g * s[3];
    P spread = v;
    if constexpr (centered) {
      P& a = state[2];
      a = a + (g - a) * s[3];
      spread = v - a * a;
    }
    b = b * s[5] + g / (sqrt(spread) + s[4]);
    p = p - b * s[6];
  }
};

/// RMSprop with `centered=True`: a third state, so a type of its own.
template <class Inner>
struct Centered : Inner {
  static constexpr int states = 3;
  template <class P, class S>
  static constexpr void update(P& p, P g, P* state, const S* s) {
    Inner::template update<true>(p, g, state, s);
  }
};
/// `centered(RMSprop{.lr = 1e-2})`: divides by the gradient's standard deviation.
template <class Inner>
constexpr Centered<Inner> centered(const Inner& inner) {
  return {inner};
}

}  // namespace optim
}  // namespace ETCH_ABI
}  // namespace etch
