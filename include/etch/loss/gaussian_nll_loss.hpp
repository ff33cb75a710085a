// Negative log-likelihood of normal numbers: (log(v) + (x - y)^2 / v) / 2 with a variance v of at least eps.
#pragma once

#include <etch/loss/reduction.hpp>
#include <etch/ops/shape.hpp>

namespace etch {
inline namespace ETCH_ABI {

/// Whether a variance has the shape of the input, or one number for a whole axis of it.
template <class X, class V>
struct loss_variance {
  static constexpr bool check() {
    const Dims x = X::dims(0), v = V::dims(X::rank);
    if (v.rank + 1 == x.rank) {
      for (int i = 0; i < v.rank; ++i)
        if (!agree(x[i], v[i])) return false;
      return true;
    }
    if (v.rank != x.rank) return false;
    int ones = 0;
    for (int i = 0; i < x.rank; ++i) {
      if (agree(x[i], v[i])) continue;
      if (!v[i].is(1)) return false;
      ++ones;
    }
    return ones <= 1;
  }
  static constexpr bool fits = check();
};

namespace detail {
template <Reduction R, bool Full>
struct gaussian_nll_loss_fn {
  template <class X, class V>
  constexpr auto operator()(X input, auto target, V var, auto eps) const {
    if constexpr (!loss_variance<X, V>::fits) {
      static_assert(loss_variance<X, V>::fits, "etch: gaussian_nll_loss: the variance must have the shape of the input, or one number for an axis of it");
      return Poison{};
    } else if constexpr (V::rank + 1 == X::rank) {
      return loss(input, target, unsqueeze_fn<-1>{}(var), eps);
    } else {
      return loss(input, target, var, eps);
    }
  }

 private:
  static constexpr auto loss(auto input, auto target, auto given, auto eps) {
    const auto v = demanded(Demand::variance, Asker::gaussian_nll_loss, given);
    const auto var = v + detach(where(v < eps, eps - v, 0));  // the gradient does not see the bound
    const auto error = input - target;
    return reduce_loss<R>((log(var) + error * error / var) * 0.5 + (Full ? 0.91893853320467274178 : 0.0));
  }
};
}  // namespace detail

/// The mean of (log(var) + (input - target)^2 / var) / 2; `Full` adds log(2 pi) / 2. The variance may lack the last axis.
template <Reduction R = Reduction::mean, bool Full = false, Operand X, Operand Y, Operand V, OperandOrNumber E = double>
constexpr auto gaussian_nll_loss(const X& input, const Y& target, const V& var, const E& eps = 1e-6) {
  return apply<detail::gaussian_nll_loss_fn<R, Full>>(input, target, var, eps);
}

}  // namespace ETCH_ABI
}  // namespace etch
