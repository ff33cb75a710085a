// What attention has seen, kept for the next step: a model that writes one token after another looks at all before without computing them again.
//
//   keys[.., length + i, :] = k[.., i, :];  length += T;  query i sees keys j <= length + i
//
// The cache is buffers of the model: a compiled program changes them each time it is called, `clear` begins anew.
#pragma once

#include <etch/model/module.hpp>
#include <etch/nn/init.hpp>
#include <etch/nn/scaled_dot_product_attention.hpp>

namespace etch {
inline namespace ETCH_ABI {

/// Carries the shape of what is kept and of what is to be.
template <class X, int Batch, int Heads, int Capacity, int D>
struct steps_and_cache {
  static constexpr bool check() {
    if (X::rank != 4) return false;
    const Dims x = X::dims(0);
    return x[0].is(Batch) && x[1].is(Heads) && !x[2].bounded && x[2].size <= Capacity && x[3].is(D);
  }
  static constexpr bool fit = check();
};

namespace detail {

/// What is kept, with new steps [B, H, T, D] from `length` on.
struct kept_steps_fn {
  template <class C, class X>
  constexpr C operator()(C cache, X steps, auto length) const {
    constexpr int size = C::dims(0)[2].size, more = X::dims(0)[2].size;
    Builder& b = *cache.builder;
    const Shape line{1, {size}}, all = b.shape(cache.id);
    const Value j{&b, b.iota(size, DType::int64)}, first{&b, b.expand(length.id, line)}, i = j - first;
    const Value within = both(compare(Op::ge, i, i.number(0)), compare(Op::lt, i, i.number(more)));
    Shape lying;
    lying.rank = 4;
    for (int k = 0; k < 4; ++k) lying.size[k] = k == 2 ? size : 1;
    const auto wide = [&](Value v) { return b.expand(b.reshape(v.id, lying), all); };
    const int from = b.gather(steps.id, wide(choose(within, i, i.number(0))), 2);
    return {&b, b.map(Op::where, b.dtype(cache.id), wide(within), from, cache.id)};
  }
};
/// Whether new step i may see step j: [T, capacity].
template <int Steps, int Capacity>
struct seen_steps_fn {
  constexpr auto operator()(auto length) const {
    Builder& b = *length.builder;
    const Shape s{2, {Steps, Capacity}};
    const Value i{&b, b.expand(b.reshape(b.iota(Steps, DType::int64), Shape{2, {Steps, 1}}), s)}, j{&b, b.expand(b.iota(Capacity, DType::int64), s)}, first{&b, b.expand(length.id, s)};
    return Tracer<bool, Steps, Capacity>{&b, compare(Op::le, j, i + first).id};
  }
};

}  // namespace detail

namespace nn {

/// Keys and values [Batch, Heads, Capacity, D] of the steps so far.
template <int Batch, int Heads, int Capacity, int D, class T = float>
struct KeyValueCache {
  ModuleBuffer<T, Batch, Heads, Capacity, D> key;
  ModuleBuffer<T, Batch, Heads, Capacity, D> value;
  ModuleBuffer<std::int64_t> length;
  ETCH_MODULE(key, value, length)
  /// q [B, Q, T, D] attends to all steps so far, to k and v [B, Heads, T, D] with those before them, which are kept too: [B, Q, T, D]. Of Q
  /// heads as many share one of these as Q is larger.
  template <class Q, class K, class V>
  constexpr auto forward(Q q, K k, V v) const {
    constexpr bool fit = steps_and_cache<K, Batch, Heads, Capacity, D>::fit && steps_and_cache<V, Batch, Heads, Capacity, D>::fit;
    if constexpr (!fit) {
      static_assert(fit, "etch: KeyValueCache: keys and values must be [batch, heads, time, features], as the cache and no longer");
      return Poison{};
    } else {
      using namespace etch::detail;
      constexpr int steps = K::dims(0)[2].size;
      const auto given = lower(q.builder, length);
      Builder& b = *given.builder;
      const decltype(given) first{&b, b.checked(given.id, 0, Capacity - steps + 1, false)};  // there is room for the new ones
      const auto keys = kept_steps_fn{}(lower(&b, key), k, first);
      const auto values = kept_steps_fn{}(lower(&b, value), v, first);
      assign(key, keys);
      assign(value, values);
      assign(length, first + std::int64_t{steps});
      return scaled_dot_product_attention<false, 0.0, (Q::dims(0)[1].size != Heads)>(q, keys, values, seen_steps_fn<steps, Capacity>{}(first));
    }
  }
  /// Forgets all steps.
  void clear() { *length.data() = 0; }
  void reset_parameters(Generator&) {
    init::zeros_(key);
    init::zeros_(value);
    init::zeros_(length);
  }
};

}  // namespace nn
}  // namespace ETCH_ABI
}  // namespace etch
