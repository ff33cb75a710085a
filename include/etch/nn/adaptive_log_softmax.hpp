// AdaptiveLogSoftmaxWithLoss: many classes, the rare ones in clusters whose scores come from fewer features.
//
//   log p(c) = log_softmax(head x)[c]                                                    c < cutoffs[0]
//            = log_softmax(head x)[cutoffs[0] + i] + log_softmax(B_i A_i x)[c - cutoffs[i]]    c of cluster i
#pragma once

#include <etch/loss/nll_loss.hpp>
#include <etch/nn/linear.hpp>
#include <etch/nn/sequential.hpp>
#include <etch/ops/activation.hpp>
#include <etch/ops/join.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace nn {
namespace detail {

/// The sizes of clusters of classes.
template <int In, int Classes, double Div, int... Cut>
struct Clusters {
  static constexpr int count = sizeof...(Cut);
  static constexpr int cut[] = {Cut..., Classes};
  static constexpr bool increase() {
    for (int i = 0; i < count; ++i)
      if (cut[i] < 1 || cut[i] >= cut[i + 1] || features(i) < 1) return false;
    return count > 0;
  }
  static constexpr int features(int i) {
    double n = In;
    for (int k = 0; k <= i; ++k) n /= Div;
    return static_cast<int>(n);
  }
  static constexpr int classes(int i) { return cut[i + 1] - cut[i]; }
};
template <int In, int Classes, class Cutoffs, double Div, class T>
struct adaptive_tail;
template <int In, int Classes, int... Cut, double Div, class T>
struct adaptive_tail<In, Classes, ints<Cut...>, Div, T> {
  using clusters = Clusters<In, Classes, Div, Cut...>;
  template <std::size_t... I>
  static ModuleList<Sequential<Linear<In, clusters::features(static_cast<int>(I)), false, T>, Linear<clusters::features(static_cast<int>(I)), clusters::classes(static_cast<int>(I)), false, T>>...> make(std::index_sequence<I...>);
  using type = decltype(make(std::make_index_sequence<sizeof...(Cut)>{}));
};

}  // namespace detail

/// torch.nn.AdaptiveLogSoftmaxWithLoss: `AdaptiveLogSoftmaxWithLoss<64, 1000, ints<100, 500>{}>`; (x [N, In], targets [N]) -> several(log p of the
/// targets [N], their mean times -1).
template <int In, int Classes, auto Cutoffs, auto DivValue = 4.0, bool HeadBias = false, class T = float>
struct AdaptiveLogSoftmaxWithLoss {
  using Tail = detail::adaptive_tail<In, Classes, std::remove_const_t<decltype(Cutoffs)>, static_cast<double>(DivValue), T>;
  using Clusters = typename Tail::clusters;
  static_assert(Clusters::increase(), "etch: AdaptiveLogSoftmaxWithLoss: cutoffs must increase from 1 to less than the classes, and leave each cluster a feature");
  Linear<In, Clusters::cut[0] + Clusters::count, HeadBias, T> head;
  typename Tail::type tail;
  ETCH_MODULE(head, tail)
  constexpr auto forward(auto x, auto targets) const {
    const auto y = -nll_loss<Reduction::none>(log_prob(x), targets);
    return several(y, -mean(y));
  }
  /// The logarithm of each class's probability: [N, Classes].
  constexpr auto log_prob(auto x) const {
    return of_clusters(x, log_softmax<-1>(head(x)), std::make_index_sequence<static_cast<std::size_t>(Clusters::count)>{});
  }
  /// The likeliest class.
  constexpr auto predict(auto x) const { return argmax<-1>(log_prob(x)); }

 private:
  template <std::size_t... I>
  constexpr auto of_clusters(auto x, auto first, std::index_sequence<I...>) const {
    constexpr int few = Clusters::cut[0];
    return cat<-1>(narrow<-1, 0, few>(first), (log_softmax<-1>(tail.template get<I>()(x)) + narrow<-1, few + static_cast<int>(I), 1>(first))...);
  }
};

}  // namespace nn
}  // namespace ETCH_ABI
}  // namespace etch
