// What a loss makes of its elements.
#pragma once

#include <etch/ops/reduce.hpp>

namespace etch {
inline namespace ETCH_ABI {

enum class Reduction { mean, sum, none };

namespace detail {
template <Reduction R>
constexpr auto reduce_loss(auto x) {
  if constexpr (R == Reduction::mean)
    return mean_fn<>{}(x);
  else if constexpr (R == Reduction::sum)
    return reduce_fn<Op::sum>{}(x);
  else
    return x;
}
}  // namespace detail
}  // namespace ETCH_ABI
}  // namespace etch
