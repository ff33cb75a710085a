// Adam and AdamW: a step along the mean gradient over its root mean square, both corrected for starting at zero.
//
//   m = lerp(m, g, 1 - beta1);   v = beta2 v + (1 - beta2) g^2
//   p -= lr / (1 - beta1^t) * m / (sqrt(v) / sqrt(1 - beta2^t) + eps)
//
// Adam adds weight_decay p to the gradient; AdamW shrinks p by lr weight_decay instead. As torch.optim's, step by step.
#pragma once

#include <etch/ops/pointwise.hpp>

#include <cmath>

namespace etch {
inline namespace ETCH_ABI {
namespace optim {

namespace detail {
/// The numbers of one step, in double; the update reads them as rank-0 nodes in this order.
struct AdamScalars {
  enum { sign, decay, one_minus_beta1, beta2, one_minus_beta2, step_size, inverse_root, eps, count };
  static void prepare(double* s, std::int64_t t, double lr, double b1, double b2, double e, double d, bool maximize) {
    s[sign] = maximize ? -1 : 1;
    s[decay] = d;
    s[one_minus_beta1] = 1 - b1;
    s[beta2] = b2;
    s[one_minus_beta2] = 1 - b2;
    s[step_size] = lr / (1 - std::pow(b1, static_cast<double>(t)));
    s[inverse_root] = 1 / std::sqrt(1 - std::pow(b2, static_cast<double>(t)));
    s[eps] = e;
  }
  /// From p, already decayed, and the gradient, already signed and decayed.
  template <class P, class S>
  static constexpr void update(P& p, P g, P* state, const S* s) {
    P &m = state[0], &v = state[1];
    m = m + (g - m) * s[one_minus_beta1];
    v = v * s[beta2] + g * g * s[one_minus_beta2];
    p = p - m / (sqrt(v) * s[inverse_root] + s[eps]) * s[step_size];
  }
};
}  // namespace detail

struct Adam {
  double lr = 1e-3;
  double beta1 = 0.9, beta2 = 0.999;
  double eps = 1e-8;
  double weight_decay = 0;
  bool maximize = false;

  static constexpr int states = 2;
  static constexpr int scalars = detail::AdamScalars::count;

  /// The numbers of step 1, 2, ...
  void prepare(std::int64_t step, double* s) const {
    detail::AdamScalars::prepare(s, step, lr, beta1, beta2, eps, weight_decay, maximize);
  }
  template <class P, class S>
  static constexpr void update(P& p, P g, P* state, const S* s) {
    using N = detail::AdamScalars;
    N::update(p, P(g * s[N::sign] + p * s[N::decay]), state, s);
  }
};

struct AdamW {
  double lr = 1e-3;
  double beta1 = 0.9, beta2 = 0.999;
  double eps = 1e-8;
  double weight_decay = 1e-2;
  bool maximize = false;

  static constexpr int states = 2;
  static constexpr int scalars = detail::AdamScalars::count;

  /// The numbers of step 1, 2, ...
  void prepare(std::int64_t step, double* s) const {
    detail::AdamScalars::prepare(s, step, lr, beta1, beta2, eps, 1 - lr * weight_decay, maximize);
  }
  template <class P, class S>
  static constexpr void update(P& p, P g, P* state, const S* s) {
    using N = detail::AdamScalars;
    p = p * s[N::decay];
    N::update(p, P(g * s[N::sign]), state, s);
  }
};

}  // namespace optim
}  // namespace ETCH_ABI
}  // namespace etch
