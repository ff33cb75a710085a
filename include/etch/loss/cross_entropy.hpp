// Cross-entropy of logits against class numbers: log(sum(exp(x))) - x[target], one row program.
#pragma once

#include <etch/loss/reduction.hpp>
#include <etch/ops/shape.hpp>

namespace etch {
inline namespace ETCH_ABI {

/// Whether targets [..] have the sizes of logits [.., V] without the last.
template <class X, class Y>
struct classes_and_targets {
  static constexpr bool check() {
    const Dims x = X::dims(0), y = Y::dims(X::rank);
    if (x.rank != y.rank + 1) return false;
    for (int i = 0; i < y.rank; ++i)
      if (!agree(x[i], y[i])) return false;
    return true;
  }
  static constexpr bool agree_but_for_the_last = check();
};

namespace detail {
/// m = max(x);  log(sum(exp(x - m))) + (m - sum(where(column == target, x, 0))), row by row
constexpr int cross_entropy_nodes(Builder& b, int logits, int targets) {
  const Shape s = b.shape(logits);
  const int last = s.rank - 1;
  Shape rows = s, line;
  rows.size[last] = 1;
  line.rank = 1;
  line.size[0] = s.size[last];
  const auto wide = [&](int v) { return b.expand(b.reshape(v, rows), s); };
  const auto over_row = [&](Op op, Value v) { return Value{&b, b.reduce(op, v.id, 1u << last)}; };
  const Value x{&b, logits};
  const Value most{&b, b.detach(over_row(Op::amax, x).id)};  // the shift cancels: no gradient through it
  const Value sum = over_row(Op::sum, apply_map(Op::exp, x - Value{&b, wide(most.id)}));
  const Value column{&b, b.expand(b.iota(line.size[0], DType::int32), s)};
  const Value target{&b, wide(b.cast(targets, DType::int32))};
  const Value picked = over_row(Op::sum, choose(compare(Op::eq, column, target), x, x.number(0)));
  return (apply_map(Op::log, sum) + (most - picked)).id;  // large logits cancel before the logarithm is added
}
}  // namespace detail

template <Reduction R>
struct cross_entropy_fn {
  template <class X, class Y>
  constexpr auto operator()(X logits, Y targets) const {
    constexpr bool floating = is_floating(dtype_of<typename X::value_type>);
    constexpr bool integers =
        is_integral(dtype_of<typename Y::value_type>) && dtype_of<typename Y::value_type> != DType::boolean;
    using Sizes = classes_and_targets<X, Y>;
    if constexpr (!Sizes::agree_but_for_the_last) {
      static_assert(Sizes::agree_but_for_the_last,
                    "etch: cross_entropy: targets must have the sizes of logits without the last");
      return Poison{};
    } else if constexpr (!floating || !integers) {
      static_assert(floating, "etch: cross_entropy: logits must be floating");
      static_assert(integers, "etch: cross_entropy: targets must be integers");
      return Poison{};
    } else {
      Builder& b = *logits.builder;
      using Rule = detail::without_axis<X, X::rank - 1>;
      using Rows = result_of<typename X::value_type, Rule, X>;
      return detail::reduce_loss<R>(Rows{&b, detail::cross_entropy_nodes(b, logits.id, targets.id)});
    }
  }
};

/// The mean of log(sum(exp(logits))) - logits[target]; logits [.., V], integer targets [..]. A target outside [0, V)
/// stands for no class: its row adds log(sum(exp(logits))).
template <Reduction R = Reduction::mean, Operand X, Operand Y>
constexpr auto cross_entropy(const X& logits, const Y& targets) {
  return apply<cross_entropy_fn<R>>(logits, targets);
}

}  // namespace ETCH_ABI
}  // namespace etch
