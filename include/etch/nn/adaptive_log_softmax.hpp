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
  static constexpr int cut[count + 1] = {Cut..., Classes};
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
template <int In, class Clusters, class T, class Index>
struct adaptive_tail;
template <int In, class Clusters, class T, std::size_t... I>
struct adaptive_tail<In, Clusters, T, std::index_sequence<I...>> {
  template <int K>
  using cluster = Sequential<Linear<In, Clusters::features(K), false, T>, Linear<Clusters::features(K), Clusters::classes(K), false, T>>;
  using type = ModuleList<cluster<static_cast<int>(I)>...>;
};
template <int In, int Classes, class Cutoffs, double Div>
struct clusters_of;
template <int In, int Classes, int... Cut, double Div>
struct clusters_of<In, Classes, ints<Cut...>, Div> {
  using type = Clusters<In, Classes, Div, Cut...>;
};

}  // namespace detail

/// torch.nn.AdaptiveLogSoftmaxWithLoss: `AdaptiveLogSoftmaxWithLoss<64, 1000, ints<100, 500>{}>`; (x [N, In], targets [N]) -> several(log p of the
/// targets [N], their mean times -1).
template <int In, int Classes, auto Cutoffs, auto DivValue = 4.0, bool HeadBias = false, class T = float>
struct AdaptiveLogSoftmaxWithLoss {
  using Clusters = typename detail::clusters_of<In, Classes, std::remove_const_t<decltype(Cutoffs)>, static_cast<double>(DivValue)>::type;
  using Index = std::make_index_sequence<static_cast<std::size_t>(Clusters::count)>;
  static_assert(Clusters::increase(), "etch: AdaptiveLogSoftmaxWithLoss: cutoffs must increase from 1 to less than the classes, and leave each cluster a feature");
  Linear<In, Clusters::cut[0] + Clusters::count, HeadBias, T> head;
  typename detail::adaptive_tail<In, Clusters, T, Index>::type tail;
  ETCH_MODULE(head, tail)
  constexpr auto forward(auto x, auto targets) const {
    const auto y = -nll_loss<Reduction::none>(log_prob(x), targets);
    return several(y, -mean(y));
  }
  /// The logarithm of each class's probability: [N, Classes].
  constexpr auto log_prob(auto x) const {
    return of_clusters(x, log_softmax<-1>(head(x)), Index{});
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
