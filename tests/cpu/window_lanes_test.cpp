// Convolutions with an image in each lane: forward and both gradients against the interpreter.
#include "../ops/elements.hpp"

using namespace etch;
using test::filled;
using test::results;

namespace {
template <auto... Option, class X, class W>
void expect_as_interpreted(const X& x, const W& w) {
  test::check(
      [](auto in, auto weight) {
        const auto y = [](auto u, auto v) { return sum(square(conv2d<Option...>(u, v))); };
        auto [dx, dw] = grad<0, 1>(y)(in, weight);
        return results(relu(conv2d<Option...>(in, weight) + 0.25), dx, dw);
      },
      x, w);
}
}  // namespace

TEST_CASE("a lane for each image") {
  expect_as_interpreted(filled<Tensor<float, 8, 2, 6, 7>>(), filled<Tensor<float, 7, 2, 3, 2>>(-1, 1, 1));                                 // rows of w in two tiles of unequal height, none padded forward
  expect_as_interpreted<padding<2, 1>>(filled<Tensor<float, 31, 3, 5, 5>>(), filled<Tensor<float, 3, 3, 3, 3>>(-1, 1, 1));                 // a block that is not full, few rows, an odd number of places
  expect_as_interpreted<padding<1>, stride<2>, dilation<1, 2>>(filled<Tensor<double, 8, 2, 7, 6>>(), filled<Tensor<double, 5, 2, 3, 2>>(-1, 1, 1));
  expect_as_interpreted<padding<3>>(filled<Tensor<double, 16, 1, 4, 14>>(), filled<Tensor<double, 2, 1, 5, 5>>(-1, 1, 1));                 // one channel: the outermost axis of the window is padded, nothing is left out; places in parts
}
