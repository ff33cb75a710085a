// Weights in another form: lengths and directions, fused with a normalisation.
#include <program.hpp>

#include <cmath>

using namespace etch;
using namespace test;

TEST_CASE("weight_norm gives each slice its length") {
  const auto v = filled<Tensor<double, 2, 3, 2>>();
  const Tensor<double, 1, 3, 1> g{{{1}, {2}, {3}}};
  const Tensor<double, 2, 3, 2> w = nn::utils::weight_norm<1>(v, g), one = nn::utils::weight_norm<-1>(v, 2);
  double all = 0;
  for (int j = 0; j < 3; ++j) {
    double s = 0;
    for (int i = 0; i < 2; ++i)
      for (int k = 0; k < 2; ++k) s += w(i, j, k) * w(i, j, k), all += one(i, j, k) * one(i, j, k);
    CHECK(std::sqrt(s) == doctest::Approx(j + 1));
  }
  CHECK(std::sqrt(all) == doctest::Approx(2));
  check_gradient([](auto a, auto b) { return nn::utils::weight_norm<1>(a, b); }, v, g);
}

TEST_CASE("a convolution takes in the normalisation behind it") {
  const auto w = filled<Tensor<double, 2, 1, 2>>();
  const Tensor<double, 2> b{1, 2}, mean{0.5, -1}, var{4, 0.25}, gamma{2, 3}, beta{-1, 1};
  auto [weight, bias] = eval(nn::utils::fuse_conv_bn_weights(w, b, mean, var, 0.0, gamma, beta).template get<0>(), nn::utils::fuse_conv_bn_weights(w, b, mean, var, 0.0, gamma, beta).template get<1>());
  for (int o = 0; o < 2; ++o) {
    const double s = gamma(o) / std::sqrt(var(o));
    CHECK(weight(o, 0, 1) == doctest::Approx(w(o, 0, 1) * s));
    CHECK(bias(o) == doctest::Approx((b(o) - mean(o)) * s + beta(o)));
  }
}

TEST_CASE("spectral_norm divides by what the power method finds") {
  const auto w = filled<Tensor<double, 3, 4, 2>>();  // as a matrix of its second axis: [4, 6], columns (i, k)
  const auto u = filled<Tensor<double, 4>>(-1, 1, 3);
  const auto v = filled<Tensor<double, 6>>(-1, 1, 4);
  double left[4], right[6], sigma = 0;
  for (int j = 0; j < 4; ++j) left[j] = u(j);
  for (int n = 0; n < 2; ++n) {
    double length = 0;
    for (int c = 0; c < 6; ++c) {
      right[c] = 0;
      for (int j = 0; j < 4; ++j) right[c] += w(c / 2, j, c % 2) * left[j];
      length += right[c] * right[c];
    }
    for (double& r : right) r /= std::sqrt(length);
    length = 0;
    for (int j = 0; j < 4; ++j) {
      left[j] = 0;
      for (int c = 0; c < 6; ++c) left[j] += w(c / 2, j, c % 2) * right[c];
      length += left[j] * left[j];
    }
    for (double& l : left) l /= std::sqrt(length);
    sigma = std::sqrt(length);
  }
  const auto r = nn::utils::spectral_norm<2, 1>(w, u, v);
  const auto [normed, to_left, to_right] = eval(r.get<0>(), r.get<1>(), r.get<2>());
  for (int i = 0; i < 24; ++i) CHECK(normed.data()[i] == doctest::Approx(w.data()[i] / sigma));
  for (int j = 0; j < 4; ++j) CHECK(to_left(j) == doctest::Approx(left[j]));
  for (int c = 0; c < 6; ++c) CHECK(to_right(c) == doctest::Approx(right[c]));
  check_gradient([](auto a) { return nn::utils::spectral_norm<0>(a, ones<2>(a), ones<3>(a)).template get<0>(); }, filled<Tensor<double, 2, 3>>());
}
