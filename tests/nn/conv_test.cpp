// Convolution layers: shapes of parameters, how they start, padding that is not zeros.
#include <etch/etch.hpp>

#include <doctest/doctest.h>

#include <cmath>

using namespace etch;

TEST_CASE("a layer's parameters have PyTorch's shapes and bounds") {
  auto m = make<nn::Conv2d<6, 8, ints<3, 5>{}, groups<2>>>(Generator{0});
  static_assert(std::is_same_v<decltype(m->weight), Param<float, 8, 3, 3, 5>> && std::is_same_v<decltype(m->bias), Param<float, 8>>);
  double most = 0;
  for (int i = 0; i < m->weight.numel(); ++i) most = std::fmax(most, std::fabs(static_cast<double>(m->weight.data()[i])));
  CHECK(most <= 1 / std::sqrt(45.0));
  CHECK(most > 0.9 / std::sqrt(45.0));
  static_assert(layout<nn::ConvTranspose1d<6, 8, 3, no_bias, element<double>>>.tensors == 1);
  static_assert(layout<nn::ConvTranspose1d<6, 8, 3, no_bias, element<double>>>.tensor[0].size[0] == 6);
}

TEST_CASE("a layer is its function") {
  auto m = make<nn::Conv2d<2, 3, 3, stride<2>, padding<1>>>(Generator{1});
  auto up = make<nn::ConvTranspose2d<3, 2, 2, stride<2>>>(Generator{2});
  const auto x = randn<float, 2, 2, 6, 6>(Generator{3});
  Tensor y = m(x);
  Tensor z = conv2d<stride<2>, padding<1>>(x, m->weight, m->bias);
  CHECK(allclose(y, z).item());
  Tensor back = up(y);
  static_assert(std::is_same_v<decltype(back), Tensor<float, 2, 2, 6, 6>>);
}

TEST_CASE("padding that mirrors, repeats or goes around") {
  auto m = make<nn::Conv1d<1, 1, 3, padding_same, PadMode::circular, no_bias>>(Generator{1});
  m->weight.data()[0] = 1, m->weight.data()[1] = 10, m->weight.data()[2] = 100;
  Tensor<float, 1, 4> x{{1, 2, 3, 4}};
  Tensor y = m(x);
  CHECK(y(0, 0) == 214);
  CHECK(y(0, 3) == 143);
  auto r = make<nn::Conv1d<1, 1, 3, padding<1>, PadMode::reflect, no_bias>>(Generator{1});
  r->weight.data()[0] = 1, r->weight.data()[1] = 10, r->weight.data()[2] = 100;
  Tensor z = r(x);
  CHECK(z(0, 0) == 212);
  CHECK(z(0, 3) == 343);
}
