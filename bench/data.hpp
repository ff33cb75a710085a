// The numbers that etch and its peers work on, the same for all (peers/torch_workloads.py has them too).
//
// They are multiples of 2^-10 of a power of two: a * x + b of numbers within 1, 4 and 2 is exact in float, with a fused
// multiply-add or without, so that what errs in tanh(a * x + b) is tanh.
#pragma once

#include <cstddef>
#include <cstdint>
#include <new>

namespace bench {

/// Number i of array `seed`: one of 2048 in [-range, range).
inline float number(std::uint32_t seed, std::size_t i, float range = 1) {
  std::uint32_t h = static_cast<std::uint32_t>(i) * 2654435761u + seed * 2246822519u;
  h ^= h >> 15;
  h *= 2246822519u;
  h ^= h >> 13;
  return (static_cast<float>(h >> 21) - 1024) * range / 1024;
}

inline void fill(float* x, std::size_t count, std::uint32_t seed, float range = 1) {
  for (std::size_t i = 0; i < count; ++i) x[i] = number(seed, i, range);
}

/// Class `i` of a target: 0 to classes - 1.
inline int label(std::size_t i, int classes) { return static_cast<int>(i * 7 % static_cast<std::size_t>(classes)); }

/// The ranges of the chains' a, x, b, c, d.
inline constexpr float chain_range[] = {1, 4, 2, 16, 1};

/// Floats at a cache line, for peers that have no arrays of their own.
class Numbers {
 public:
  explicit Numbers(std::size_t count) : data_(static_cast<float*>(::operator new(count * sizeof(float), line))) {}
  ~Numbers() { ::operator delete(data_, line); }
  Numbers(Numbers&& other) noexcept : data_(other.data_) { other.data_ = nullptr; }
  Numbers& operator=(Numbers&&) = delete;
  float* data() const { return data_; }

 private:
  static constexpr std::align_val_t line{64};
  float* data_;
};

}  // namespace bench
