// Activations as modules, for Sequential; in a `forward` the functions `relu(x)`, `gelu(x)`, ... do the same.
#pragma once

#include <etch/model/module.hpp>
#include <etch/nn/init.hpp>
#include <etch/ops/glu.hpp>
#include <etch/ops/random_activation.hpp>

namespace etch {
inline namespace ETCH_ABI {

enum class Approximate { none, tanh };

namespace nn {

#define ETCH_ACTIVATION(name, ...)                                  \
  struct name {                                                     \
    ETCH_MODULE()                                                   \
    constexpr auto forward(auto x) const { return __VA_ARGS__; }    \
  };
ETCH_ACTIVATION(ReLU, relu(x))
ETCH_ACTIVATION(ReLU6, relu6(x))
ETCH_ACTIVATION(Tanh, tanh(x))
ETCH_ACTIVATION(Sigmoid, sigmoid(x))
ETCH_ACTIVATION(SiLU, silu(x))
ETCH_ACTIVATION(Mish, mish(x))
ETCH_ACTIVATION(SELU, selu(x))
ETCH_ACTIVATION(LogSigmoid, logsigmoid(x))
ETCH_ACTIVATION(Hardsigmoid, hardsigmoid(x))
ETCH_ACTIVATION(Hardswish, hardswish(x))
ETCH_ACTIVATION(Tanhshrink, tanhshrink(x))
ETCH_ACTIVATION(Softsign, softsign(x))

// Hyperparameters are template arguments: `LeakyReLU<0.2>`.
template <auto Slope = 0.01> ETCH_ACTIVATION(LeakyReLU, leaky_relu(x, Slope))
template <auto Alpha = 1.0> ETCH_ACTIVATION(ELU, elu(x, Alpha))
template <auto Alpha = 1.0> ETCH_ACTIVATION(CELU, celu(x, Alpha))
template <auto Beta = 1.0, auto Limit = 20.0> ETCH_ACTIVATION(Softplus, softplus(x, Beta, Limit))
template <auto Lambda = 0.5> ETCH_ACTIVATION(Hardshrink, hardshrink(x, Lambda))
template <auto Limit, auto Value> ETCH_ACTIVATION(Threshold, threshold(x, Limit, Value))
template <int Axis = -1> ETCH_ACTIVATION(GLU, glu<Axis>(x))
template <int Axis> ETCH_ACTIVATION(Softmax, softmax<Axis>(x))
template <int Axis> ETCH_ACTIVATION(Softmin, softmin<Axis>(x))
template <int Axis> ETCH_ACTIVATION(LogSoftmax, log_softmax<Axis>(x))
ETCH_ACTIVATION(Softmax2d, softmax<-3>(x))  // over the channels of [.., C, H, W]
#undef ETCH_ACTIVATION

// The same, where not every hyperparameter will do. What is asserted stands last: clang instantiates nothing of a class behind what fails.
#define ETCH_ACTIVATION(name, rule, sentence, ...)                  \
  struct name {                                                     \
    ETCH_MODULE()                                                   \
    constexpr auto forward(auto x) const { return __VA_ARGS__; }    \
    static_assert(rule, sentence);                                  \
  };
template <auto Min = -1.0, auto Max = 1.0> ETCH_ACTIVATION(Hardtanh, Min < Max, "etch: hardtanh: the least value must be below the greatest", apply<etch::detail::hardtanh_fn>(x, Min, Max))
template <auto Lambda = 0.5> ETCH_ACTIVATION(Softshrink, Lambda >= 0, "etch: softshrink: lambda must not be negative", apply<etch::detail::softshrink_fn>(x, Lambda))
template <auto Lower = 1.0 / 8, auto Upper = 1.0 / 3>
ETCH_ACTIVATION(RReLU, Lower <= Upper, "etch: rrelu: the lower bound must be at most the upper bound", rrelu(x, Lower, Upper))
#undef ETCH_ACTIVATION

/// torch.nn.GELU: `GELU<>`, or `GELU<Approximate::tanh>`.
template <Approximate A = Approximate::none>
struct GELU {
  ETCH_MODULE()
  constexpr auto forward(auto x) const {
    if constexpr (A == Approximate::tanh) return gelu_tanh(x);
    else return gelu(x);
  }
};

/// torch.nn.PReLU: one slope, or one for each channel, that is trained.
template <int Channels = 1, class T = float>
struct PReLU {
  Param<T, Channels> weight;
  ETCH_MODULE(weight)
  constexpr auto forward(auto x) const { return prelu(x, weight); }
  void reset_parameters(Generator&) { init::constant_(weight, 0.25); }
};

}  // namespace nn
}  // namespace ETCH_ABI
}  // namespace etch
