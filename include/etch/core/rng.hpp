// Counter-based random numbers: element i of draw d at step s is a word of Philox4x32-10(counter(i / 4, d, s), seed).
#pragma once

#include <etch/core/config.hpp>
#include <etch/core/math.hpp>
#include <etch/core/vec.hpp>

namespace etch {
inline namespace ETCH_ABI {

/// Where random numbers start: a seed and a step; every use takes the next step, so no two uses share numbers.
class Generator {
 public:
  constexpr explicit Generator(std::uint64_t seed = 0) : seed_(seed) {}
  constexpr std::uint64_t seed() const { return seed_; }
  constexpr std::uint64_t step() const { return step_; }
  constexpr void manual_seed(std::uint64_t seed) { seed_ = seed, step_ = 0; }
  /// The step to use now; the following call gives the one after it.
  constexpr std::uint64_t next() { return step_++; }

 private:
  std::uint64_t seed_, step_ = 0;
};

/// Four random words.
struct Philox {
  std::uint32_t word[4];
};

namespace detail {
inline constexpr std::uint32_t philox_multiplier[2] = {0xD2511F53, 0xCD9E8D57};
inline constexpr std::uint32_t philox_weyl[2] = {0x9E3779B9, 0xBB67AE85};  // golden ratio, sqrt(3) - 1
}  // namespace detail

/// Philox4x32 with 10 rounds (Salmon et al., 2011), one counter at a time; usable in constant expressions.
constexpr Philox philox4x32(Philox c, std::uint32_t key0, std::uint32_t key1) {
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t p0 = std::uint64_t(detail::philox_multiplier[0]) * c.word[0];
    const std::uint64_t p1 = std::uint64_t(detail::philox_multiplier[1]) * c.word[2];
    c = {{std::uint32_t(p1 >> 32) ^ c.word[1] ^ key0, std::uint32_t(p1), std::uint32_t(p0 >> 32) ^ c.word[3] ^ key1,
          std::uint32_t(p0)}};
    key0 += detail::philox_weyl[0];
    key1 += detail::philox_weyl[1];
  }
  return c;
}

namespace simd {
namespace detail {

// The counter of the block of four elements that holds `index`; an element may draw up to 256 words at a step.
constexpr std::uint64_t philox_block(std::uint64_t index, int draw) { return index / 4 | std::uint64_t(draw) << 56; }
constexpr std::uint32_t philox_word(std::uint64_t seed, std::uint64_t step, std::uint64_t block, std::uint64_t word) {
  const Philox counter{
      {std::uint32_t(block), std::uint32_t(block >> 32), std::uint32_t(step), std::uint32_t(step >> 32)}};
  return philox4x32(counter, std::uint32_t(seed), std::uint32_t(seed >> 32)).word[word];
}

#if defined(ETCH_CPU_EIGEN)
template <int L>
ETCH_INLINE Vec<std::uint32_t, L> philox_blocks(std::uint64_t seed, std::uint64_t step, std::uint64_t block) {
  std::uint32_t words[L];
  for (unsigned i = 0; i < L; ++i) words[i] = philox_word(seed, step, block + i / 4, i % 4);
  return load<std::uint32_t, L>(words);
}
#else
template <int... I>
ETCH_INLINE auto reversed_quads(Raw<std::uint32_t, sizeof...(I)> a, std::integer_sequence<int, I...>) {
#if defined(__CUDACC__)
  return Raw<std::uint32_t, sizeof...(I)>{a[I ^ 3]...};
#else
  return __builtin_shufflevector(a, a, (I ^ 3)...);
#endif
}
template <int... I>
ETCH_INLINE auto alternating(std::uint64_t even, std::uint64_t odd, std::integer_sequence<int, I...>) {
  return Raw<std::uint64_t, sizeof...(I)>{(I % 2 == 0 ? even : odd)...};
}
// L / 4 whole blocks in one register: a lane of 64 bits holds two words of a counter, low half first, so that a round
// is one multiplication, one shuffle, one shift and two exclusive ors for all of them.
template <int L>
ETCH_INLINE Vec<std::uint32_t, L> philox_blocks(std::uint64_t seed, std::uint64_t step, std::uint64_t block) {
  using Words = Raw<std::uint32_t, L>;
  using Pairs = Raw<std::uint64_t, L / 2>;
  using Wider = Raw<long long, L / 2>;
  constexpr Index<L / 2> lanes{};
  const std::uint64_t low = 0xffffffff;
  const Pairs even = alternating(~std::uint64_t(0), 0, lanes);
  const Pairs weyl = alternating(etch::detail::philox_weyl[0], etch::detail::philox_weyl[1], lanes);
  const Pairs multiplier = alternating(etch::detail::philox_multiplier[0], etch::detail::philox_multiplier[1], lanes);
  Pairs key = alternating(seed & low, seed >> 32, lanes);
  Pairs x = ((block + (iota<std::uint64_t, L / 2>(0).v >> 1)) & even) | (step & ~even);
  for (int round = 0; round < 10; ++round) {
    Pairs p;
    if constexpr (requires { x86::product((Wider)x, (Wider)x); }) p = (Pairs)x86::product((Wider)x, (Wider)multiplier);
    else p = (x & low) * multiplier;
    x = (Pairs)reversed_quads((Words)p, Index<L>{}) ^ (x >> 32) ^ key;
    key = (Pairs)((Words)key + (Words)weyl);
  }
  return {(Words)x};
}
#endif
}  // namespace detail

/// The random words of the elements index, index + 1, ...; fastest where index is a multiple of 4.
template <int L>
ETCH_INLINE Vec<std::uint32_t, L> philox(std::uint64_t seed, std::uint64_t step, std::uint64_t index, int draw = 0) {
  if constexpr (detail::split<std::uint32_t, L>) {
    return join(philox<L / 2>(seed, step, index, draw), philox<L / 2>(seed, step, index + L / 2, draw));
  } else if constexpr (L >= 4) {
    const std::uint64_t block = detail::philox_block(index, draw);
    const auto first = detail::philox_blocks<L>(seed, step, block);
    if (__builtin_expect(index % 4 == 0, 1)) return first;
    std::uint32_t words[2 * L];
    store(words, first);
    store(words + L, detail::philox_blocks<L>(seed, step, block + L / 4));
    return load<std::uint32_t, L>(words + index % 4);
  } else {
    std::uint32_t words[L];
    for (unsigned i = 0; i < L; ++i)
      words[i] = detail::philox_word(seed, step, detail::philox_block(index + i, draw), (index + i) % 4);
    return load<std::uint32_t, L>(words);
  }
}

/// Uniform in [0, 1): 24 random bits in a float, 53 in a double (which takes two draws).
template <class T, int L>
ETCH_INLINE Vec<T, L> uniform(std::uint64_t seed, std::uint64_t step, std::uint64_t index, int draw = 0) {
  const auto word = philox<L>(seed, step, index, draw);
  const auto number = [](Vec<std::uint32_t, L> w) { return convert<T>(bit_cast<std::int32_t>(w)); };
  if constexpr (sizeof(T) == 4) return number(word >> 8U) * T(0x1p-24);
  else return fma(number(word >> 5U), T(0x1p26), number(philox<L>(seed, step, index, draw + 1) >> 6U)) * T(0x1p-53);
}

/// Standard normal, by Box and Muller: sqrt(-2 log(1 - u)) cos(2 pi v).
template <class T, int L>
ETCH_INLINE Vec<T, L> normal(std::uint64_t seed, std::uint64_t step, std::uint64_t index, int draw = 0) {
  constexpr int words = sizeof(T) / 4;
  const auto u = T(1) - uniform<T, L>(seed, step, index, draw);
  const auto v = uniform<T, L>(seed, step, index, draw + words);
  return sqrt(T(-2) * log(u)) * detail::sin_quarter(v * T(6.283185307179586), 1);
}

}  // namespace simd
}  // namespace ETCH_ABI
}  // namespace etch
