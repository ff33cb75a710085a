// Activations, each a few lines over the pointwise table; where one has a corner, its gradient there is PyTorch's.
//
//   elu(x) = x, or alpha (exp(x) - 1) below 0      hardtanh(x) = min(max(x, a), b)      softshrink(x) = sign(x) max(|x| - l, 0)
#pragma once

#include <etch/core/error.hpp>
#include <etch/graph/autocast.hpp>
#include <etch/ops/declare.hpp>
#include <etch/ops/pointwise.hpp>
#include <etch/ops/reduce.hpp>

namespace etch {
inline namespace ETCH_ABI {

namespace detail {
struct relu_fn {
  constexpr auto operator()(auto x) const { return where(x > 0, x, 0); }
};
/// lowest where x is at most that, highest where it is at least that: no gradient at either.
struct hardtanh_fn {
  template <class X>
  constexpr auto operator()(X x, auto lowest, auto highest) const {
    return where(x <= lowest, cast_fn<typename X::value_type>{}(lowest), where(x >= highest, cast_fn<typename X::value_type>{}(highest), x));
  }
};
struct relu6_fn {
  constexpr auto operator()(auto x) const { return where(x <= 0, 0, where(x >= 6, 6, x)); }
};
struct leaky_relu_fn {
  constexpr auto operator()(auto x, auto slope) const { return where(x > 0, x, x * slope); }
};
struct prelu_fn {
  template <class X, class W>
  constexpr auto operator()(X x, W weight) const {
    constexpr int channels = X::rank > 1 ? 1 : 0;
    constexpr bool fits = W::rank == 0 || (W::rank == 1 && (W::dims()[0].is(1) || (X::rank > 0 && agree(X::dims(0)[channels], W::dims(X::rank)[0]))));
    if constexpr (!fits) {
      static_assert(fits, "etch: prelu: the weight must hold one number, or one for each channel");
      return Poison{};
    } else {
      Builder& b = *x.builder;
      Shape per{X::rank, {}};  // the channels' axis, 1 elsewhere
      for (int i = 0; i < X::rank; ++i) per.size[i] = 1;
      if (X::rank > 0 && W::rank == 1) per.size[channels] = b.shape(weight.id).size[0];
      const Autocasting rounded(b);
      X slope = x;
      slope.id = rounded(b.expand(b.cast(b.reshape(weight.id, per), b.dtype(x.id)), b.shape(x.id)));
      return rounded(leaky_relu_fn{}(rounded(x), slope));
    }
  }
};
/// The exponential sees nothing above 0, where it might be infinite.
struct elu_fn {
  constexpr auto operator()(auto x, auto alpha) const { return where(x <= 0, expm1(where(x <= 0, x, 0)) * alpha, x); }
};
struct celu_fn {
  constexpr auto operator()(auto x, auto alpha) const { return where(x <= 0, expm1(where(x <= 0, x, 0) / alpha) * alpha, x); }
};
struct selu_fn {
  constexpr auto operator()(auto x) const {
    constexpr double scale = 1.0507009873554804934193349852946, alpha = 1.6732632423543772848170429916717;
    return where(x <= 0, expm1(where(x <= 0, x, 0)) * (scale * alpha), x * scale);
  }
};
struct gelu_tanh_fn {
  constexpr auto operator()(auto x) const { return x * (tanh((x + x * x * x * 0.044715) * 0.79788456080286535588) + 1) * 0.5; }
};
struct silu_fn {
  constexpr auto operator()(auto x) const { return x * sigmoid(x); }
};
struct log1p_exp_fn {
  constexpr auto operator()(auto x) const { return larger(x, 0) + log1p(exp(-abs(x))); }
};
struct softplus_fn {
  constexpr auto operator()(auto x, auto beta, auto threshold) const { return where(x * beta > threshold, x, log1p_exp_fn{}(x * beta) / beta); }
};
struct logsigmoid_fn {
  constexpr auto operator()(auto x) const { return smaller(x, 0) - log1p(exp(-abs(x))); }
};
struct mish_fn {
  constexpr auto operator()(auto x) const { return x * tanh(log1p_exp_fn{}(x)); }
};
struct hardsigmoid_fn {
  constexpr auto operator()(auto x) const { return where(x <= -3, 0, where(x >= 3, 1, x * (1.0 / 6) + 0.5)); }
};
struct hardswish_fn {
  constexpr auto operator()(auto x) const { return where(x <= -3, 0, where(x >= 3, x, x * (x + 3) * (1.0 / 6))); }
};
struct threshold_fn {
  template <class X>
  constexpr auto operator()(X x, auto threshold, auto value) const {
    return where(x <= threshold, cast_fn<typename X::value_type>{}(value), x);
  }
};
struct hardshrink_fn {
  constexpr auto operator()(auto x, auto lambda) const { return where(x >= -lambda && x <= lambda, 0, x); }
};
struct softshrink_fn {
  constexpr auto operator()(auto x, auto lambda) const { return where(x > lambda, x - lambda, where(x < -lambda, x + lambda, x * 0)); }
};
struct tanhshrink_fn {
  constexpr auto operator()(auto x) const { return x - tanh(x); }
};
template <int Axis>
struct softmin_fn {
  constexpr auto operator()(auto x) const { return softmax_fn<Axis>{}(-x); }
};
struct softsign_fn {
  constexpr auto operator()(auto x) const { return x / (abs(x) + 1); }
};
}  // namespace detail

/// max(x, 0)
ETCH_OPERATION1(relu, detail::relu_fn)
/// min(max(x, 0), 6)
ETCH_OPERATION1(relu6, detail::relu6_fn)
/// x Phi(x) = x/2 (1 + erf(x / sqrt 2))
ETCH_OPERATION1(gelu, unary_fn<detail::Op::gelu>)
/// GELU's approximation by tanh.
ETCH_OPERATION1(gelu_tanh, detail::gelu_tanh_fn)
/// x sigmoid(x)
ETCH_OPERATION1(silu, detail::silu_fn)
/// x tanh(softplus(x))
ETCH_OPERATION1(mish, detail::mish_fn)
/// log(sigmoid(x))
ETCH_OPERATION1(logsigmoid, detail::logsigmoid_fn)
/// ELU with the constants that keep mean 0 and variance 1 from layer to layer.
ETCH_OPERATION1(selu, detail::selu_fn)
/// x/6 + 1/2, between 0 and 1
ETCH_OPERATION1(hardsigmoid, detail::hardsigmoid_fn)
/// x hardsigmoid(x)
ETCH_OPERATION1(hardswish, detail::hardswish_fn)
/// x - tanh(x)
ETCH_OPERATION1(tanhshrink, detail::tanhshrink_fn)
/// x / (1 + |x|)
ETCH_OPERATION1(softsign, detail::softsign_fn)
/// softmax(-x)
template <int Axis, Operand X> constexpr auto softmin(const X& x) { return apply<detail::softmin_fn<Axis>>(x); }
/// x where positive, weight * x elsewhere; one weight, or one for each channel (axis 1)
template <Operand X, Operand W> constexpr auto prelu(const X& x, const W& weight) { return apply<detail::prelu_fn>(x, weight); }
/// x where positive, slope * x elsewhere
template <Operand X, OperandOrNumber S = double> constexpr auto leaky_relu(const X& x, const S& slope = 0.01) { return apply<detail::leaky_relu_fn>(x, slope); }
/// x where positive, alpha (exp(x) - 1) elsewhere
template <Operand X, OperandOrNumber A = double> constexpr auto elu(const X& x, const A& alpha = 1.0) { return apply<detail::elu_fn>(x, alpha); }
/// x where positive, alpha (exp(x / alpha) - 1) elsewhere
template <Operand X, OperandOrNumber A = double> constexpr auto celu(const X& x, const A& alpha = 1.0) { return apply<detail::celu_fn>(x, alpha); }
/// log(1 + exp(beta x)) / beta, and x itself where beta x is above the threshold
template <Operand X, OperandOrNumber B = double, OperandOrNumber T = double>
constexpr auto softplus(const X& x, const B& beta = 1.0, const T& threshold = 20.0) { return apply<detail::softplus_fn>(x, beta, threshold); }
/// x between two numbers, those elsewhere
template <Operand X, OperandOrNumber A = double, OperandOrNumber B = double>
constexpr auto hardtanh(const X& x, const A& min_val = -1.0, const B& max_val = 1.0) {
  if constexpr (detail::is_number<A> && detail::is_number<B>) {
    if (static_cast<double>(min_val) > static_cast<double>(max_val)) fail("hardtanh", "min_val must be at most max_val");
  }
  return apply<detail::hardtanh_fn>(x, min_val, max_val);
}
/// x above the threshold, value elsewhere
template <Operand X, OperandOrNumber T, OperandOrNumber V> constexpr auto threshold(const X& x, const T& threshold, const V& value) { return apply<detail::threshold_fn>(x, threshold, value); }
/// x, but 0 between -lambda and lambda
template <Operand X, OperandOrNumber L = double> constexpr auto hardshrink(const X& x, const L& lambda = 0.5) { return apply<detail::hardshrink_fn>(x, lambda); }
/// x moved towards 0 by lambda, as far as 0
template <Operand X, OperandOrNumber L = double>
constexpr auto softshrink(const X& x, const L& lambda = 0.5) {
  if constexpr (detail::is_number<L>) {
    if (static_cast<double>(lambda) < 0) fail("softshrink", "lambda must not be negative");
  }
  return apply<detail::softshrink_fn>(x, lambda);
}

}  // namespace ETCH_ABI
}  // namespace etch
