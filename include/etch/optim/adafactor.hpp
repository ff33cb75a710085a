// Adafactor: a matrix's second moments as the product of its rows' and its columns', steps relative to the parameter's size.
//
//   v = (row mean of g^2) (column mean of g^2) / mean of the rows' means, each a running mean with rate t^beta2_decay
//   u = g / sqrt(max(v, eps1^2));   p -= max(eps2, rms(p)) min(lr, 1 / sqrt(t)) / max(1, rms(u) / d) * u
//
// A vector keeps v itself. The weight decay is decoupled.
#pragma once

#include <etch/core/dtype_info.hpp>
#include <etch/ops/reduce.hpp>
#include <etch/optim/options.hpp>
#include <etch/optim/per_tensor.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace optim {

struct Adafactor {
  double lr = 1e-2;
  double beta2_decay = -0.8;
  double eps[2] = {-1, 1e-3};  ///< the first: -1 is the dtype's epsilon, PyTorch's None
  double d = 1;
  double weight_decay = 0;
  bool maximize = false;

  template <class M, class Place>
  using engine = detail::TensorUpdate<M, Adafactor, Place>;
  static constexpr int scalars = 7;
  static constexpr bool accepts(int) { return true; }
  template <class O, class F>
  static constexpr void options(O& o, F&& f) {
    f("lr", o.lr), f("beta2_decay", o.beta2_decay), f("eps", o.eps), f("d", o.d), f("weight_decay", o.weight_decay), f("maximize", o.maximize);
  }

  template <class P, bool matrix = (P::rank > 1)>
  struct State {
    decltype(mean_keepdim<-1>(P{})) row_var;
    decltype(mean_keepdim<-2>(P{})) col_var;
    template <class F>
    constexpr void each(F f) {
      f("row_var", row_var), f("col_var", col_var);
    }
  };
  template <class P>
  struct State<P, false> {
    P variance;
    template <class F>
    constexpr void each(F f) {
      f("variance", variance);
    }
  };

  void check() const {
    detail::not_negative("lr", lr);
    if (!(beta2_decay <= 0)) fail("optim::Adafactor", "beta2_decay must not be positive", detail::option_text("beta2_decay", beta2_decay));
    if (eps[0] != -1) detail::not_negative("eps[0]", eps[0]);
    detail::not_negative("eps[1]", eps[1]);
    if (!(d >= 1)) fail("optim::Adafactor", "d must be at least 1", detail::option_text("d", d));
    detail::not_negative("weight_decay", weight_decay);
  }
  /// The numbers of step 1, 2, ...
  void prepare(std::int64_t step, double* s) const {
    const double t = static_cast<double>(step);
    s[0] = maximize ? -1 : 1;
    s[1] = 1 - lr * weight_decay;
    s[2] = __builtin_pow(t, beta2_decay);
    s[3] = __builtin_fmin(lr, 1 / __builtin_sqrt(t));
    s[4] = eps[0];
    s[5] = eps[1];
    s[6] = d;
  }
  template <class P, class Kept, class S>
  static constexpr void update(P& p, P g, Kept& state, const S* s) {
    using T = typename P::value_type;
    const double root = root_of(capacity(P::dims()));
    g = g * s[0];
    const auto eps1 = where(s[4] < 0, finfo<T>::eps, s[4]);
    const auto alpha = maximum(sqrt(sum(p * p)) / root, s[5]) * s[3];
    P v;
    if constexpr (P::rank > 1) {
      auto& row = state.row_var;
      auto& col = state.col_var;
      row = row + (mean_keepdim<-1>(g * g) - row) * s[2];
      col = col + (mean_keepdim<-2>(g * g) - col) * s[2];
      v = row * col / maximum(mean_keepdim<-2>(row), eps1);
    } else {
      v = state.variance = state.variance + (g * g - state.variance) * s[2];
    }
    const P u = rsqrt(maximum(v, eps1 * eps1)) * g;
    p = p * s[1] - u * (alpha / etch::detail::larger(sqrt(sum(u * u)) / (s[6] * root), 1));
  }

 private:
  /// A square root is no constant expression.
  static constexpr double root_of(std::int64_t n) {
    double x = static_cast<double>(n), r = x > 1 ? x : 1;
    for (int i = 0; i < 200; ++i) r = 0.5 * (r + x / r);
    return r;
  }
};

}  // namespace optim
}  // namespace ETCH_ABI
}  // namespace etch
