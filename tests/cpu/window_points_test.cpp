// Convolutions of windows of five elements with an image in each lane: forward and both gradients against the interpreter, and their errors.
#include "../ops/convolution.hpp"

#include <algorithm>
#include <cmath>

using namespace etch;
using test::expect_convolution;
using test::filled;

TEST_CASE("windows of five elements take six products for ten") {
  expect_convolution(filled<Tensor<float, 16, 6, 9, 10>>(), filled<Tensor<float, 13, 6, 5, 5>>(-0.1, 0.1, 1), test::Keep{});  // two tiles of rows of w; the gradient of x overlaps
  expect_convolution(filled<Tensor<float, 29, 8, 7, 11>>(), filled<Tensor<float, 14, 8, 3, 5>>(-0.1, 0.1, 1), test::Keep{});  // a block that is not full, an odd number of columns, windows of three lines
  expect_convolution<padding<2>>(filled<Tensor<float, 16, 6, 6, 7>>(), filled<Tensor<float, 8, 6, 5, 5>>(-0.1, 0.1, 1), test::Keep{});  // zeros on all sides, forward and back
  expect_convolution<padding<4>>(filled<Tensor<double, 8, 6, 3, 3>>(), filled<Tensor<double, 10, 6, 5, 5>>(-0.1, 0.1, 1), test::Keep{});  // windows wider than the image: forward overlaps, an odd number of columns
  expect_convolution<padding<0, 4>>(filled<Tensor<float, 32, 6, 6, 5>>(), filled<Tensor<float, 10, 6, 5, 5>>(-0.1, 0.1, 1), test::Keep{});  // along lines alone
  expect_convolution<padding<3, 1>>(filled<Tensor<float, 16, 6, 5, 8>>(), filled<Tensor<float, 8, 6, 4, 5>>(-0.1, 0.1, 1), test::Keep{});  // an even number of lines
}

TEST_CASE("what follows windows of five elements") {
  const auto x = filled<Tensor<float, 33, 6, 8, 9>>();
  const auto w = filled<Tensor<float, 9, 6, 5, 5>>(-1, 1, 1);
  const auto b = filled<Tensor<float, 9>>(-1, 1, 2);
  test::check([](auto in, auto weight, auto bias) { return relu(conv2d(in, weight, bias)); }, x, w, b);           // in registers
  test::check([](auto in, auto weight, auto bias) { return tanh(conv2d<padding<2>>(in, weight, bias)); }, x, w, b);  // in a pass
}

TEST_CASE("the error of windows of five elements is a few roundings of the sum of the products' sizes") {
  const auto x = filled<Tensor<float, 32, 6, 14, 14>>();
  const auto w = filled<Tensor<float, 16, 6, 5, 5>>(-1, 1, 1);
  const auto dy = filled<Tensor<float, 32, 16, 10, 10>>(-1, 1, 2);
  const Tensor<float, 32, 16, 10, 10> y = conv2d(x, w);
  auto program = compile<Tensor<float, 32, 6, 14, 14>, Tensor<float, 16, 6, 5, 5>, Tensor<float, 32, 16, 10, 10>>(
      [](auto in, auto weight, auto back) { return grad<0, 1>([](auto u, auto v, auto t) { return sum(conv2d(u, v) * t); })(in, weight, back); });
  const auto [dx, dw] = program(x, w, dy);
  struct Sum {
    double value = 0, size = 0;
    void add(float a, float b) {
      const double product = static_cast<double>(a) * static_cast<double>(b);
      value += product, size += std::fabs(product);
    }
    double error(float of) const { return std::fabs(static_cast<double>(of) - value) / size * 0x1p24; }
  };
  double of_y = 0, of_dx = 0, of_dw = 0;
  for (int n = 0; n < 32; n += 5)
    for (int o = 0; o < 16; ++o)
      for (int i = 0; i < 10; ++i)
        for (int j = 0; j < 10; ++j) {
          Sum s;
          for (int e = 0; e < 150; ++e) s.add(x(n, e / 25, i + e / 5 % 5, j + e % 5), w(o, e / 25, e / 5 % 5, e % 5));
          of_y = std::max(of_y, s.error(y(n, o, i, j)));
        }
  for (int n = 0; n < 32; n += 5)
    for (int c = 0; c < 6; ++c)
      for (int i = 0; i < 14; ++i)
        for (int j = 0; j < 14; ++j) {
          Sum s;
          for (int e = 0; e < 400; ++e)
            if (const int p = i - e / 5 % 5, q = j - e % 5; p >= 0 && q >= 0 && p < 10 && q < 10) s.add(dy(n, e / 25, p, q), w(e / 25, c, e / 5 % 5, e % 5));
          of_dx = std::max(of_dx, s.error(dx(n, c, i, j)));
        }
  for (int o = 0; o < 16; ++o)
    for (int e = 0; e < 150; ++e) {
      Sum s;
      for (int k = 0; k < 3200; ++k) s.add(x(k / 100, e / 25, k / 10 % 10 + e / 5 % 5, k % 10 + e % 5), dy(k / 100, o, k / 10 % 10, k % 10));
      of_dw = std::max(of_dw, s.error(dw(o, e / 25, e / 5 % 5, e % 5)));
    }
  CHECK(of_y < 6);
  CHECK(of_dx < 6);  // where few products are added up, those of neighbouring places count as well
  CHECK(of_dw < 2);
}
