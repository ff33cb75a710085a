// Initialisers: ranges, moments, PyTorch's gains and fans, and the same numbers from the same generator.
#include <etch/etch.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>

using namespace etch;
namespace init = nn::init;

namespace {

struct Moments {
  double mean = 0, deviation = 0, low = 0, high = 0;
};
template <class X>
Moments moments_of(const X& x) {
  Moments m;
  double squares = 0;
  const auto n = static_cast<double>(x.numel());
  for (std::int64_t i = 0; i < x.numel(); ++i) {
    const double v = x.data()[i];
    m.mean += v / n;
    squares += v * v / n;
    m.low = std::fmin(m.low, v);
    m.high = std::fmax(m.high, v);
  }
  m.deviation = std::sqrt(squares - m.mean * m.mean);
  return m;
}

}  // namespace

TEST_CASE("uniform_ fills its range and normal_ has its mean and deviation") {
  Tensor<float, 100, 101> x;
  Generator g{1};
  init::uniform_(x, g, -2, 6);
  Moments m = moments_of(x);
  CHECK(m.low >= -2);
  CHECK(m.low < -1.99);
  CHECK(m.high < 6);
  CHECK(m.high > 5.99);
  CHECK(std::fabs(m.mean - 2) < 0.1);
  CHECK(std::fabs(m.deviation - 8 / std::sqrt(12.0)) < 0.05);
  init::normal_(x, g, 3, 0.5);
  m = moments_of(x);
  CHECK(std::fabs(m.mean - 3) < 0.02);
  CHECK(std::fabs(m.deviation - 0.5) < 0.02);
}

TEST_CASE("the same generator gives the same numbers, the next call others, and nothing is written beyond the end") {
  Tensor<double, 37> a, b, c;
  Generator g{7}, h{7};
  init::normal_(a, g);
  init::normal_(b, h);
  init::normal_(c, g);
  CHECK(std::memcmp(a.data(), b.data(), 37 * sizeof(double)) == 0);
  CHECK(std::memcmp(a.data(), c.data(), 37 * sizeof(double)) != 0);
  for (int i = 37; i < 40; ++i) CHECK(a.data()[i] == 0);  // the block is padded to 64 bytes
}

TEST_CASE("constants") {
  Tensor<float, 5> x;
  init::ones_(x);
  CHECK(x(4) == 1);
  init::constant_(x, 2.5);
  CHECK(x(0) == 2.5f);
  init::zeros_(x);
  CHECK(x(2) == 0);
}

TEST_CASE("gains are PyTorch's") {
  using enum init::Nonlinearity;
  CHECK(init::calculate_gain(linear) == 1);
  CHECK(init::calculate_gain(sigmoid) == 1);
  CHECK(init::calculate_gain(tanh) == doctest::Approx(5.0 / 3));
  CHECK(init::calculate_gain(relu) == doctest::Approx(std::sqrt(2.0)));
  CHECK(init::calculate_gain(leaky_relu) == doctest::Approx(std::sqrt(2 / 1.0001)));
  CHECK(init::calculate_gain(leaky_relu, 0.2) == doctest::Approx(std::sqrt(2 / 1.04)));
  CHECK(init::calculate_gain(selu) == 0.75);
}

TEST_CASE("xavier and kaiming take their deviation from the fans") {
  Tensor<float, 200, 50> w;  // 50 in, 200 out
  Generator g{3};
  const double xavier = std::sqrt(2.0 / 250), in = std::sqrt(2.0 / 50), out = std::sqrt(2.0 / 200);
  init::xavier_uniform_(w, g);
  CHECK(moments_of(w).deviation == doctest::Approx(xavier).epsilon(0.03));
  CHECK(moments_of(w).high <= xavier * std::sqrt(3.0));
  init::xavier_normal_(w, g, 2);
  CHECK(moments_of(w).deviation == doctest::Approx(2 * xavier).epsilon(0.03));
  init::kaiming_uniform_(w, g);
  CHECK(moments_of(w).deviation == doctest::Approx(in).epsilon(0.03));
  init::kaiming_normal_(w, g, 0, init::FanMode::fan_out, init::Nonlinearity::relu);
  CHECK(moments_of(w).deviation == doctest::Approx(out).epsilon(0.03));
  Tensor<float, 4, 3, 5, 5> kernel;  // fan_in 75
  init::kaiming_uniform_(kernel, g, std::sqrt(5.0));
  CHECK(moments_of(kernel).high <= 1 / std::sqrt(75.0));
  CHECK(moments_of(kernel).high > 0.9 / std::sqrt(75.0));
}

TEST_CASE("patterns: the identity, kernels that pass channels on") {
  Tensor<float, 2, 3> e;
  init::eye_(e);
  CHECK((e(0, 0) == 1 && e(1, 1) == 1 && e(0, 1) == 0 && e(1, 2) == 0));
  Tensor<float, 4, 2, 3, 3> k;
  init::dirac_(k, 2);
  double sum = 0;
  for (int i = 0; i < k.numel(); ++i) sum += static_cast<double>(k.data()[i]);
  CHECK(sum == 4);
  CHECK((k(0, 0, 1, 1) == 1 && k(1, 1, 1, 1) == 1 && k(2, 0, 1, 1) == 1 && k(3, 1, 1, 1) == 1));
  CHECK_THROWS_AS(init::dirac_(k, 3), Error);
}

TEST_CASE("orthogonal rows and columns, sparse columns, normal numbers within bounds") {
  Generator g{11};
  Tensor<double, 5, 8> wide;
  Tensor<float, 9, 2, 2> tall;
  init::orthogonal_(wide, g, 2);
  init::orthogonal_(tall, g);
  for (int i = 0; i < 5; ++i)
    for (int j = 0; j < 5; ++j) {
      double s = 0;
      for (int k = 0; k < 8; ++k) s += wide(i, k) * wide(j, k);
      CHECK(std::fabs(s - (i == j ? 4 : 0)) < 1e-12);
    }
  for (int i = 0; i < 4; ++i)
    for (int j = 0; j < 4; ++j) {
      double s = 0;
      for (int k = 0; k < 9; ++k) s += static_cast<double>(tall.data()[k * 4 + i] * tall.data()[k * 4 + j]);
      CHECK(std::fabs(s - (i == j ? 1 : 0)) < 1e-5);
    }
  Tensor<float, 40, 30> sparse;
  init::sparse_(sparse, g, 0.25, 2);
  for (int c = 0; c < 30; ++c) {
    int zeros = 0;
    for (int r = 0; r < 40; ++r) zeros += sparse(r, c) == 0 ? 1 : 0;
    CHECK(zeros == 10);
  }
  Tensor<float, 200, 50> cut;
  init::trunc_normal_(cut, g, 1, 2, 0, 3);
  double mean = 0;
  for (int i = 0; i < cut.numel(); ++i) {
    CHECK(cut.data()[i] >= 0);
    CHECK(cut.data()[i] <= 3);
    mean += static_cast<double>(cut.data()[i]) / 10000;
  }
  CHECK(mean == doctest::Approx(1.41326).epsilon(0.02));  // 1 + 2 (phi(-1/2) - phi(1)) / (Phi(1) - Phi(-1/2))
  CHECK_THROWS_AS(init::trunc_normal_(cut, g, 0, 1, 1, 1), Error);
}
