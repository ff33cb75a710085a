// A traced functor called on tensors: one result is a lazy expression, several are computed at once by one program.
#pragma once

#include <etch/expr/values.hpp>
#include <etch/run/assign.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace detail {

/// The tensors that hold the results of a function.
template <class R>
struct held_results;
template <class T, auto... D>
struct held_results<Tracer<T, D...>> {
  using type = Tensor<T, D...>;
};
template <class... X>
struct held_results<Values<X...>> {
  using type = Values<typename held_results<X>::type...>;
};
template <class V, class G>
struct held_results<ValueAndGradient<V, G>> {
  using type = ValueAndGradient<typename held_results<V>::type, typename held_results<G>::type>;
};
template <class V, class I>
struct held_results<ValuesIndices<V, I>> {
  using type = ValuesIndices<typename held_results<V>::type, typename held_results<I>::type>;
};
template <>
struct held_results<Poison> {
  using type = Poison;
};
template <class R>
using results_of = typename held_results<R>::type;

/// Whether some result stands for a mistake that has been reported.
template <class R>
inline constexpr bool is_mistaken = std::is_same_v<R, Poison>;
template <class V, class G>
inline constexpr bool is_mistaken<ValueAndGradient<V, G>> = is_mistaken<V> || is_mistaken<G>;
template <class... X>
inline constexpr bool is_mistaken<Values<X...>> = (is_mistaken<X> || ...);

/// Results as outputs 0, 1, ...
template <class Y>
constexpr void put_results(Builder& b, const Y& y) {
  int slot = 0;
  for_each_value(y, [&](const auto& v) { b.output(v.id, slot++); });
}
/// The results of a function as outputs. A function that the compiler has refused is not called again: its mistake is told once.
template <class F, class... X>
constexpr void trace_results(Builder& b, const F& f, X&&... x) {
  if constexpr (requires { f(static_cast<X&&>(x)...); }) put_results(b, f(static_cast<X&&>(x)...));
}
inline constexpr int max_results = 64;
template <class R>
void collect_results(R& r, void** out) {
  int n = 0;
  for_each_value(r, [&](auto& v) { out[n++] = v.data(); });
}
template <class Code, class R>
void resize_results(const cpu::Machine& machine, R& r) {
  int n = 0;
  for_each_value(r, [&](auto& v) { resize_result<Code>(machine, v, n++); });
}

/// A program with the results of Fn over these leaves.
template <class Fn, class... Leaf>
struct SeveralSpec {
  static constexpr int capacity = 2048;
  static constexpr void trace(Builder& b) {
    Pack<typename Leaf::tracer...> in{{{Leaf::trace(b)}...}};
    finish(b, in, std::index_sequence_for<Leaf...>{});
  }
  template <class P, std::size_t... I>
  static constexpr void finish(Builder& b, const P& in, std::index_sequence<I...>) {
    trace_results(b, Fn{}, held<I>(in)...);
  }
};

/// Fn on tensors and numbers.
template <class Fn, class... X>
constexpr auto call(const X&... x) {
  using R = decltype(Fn{}(typename decltype(leaf(x))::tracer{}...));
  if constexpr (is_tracer_v<R> || std::is_same_v<R, Poison>) {
    return apply<Fn>(x...);
  } else if constexpr (is_mistaken<R>) {
    return R{};
  } else {
    using Spec = SeveralSpec<Fn, decltype(leaf(x))...>;
    using Place = typename PlaceOf<(0 | ... | places<decltype(leaf(x))>())>::type;
    typename Place::template result<results_of<R>> result;
    void* out[max_results]{};
    collect_results(result, out);
    typename Place::Machine& m = machine_of<Spec, Place>();
    [&](const auto&... l) {  // leaves hold what is bound: numbers, and actual sizes
      Bindings in;
      (l.bind(in), ...);
      m.run(in, out);
    }(leaf(x)...);
    resize_results<Compiled<Spec>>(Place::sizes(m), result);
    return result;
  }
}

}  // namespace detail
}  // namespace ETCH_ABI
}  // namespace etch
