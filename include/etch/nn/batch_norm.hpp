// BatchNorm and InstanceNorm: channels normalised with the statistics of the batch in training, with running ones in evaluation.
//
//   running = (1 - momentum) running + momentum batch      the running variance is the unbiased one
//
// The running statistics are buffers of the model: a training step assigns them when everything has read them.
#pragma once

#include <etch/model/module.hpp>
#include <etch/nn/init.hpp>
#include <etch/ops/normalization.hpp>

namespace etch {
inline namespace ETCH_ABI {

template <double M>
struct Momentum {};
/// The share of the batch in running statistics; without one they are averages over all batches.
template <auto M> inline constexpr Momentum<static_cast<double>(M)> momentum{};
inline constexpr Momentum<-1.0> no_momentum{};
template <double E>
struct Epsilon {};
/// What is added to a variance.
template <auto E> inline constexpr Epsilon<static_cast<double>(E)> eps{};
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
  double momentum = 0.1, eps = 1e-5;
  bool affine, track;
  template <double M>
  constexpr void add(Momentum<M>) {
    momentum = M;
  }
  template <double E>
  constexpr void add(Epsilon<E>) {
    eps = E;
  }
  template <bool B>
  constexpr void add(Affine<B>) {
    affine = B;
  }
  template <bool B>
  constexpr void add(TrackRunningStats<B>) {
    track = B;
  }
  template <class T>
  constexpr void add(ElementType<T>) {}
};
template <bool Batch, auto... Option>
constexpr NormSettings norm_settings() {
  NormSettings s{0.1, 1e-5, Batch, Batch};
  (s.add(Option), ...);
  return s;
}

/// The mean and the unbiased variance that one step adds to running statistics: of a channel over the batch, or the mean
/// over the batch of those of its items.
template <bool Batch, class X, class V>
constexpr auto batch_statistics(X x, V like) {
  Builder& b = *x.builder;
  const int axis = X::rank > 1 ? 1 : 0;
  const Value v{&b, b.cast(b.detach(x.id), dtype_of<typename V::value_type>)};
  const unsigned over = Batch ? all_but(X::rank, axis) : all_but(X::rank, axis) & ~1u;
  const Value mean = kept_mean(v, over), centred = v - spread(mean, v.shape());
  Shape sizes;
  for (int i = 0; i < X::rank; ++i)
    if (over >> i & 1) sizes.size[sizes.rank++] = v.shape().size[i];
  const Value square = kept_mean(centred * centred, over);
  const Value n{&b, b.expand(b.extent(b.product(sizes.size, sizes.rank), v.dtype()), square.shape())};
  const Value var = square * (n / (n - 1));
  const auto vector = [&](Value k) { return V{&b, b.reshape((Batch ? k : kept_mean(k, 1)).id, b.shape(like.id))}; };
  return std::pair{vector(mean), vector(var)};
}
}  // namespace detail

