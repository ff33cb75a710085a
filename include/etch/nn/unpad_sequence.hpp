// Padded and packed sequences taken apart: each is as long as its length says, which is known when they are.
//
//   for (const auto& s : nn::utils::unpad_sequence(x, lengths)) ...     x [T, B, ..]; s [lengths[b], ..]
#pragma once

#include <etch/nn/packed_sequence.hpp>
#include <etch/run/counted.hpp>

namespace etch {
inline namespace ETCH_ABI {

/// N tensors of one type, of sizes of their own: `s[2]`, and in a range-for.
template <class X, int N>
struct Sequences {
  X at[N > 0 ? N : 1];
  static constexpr int size() { return N; }
  const X& operator[](int i) const { return at[i]; }
  const X* begin() const { return at; }
  const X* end() const { return at + N; }
};

namespace detail {

/// [first, second, rest..] -> [length, rest..], the length being found.
template <class T, class Dims, bool BatchFirst>
struct unpadded_type;
template <class T, auto First, auto Second, auto... Rest, bool BatchFirst>
struct unpadded_type<T, Tracer<T, First, Second, Rest...>, BatchFirst> {
  static constexpr Dims dims = dims_of<First, Second, Rest...>();
  static constexpr int steps = dims[BatchFirst ? 1 : 0].size, sequences = dims[BatchFirst ? 0 : 1].size;
  using one = Tensor<T, counted<steps>, Rest...>;
};

template <bool BatchFirst, class X>
auto unpadded(const X& x, const std::int64_t* lengths) {
  using Rule = unpadded_type<typename X::value_type, typename X::tracer, BatchFirst>;
  using One = typename Rule::one;
  const std::int64_t sequences = x.size(BatchFirst ? 0 : 1), steps = x.size(BatchFirst ? 1 : 0), count = steps * sequences > 0 ? x.numel() / (steps * sequences) : 0;
  const auto one = [&](int b) {
    const std::int64_t length = lengths[b];
    if (ETCH_CHECKS && (length < 0 || length > steps))
      fail("unpad_sequence", "a length must lie between 0 and the number of steps", Message{} << "got " << static_cast<long>(length) << " at position " << b << " for " << static_cast<long>(steps) << " steps");
    One r(static_cast<int>(length));
    for (std::int64_t t = 0; t < length; ++t)
      std::memcpy(static_cast<void*>(r.data() + t * count), x.data() + (BatchFirst ? b * steps + t : t * sequences + b) * count, sizeof(typename X::value_type) * static_cast<std::size_t>(count));
    return r;
  };
  return [&]<std::size_t... B>(std::index_sequence<B...>) { return Sequences<One, Rule::sequences>{{one(static_cast<int>(B))...}}; }(std::make_index_sequence<static_cast<std::size_t>(Rule::sequences)>{});
}

}  // namespace detail

namespace nn::utils {

/// The sequences of x [T, B, ..] (or [B, T, ..] with `BatchFirst`), each without what is behind its end: B tensors [lengths[b], ..].
template <bool BatchFirst = false, Operand X, Operand L>
constexpr auto unpad_sequence(const X& x, const L& lengths) {
  constexpr bool values = etch::detail::has_values<X> && etch::detail::has_values<L>, fits = sequences_and_lengths<traced<X>, traced<L>, BatchFirst>::agree;
  static_assert(values, "etch: unpad_sequence: the sizes of its results depend on values, so it has no place in a traced function");
  static_assert(fits, "etch: unpad_sequence: there must be one length for each sequence of [time, batch, ..]");
  if constexpr (values && fits) return etch::detail::unpadded<BatchFirst>(etch::detail::values_of(x), Tensor(to<std::int64_t>(lengths)).data());
  else return Poison{};
}
/// The sequences of a packed batch, in the order in which they came.
template <class X, class L>
constexpr auto unpack_sequence(const PackedSequence<X, L>& packed) {
  return unpad_sequence(packed.padded, packed.lengths);
}

}  // namespace nn::utils
}  // namespace ETCH_ABI
}  // namespace etch
