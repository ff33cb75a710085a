// Convolutions of each channel with a window of its own, and both gradients, against the interpreter.
#include "../ops/convolution.hpp"

#include <limits>

using namespace etch;
using test::expect_convolution;
using test::filled;

TEST_CASE("a window for each channel") {
  expect_convolution<padding<1>, groups<4>>(filled<Tensor<float, 2, 4, 31, 33>>(), filled<Tensor<float, 4, 1, 3, 3>>(-1, 1, 1));       // blocks of lines and lines that are left, vectors that overlap
  expect_convolution<padding<1>, groups<3>>(filled<Tensor<double, 2, 3, 7, 8>>(), filled<Tensor<double, 3, 1, 3, 3>>(-1, 1, 1));       // an odd number of lines
  expect_convolution<groups<3>>(filled<Tensor<double, 1, 3, 9, 11>>(), filled<Tensor<double, 3, 1, 3, 3>>(-1, 1, 1));                  // padded backward alone; one image
  expect_convolution<padding<2>, dilation<1, 2>, groups<2>>(filled<Tensor<double, 2, 2, 8, 9>>(), filled<Tensor<double, 2, 1, 3, 3>>(-1, 1, 1));
  expect_convolution<padding<1>, groups<2>>(filled<Tensor<float, 1, 2, 5, 70>>(), filled<Tensor<float, 2, 1, 3, 3>>(-1, 1, 1));        // strips of lines that overlap
  expect_convolution<padding<0, 2>, groups<2>>(filled<Tensor<float, 1, 2, 7, 50>>(), filled<Tensor<float, 2, 1, 3, 3>>(-1, 1, 1));     // laid out, lines of four vectors
  expect_convolution<padding<6, 1>, groups<2>>(filled<Tensor<double, 3, 2, 1, 7>>(), filled<Tensor<double, 2, 1, 3, 3>>(-1, 1, 1));    // lines of padding alone
}

TEST_CASE("what is not finite reaches the places whose windows see it, and no other") {
  Tensor<double, 1, 1, 6, 7> x = zeros<double, 1, 1, 6, 7>();
  x(0, 0, 2, 6) = std::numeric_limits<double>::infinity();
  const Tensor<double, 1, 1, 3, 3> w = ones<double, 1, 1, 3, 3>();
  const Tensor<double, 1, 1, 6, 7> y = conv2d<padding<1>>(x, w);
  for (int i = 0; i < 6; ++i)
    for (int j = 0; j < 7; ++j) CHECK(y(0, 0, i, j) == (i >= 1 && i <= 3 && j >= 5 ? std::numeric_limits<double>::infinity() : 0.0));
  const auto dw = compile<Tensor<double, 1, 1, 6, 7>, Tensor<double, 1, 1, 3, 3>>([](auto in, auto weight) { return grad<1>([](auto u, auto v) { return sum(conv2d<padding<1>>(u, v)); })(in, weight); })(x, w);
  for (int q = 0; q < 9; ++q) CHECK(dw.data()[q] == (q % 3 == 0 ? 0.0 : std::numeric_limits<double>::infinity()));  // the rightmost column meets the left of no window
}

TEST_CASE("a bias and a ReLU, of every plane of a batch; nothing of NaN") {
  Tensor<float, 2, 3, 9, 19> x = filled<Tensor<float, 2, 3, 9, 19>>(-1, 1);
  x(1, 2, 4, 5) = std::numeric_limits<float>::quiet_NaN();
  const auto w = filled<Tensor<float, 3, 1, 3, 3>>(-1, 1, 1);
  const auto bias = filled<Tensor<float, 3>>(-0.5, 0.5, 2);
  const Tensor<float, 2, 3, 9, 19> plain = conv2d<padding<1>, groups<3>>(x, w), y = relu(conv2d<padding<1>, groups<3>>(x, w, bias)), rectified = relu(conv2d<padding<1>, groups<3>>(x, w));
  int positive = 0;
  for (int n = 0; n < 2; ++n)
    for (int c = 0; c < 3; ++c)
      for (int i = 0; i < 9; ++i)
        for (int j = 0; j < 19; ++j) {
          const float sum = plain(n, c, i, j), with = sum + bias(c);
          CHECK(y(n, c, i, j) == (with > 0 ? with : 0.0F));
          CHECK(rectified(n, c, i, j) == (sum > 0 ? sum : 0.0F));
          positive += with > 0;
        }
  CHECK(positive > 100);
  CHECK(positive < 2 * 3 * 9 * 19 - 100);
}
