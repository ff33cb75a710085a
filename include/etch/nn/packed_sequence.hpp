// Sequences of different lengths in one batch: padded to the longest, each with its length, behind which nothing counts.
//
//   const auto packed = nn::utils::pack_padded_sequence(x, lengths);     x [T, B, ..]; lengths [B], known at run time
//   const auto [y, h] = lstm(packed);                                    h after the last step of each sequence
//   const auto [padded, n] = nn::utils::pad_packed_sequence(y);          0 behind each end
//
// Sizes stay those of the padded batch, whatever the lengths are.
#pragma once

#include <etch/expr/values.hpp>
#include <etch/ops/index.hpp>
#include <etch/ops/join.hpp>
#include <etch/ops/permute.hpp>
#include <etch/ops/pointwise.hpp>
#include <etch/ops/reduce.hpp>
#include <etch/ops/reshape.hpp>
#include <etch/ops/sort.hpp>

namespace etch {
inline namespace ETCH_ABI {

/// Carries how many sequences there are and how many lengths.
template <class X, class L, bool BatchFirst>
struct sequences_and_lengths {
  static constexpr int axis = BatchFirst ? 0 : 1;
  static constexpr bool check() {
    if (X::rank < 2 || L::rank != 1) return false;
    return etch::agree(X::dims(0)[axis], L::dims(X::rank)[0]);
  }
  static constexpr bool agree = check();
};
/// Carries the length asked for and the one there is.
template <int Total, int Steps>
struct total_length {
  static constexpr bool reaches = Total == 0 || Total >= Steps;
};

namespace detail {

/// [length, ..] with `Length` rows, the new ones filled.
template <int Length>
struct longer_fn {
  template <class X>
  struct lengthened {
    static constexpr Dims make() {
      Dims r = X::dims(0);
      r[0] = static_dim(Length);
      return r;
    }
    static constexpr Dims value = make();
  };
  template <class X>
  constexpr auto operator()(X x, auto value) const {
    using Rule = lengthened<X>;
    Builder& b = *x.builder;
    const int base = b.expand(b.cast(value.id, b.dtype(x.id)), b.shape_of(Rule::value));
    return result_of<typename X::value_type, Rule, X>{&b, b.place(base, x.id, 0, 0, 1)};
  }
};
/// Sequences [length, ..] one beside another, the rest filled.
template <bool BatchFirst>
struct pad_sequence_fn {
  template <class... X>
  constexpr auto operator()(auto value, X... x) const {
    constexpr int longest = [] {
      int n = 0;
      ((n = X::dims(0)[0].size > n ? X::dims(0)[0].size : n), ...);
      return n;
    }();
    return stack_fn<BatchFirst ? 0 : 1>{}(longer_fn<longest>{}(x, value)...);
  }
};
/// How many steps each of these sequences has.
struct lengths_of_fn {
  template <class... X>
  constexpr auto operator()(X... x) const {
    constexpr int n = sizeof...(X);
    Builder& b = *builder_of(x...);
    int r = b.empty(Shape{1, {n}}, DType::int64), at = 0;
    ((r = b.place(r, b.constant(X::dims(0)[0].size, DType::int64, Shape{1, {1}}), 0, at++, 1)), ...);
    return Tracer<std::int64_t, n>{&b, r};
  }
};

/// [T, B, ..] -> [T, B, 1..] with `Rank` axes.
template <class X, int Rank>
struct step_dims {
  static constexpr Dims make() {
    const Dims x = X::dims(0);
    Dims r;
    for (int i = 0; i < Rank; ++i) r.push(i < 2 ? x[i] : static_dim(1));
    return r;
  }
  static constexpr Dims value = make();
};
/// Whether step t of sequence b is one of its own: t < lengths[b].
template <int Rank>
struct within_fn {
  template <class X, class L>
  constexpr auto operator()(X x, L lengths) const {
    Builder& b = *x.builder;
    const Shape all = b.shape_of(step_dims<X, 2>::value), s = b.shape_of(step_dims<X, Rank>::value);
    const int t = b.expand(b.reshape(b.iota(all.size[0], DType::int64), Shape{2, {all.size[0], 1}}), all);
    return result_of<bool, step_dims<X, Rank>, X>{&b, b.reshape(b.map(Op::lt, DType::boolean, t, b.expand(lengths.id, all)), s)};
  }
};
/// Lengths as whole numbers, each of 1 to T.
struct checked_lengths_fn {
  template <class X, class T, auto... D>
  constexpr Tracer<std::int64_t, D...> operator()(X x, Tracer<T, D...> lengths) const {
    Builder& b = *x.builder;
    return {&b, b.demand(Demand::length, Asker::pack_padded_sequence, b.cast(lengths.id, DType::int64), b.shape(x.id).size[0])};
  }
};
/// [T, B, ..] with `value` behind the end of each sequence.
struct padded_steps_fn {
  template <class X>
  constexpr auto operator()(X x, auto lengths, auto value) const {
    return where_fn{}(within_fn<X::rank>{}(x, lengths), x, cast_fn<typename X::value_type>{}(value));
  }
};
template <bool BatchFirst>
struct batch_to_steps_fn {
  template <class X, class L>
  constexpr auto operator()(X x, L) const {
    using Sizes = sequences_and_lengths<X, L, BatchFirst>;
    constexpr bool integers = is_integral(dtype_of<typename L::value_type>);
    if constexpr (!Sizes::agree || !integers) {
      static_assert(Sizes::agree, "etch: pack_padded_sequence: there must be one length for each sequence of [time, batch, ..]");
      static_assert(integers, "etch: pack_padded_sequence: lengths must be integers");
      return Poison{};
    } else if constexpr (BatchFirst) {
      return transpose_fn<0, 1>{}(x);
    } else {
      return x;
    }
  }
};

/// Step by step, longest sequences first, without what is behind their ends: [T B, ..], the rest 0.
struct packed_rows_fn {
  template <class X>
  constexpr auto operator()(X padded, auto lengths) const {
    Builder& b = *padded.builder;
    const auto order = argsort_fn<0, true>{}(lengths);
    const auto within = within_fn<2>{}(padded, embedding_fn{}(order, lengths));
    using Place = decltype(cast_fn<std::int64_t>{}(within));
    const Shape all = b.shape(within.id);
    const int t = b.expand(b.reshape(b.iota(all.size[0], DType::int64), Shape{2, {all.size[0], 1}}), all);
    const int batch = b.expand(b.extent(all.size[1], DType::int64), all);
    const Place place{&b, b.map(Op::add, DType::int64, b.map(Op::mul, DType::int64, t, batch), b.expand(order.id, all))};
    const auto first = argsort_fn<0, false>{}(flatten<0, 1>(where(within, std::int64_t{0}, std::int64_t{1})));
    return embedding_fn{}(embedding_fn{}(first, flatten<0, 1>(place)), flatten<0, 1>(padded));
  }
};
/// How many sequences have a step t.
struct batch_sizes_fn {
  constexpr auto operator()(auto padded, auto lengths) const { return reduce_fn<Op::sum, 1>{}(cast_fn<std::int64_t>{}(within_fn<2>{}(padded, lengths))); }
};

}  // namespace detail

namespace nn::utils {

/// A batch of sequences [T, B, ..], 0 behind their ends, and their lengths [B]. PyTorch's fields are what its functions give.
template <class X, class L>
struct PackedSequence {
  X padded;
  L lengths;
  /// The steps of all sequences: of each time the longest sequence's first. [T B, ..], of which the sum of lengths is used; the rest is 0.
  constexpr auto data() const { return apply<etch::detail::packed_rows_fn>(padded, lengths); }
  /// How many sequences have a step t: [T].
  constexpr auto batch_sizes() const { return apply<etch::detail::batch_sizes_fn>(padded, lengths); }
  constexpr auto sorted_indices() const { return argsort<0, true>(lengths); }
  constexpr auto unsorted_indices() const { return argsort<0>(sorted_indices()); }
};

/// x [T, B, ..] (or [B, T, ..] with `BatchFirst`) whose sequences have these lengths, from 1 to T, in any order.
template <bool BatchFirst = false, Operand X, Operand L>
constexpr auto pack_padded_sequence(const X& x, const L& lengths) {
  const auto steps = apply<etch::detail::batch_to_steps_fn<BatchFirst>>(x, lengths);
  if constexpr (std::is_same_v<std::remove_const_t<decltype(steps)>, Poison>) {
    return PackedSequence<Poison, Poison>{};
  } else {
    const auto n = apply<etch::detail::checked_lengths_fn>(steps, lengths);
    const auto padded = apply<etch::detail::padded_steps_fn>(steps, n, 0);
    return PackedSequence<std::remove_const_t<decltype(padded)>, std::remove_const_t<decltype(n)>>{padded, n};
  }
}
/// several([T, B, ..] or [B, T, ..], lengths): sequences that are filled behind their ends, with `TotalLength` steps if that is given.
template <bool BatchFirst = false, int TotalLength = 0, class X, class L, OperandOrNumber V = int>
constexpr auto pad_packed_sequence(const PackedSequence<X, L>& packed, const V& padding_value = 0) {
  constexpr int steps = traced<X>::dims(0)[0].size;
  using Total = total_length<TotalLength, steps>;
  static_assert(Total::reaches, "etch: pad_packed_sequence: the total length must be at least the number of steps");
  const auto filled = [&] {
    if constexpr (TotalLength > steps) return apply<etch::detail::padded_steps_fn>(apply<etch::detail::longer_fn<TotalLength>>(packed.padded, 0), packed.lengths, padding_value);
    else return apply<etch::detail::padded_steps_fn>(packed.padded, packed.lengths, padding_value);
  }();
  if constexpr (BatchFirst) return several(transpose<0, 1>(filled), packed.lengths);
  else return several(filled, packed.lengths);
}
/// Sequences [length, ..] as one tensor [longest, batch, ..], or [batch, longest, ..] with `BatchFirst`.
template <bool BatchFirst = false, OperandOrNumber P, Operand... X>
constexpr auto pad_sequence(const P& padding, const X&... sequences) {
  return apply<etch::detail::pad_sequence_fn<BatchFirst>>(padding, sequences...);
}

/// The same, packed: PyTorch's pack_sequence.
template <Operand... X>
constexpr auto pack_sequence(const X&... sequences) {
  const auto padded = pad_sequence(0, sequences...);
  const auto n = apply<etch::detail::lengths_of_fn>(sequences...);
  return PackedSequence<std::remove_const_t<decltype(padded)>, std::remove_const_t<decltype(n)>>{padded, n};
}

}  // namespace nn::utils
}  // namespace ETCH_ABI
}  // namespace etch
