// Products of few rows with windows of an image, read where they lie, against the interpreter.
#include "../ops/elements.hpp"

#include <cmath>
#include <limits>

using namespace etch;
using test::filled;

TEST_CASE("few rows, with a bias and a ReLU or without") {
  const auto plain = [](auto x, auto w) { return conv2d<padding<1>>(x, w); };
  const auto rectified = [](auto x, auto w, auto b) { return relu(conv2d<padding<1>>(x, w, b)); };
  test::check(plain, filled<Tensor<float, 3, 4, 9, 28>>(), filled<Tensor<float, 6, 4, 3, 3>>(-1, 1, 1));      // vectors of some lines at a time, and some that are left
  test::check(plain, filled<Tensor<double, 1, 16, 5, 17>>(), filled<Tensor<double, 1, 16, 3, 3>>(-1, 1, 1));
  test::check(plain, filled<Tensor<float, 1, 16, 5, 400>>(), filled<Tensor<float, 6, 16, 3, 3>>(-1, 1, 1));   // parts of a line
  test::check(rectified, filled<Tensor<float, 3, 4, 9, 28>>(), filled<Tensor<float, 5, 4, 3, 3>>(-1, 1, 1), filled<Tensor<float, 5>>(-1, 1, 2));
}

TEST_CASE("a bias and a ReLU of few rows give what separate kernels do") {
  auto x = filled<Tensor<float, 32, 2, 9, 28>>();
  x(17, 1, 2, 2) = std::numeric_limits<float>::quiet_NaN();
  const auto w = filled<Tensor<float, 6, 2, 5, 5>>(-1, 1, 1);
  const auto b = filled<Tensor<float, 6>>(-1, 1, 2);
  const Tensor<float, 32, 6, 9, 28> y = relu(conv2d<padding<2>>(x, w, b));
  const Tensor<float, 32, 6, 9, 28> with_bias = conv2d<padding<2>>(x, w, b), separate = relu(with_bias);
  for (std::int64_t i = 0; i < y.numel(); ++i) REQUIRE((y.data()[i] == separate.data()[i] || (std::isnan(y.data()[i]) && std::isnan(separate.data()[i]))));
}
