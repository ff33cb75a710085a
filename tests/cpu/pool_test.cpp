// The kernels of max_pool: windows in pairs and any others, forward and back, against the interpreter.
#include "../ops/elements.hpp"

#include <limits>

using namespace etch;
using test::filled;
using test::results;

namespace {
template <auto... Option, class X>
void expect_as_interpreted(const X& x) {
  test::check(
      [](auto a) {
        auto y = max_pool2d<Option...>(a);
        auto dx = grad([](auto u) { return sum(square(max_pool2d<Option...>(u))); })(a);
        return results(y, dx);
      },
      x);
}
}  // namespace

TEST_CASE("windows of 2 x 2 side by side") {
  expect_as_interpreted<2>(filled<Tensor<float, 2, 3, 6, 44>>());  // rows of more than a vector, the last one overlapping
  expect_as_interpreted<2>(filled<Tensor<float, 3, 5, 11>>());     // rows shorter than a vector, a row and a column in no window
  expect_as_interpreted<2>(filled<Tensor<double, 5, 4, 6>>());
}

TEST_CASE("any windows") {
  expect_as_interpreted<3, stride<2>, padding<1>>(filled<Tensor<float, 2, 11, 37>>());
  expect_as_interpreted<ints<2, 3>{}, stride<1>>(filled<Tensor<float, 2, 5, 20>>());
  expect_as_interpreted<ints<3, 2>{}, stride<1, 3>, padding<1>, dilation<1, 2>>(filled<Tensor<double, 2, 6, 13>>());
  expect_as_interpreted<3, stride<2>>(filled<Tensor<float, 2, 8, 42>>());  // columns behind the last window
  expect_as_interpreted<5, stride<2>, padding<2>, dilation<1, 2>>(filled<Tensor<float, 1, 9, 40>>());
  expect_as_interpreted<2, ceil_mode>(filled<Tensor<double, 1, 5, 7>>());
}

TEST_CASE("windows of one axis, ties, infinities and NaN") {
  constexpr float inf = std::numeric_limits<float>::infinity(), nan = std::numeric_limits<float>::quiet_NaN();
  const auto y = test::check(
      [](auto a, auto weight) {
        auto dx = grad([](auto u, auto w) { return sum(max_pool1d<3, stride<2>, padding<1>>(u) * w); })(a, weight);
        return results(max_pool1d<3, stride<2>, padding<1>>(a), dx);
      },
      Tensor<float, 1, 8>{{-inf, -inf, 2, 2, 2, 1, nan, nan}}, Tensor<float, 4>{1, 2, 3, 4});
  CHECK(y[0].value[0] == -inf);
  CHECK(y[0].value[1] == 2);
  CHECK(std::isnan(y[0].value[3]));
  test::expect_values(y[1], {1, 8}, {1, 0, 2, 3, 0, 0, 4, 0});
}

TEST_CASE("the gradient's gradient picks what arrives where the largest stands") {
  const auto x = filled<Tensor<double, 2, 5, 6>>();
  test::check_gradient([](auto a) { return grad([](auto u) { return sum(square(max_pool2d<3, stride<2>, padding<1>>(u))); })(a); }, x);
  test::check_gradient([](auto a) { return grad([](auto u) { return sum(square(max_pool2d<2>(u))); })(a); }, x);
}
