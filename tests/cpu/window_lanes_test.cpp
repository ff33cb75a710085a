// Convolutions with an image in each lane: forward and both gradients against the interpreter.
#include "../ops/convolution.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

using namespace etch;
using test::expect_convolution;
using test::filled;

TEST_CASE("a lane for each image") {
  expect_convolution(filled<Tensor<float, 8, 2, 6, 7>>(), filled<Tensor<float, 7, 2, 3, 2>>(-1, 1, 1));                                 // rows of w in two tiles of unequal height, none padded forward
  expect_convolution<padding<2, 1>>(filled<Tensor<float, 31, 3, 5, 5>>(), filled<Tensor<float, 3, 3, 3, 3>>(-1, 1, 1));                 // a block that is not full, few rows, an odd number of places
  expect_convolution<padding<1>, stride<2>, dilation<1, 2>>(filled<Tensor<double, 8, 2, 7, 6>>(), filled<Tensor<double, 5, 2, 3, 2>>(-1, 1, 1));
  expect_convolution<padding<3>>(filled<Tensor<double, 16, 1, 4, 14>>(), filled<Tensor<double, 2, 1, 5, 5>>(-1, 1, 1));                 // one channel: the outermost axis of the window is padded, nothing is left out; places in parts
}

TEST_CASE("a bias and a ReLU are applied before images are turned back") {
  const auto f = [](auto x, auto w, auto b) { return relu(conv2d<padding<1>>(x, w, b)); };
  test::check(f, filled<Tensor<float, 33, 2, 5, 6>>(), filled<Tensor<float, 7, 2, 3, 3>>(-1, 1, 1), filled<Tensor<float, 7>>(-1, 1, 2));
  auto x = filled<Tensor<float, 32, 2, 5, 6>>();
  x(17, 1, 2, 2) = std::numeric_limits<float>::quiet_NaN();
  const auto w = filled<Tensor<float, 7, 2, 3, 3>>(-1, 1, 1);
  const auto b = filled<Tensor<float, 7>>(-1, 1, 2);
  const Tensor<float, 32, 7, 5, 6> y = relu(conv2d<padding<1>>(x, w, b));
  const Tensor<float, 32, 7, 5, 6> plain = conv2d<padding<1>>(x, w, b), separate = relu(plain);
  for (std::int64_t i = 0; i < y.numel(); ++i) REQUIRE((y.data()[i] == separate.data()[i] || (std::isnan(y.data()[i]) && std::isnan(separate.data()[i]))));
}

TEST_CASE("any number of threads gives the same bits of lanes' gradients") {
  const auto x = filled<Tensor<float, 144, 6, 14, 14>>();  // more blocks of images than groups
  const auto dy = filled<Tensor<float, 144, 16, 10, 10>>(-1, 1, 1);
  const auto w = filled<Tensor<float, 16, 6, 5, 5>>(-1, 1, 2);
  const auto both = [](auto in, auto weight, auto back) { return grad<0, 1>([](auto u, auto v, auto t) { return sum(conv2d(u, v) * t); })(in, weight, back); };
  auto program = compile<Tensor<float, 144, 6, 14, 14>, Tensor<float, 16, 6, 5, 5>, Tensor<float, 144, 16, 10, 10>>(both);
  const int before = cpu::num_threads();
  cpu::set_num_threads(1);
  const auto [dx, dw] = program(x, w, dy);
  for (const int threads : {2, 3}) {
    cpu::set_num_threads(threads);
    const auto [dx_together, dw_together] = program(x, w, dy);
    CHECK(std::equal(dx.data(), dx.data() + dx.numel(), dx_together.data()));
    CHECK(std::equal(dw.data(), dw.data() + dw.numel(), dw_together.data()));
  }
  cpu::set_num_threads(before);
}
