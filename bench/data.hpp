// The numbers that etch and its peers work on, the same for all (peers/torch_workloads.py has them too), and the distance of a
// result from the exact one.
//
// They are multiples of 2^-10 of a power of two: a * x + b of numbers within 1, 4 and 2 is exact in float, with a fused
// multiply-add or without, so that what errs in tanh(a * x + b) is tanh.
#pragma once

#include <cmath>
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

/// tanh(a * x + b) * sigmoid(c), in double.
inline double exact_transcendental(std::size_t i) {
  const auto at = [i](std::uint32_t k) { return static_cast<double>(number(k, i, chain_range[k])); };
  return std::tanh(at(0) * at(1) + at(2)) / (1 + std::exp(-at(3)));
}

/// The largest error of y in ulp of the exact result; results below `least` in size count as if they were that large.
template <class Exact>
double largest_error(const float* y, std::size_t count, Exact exact, double least = 0x1p-126) {
  double most = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const double right = exact(i), ulp = std::ldexp(1.0, std::ilogb(std::fmax(std::fabs(right), least)) - 23);
    const double error = std::fabs(static_cast<double>(y[i]) - right) / ulp;
    if (!(error <= most)) most = error;  // NaN too
  }
  return most;
}

/// gelu(layer_norm(softmax(x))) of rows of 768, as rows_bench's data have them: its largest error in ulp of the larger of the
/// result and 1.
inline double error_of_rows(const float* y, int rows) {
  constexpr int n = 768;
  double row[n];
  int filled = -1;
  return largest_error(
      y, static_cast<std::size_t>(rows) * n,
      [&](std::size_t i) {
        if (const int r = static_cast<int>(i / n); r != filled) {
          filled = r;
          double sum = 0, mean = 0, variance = 0;
          for (int j = 0; j < n; ++j) sum += row[j] = std::exp(static_cast<double>(number(0, i + static_cast<std::size_t>(j), 4)));
          for (double& v : row) mean += (v /= sum) / n;
          for (const double v : row) variance += (v - mean) * (v - mean) / n;
          for (int j = 0; j < n; ++j) {
            const auto k = static_cast<std::size_t>(j);
            const double z = (row[j] - mean) / std::sqrt(variance + 1e-5) * static_cast<double>(number(1, k)) + static_cast<double>(number(2, k));
            row[j] = 0.5 * z * std::erfc(-z / std::sqrt(2.0));
          }
        }
        return row[i % n];
      },
      1);
}

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
