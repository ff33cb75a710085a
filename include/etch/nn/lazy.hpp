// Lazy sizes: layers that take the size of their input from its type, when a model is made for it. There is no lazy layer at run time:
//
//   materialized<Sequential<LazyConv2d<6, 5>, ReLU, Flatten<>, LazyLinear<10>>, Tensor<float, 64, 1, 28, 28>>
//     is          Sequential<Conv2d<1, 6, 5>, ReLU, Flatten<>, Linear<3456, 10>>
#pragma once

#include <etch/model/make.hpp>
#include <etch/nn/conv.hpp>
#include <etch/nn/linear.hpp>
#include <etch/nn/norm.hpp>
#include <etch/nn/sequential.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace nn {
namespace detail {

/// A layer that waits for its input: `of<X>` is what it becomes for a tracer X.
struct Lazy {
  ETCH_MODULE()
  template <class X>
  constexpr auto forward(X) const {
    static_assert(std::is_void_v<X>, "etch: make: a model with lazy sizes is made for an input: make<M>(generator, x)");
    return Poison{};
  }
};

/// The size of X along an axis, of a tensor of rank `Least` to `Most`; `Batched` axes are counted without a batch where it lacks one.
template <class X, int Least, int Most, int Axis, bool Batched = false>
constexpr int lazy_size() {
  if constexpr (etch::detail::is_tracer_v<X>) {
    constexpr bool rank = X::rank >= Least && X::rank <= Most;
    static_assert(rank, "etch: make: a lazy layer must be given an input of as many axes as its name says");
    if constexpr (rank) {
      constexpr Dim size = X::dims(0)[Axis < 0 ? X::rank + Axis : Batched && X::rank < Most ? Axis - 1 : Axis];
      static_assert(!size.bounded, "etch: make: the size that a lazy layer takes must be static");
      return size.size;
    }
  }
  return 1;
}

template <class X>
struct tracer_type {
  using type = typename X::tracer;
};
template <class X>
  requires etch::detail::is_tracer_v<X>
struct tracer_type<X> {
  using type = X;
};
/// What M becomes for a tracer X.
template <class M, class X>
struct materialize {
  using type = M;
};
template <class M, class X>
  requires requires { typename M::template of<X>; }
struct materialize<M, X> {
  using type = typename M::template of<X>;
};
template <class M, class X>
using output_of = std::remove_cvref_t<decltype(std::declval<const M&>()(std::declval<X>()))>;

template <class M>
struct Wanted {};
/// X has gone through the modules M.
template <class X, class... M>
struct Materializing {
  using type = Sequential<M...>;
  template <class Next, class Module = typename materialize<Next, X>::type>
  friend constexpr Materializing<output_of<Module, X>, M..., Module> operator|(Materializing, Wanted<Next>) {
    return {};
  }
};
template <class... M, class X>
struct materialize<Sequential<M...>, X> : decltype((Materializing<X>{} | ... | Wanted<M>{})) {};

}  // namespace detail

/// The module that M is for an input of X's type, a tensor or what a forward function is called with; M itself if it has no lazy sizes.
/// A type of one's own may say what it becomes by a member `template <class X> using of`.
template <class M, class X>
using materialized = typename detail::materialize<M, typename detail::tracer_type<X>::type>::type;
/// The type of M's result for an input of X's type, to size what comes behind M.
template <class M, class X>
using output = detail::output_of<M, typename detail::tracer_type<X>::type>;

/// torch.nn.LazyLinear: `LazyLinear<10>`.
template <auto Out, bool Bias = true, class T = float>
struct LazyLinear : detail::Lazy {
  template <class X>
  using of = Linear<detail::lazy_size<X, 1, max_rank, -1>(), Out, Bias, T>;
};
/// torch.nn.LazyConv2d and its like: `LazyConv2d<64, 7, stride<2>, padding<3>>`.
#define ETCH_LAZY_CONV(name, D)                                                             \
  template <auto Out, auto Kernel, auto... Option>                                          \
  struct Lazy##name : detail::Lazy {                                                        \
    template <class X>                                                                      \
    using of = name<detail::lazy_size<X, D + 1, D + 2, 1, true>(), Out, Kernel, Option...>; \
  };
ETCH_LAZY_CONV(Conv1d, 1)
ETCH_LAZY_CONV(Conv2d, 2)
ETCH_LAZY_CONV(Conv3d, 3)
ETCH_LAZY_CONV(ConvTranspose1d, 1)
ETCH_LAZY_CONV(ConvTranspose2d, 2)
ETCH_LAZY_CONV(ConvTranspose3d, 3)
#undef ETCH_LAZY_CONV
/// torch.nn.LazyBatchNorm2d and its like: `LazyBatchNorm2d<eps<1e-3>>`, or `LazyBatchNorm2d<>`.
#define ETCH_LAZY_NORM(name, least, most, batched)                                  \
  template <auto... Option>                                                         \
  struct Lazy##name : detail::Lazy {                                                \
    template <class X>                                                              \
    using of = name<detail::lazy_size<X, least, most, 1, batched>(), Option...>;    \
  };
ETCH_LAZY_NORM(BatchNorm1d, 2, 3, false)
ETCH_LAZY_NORM(BatchNorm2d, 4, 4, false)
ETCH_LAZY_NORM(BatchNorm3d, 5, 5, false)
ETCH_LAZY_NORM(InstanceNorm1d, 2, 3, true)
ETCH_LAZY_NORM(InstanceNorm2d, 3, 4, true)
ETCH_LAZY_NORM(InstanceNorm3d, 4, 5, true)
#undef ETCH_LAZY_NORM

}  // namespace nn

/// A model with lazy sizes, made for an input of X's type.
template <class M, class X>
Model<nn::materialized<M, X>> make(Generator generator = Generator{0}) {
  return make<nn::materialized<M, X>>(generator);
}
/// The same with the type taken from an example; its values are not looked at.
template <class M, Operand X>
Model<nn::materialized<M, X>> make(Generator generator, const X&) {
  return make<nn::materialized<M, X>>(generator);
}
/// A struct that is a template over the type of its input.
template <template <class> class M, Operand X>
Model<M<typename X::tracer>> make(Generator generator, const X&) {
  return make<M<typename X::tracer>>(generator);
}

}  // namespace ETCH_ABI
}  // namespace etch
