// What a loss makes of its elements, and what its operands must have in common.
#pragma once

#include <etch/ops/reduce.hpp>

namespace etch {
inline namespace ETCH_ABI {

enum class Reduction { mean, sum, none, batchmean };

/// Whether two shapes are the same; a loss does not broadcast, since that hides mistakes.
template <class X, class Y>
struct loss_shapes {
  static constexpr bool same = agree(X::dims(0), Y::dims(X::rank));
};

namespace detail {
template <Reduction R>
constexpr auto reduce_loss(auto x) {
  if constexpr (R == Reduction::batchmean) {
    static_assert(R != Reduction::batchmean, "etch: loss: batchmean is a reduction of kl_div only");
    return Poison{};
  } else if constexpr (R == Reduction::mean)
    return mean_fn<>{}(x);
  else if constexpr (R == Reduction::sum)
    return reduce_fn<Op::sum>{}(x);
  else
    return x;
}
/// The same where elements have weights, which the mean divides by.
template <Reduction R>
constexpr auto reduce_loss(auto x, auto weight) {
  if constexpr (R == Reduction::mean)
    return reduce_fn<Op::sum>{}(x) / reduce_fn<Op::sum>{}(weight);
  else
    return reduce_loss<R>(x);
}
/// f(x, y), of one shape, reduced.
template <Reduction R, class X, class Y, class F>
constexpr auto elementwise_loss(X x, Y y, F f) {
  if constexpr (!loss_shapes<X, Y>::same) {
    static_assert(loss_shapes<X, Y>::same, "etch: loss: input and target must have the same shape");
    return Poison{};
  } else {
    return reduce_loss<R>(f(x, y));
  }
}
/// f(x, y) times a weight of the same shape; the mean divides by the weights.
template <Reduction R, class X, class Y, class W, class F>
constexpr auto elementwise_loss(X x, Y y, W weight, F f) {
  if constexpr (!loss_shapes<X, Y>::same || !loss_shapes<X, W>::same) {
    static_assert(loss_shapes<X, Y>::same, "etch: loss: input and target must have the same shape");
    static_assert(loss_shapes<X, W>::same, "etch: loss: weight and input must have the same shape");
    return Poison{};
  } else {
    return reduce_loss<R>(f(x, y) * weight, weight);
  }
}
/// x, each element of which must keep a rule.
template <class X>
constexpr X demanded(Demand rule, Asker asker, X x, int size = 0) {
  x.id = x.builder->demand(rule, asker, x.id, size);
  return x;
}
}  // namespace detail
}  // namespace ETCH_ABI
}  // namespace etch
