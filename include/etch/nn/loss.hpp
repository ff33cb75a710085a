// Losses as modules; in a function the losses `mse_loss(x, y)`, ... do the same. Options are template arguments.
//
//   nn::CrossEntropyLoss<Reduction::sum, -1, 0.1>                          ignores targets of -1, smooths labels by 0.1
//   nn::NLLLoss<Reduction::mean, -100, nn::LossWeight<float, 10>>          has a buffer `weight` for 10 classes
#pragma once

#include <etch/loss/binary_cross_entropy.hpp>
#include <etch/loss/cross_entropy.hpp>
#include <etch/loss/ctc_loss.hpp>
#include <etch/loss/gaussian_nll_loss.hpp>
#include <etch/loss/kl_div.hpp>
#include <etch/loss/l1_loss.hpp>
#include <etch/loss/margin_loss.hpp>
#include <etch/loss/mse_loss.hpp>
#include <etch/loss/multi_margin_loss.hpp>
#include <etch/loss/nll_loss.hpp>
#include <etch/loss/poisson_nll_loss.hpp>
#include <etch/loss/triplet_margin_loss.hpp>
#include <etch/nn/linear.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace nn {

/// A loss without a weight.
struct Unweighted {
  static constexpr const char* etch_names = "";
  constexpr void etch_members(auto&&) const {}
  template <class F, class... A>
  constexpr auto with_weight(F f, const A&... a) const {
    return f(a...);
  }
};
/// The weight of a loss, a buffer that starts with ones: `LossWeight<float, 10>` for 10 classes.
template <class T, auto... D>
struct LossWeight {
  ModuleBuffer<T, D...> weight;
  static constexpr const char* etch_names = "weight";
  constexpr void etch_members(auto&& f) const { f(weight); }
  constexpr void etch_members(auto&& f) { f(weight); }
  void reset_parameters(Generator&) { init::ones_(weight); }
  template <class F, class... A>
  constexpr auto with_weight(F f, const A&... a) const {
    return f(a..., weight);
  }
};
/// How often the positive class counts in BCEWithLogitsLoss.
template <class T, auto... D>
struct PosWeight {
  ModuleBuffer<T, D...> pos_weight;
  void reset_parameters(Generator&) { init::ones_(pos_weight); }
};

#define ETCH_LOSS(name, ...)                                                  \
  struct name {                                                               \
    ETCH_MODULE()                                                             \
    constexpr auto forward(auto x, auto y) const { return __VA_ARGS__; }      \
  };
template <Reduction R = Reduction::mean> ETCH_LOSS(MSELoss, mse_loss<R>(x, y))
template <Reduction R = Reduction::mean> ETCH_LOSS(L1Loss, l1_loss<R>(x, y))
template <Reduction R = Reduction::mean, auto Beta = 1.0> ETCH_LOSS(SmoothL1Loss, smooth_l1_loss<R>(x, y, Beta))
template <Reduction R = Reduction::mean, auto Delta = 1.0> ETCH_LOSS(HuberLoss, huber_loss<R>(x, y, Delta))
template <Reduction R = Reduction::mean, bool LogTarget = false> ETCH_LOSS(KLDivLoss, kl_div<R, LogTarget>(x, y))
template <Reduction R = Reduction::mean, bool LogInput = true, bool Full = false, auto Eps = 1e-8> ETCH_LOSS(PoissonNLLLoss, poisson_nll_loss<R, LogInput, Full>(x, y, Eps))
template <Reduction R = Reduction::mean> ETCH_LOSS(SoftMarginLoss, soft_margin_loss<R>(x, y))
template <Reduction R = Reduction::mean, auto Margin = 1.0> ETCH_LOSS(HingeEmbeddingLoss, hinge_embedding_loss<R>(x, y, Margin))
template <Reduction R = Reduction::mean> ETCH_LOSS(MultiLabelMarginLoss, multilabel_margin_loss<R>(x, y))
#undef ETCH_LOSS

#define ETCH_LOSS(name, ...)                                                              \
  struct name {                                                                           \
    ETCH_MODULE()                                                                         \
    constexpr auto forward(auto x, auto y, auto z) const { return __VA_ARGS__; }          \
  };
template <Reduction R = Reduction::mean, bool Full = false, auto Eps = 1e-6> ETCH_LOSS(GaussianNLLLoss, gaussian_nll_loss<R, Full>(x, y, z, Eps))
template <Reduction R = Reduction::mean, auto Margin = 0.0> ETCH_LOSS(MarginRankingLoss, margin_ranking_loss<R>(x, y, z, Margin))
template <Reduction R = Reduction::mean, auto Margin = 0.0> ETCH_LOSS(CosineEmbeddingLoss, cosine_embedding_loss<R>(x, y, z, Margin))
template <Reduction R = Reduction::mean, auto Margin = 1.0, double P = 2.0, bool Swap = false, auto Eps = 1e-6>
ETCH_LOSS(TripletMarginLoss, triplet_margin_loss<R, P, Swap>(x, y, z, Margin, Eps))
template <class F, Reduction R = Reduction::mean, auto Margin = 1.0, bool Swap = false>
ETCH_LOSS(TripletMarginWithDistanceLoss, triplet_margin_with_distance_loss<R, Swap>(x, y, z, F{}, Margin))
#undef ETCH_LOSS

