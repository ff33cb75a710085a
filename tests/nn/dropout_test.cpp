// Dropout: the identity in evaluation; in training a share P of zeros, the rest scaled, the same mask in the gradient.
#include <cmath>

#include "gradient.hpp"

using namespace etch;

namespace {

constexpr int count = 20000;

template <auto P>
struct Masked {
  Param<float, count> x;
  nn::Dropout<P> drop;
  ETCH_MODULE(x, drop)
  constexpr auto forward(auto w) const { return drop(etch::apply<first_fn>(x, w) * w); }
  void reset_parameters(Generator&) { nn::init::ones_(x); }
};
struct Sum {
  constexpr auto operator()(auto& m, auto w) const { return sum(m(w)); }
};

}  // namespace

TEST_CASE("dropout is the identity in evaluation") {
  auto layer = make<nn::Dropout<0.5>>();
  Tensor<float, 3> x{1, -2, 3};
  Tensor<float, 3> y = layer(x);
  for (int i = 0; i < 3; ++i) CHECK(y(i) == x(i));
}

TEST_CASE("dropout zeroes a share P in training and scales the rest by 1 / (1 - P)") {
  auto model = make<Masked<0.25>>();
  Tensor<float, count> w;
  nn::init::ones_(w);
  auto step = train_step(model, Sum{}, optim::SGD{}, w);
  const auto masks = [&](std::int64_t at) {
    step.set_steps(at);
    const float loss = step.backward(w);
    Tensor<float, count> mask;
    std::memcpy(mask.data(), step.gradient().x.data(), count * sizeof(float));
    double total = 0;
    int zeros = 0, scaled = 0;
    for (int i = 0; i < count; ++i) {
      zeros += mask(i) == 0 ? 1 : 0;
      scaled += std::fabs(mask(i) - 4.0f / 3) < 1e-6f ? 1 : 0;
      total += mask(i);
    }
    CHECK(zeros + scaled == count);
    CHECK(std::fabs(zeros / double(count) - 0.25) < 0.02);
    CHECK(total == doctest::Approx(static_cast<double>(loss)).epsilon(1e-4));  // the backward pass drew the same mask
    return mask;
  };
  const Tensor<float, count> first = masks(0), again = masks(0), next = masks(1);
  CHECK(std::memcmp(first.data(), again.data(), count * sizeof(float)) == 0);
  CHECK(std::memcmp(first.data(), next.data(), count * sizeof(float)) != 0);
}

TEST_CASE("dropout of 0 draws nothing and of 1 leaves nothing") {
  Tensor<float, count> w;
  nn::init::ones_(w);
  auto all = train_step(make<Masked<0.0>>(), Sum{}, optim::SGD{}, w);
  CHECK(all.backward(w) == count);
  auto none = train_step(make<Masked<1>>(), Sum{}, optim::SGD{}, w);
  CHECK(none.backward(w) == 0);
}

namespace {
struct ByChannel {
  constexpr auto operator()(auto x) const {
    x.builder->training = true;
    return several(dropout2d<0.5>(x), feature_alpha_dropout<0.5>(x), alpha_dropout<0.25>(x), dropout1d<1.0>(select_axis<0, 0>(x)));
  }
};
}  // namespace

TEST_CASE("channels are dropped whole, and alpha dropout keeps mean and variance") {
  using Images = Tensor<float, 40, 50, 3, 3>;
  Images x;
  Generator g{9};
  nn::init::normal_(x, g);
  auto [two, feature, alpha, none] = compile<Images>(ByChannel{})(x);
  int zeros = 0, whole = 0, low = 0;
  double sum = 0, squares = 0;
  const double a = 1 / std::sqrt((1.7580993408473766 * 1.7580993408473766 * 0.5 + 1) * 0.5), b = a * 1.7580993408473766 * 0.5, dropped = b - a * 1.7580993408473766;
  for (int c = 0; c < 2000; ++c) {
    int here = 0, there = 0;
    for (int i = 9 * c; i < 9 * c + 9; ++i) {
      here += two.data()[i] == 0 ? 1 : 0;
      there += std::fabs(feature.data()[i] - dropped) < 1e-5 ? 1 : 0;
      if (two.data()[i] != 0) CHECK(two.data()[i] == 2 * x.data()[i]);
      sum += static_cast<double>(alpha.data()[i]) / 18000;
      squares += static_cast<double>(alpha.data()[i] * alpha.data()[i]) / 18000;
    }
    zeros += here;
    whole += here == 0 || here == 9 ? 1 : 0;
    low += there == 9 ? 1 : 0;
  }
  CHECK(whole == 2000);
  CHECK(std::abs(zeros / 9 - 1000) < 100);
  CHECK(std::abs(low - 1000) < 100);
  CHECK(std::fabs(sum) < 0.05);
  CHECK(std::fabs(squares - 1) < 0.07);
  for (int i = 0; i < none.numel(); ++i) CHECK(none.data()[i] == 0);
}
