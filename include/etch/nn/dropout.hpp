// Dropout: in training, each element is 0 with probability P and x / (1 - P) otherwise; in evaluation, x.
//
// The mask is never stored: its random numbers are computed again where the gradient needs them.
#pragma once

#include <etch/model/module.hpp>
#include <etch/ops/random.hpp>

namespace etch {
inline namespace ETCH_ABI {

template <auto P>
struct dropout_fn {
  template <class X>
  constexpr X operator()(X x) const {
    constexpr double p = static_cast<double>(P);
    static_assert(p >= 0 && p <= 1, "etch: dropout: the probability must lie between 0 and 1");
    if (!x.training() || p == 0) return x;
    return where(rand_like(x) >= p, x * (p < 1 ? 1 / (1 - p) : 0.0), 0);
  }
};
/// torch.nn.functional.dropout, where the program being traced says whether it trains.
template <auto P, Operand X>
constexpr auto dropout(const X& x) {
  return apply<dropout_fn<P>>(x);
}

namespace nn {

/// torch.nn.Dropout: `Dropout<0.1>`.
template <auto P = 0.5>
struct Dropout {
  ETCH_MODULE()
  constexpr auto forward(auto x) const { return dropout<P>(x); }
};

}  // namespace nn
}  // namespace ETCH_ABI
}  // namespace etch
