// Pictures of digits with their labels: read from IDX files, or drawn.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace lenet {

inline constexpr int side = 28, classes = 10;

/// Grey pictures [count, side, side], light on black, and which digit each one shows.
struct Digits {
  std::vector<std::uint8_t> pixels, labels;

  std::size_t count() const { return labels.size(); }
  const std::uint8_t* image(std::size_t i) const;
  /// The first of the last tenth, which is not trained on.
  std::size_t held_out() const { return count() - count() / 10; }
};

/// MNIST's files: images of side x side bytes and as many labels of 0 to 9.
Digits read_digits(const char* images, const char* labels);

/// Digits written with strokes of random place, size, slant and width, on noise; a function of the seed.
Digits draw_digits(std::size_t count, std::uint64_t seed);

/// 32 random bits: a function of three numbers and a seed.
std::uint32_t random_bits(std::uint64_t seed, std::uint32_t stream, std::uint64_t item, std::uint32_t number);

}  // namespace lenet
