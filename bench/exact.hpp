// How far results of the bench are from the exact ones, which are computed here in double.
//
// Errors are in ulp of the exact result, or where it is smaller of `usual`: sums and differences may be anything small. It is 1, and
// of sums of products the root of their mean square.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <vector>

#include "data.hpp"

namespace bench {

/// number(), in double.
inline double exact_number(std::uint32_t seed, std::size_t i, float range = 1) { return static_cast<double>(number(seed, i, range)); }

inline double exact_gelu(double x) { return 0.5 * x * std::erfc(-x / std::sqrt(2.0)); }
inline double exact_sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

/// The largest error of every `step`th of y's numbers; exact(i) is number i, and results below `usual` in size count as if they were that large.
template <class Exact>
double largest_error(const float* y, std::size_t count, Exact exact, double usual = 1, std::size_t step = 1) {
  double most = 0;
  for (std::size_t i = 0; i < count; i += step) {
    const double right = exact(i), ulp = std::ldexp(1.0, std::ilogb(std::fmax(std::fabs(right), usual)) - 23);
    const double error = std::fabs(static_cast<double>(y[i]) - right) / ulp;
    if (!(error <= most)) most = error;  // NaN too
  }
  return most;
}

/// The root of the mean square of sums of so many products of numbers in [-1, 1).
inline double usual_sum(std::size_t terms) { return std::sqrt(static_cast<double>(terms)) / 3; }

/// (a * x + b) * c - d
inline double error_of_arithmetic(const float* y, std::size_t count) {
  const auto at = [](std::uint32_t k, std::size_t i) { return exact_number(k, i, chain_range[k]); };
  return largest_error(y, count, [&](std::size_t i) { return (at(0, i) * at(1, i) + at(2, i)) * at(3, i) - at(4, i); });
}

/// tanh(a * x + b) * sigmoid(c), in ulp of however small a normal result.
inline double error_of_transcendental(const float* y, std::size_t count) {
  const auto at = [](std::uint32_t k, std::size_t i) { return exact_number(k, i, chain_range[k]); };
  return largest_error(y, count, [&](std::size_t i) { return std::tanh(at(0, i) * at(1, i) + at(2, i)) * exact_sigmoid(at(3, i)); }, 0x1p-126);
}

/// gelu(layer_norm(softmax(x))) of rows of 768, as rows_bench's data have them.
inline double error_of_rows(const float* y, int rows) {
  constexpr std::size_t n = 768;
  std::array<double, n> row{};
  std::size_t filled = n;
  return largest_error(y, static_cast<std::size_t>(rows) * n, [&](std::size_t i) {
    if (const std::size_t r = i / n; i % n == 0 || r != filled) {
      filled = r;
      double sum = 0, mean = 0, variance = 0;
      for (std::size_t j = 0; j < n; ++j) sum += row[j] = std::exp(exact_number(0, r * n + j, 4));
      for (double& v : row) mean += (v /= sum) / n;
      for (const double v : row) variance += (v - mean) * (v - mean) / n;
      for (std::size_t j = 0; j < n; ++j) row[j] = exact_gelu((row[j] - mean) / std::sqrt(variance + 1e-5) * exact_number(1, j) + exact_number(2, j));
    }
    return row[i % n];
  });
}

/// c = a b of n by n matrices, or gelu(a b + bias); of some 16,000 numbers.
inline double error_of_product(const float* c, std::size_t n, bool fused) {
  return largest_error(
      c, n * n,
      [&](std::size_t at) {
        double sum = fused ? exact_number(2, at % n) : 0;
        for (std::size_t k = 0; k < n; ++k) sum += exact_number(0, at / n * n + k) * exact_number(1, k * n + at % n);
        return fused ? exact_gelu(sum) : sum;
      },
      usual_sum(n), n * n / 16384 | 1);
}

/// The convolutions of conv_bench: images [batch, 64, 56, 56], weights [64, C, 3, 3] with C = 64, or 1 for depthwise ones.
struct ExactConvolution {
  static constexpr std::size_t channels = 64, side = 56, plane = side * side;
  std::size_t batch, per_group;

  /// Place i of a row or column and a tap: where it looks, or `side` where that is outside.
  static constexpr std::size_t seen(std::size_t i, std::size_t tap, bool back) {
    const std::size_t from = back ? i + 2 - tap : i + tap;  // one more than the place
    return from == 0 || from > side ? side : from - 1;
  }

  /// conv2d(x, w), or with `relu` of that and a bias.
  double error(const float* y, bool relu) const {
    return largest_error(y, batch * channels * plane, [&](std::size_t i) {
      const double sum = over_channels(i, 0, false);
      return relu ? std::fmax(sum + exact_number(2, i / plane % channels), 0) : sum;
    }, usual_sum(9 * per_group), every(batch * channels * plane, 4096));
  }

