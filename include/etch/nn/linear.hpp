// Linear: y = x W^T + b over the last axis, with W [out, in] as PyTorch keeps it.
#pragma once

#include <etch/model/module.hpp>
#include <etch/nn/init.hpp>
#include <etch/ops/contract.hpp>
#include <etch/ops/einsum.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace nn {
namespace detail {
/// PyTorch's default for a layer with `in` inputs: U(-1/sqrt(in), 1/sqrt(in)).
template <class X>
void reset_by_fan_in(X& x, Generator& g, int in) {
  const double bound = in > 0 ? 1 / __builtin_sqrt(static_cast<double>(in)) : 0;
  init::uniform_(x, g, -bound, bound);
}
}  // namespace detail

/// torch.nn.Linear: x [.., In] -> [.., Out]; a wrong last size is matmul's "inner sizes must agree".
template <auto In, auto Out, bool Bias = true, class T = float>
struct Linear {
  Param<T, Out, In> weight;
  Param<T, Out> bias;
  ETCH_MODULE(weight, bias)
  constexpr auto forward(auto x) const { return linear(x, weight, bias); }
  void reset_parameters(Generator& g) {
    detail::reset_by_fan_in(weight, g, weight.size(1));
    detail::reset_by_fan_in(bias, g, weight.size(1));
  }
};

template <auto In, auto Out, class T>
struct Linear<In, Out, false, T> {
  Param<T, Out, In> weight;
  ETCH_MODULE(weight)
  constexpr auto forward(auto x) const { return linear(x, weight); }
  void reset_parameters(Generator& g) { detail::reset_by_fan_in(weight, g, weight.size(1)); }
};

namespace detail {
template <auto In>
inline constexpr bool first_features = dims_of<In>()[0].size > 0;
}
/// torch.nn.Bilinear: y[.., o] = x1 W[o] x2 + b[o].
template <auto In1, auto In2, auto Out, bool Bias = true, class T = float>
struct Bilinear {
  Param<T, Out, In1, In2> weight;
  Param<T, Out> bias;
  ETCH_MODULE(weight, bias)
  constexpr auto forward(auto x1, auto x2) const { return bilinear(x1, x2, weight, bias); }
  void reset_parameters(Generator& g) {
    detail::reset_by_fan_in(weight, g, weight.size(1));
    detail::reset_by_fan_in(bias, g, weight.size(1));
  }
  static_assert(detail::first_features<In1>, "etch: Bilinear: the first input must have features");
};
template <auto In1, auto In2, auto Out, class T>
struct Bilinear<In1, In2, Out, false, T> {
  Param<T, Out, In1, In2> weight;
  ETCH_MODULE(weight)
  constexpr auto forward(auto x1, auto x2) const { return bilinear(x1, x2, weight); }
  void reset_parameters(Generator& g) { detail::reset_by_fan_in(weight, g, weight.size(1)); }
  static_assert(detail::first_features<In1>, "etch: Bilinear: the first input must have features");
};

}  // namespace nn
}  // namespace ETCH_ABI
}  // namespace etch