namespace nn {
namespace detail {
using etch::detail::NormSettings;

template <bool Batch, class X, class... W>
constexpr auto of_batch(const NormSettings& s, X x, const W&... affine) {
  if constexpr (Batch) return apply<etch::detail::batch_statistics_fn>(x, affine..., s.eps);
  else return apply<etch::detail::without_fn<etch::detail::group_norm_fn<0>, 0>>(x, affine..., s.eps);
}
/// y of x, and the new statistics, for a module M with running statistics.
template <bool Batch, class M, class X, class... W>
constexpr auto normalize_and_track(const M& m, const NormSettings& s, X x, const W&... affine) {
  const auto lowered = [&](const auto& p) { return etch::detail::lower(x.builder, p); };
  if (!x.training()) return apply<etch::detail::kept_statistics_fn>(x, m.running_mean, m.running_var, affine..., s.eps);
  const auto mean = lowered(m.running_mean), var = lowered(m.running_var);
  const auto count = lowered(m.num_batches_tracked) + std::int64_t{1};
  const auto [new_mean, new_var] = etch::detail::batch_statistics<Batch>(x, mean);
  assign(m.num_batches_tracked, count);
  if (s.momentum >= 0) {
    assign(m.running_mean, mean * (1 - s.momentum) + new_mean * s.momentum);
    assign(m.running_var, var * (1 - s.momentum) + new_var * s.momentum);
  } else {
    const auto share = 1 / to<typename decltype(mean)::value_type>(count);
    assign(m.running_mean, mean + (new_mean - mean) * share);
    assign(m.running_var, var + (new_var - var) * share);
  }
  return of_batch<Batch>(s, x, affine...);
}
template <class M, class T>
void reset_statistics(M& m) {
  init::zeros_(m.running_mean);
  init::ones_(m.running_var);
  init::zeros_(m.num_batches_tracked);
}

template <bool Batch, bool Weights, bool Track, auto C, auto... Option>
struct Norm;
template <bool Batch, auto C, auto... Option>
struct Norm<Batch, true, true, C, Option...> {
  using T = etch::detail::element_type<Option...>;
  Param<T, C> weight;
  Param<T, C> bias;
  ModuleBuffer<T, C> running_mean;
  ModuleBuffer<T, C> running_var;
  ModuleBuffer<std::int64_t> num_batches_tracked;
  ETCH_MODULE(weight, bias, running_mean, running_var, num_batches_tracked)
  constexpr auto forward(auto x) const { return normalize_and_track<Batch>(*this, etch::detail::norm_settings<Batch, Option...>(), x, weight, bias); }
  void reset_parameters(Generator&) {
    init::ones_(weight);
    init::zeros_(bias);
    reset_statistics<Norm, T>(*this);
  }
};
template <bool Batch, auto C, auto... Option>
struct Norm<Batch, false, true, C, Option...> {
  using T = etch::detail::element_type<Option...>;
  ModuleBuffer<T, C> running_mean;
  ModuleBuffer<T, C> running_var;
  ModuleBuffer<std::int64_t> num_batches_tracked;
  ETCH_MODULE(running_mean, running_var, num_batches_tracked)
  constexpr auto forward(auto x) const { return normalize_and_track<Batch>(*this, etch::detail::norm_settings<Batch, Option...>(), x); }
  void reset_parameters(Generator&) { reset_statistics<Norm, T>(*this); }
};
template <bool Batch, auto C, auto... Option>
struct Norm<Batch, true, false, C, Option...> {
  using T = etch::detail::element_type<Option...>;
  Param<T, C> weight;
  Param<T, C> bias;
  ETCH_MODULE(weight, bias)
  constexpr auto forward(auto x) const { return of_batch<Batch>(etch::detail::norm_settings<Batch, Option...>(), x, weight, bias); }
  void reset_parameters(Generator&) {
    init::ones_(weight);
    init::zeros_(bias);
  }
};
template <bool Batch, auto C, auto... Option>
struct Norm<Batch, false, false, C, Option...> {
  ETCH_MODULE()
  constexpr auto forward(auto x) const { return of_batch<Batch>(etch::detail::norm_settings<Batch, Option...>(), x); }
};
template <bool Batch, auto C, auto... Option>
using norm_of = Norm<Batch, etch::detail::norm_settings<Batch, Option...>().affine, etch::detail::norm_settings<Batch, Option...>().track, C, Option...>;
}  // namespace detail

/// torch.nn.BatchNorm: `BatchNorm2d<64>`, `BatchNorm1d<8, eps<1e-3>, momentum<0.01>, affine<false>>`.
template <auto C, auto... Option> using BatchNorm1d = detail::norm_of<true, C, Option...>;
template <auto C, auto... Option> using BatchNorm2d = detail::norm_of<true, C, Option...>;
template <auto C, auto... Option> using BatchNorm3d = detail::norm_of<true, C, Option...>;
/// torch.nn.InstanceNorm: without weight, bias and running statistics unless `affine<true>`, `track_running_stats<true>`.
template <auto C, auto... Option> using InstanceNorm1d = detail::norm_of<false, C, Option...>;
template <auto C, auto... Option> using InstanceNorm2d = detail::norm_of<false, C, Option...>;
template <auto C, auto... Option> using InstanceNorm3d = detail::norm_of<false, C, Option...>;

}  // namespace nn
}  // namespace ETCH_ABI
}  // namespace etch
