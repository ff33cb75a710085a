// Adam and AdamW: a step along the mean gradient over its root mean square, both corrected for starting at zero.
//
//   m = lerp(m, g, 1 - beta1);   v = beta2 v + (1 - beta2) g^2
//   p -= lr / (1 - beta1^t) * m / (sqrt(v) / sqrt(1 - beta2^t) + eps)
//
// Adam adds weight_decay p to the gradient; AdamW, and Adam where the decay is decoupled, shrink p by lr weight_decay instead.
// amsgrad(...) divides by the largest v there was. As torch.optim's, step by step, but that subnormal m are zero: with them an operation takes some
// hundred cycles, and where no gradient comes any more m would stay one.
#pragma once

#include <etch/core/dtype_info.hpp>
#include <etch/ops/compare.hpp>
#include <etch/ops/pointwise.hpp>
#include <etch/optim/options.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace optim {

namespace detail {
/// The numbers of one step, in double; the update reads them as rank-0 nodes in this order.
struct AdamScalars {
  enum { sign, decay, shrink, one_minus_beta1, beta2, one_minus_beta2, step_size, inverse_root, eps, count };
  template <class O>
  static void prepare(const O& o, bool decoupled, double* s, std::int64_t t) {
    s[sign] = o.maximize ? -1 : 1;
    s[decay] = decoupled ? 0 : o.weight_decay;
    s[shrink] = decoupled ? 1 - o.lr * o.weight_decay : 1;
    s[one_minus_beta1] = 1 - o.betas[0];
    s[beta2] = o.betas[1];
    s[one_minus_beta2] = 1 - o.betas[1];
    s[step_size] = o.lr / (1 - __builtin_pow(o.betas[0], static_cast<double>(t)));
    s[inverse_root] = 1 / __builtin_sqrt(1 - __builtin_pow(o.betas[1], static_cast<double>(t)));
    s[eps] = o.eps;
  }
  /// From p, already decayed, and the gradient, already signed and decayed.
  template <bool largest, class P, class S>
  static constexpr void update(P& p, P g, P* state, const S* s) {
    using T = typename P::value_type;
    P &m = state[0], &v = state[1];
    m = m + (g - m) * s[one_minus_beta1];
    if constexpr (sizeof(T) >= sizeof(float)) m = where(abs(m) < finfo<T>::tiny, 0, m);
    v = v * s[beta2] + g * g * s[one_minus_beta2];
    if constexpr (largest) state[2] = maximum(state[2], v);
    p = p - m / (sqrt(state[largest ? 2 : 1]) * s[inverse_root] + s[eps]) * s[step_size];
  }
};
}  // namespace detail

struct Adam {
  double lr = 1e-3;
  double betas[2] = {0.9, 0.999};
  double eps = 1e-8;
  double weight_decay = 0;
  bool maximize = false;
  bool decoupled_weight_decay = false;

  static constexpr int states = 2;
  static constexpr int scalars = detail::AdamScalars::count;
  static constexpr const char* state_names[] = {"exp_avg", "exp_avg_sq", "max_exp_avg_sq"};
  template <class O, class F>
  static constexpr void options(O& o, F&& f) {
    f("lr", o.lr), f("betas", o.betas), f("eps", o.eps), f("weight_decay", o.weight_decay), f("maximize", o.maximize);
    f("decoupled_weight_decay", o.decoupled_weight_decay);
  }

  void check() const { detail::check_adam(*this); }
  /// The numbers of step 1, 2, ...
  void prepare(std::int64_t step, double* s) const { detail::AdamScalars::prepare(*this, decoupled_weight_decay, s, step); }
  template <bool largest = false, class P, class S>
  static constexpr void update(P& p, P g, P* state, const S* s) {
    using N = detail::AdamScalars;
    const P before = p;
    p = p * s[N::shrink];
    N::update<largest>(p, P(g * s[N::sign] + before * s[N::decay]), state, s);
  }
};

struct AdamW {
  double lr = 1e-3;
  double betas[2] = {0.9, 0.999};
  double eps = 1e-8;
  double weight_decay = 1e-2;
  bool maximize = false;

  static constexpr int states = 2;
  static constexpr int scalars = detail::AdamScalars::count;
  static constexpr const char* state_names[] = {"exp_avg", "exp_avg_sq", "max_exp_avg_sq"};
  template <class O, class F>
  static constexpr void options(O& o, F&& f) {
    f("lr", o.lr), f("betas", o.betas), f("eps", o.eps), f("weight_decay", o.weight_decay), f("maximize", o.maximize);
  }

  void check() const { detail::check_adam(*this); }
  /// The numbers of step 1, 2, ...
  void prepare(std::int64_t step, double* s) const { detail::AdamScalars::prepare(*this, true, s, step); }
  template <bool largest = false, class P, class S>
  static constexpr void update(P& p, P g, P* state, const S* s) {
    using N = detail::AdamScalars;
    p = p * s[N::shrink];
    N::update<largest>(p, P(g * s[N::sign]), state, s);
  }
};

/// Adam or AdamW with `amsgrad=True`: a third state, so a type of its own.
template <class Inner>
struct Amsgrad : Inner {
  static constexpr int states = 3;
  template <class P, class S>
  static constexpr void update(P& p, P g, P* state, const S* s) {
    Inner::template update<true>(p, g, state, s);
  }
};
/// `amsgrad(Adam{.lr = 1e-3})`: divides by the root of the largest second moment there was.
template <class Inner>
constexpr Amsgrad<Inner> amsgrad(const Inner& inner) {
  return {inner};
}

}  // namespace optim
}  // namespace ETCH_ABI
}  // namespace etch