  /// The gradient of x, given y's.
  double error_of_image(const float* dx) const {
    return largest_error(dx, batch * channels * plane, [&](std::size_t i) { return over_channels(i, 3, true); }, usual_sum(9 * per_group), every(batch * channels * plane, 4096));
  }

  /// The gradient of w, given y's.
  double error_of_weight(const float* dw) const {
    const std::size_t count = channels * per_group * 9;
    return largest_error(dw, count, [&](std::size_t i) {
      const std::size_t kw = i % 3, kh = i / 3 % 3, c = i / 9 % per_group, o = i / 9 / per_group, from = per_group == 1 ? o : c;
      double sum = 0;
      for (std::size_t n = 0; n < batch; ++n)
        for (std::size_t h = 0; h < side; ++h)
          for (std::size_t w = 0; w < side; ++w)
            if (const std::size_t y = seen(h, kh, false), x = seen(w, kw, false); y < side && x < side)
              sum += exact_number(3, (n * channels + o) * plane + h * side + w) * exact_number(0, (n * channels + from) * plane + y * side + x);
      return sum;
    }, usual_sum(batch * plane), every(count, 128));
  }

 private:
  static constexpr std::size_t every(std::size_t count, std::size_t samples) { return count / samples | 1; }

  /// Number i of a result whose channels and taps are summed; `seed` is the source's.
  double over_channels(std::size_t i, std::uint32_t seed, bool back) const {
    const std::size_t w = i % side, h = i / side % side, to = i / plane % channels, n = i / plane / channels;
    double sum = 0;
    for (std::size_t k = 0; k < per_group; ++k) {
      const std::size_t from = per_group == 1 ? to : k, weight = back && per_group > 1 ? from * per_group + to : to * per_group + k;
      for (std::size_t tap = 0; tap < 9; ++tap)
        if (const std::size_t y = seen(h, tap / 3, back), x = seen(w, tap % 3, back); y < side && x < side)
          sum += exact_number(seed, (n * channels + from) * plane + y * side + x) * exact_number(1, weight * 9 + tap);
    }
    return sum;
  }
};

/// A layer's weights and biases, wherever they lie: w[in * in_step + out * out_step].
struct ExactLinear {
  /// A weight [out, in] and a bias of etch's modules.
  static ExactLinear of(const auto& weight, const auto& bias, std::size_t in) { return {weight.data(), 1, in, bias.data()}; }

  const float* w;
  std::size_t in_step, out_step;
  const float* b;

  std::vector<double> operator()(const std::vector<double>& x, std::size_t outs) const {
    std::vector<double> y(outs);
    for (std::size_t j = 0; j < outs; ++j) {
      y[j] = b != nullptr ? static_cast<double>(b[j]) : 0;
      for (std::size_t i = 0; i < x.size(); ++i) y[j] += x[i] * static_cast<double>(w[i * in_step + j * out_step]);
    }
    return y;
  }
};

/// The answer of mlp_tiny_infer: fc3(tanh(fc2(tanh(fc1(x))))).
inline double error_of_answer(const float* y, const ExactLinear& fc1, const ExactLinear& fc2, const ExactLinear& fc3) {
  std::vector<double> x(4);
  for (std::size_t i = 0; i < 4; ++i) x[i] = exact_number(3, i);
  const auto hidden = [](std::vector<double> h) {
    for (double& v : h) v = std::tanh(v);
    return h;
  };
  const std::vector<double> right = fc3(hidden(fc2(hidden(fc1(x, 64)), 64)), 2);
  return largest_error(y, 2, [&](std::size_t i) { return right[i]; });
}

/// lstm_step's next h and c; gates stand side by side (input, forget, cell, output), the biases are those of both products.
inline double error_of_cell(const float* next_h, const float* next_c, const ExactLinear& from_x, const ExactLinear& from_h) {
  constexpr std::size_t n = 32;
  std::vector<double> h(n);
  for (std::size_t i = 0; i < n; ++i) h[i] = exact_number(1, i);
  const std::vector<double> a = from_x({exact_number(0, 0)}, 4 * n), b = from_h(h, 4 * n);
  const auto gate = [&](std::size_t k, std::size_t i) { return a[k * n + i] + b[k * n + i]; };
  const auto c = [&](std::size_t i) { return exact_sigmoid(gate(1, i)) * exact_number(2, i) + exact_sigmoid(gate(0, i)) * std::tanh(gate(2, i)); };
  return std::fmax(largest_error(next_c, n, c), largest_error(next_h, n, [&](std::size_t i) { return exact_sigmoid(gate(3, i)) * std::tanh(c(i)); }));
}

}  // namespace bench
