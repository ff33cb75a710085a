// Distances as modules.
#pragma once

#include <etch/model/module.hpp>
#include <etch/ops/distance.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace nn {

/// torch.nn.PairwiseDistance.
template <double P = 2.0, auto Eps = 1e-6, bool Keep = false>
struct PairwiseDistance {
  ETCH_MODULE()
  constexpr auto forward(auto x, auto y) const { return pairwise_distance<P, Keep>(x, y, Eps); }
};
/// torch.nn.CosineSimilarity.
template <int Axis = 1, auto Eps = 1e-8>
struct CosineSimilarity {
  ETCH_MODULE()
  constexpr auto forward(auto x, auto y) const { return cosine_similarity<Axis>(x, y, Eps); }
};

}  // namespace nn
}  // namespace ETCH_ABI
}  // namespace etch
