// Layers that normalise. BatchNorm and InstanceNorm may keep statistics: in training a batch is normalised with its own, and
//
//   running = (1 - momentum) running + momentum batch      (the variance unbiased)
//
// in evaluation with the running ones. They are buffers of the model, which a training step assigns when all have read them.
#pragma once

#include <etch/model/module.hpp>
#include <etch/nn/init.hpp>
#include <etch/ops/normalization.hpp>

namespace etch {
inline namespace ETCH_ABI {

template <double E>
struct Epsilon {};
/// What a normalisation adds to a variance; a plain number says the same.
template <auto E> inline constexpr Epsilon<static_cast<double>(E)> eps{};
template <double M>
struct Momentum {};
/// The share of a batch in running statistics; without one they are averages over all batches.
template <auto M> inline constexpr Momentum<static_cast<double>(M)> momentum{};
inline constexpr Momentum<-1.0> no_momentum{};
template <bool B>
struct Affine {};
/// Whether a normalisation has weight and bias.
template <bool B> inline constexpr Affine<B> affine{};
template <bool B>
struct TrackRunningStats {};
/// Whether a normalisation keeps running statistics.
template <bool B> inline constexpr TrackRunningStats<B> track_running_stats{};

namespace detail {
struct NormSettings {
  double momentum, eps;
  bool weight, bias, track;
  constexpr void add(double e) { eps = e; }
  template <double E>
  constexpr void add(Epsilon<E>) {
    eps = E;
  }
  template <double M>
  constexpr void add(Momentum<M>) {
    momentum = M;
  }
  template <bool B>
  constexpr void add(Affine<B>) {
    weight = B;
    bias = bias && B;
    if (B && !bias_refused) bias = true;
  }
  template <bool B>
  constexpr void add(TrackRunningStats<B>) {
    track = B;
  }
  constexpr void add(Setting<Knob::no_bias, 1>) { bias = false, bias_refused = true; }
  template <class T>
  constexpr void add(ElementType<T>) {}
  bool bias_refused;
};
template <bool Affine, bool Track, auto... Option>
constexpr NormSettings norm_settings() {
  NormSettings s{0.1, 1e-5, Affine, Affine, Track, false};
  (s.add(Option), ...);
  return s;
}

/// The mean and the unbiased variance that a step adds to running statistics: of a channel over the batch, or the mean over
/// the batch of those of its items.
template <bool Batch, class V>
struct NewStatistics {
  V mean, var;
  template <class X>
  constexpr NewStatistics(X x, V like) {
    Builder& b = *x.builder;
    const int axis = X::rank > 1 ? 1 : 0;
    const Value v{&b, b.cast(b.detach(x.id), dtype_of<typename V::value_type>)};
    const unsigned over = Batch ? all_but(X::rank, axis) : all_but(X::rank, axis) & ~1u;
    const Value m = kept_mean(v, over), centred = v - spread(m, v.shape()), square = kept_mean(centred * centred, over);
    Shape sizes;
    for (int i = 0; i < X::rank; ++i)
      if (over >> i & 1) sizes.size[sizes.rank++] = v.shape().size[i];
    const Value n{&b, b.expand(b.extent(b.product(sizes.size, sizes.rank), v.dtype()), square.shape())};
    const auto vector = [&](Value k) { return V{&b, b.reshape((Batch ? k : kept_mean(k, 1)).id, b.shape(like.id))}; };
    mean = vector(m);
    var = vector(square * (n / (n - 1)));
  }
};
}  // namespace detail

namespace nn {
namespace detail {
using etch::detail::NormSettings;

/// x normalised by F(x, weight, bias, eps), with those of them that the module has.
template <class F, class M, class X>
constexpr auto normalized(const M& m, double eps, X x) {
  if constexpr (requires { m.bias; }) return apply<etch::detail::without_fn<F, 0>>(x, m.weight, m.bias, eps);
  else if constexpr (requires { m.weight; }) return apply<etch::detail::without_fn<F, 0>>(x, m.weight, eps);
  else return apply<etch::detail::without_fn<F, 0>>(x, eps);
}
template <class M, class X>
constexpr auto normalized_as_kept(const M& m, double eps, X x) {
  using F = etch::detail::kept_statistics_fn;
  if constexpr (requires { m.bias; }) return apply<F>(x, m.running_mean, m.running_var, m.weight, m.bias, eps);
  else if constexpr (requires { m.weight; }) return apply<F>(x, m.running_mean, m.running_var, m.weight, eps);
  else return apply<F>(x, m.running_mean, m.running_var, eps);
}
/// While it trains: the statistics that are kept move towards x's.
template <bool Batch, class M, class X>
constexpr void track(const M& m, double momentum, X x) {
  const auto kept = [&](const auto& p) { return latest(*x.builder, p); };  // a module that is called twice tracks both
  const auto mean = kept(m.running_mean), var = kept(m.running_var);
  const etch::detail::NewStatistics<Batch, std::remove_const_t<decltype(mean)>> now(x, mean);
  const auto count = kept(m.num_batches_tracked) + std::int64_t{1};
  if (Batch) assign(m.num_batches_tracked, count);
  if (capacity(X::dims(0)) == 0) return;  // a batch of nothing has no statistics
  if (momentum < 0 && Batch) {
    const auto share = 1 / to<typename decltype(mean)::value_type>(count);
    assign(m.running_mean, mean + (now.mean - mean) * share);
    assign(m.running_var, var + (now.var - var) * share);
  } else {
    const double share = momentum < 0 ? 0 : momentum;
    assign(m.running_mean, mean * (1 - share) + now.mean * share);
    assign(m.running_var, var * (1 - share) + now.var * share);
  }
}
template <int D, bool Batch, class M, class X>
constexpr auto normalize(const M& m, const NormSettings& s, X x) {
  if constexpr (!Batch && X::rank == D + 1) {  // one item
    return squeeze<0>(normalize<D, Batch>(m, s, unsqueeze<0>(x)));
  } else {
    constexpr bool ranks_fit = X::rank == D + 2 || (D <= 1 && X::rank == 2) || (D == 0 && X::rank > 2);
    static_assert(ranks_fit, "etch: norm: the input must be [N, C, sizes..] with as many sizes as the layer's name says");
    using F = std::conditional_t<Batch, etch::detail::batch_statistics_fn::with, etch::detail::group_norm_fn<0>>;
    if constexpr (requires { m.running_mean; }) {
      if (!x.training()) return normalized_as_kept(m, s.eps, x);
      track<Batch>(m, s.momentum, x);
    }
    return normalized<F>(m, s.eps, x);
  }
}
template <class M>
void reset_norm(M& m) {
  if constexpr (requires { m.weight; }) init::ones_(m.weight);
  if constexpr (requires { m.bias; }) init::zeros_(m.bias);
  if constexpr (requires { m.running_mean; }) {
    init::zeros_(m.running_mean);
    init::ones_(m.running_var);
    init::zeros_(m.num_batches_tracked);
  }
}

/// What BatchNorm and InstanceNorm have, by weight, bias and running statistics.
template <int D, bool Batch, bool Weight, bool Bias, bool Track, auto C, auto... Option>
struct Norm {
  ETCH_MODULE()
  constexpr auto forward(auto x) const { return normalize<D, Batch>(*this, etch::detail::norm_settings<Batch, Batch, Option...>(), x); }
};
#define ETCH_NORM_PARAMETERS_10 Param<T, C> weight;
#define ETCH_NORM_PARAMETERS_11 \
  Param<T, C> weight;           \
  Param<T, C> bias;
#define ETCH_NORM_PARAMETERS_00
#define ETCH_NORM_STATISTICS      \
  ModuleBuffer<T, C> running_mean; \
  ModuleBuffer<T, C> running_var;  \
  ModuleBuffer<std::int64_t> num_batches_tracked;
#define ETCH_NORM(W, B, tracks, parameters, statistics, ...)                                                                                                       \
  template <int D, bool Batch, auto C, auto... Option>                                                                                                             \
  struct Norm<D, Batch, W, B, tracks, C, Option...> {                                                                                                              \
    using T = etch::detail::element_type<Option...>;                                                                                                               \
    parameters statistics ETCH_MODULE(__VA_ARGS__) constexpr auto forward(auto x) const { return normalize<D, Batch>(*this, etch::detail::norm_settings<Batch, Batch, Option...>(), x); } \
    void reset_parameters(Generator&) { reset_norm(*this); }                                                                                                       \
  };
ETCH_NORM(true, true, false, ETCH_NORM_PARAMETERS_11, , weight, bias)
ETCH_NORM(true, false, false, ETCH_NORM_PARAMETERS_10, , weight)
ETCH_NORM(true, true, true, ETCH_NORM_PARAMETERS_11, ETCH_NORM_STATISTICS, weight, bias, running_mean, running_var, num_batches_tracked)
ETCH_NORM(true, false, true, ETCH_NORM_PARAMETERS_10, ETCH_NORM_STATISTICS, weight, running_mean, running_var, num_batches_tracked)
ETCH_NORM(false, false, true, ETCH_NORM_PARAMETERS_00, ETCH_NORM_STATISTICS, running_mean, running_var, num_batches_tracked)
#undef ETCH_NORM
#undef ETCH_NORM_STATISTICS
#undef ETCH_NORM_PARAMETERS_00
#undef ETCH_NORM_PARAMETERS_10
#undef ETCH_NORM_PARAMETERS_11
template <bool Batch, auto... Option>
constexpr NormSettings statistics_settings() {
  constexpr NormSettings s = etch::detail::norm_settings<Batch, Batch, Option...>();
  static_assert(!Batch || s.eps > 0, "etch: batch_norm: eps must be positive");
  return s;
}
template <int D, bool Batch, NormSettings (*S)(), auto C, auto... Option>
using norm_of = Norm<D, Batch, S().weight, S().bias, S().track, C, Option...>;

/// What a layer without statistics has, by weight and bias of this shape.
template <class F, bool Weight, bool Bias, class P, auto... Option>
struct PlainNorm {
  ETCH_MODULE()
  constexpr auto forward(auto x) const { return normalized<F>(*this, etch::detail::norm_settings<true, false, Option...>().eps, x); }
};
template <class F, class P, auto... Option>
struct PlainNorm<F, true, true, P, Option...> {
  P weight;
  P bias;
  ETCH_MODULE(weight, bias)
  constexpr auto forward(auto x) const { return normalized<F>(*this, etch::detail::norm_settings<true, false, Option...>().eps, x); }
  void reset_parameters(Generator&) { reset_norm(*this); }
};
template <class F, class P, auto... Option>
struct PlainNorm<F, true, false, P, Option...> {
  P weight;
  ETCH_MODULE(weight)
  constexpr auto forward(auto x) const { return normalized<F>(*this, etch::detail::norm_settings<true, false, Option...>().eps, x); }
  void reset_parameters(Generator&) { reset_norm(*this); }
};
template <class F, class P, auto... Option>
using plain_norm = PlainNorm<F, etch::detail::norm_settings<true, false, Option...>().weight, etch::detail::norm_settings<true, false, Option...>().bias, P, Option...>;

/// The channels of a group norm.
template <auto G, auto C>
struct in_groups {
  static_assert(G > 0 && dims_of<C>()[0].size % (G > 0 ? G : 1) == 0, "etch: group_norm: the groups must divide the channels");
  static constexpr auto channels = C;
};
/// A shape given as one size or as `ints`, as the type of a parameter and as a list.
template <class T, auto Size, class Of = std::remove_const_t<decltype(Size)>>
struct normalized_shape {
  using param = Param<T, Size>;
  using sizes = ints<dims_of<Size>()[0].size>;
};
template <class T, auto Size, int... N>
struct normalized_shape<T, Size, ints<N...>> {
  using param = Param<T, N...>;
  using sizes = ints<N...>;
};
template <bool Centred, auto Size, auto... Option>
using last_axes_norm = plain_norm<etch::detail::last_axes_norm_fn<typename normalized_shape<float, Size>::sizes, Centred>, typename normalized_shape<etch::detail::element_type<Option...>, Size>::param, Option...>;
}  // namespace detail

/// torch.nn.BatchNorm: `BatchNorm2d<64>`, `BatchNorm1d<8, eps<1e-3>, momentum<0.01>, affine<false>>`.
#define ETCH_NORM(name, D, B) \
  template <auto C, auto... Option> using name = detail::norm_of<D, B, &detail::statistics_settings<B, Option...>, C, Option...>;
ETCH_NORM(BatchNorm1d, 1, true)
ETCH_NORM(BatchNorm2d, 2, true)
ETCH_NORM(BatchNorm3d, 3, true)
// torch.nn.SyncBatchNorm, of any number of axes: in one process there is nobody to synchronise with.
ETCH_NORM(SyncBatchNorm, 0, true)
// torch.nn.InstanceNorm: without weight, bias and running statistics, unless `affine<true>`, `track_running_stats<true>`.
ETCH_NORM(InstanceNorm1d, 1, false)
ETCH_NORM(InstanceNorm2d, 2, false)
ETCH_NORM(InstanceNorm3d, 3, false)
#undef ETCH_NORM
/// torch.nn.GroupNorm(G, C): `GroupNorm<4, 32>`.
template <auto G, auto C, auto... Option> using GroupNorm = detail::plain_norm<etch::detail::group_norm_fn<G>, Param<etch::detail::element_type<Option...>, detail::in_groups<G, C>::channels>, Option...>;
/// torch.nn.LayerNorm: `LayerNorm<128>`, `LayerNorm<ints<3, 4>{}, eps<1e-3>, no_bias>`.
template <auto Size, auto... Option> using LayerNorm = detail::last_axes_norm<true, Size, Option...>;

namespace detail {
template <auto Size, auto... Option>
struct RmsSettings {
  static constexpr NormSettings make() {
    NormSettings s{0, -1, true, false, false, true};
    (s.add(Option), ...);
    return s;
  }
  static constexpr NormSettings value = make();
  template <class X>
  static constexpr double eps() {
    return value.eps < 0 ? etch::detail::epsilon_of<typename X::value_type>() : value.eps;
  }
};
template <bool Weight, auto Size, auto... Option>
struct RmsNorm {
  typename normalized_shape<etch::detail::element_type<Option...>, Size>::param weight;
  ETCH_MODULE(weight)
  constexpr auto forward(auto x) const { return rms_norm(x, weight, RmsSettings<Size, Option...>::template eps<decltype(x)>()); }
  void reset_parameters(Generator&) { init::ones_(weight); }
};
template <auto Size, auto... Option>
struct RmsNorm<false, Size, Option...> {
  ETCH_MODULE()
  constexpr auto forward(auto x) const { return rms_norm<typename normalized_shape<float, Size>::sizes>(x, RmsSettings<Size, Option...>::template eps<decltype(x)>()); }
};
}  // namespace detail
/// torch.nn.RMSNorm: `RMSNorm<64>`, `RMSNorm<ints<3, 4>{}, eps<1e-6>, affine<false>>`.
template <auto Size, auto... Option> using RMSNorm = detail::RmsNorm<detail::RmsSettings<Size, Option...>::value.weight, Size, Option...>;

/// torch.nn.LocalResponseNorm over Size channels.
template <int Size, auto Alpha = 1e-4, auto Beta = 0.75, auto K = 1.0>
struct LocalResponseNorm {
  ETCH_MODULE()
  constexpr auto forward(auto x) const { return local_response_norm<Size>(x, static_cast<double>(Alpha), static_cast<double>(Beta), static_cast<double>(K)); }
};

}  // namespace nn
}  // namespace ETCH_ABI
}  // namespace etch
