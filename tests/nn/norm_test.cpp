// LayerNorm: the formula with the biased variance, any leading axes, gradients.
#include "gradient.hpp"

using namespace etch;

namespace {
struct Product {
  constexpr auto operator()(auto& m, auto w) const { return sum(m(w)); }
};
}  // namespace

TEST_CASE("layer_norm is (x - mean) / sqrt(var + eps) * weight + bias") {
  auto layer = make<nn::LayerNorm<37>>();
  Generator g{1};
  Tensor<float, 3, 2, 37> x;
  nn::init::normal_(x, g, 5, 2);
  nn::init::normal_(layer->weight, g);
  nn::init::normal_(layer->bias, g);
  Tensor<float, 3, 2, 37> y = layer(x);
  double worst = 0;
  for (int r = 0; r < 6; ++r) {
    const float* row = x.data() + r * 37;
    double mean = 0, variance = 0;
    for (int c = 0; c < 37; ++c) mean += row[c] / 37.0;
    for (int c = 0; c < 37; ++c) variance += (row[c] - mean) * (row[c] - mean) / 37.0;
    for (int c = 0; c < 37; ++c) {
      const double expected =
          (row[c] - mean) / std::sqrt(variance + 1e-5) * layer->weight.data()[c] + layer->bias.data()[c];
      worst = std::fmax(worst, std::fabs(y.data()[r * 37 + c] - expected));
    }
  }
  CHECK(worst < 1e-5);
}

TEST_CASE("layer_norm starts as the identity on normalised rows, and a constant row becomes the bias") {
  auto layer = make<nn::LayerNorm<8>>();
  CHECK(layer->weight.data()[7] == 1);
  CHECK(layer->bias.data()[7] == 0);
  Tensor<float, 2, 8> x;
  nn::init::constant_(x, 3);
  nn::init::constant_(layer->bias, 0.5);
  Tensor<float, 2, 8> y = layer(x);
  for (int i = 0; i < 16; ++i) CHECK(y.data()[i] == 0.5f);
}

TEST_CASE("layer_norm's eps is a template argument") {
  auto layer = make<nn::LayerNorm<2, 1.0>>();
  Tensor<float, 2> x{-1, 1};
  Tensor<float, 2> y = layer(x);
  CHECK(y(1) == doctest::Approx(1 / std::sqrt(2.0)));
}

TEST_CASE("layer_norm sends gradients to input, weight and bias") {
  Tensor<double, 2, 3, 9> w;
  Generator g{1};
  nn::init::normal_(w, g);
  check_gradient<Probe<nn::LayerNorm<9, element<double>>, 2, 3, 9>>(Product{}, w);
}
