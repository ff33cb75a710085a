// SparseAdam: Adam for tables of which a step reads few rows: the others, and their moments, stay as they are.
//
//   of the rows whose gradient is not 0:   m = lerp(m, g, 1 - beta1);   v = lerp(v, g^2, 1 - beta2)
//   p -= lr sqrt(1 - beta2^t) / (1 - beta1^t) * m / (sqrt(v) + eps)
//
// Gradients are dense: a row that was looked up has one that is not 0, but by chance. A row is what the first axis counts, of a
// vector an element.
#pragma once

#include <etch/ops/pointwise.hpp>
#include <etch/ops/reduce.hpp>
#include <etch/optim/options.hpp>
#include <etch/optim/per_tensor.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace optim {

struct SparseAdam {
  double lr = 1e-3;
  double betas[2] = {0.9, 0.999};
  double eps = 1e-8;
  bool maximize = false;

  template <class M, class Place>
  using engine = detail::TensorUpdate<M, SparseAdam, Place>;
  static constexpr int scalars = 5;
  static constexpr bool accepts(int) { return true; }
  template <class O, class F>
  static constexpr void options(O& o, F&& f) {
    f("lr", o.lr), f("betas", o.betas), f("eps", o.eps), f("maximize", o.maximize);
  }
  template <class P>
  struct State {
    P exp_avg, exp_avg_sq;
    template <class F>
    constexpr void each(F f) {
      f("exp_avg", exp_avg), f("exp_avg_sq", exp_avg_sq);
    }
  };

  void check() const {
    detail::positive("lr", lr);
    detail::positive("eps", eps);
    detail::below_one("betas[0]", betas[0]);
    detail::below_one("betas[1]", betas[1]);
  }
  /// The numbers of step 1, 2, ...
  void prepare(std::int64_t step, double* s) const {
    const double t = static_cast<double>(step);
    s[0] = maximize ? -1 : 1;
    s[1] = 1 - betas[0];
    s[2] = 1 - betas[1];
    s[3] = lr * __builtin_sqrt(1 - __builtin_pow(betas[1], t)) / (1 - __builtin_pow(betas[0], t));
    s[4] = eps;
  }
  template <class P, class S>
  static constexpr void update(P& p, P g, State<P>& state, const S* s) {
    const auto read = largest(abs(g), std::make_integer_sequence<int, (P::rank > 1 ? P::rank - 1 : 0)>{}) != 0;
    P &m = state.exp_avg, &v = state.exp_avg_sq;
    m = where(read, m + (g * s[0] - m) * s[1], m);
    v = where(read, v + (g * g - v) * s[2], v);
    p = where(read, p - m / (sqrt(v) + s[4]) * s[3], p);
  }

 private:
  /// The largest of each row.
  template <class X, int... I>
  static constexpr auto largest(X x, std::integer_sequence<int, I...>) {
    if constexpr (sizeof...(I) == 0) return x;
    else return amax<(I + 1)..., keepdim>(x);
  }
};

}  // namespace optim
}  // namespace ETCH_ABI
}  // namespace etch
