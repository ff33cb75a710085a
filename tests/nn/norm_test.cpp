// Normalisation layers: formulas, any leading axes, gradients, running statistics.
#include <cmath>

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

namespace {
struct Normalized {
  nn::BatchNorm2d<3> bn;
  ETCH_MODULE(bn)
  constexpr auto forward(auto x) const { return bn(x); }
};
}  // namespace

TEST_CASE("batch_norm keeps running statistics while it trains, and uses them when it does not") {
  auto m = make<Normalized>();
  const auto x = randn<float, 4, 3, 2, 5>(Generator{1});
  auto step = train_step(m, [](auto& net, auto input) { return mean(square(net(input))); }, optim::SGD{.lr = 0}, x);
  Tensor before = m(x);
  CHECK(before(1, 2, 1, 3) == doctest::Approx(x(1, 2, 1, 3) / std::sqrt(1 + 1e-5)));
  step(x);
  step(x);
  CHECK(*m->bn.num_batches_tracked.data() == 2);
  for (int c = 0; c < 3; ++c) {
    double sum = 0, squares = 0;
    for (int i = 0; i < 40; ++i) sum += static_cast<double>(x.data()[(i / 10 * 3 + c) * 10 + i % 10]);
    for (int i = 0; i < 40; ++i) squares += std::pow(static_cast<double>(x.data()[(i / 10 * 3 + c) * 10 + i % 10]) - sum / 40, 2);
    CHECK(m->bn.running_mean.data()[c] == doctest::Approx(0.19 * sum / 40).epsilon(1e-5));
    CHECK(m->bn.running_var.data()[c] == doctest::Approx(0.81 + 0.19 * squares / 39).epsilon(1e-5));
  }
  Tensor after = m(x);
  CHECK(after(1, 2, 1, 3) == doctest::Approx((x(1, 2, 1, 3) - m->bn.running_mean.data()[2]) / std::sqrt(m->bn.running_var.data()[2] + 1e-5)).epsilon(1e-5));
}

TEST_CASE("what a normalisation has depends on its options") {
  static_assert(layout<nn::BatchNorm1d<4>>.tensors == 5 && layout<nn::BatchNorm1d<4, no_bias>>.tensors == 4 && layout<nn::BatchNorm1d<4, affine<false>>>.tensors == 3);
  static_assert(layout<nn::InstanceNorm2d<4>>.tensors == 0 && layout<nn::InstanceNorm2d<4, affine<true>>>.tensors == 2 && layout<nn::InstanceNorm2d<4, track_running_stats<true>>>.tensors == 3);
  static_assert(layout<nn::LayerNorm<ints<3, 4>{}, no_bias>>.tensors == 1 && layout<nn::RMSNorm<4, affine<false>>>.tensors == 0 && layout<nn::GroupNorm<2, 4>>.tensors == 2);
}

namespace {
struct Siamese {
  nn::BatchNorm1d<2> bn;
  ETCH_MODULE(bn)
  constexpr auto forward(auto a, auto b) const { return bn(a) + bn(b); }
};
}  // namespace

TEST_CASE("a batch normalisation that is called twice in a step tracks both, as PyTorch's") {
  auto m = make<Siamese>();
  const Tensor<float, 3, 2> a{{1, 2}, {3, 5}, {0, 1}}, b{{2, 2}, {4, -1}, {1, 0}};
  auto step = train_step(m, [](auto& model, auto x, auto y) { return sum(model(x, y)); }, optim::SGD{}, a, b);
  step.backward(a, b);
  CHECK(m->bn.running_mean.data()[0] == doctest::Approx(0.353333f));
  CHECK(m->bn.running_mean.data()[1] == doctest::Approx(0.273333f));
  CHECK(m->bn.running_var.data()[0] == doctest::Approx(1.253333f));
  CHECK(m->bn.running_var.data()[1] == doctest::Approx(1.433333f));
  CHECK(m->bn.num_batches_tracked.data()[0] == 2);
}