#define ETCH_LOSS(name, ...)                                                                       \
  struct name : W {                                                                                \
    constexpr auto operator()(const auto& x, const auto& y) const { return forward(x, y); }        \
    constexpr auto forward(auto x, auto y) const {                                                 \
      return this->with_weight([](const auto&... a) { return __VA_ARGS__(a...); }, x, y);          \
    }                                                                                              \
  };
template <Reduction R = Reduction::mean, long long Ignore = -100, class W = Unweighted, int Axis = -1> ETCH_LOSS(NLLLoss, nll_loss<R, Ignore, Axis>)
template <Reduction R = Reduction::mean, long long Ignore = -100, auto LabelSmoothing = 0.0, class W = Unweighted, int Axis = -1>
ETCH_LOSS(CrossEntropyLoss, cross_entropy<R, Ignore, LabelSmoothing, Axis>)
template <Reduction R = Reduction::mean, class W = Unweighted> ETCH_LOSS(BCELoss, binary_cross_entropy<R>)
template <Reduction R = Reduction::mean, class W = Unweighted> ETCH_LOSS(MultiLabelSoftMarginLoss, multilabel_soft_margin_loss<R>)
#undef ETCH_LOSS

/// torch.nn.MultiMarginLoss.
template <Reduction R = Reduction::mean, int P = 1, auto Margin = 1.0, class W = Unweighted>
struct MultiMarginLoss : W {
  constexpr auto operator()(const auto& x, const auto& y) const { return forward(x, y); }
  constexpr auto forward(auto x, auto y) const {
    return this->with_weight([](const auto&... a) { return multi_margin_loss<R, P>(a...); }, x, y, Margin);
  }
};

/// torch.nn.BCEWithLogitsLoss: `BCEWithLogitsLoss<Reduction::mean, Unweighted, PosWeight<float, 10>>`.
template <Reduction R = Reduction::mean, class W = Unweighted, class P = void>
struct BCEWithLogitsLoss : W, P {
  static constexpr const char* etch_names = W::etch_names[0] != 0 ? "weight, pos_weight" : "pos_weight";
  constexpr void etch_members(auto&& f) const { W::etch_members(f), f(this->pos_weight); }
  constexpr void etch_members(auto&& f) { W::etch_members(f), f(this->pos_weight); }
  constexpr auto operator()(const auto& x, const auto& y) const { return forward(x, y); }
  constexpr auto forward(auto x, auto y) const {
    if constexpr (W::etch_names[0] != 0) return binary_cross_entropy_with_logits<R>(x, y, this->weight, this->pos_weight);
    else return binary_cross_entropy_with_logits<R>(x, y, 1, this->pos_weight);
  }
  void reset_parameters(Generator& g) {
    P::reset_parameters(g);
    if constexpr (W::etch_names[0] != 0) W::reset_parameters(g);
  }
};
template <Reduction R, class W>
struct BCEWithLogitsLoss<R, W, void> : W {
  constexpr auto operator()(const auto& x, const auto& y) const { return forward(x, y); }
  constexpr auto forward(auto x, auto y) const {
    return this->with_weight([](const auto&... a) { return binary_cross_entropy_with_logits<R>(a...); }, x, y);
  }
};

/// torch.nn.CTCLoss.
template <int Blank = 0, Reduction R = Reduction::mean, bool ZeroInfinity = false>
struct CTCLoss {
  ETCH_MODULE()
  constexpr auto forward(auto log_probs, auto targets, auto input_lengths, auto target_lengths) const {
    return ctc_loss<R, Blank, ZeroInfinity>(log_probs, targets, input_lengths, target_lengths);
  }
};

namespace detail {
constexpr int product(int n) { return n; }
constexpr int product(int n, auto... more) { return (n * ... * static_cast<int>(more)); }
}  // namespace detail

/// torch.nn.LinearCrossEntropyLoss: the cross-entropy of a linear layer's output, x [N, In], targets [N, Out...].
template <auto In, int Classes, Reduction R = Reduction::mean, long long Ignore = -100, auto LabelSmoothing = 0.0, class W = Unweighted, bool Bias = false, class T = float, auto... Out>
struct LinearCrossEntropyLoss : W {
  Linear<In, detail::product(Classes, Out...), Bias, T> linear;
  static constexpr const char* etch_names = W::etch_names[0] != 0 ? "weight, linear" : "linear";
  constexpr void etch_members(auto&& f) const { W::etch_members(f), f(linear); }
  constexpr void etch_members(auto&& f) { W::etch_members(f), f(linear); }
  constexpr auto operator()(const auto& x, const auto& y) const { return forward(x, y); }
  constexpr auto forward(auto x, auto y) const {
    return this->with_weight(
        [](const auto& z, const auto& t, const auto&... w) {
          if constexpr (sizeof...(Out) == 0) {
            return cross_entropy<R, Ignore, LabelSmoothing>(z, t, w...);
          } else {
            constexpr int rows = std::remove_cvref_t<decltype(z)>::dims()[0].size;
            return cross_entropy<R, Ignore, LabelSmoothing, 1>(view<rows, Classes, Out...>(z), t, w...);
          }
        },
        linear(x), y);
  }
  void reset_parameters(Generator& g) {
    if constexpr (W::etch_names[0] != 0) W::reset_parameters(g);
  }
};

}  // namespace nn
}  // namespace ETCH_ABI
}  // namespace etch
