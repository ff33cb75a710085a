// Tensors made by the user's code; values computed with PyTorch 2.13 where no formula says them.
#include <etch/etch.hpp>

#include <doctest/doctest.h>

#include <cmath>

using namespace etch;

namespace {
template <class X>
void values(const X& x, std::initializer_list<double> expected) {
  REQUIRE(x.numel() == static_cast<std::int64_t>(expected.size()));
  std::int64_t i = 0;
  for (double e : expected) {
    CHECK(static_cast<double>(x.data()[i]) == doctest::Approx(e).epsilon(1e-6));
    ++i;
  }
}
}  // namespace

TEST_CASE("constants and the identity") {
  values(zeros<float, 2>(), {0, 0});
  values(ones<std::int32_t, 1, 2>(), {1, 1});
  values(full<double, 2>(2.5), {2.5, 2.5});
  values(scalar_tensor(3.5), {3.5});
  values(eye<float, 2>(), {1, 0, 0, 1});
  values(eye<bool, 2, 3>(), {1, 0, 0, 0, 1, 0});
  values(eye<float, 3, 2>(), {1, 0, 0, 1, 0, 0});
  CHECK(empty<half, 2, 0>().numel() == 0);
}

TEST_CASE("sizes alone are of floats") {
  static_assert(std::is_same_v<decltype(zeros<2, 3>()), Tensor<float, 2, 3>> && std::is_same_v<decltype(empty<2>()), Tensor<float, 2>>);
  values(zeros<2>(), {0, 0});
  values(ones<1, 2>(), {1, 1});
  values(full<2>(2.5), {2.5, 2.5});
  values(eye<2>(), {1, 0, 0, 1});
  values(eye<2, 3>(), {1, 0, 0, 0, 1, 0});
}

TEST_CASE("progressions") {
  values(arange<float, 4>(), {0, 1, 2, 3});
  values(arange<std::int64_t, 3>(5, -2), {5, 3, 1});
  values(arange<std::int64_t, 2>(-0.9, 2.1), {0, 2});
  values(arange<double, 3>(0.1, 0.1), {0.1, 0.2, 0.3});
  CHECK(arange<float, 100>(0.1, 0.1)(99) == 10.f);  // each from its index: nothing adds up
  CHECK_THROWS_WITH_AS((arange<float, 1>(0, 0)), doctest::Contains("etch: arange: the step must not be zero"), Error);
  const Tensor below = arange<std::int64_t, 40>(-2147483648, 3);
  const Tensor beyond = arange<std::int64_t, 5>(2147483644), back = arange<std::int64_t, 5>(-2147483644, -2);
  const Tensor third = arange<float, 1000>(16777000, 3);
  const Tensor bytes = arange<std::uint8_t, 300>(250);
  for (int i = 0; i < 40; ++i) CHECK(below(i) == std::int64_t{-2147483648} + 3 * i);
  for (int i = 0; i < 5; ++i) CHECK((beyond(i) == std::int64_t{2147483644} + i && back(i) == std::int64_t{-2147483644} - 2 * i));
  for (int i = 0; i < 1000; ++i) CHECK(third(i) == static_cast<float>(16777000 + 3 * i));
  for (int i = 0; i < 300; ++i) CHECK(bytes(i) == static_cast<std::uint8_t>(250 + i));
  values(linspace<float, 5>(-1, 1), {-1, -0.5, 0, 0.5, 1});
  values(linspace<float, 1>(4, 9), {4});
  values(linspace<std::int64_t, 4>(1, 7.9), {1, 3, 5, 7});
  values(linspace<std::int64_t, 5>(10, 0), {10, 7, 5, 2, 0});
  CHECK(linspace<float, 0>(0, 1).numel() == 0);
  CHECK(linspace<double, 50>(0, 0.7)(49) == 0.7);
  const auto many = linspace<float, 1001>(-3, 5);  // several vectors and a rest, from both ends
  int wrong = 0;
  for (int i = 0; i <= 1000; ++i) wrong += std::fabs(many(i) - (-3 + 0.008 * i)) > 3e-7;  // half a unit in the last place of the largest
  CHECK(wrong == 0);
  CHECK(linspace<double, 1001>(-3, 5)(1000) == 5);
  values(logspace<double, 3>(0, 2), {1, 10, 100});
  values(logspace<float, 4>(0, 3, 2), {1, 2, 4, 8});
  values(logspace<std::int64_t, 3>(2.9, 0.7), {100, 10, 1});  // of whole powers both ends are cut off
}

TEST_CASE("progressions into a tensor that exists") {
  Tensor<float, 5> y;
  const float* const before = y.data();
  CHECK(&arange_out(y, 3, -1) == &y);
  values(y, {3, 2, 1, 0, -1});
  CHECK_THROWS_WITH_AS(arange_out(y, 0, 0), doctest::Contains("etch: arange: the step must not be zero"), Error);
  values(linspace_out(y, -1, 1), {-1, -0.5, 0, 0.5, 1});
  values(logspace_out(y, 0, 4, 2), {1, 2, 4, 8, 16});
  CHECK(y.data() == before);
}

TEST_CASE("indices of triangles") {
  values(tril_indices<3, 2>(), {0, 1, 1, 2, 2, 0, 0, 1, 0, 1});
  values(tril_indices<2, 3, 1>(), {0, 0, 1, 1, 1, 0, 1, 0, 1, 2});
  values(triu_indices<2, 3, 1>(), {0, 0, 1, 1, 2, 2});
  values(triu_indices<3, 2, -1>(), {0, 0, 1, 1, 2, 0, 1, 0, 1, 1});
  CHECK(triu_indices<0, 5>().numel() == 0);
  CHECK(tril_indices<4, 0>().numel() == 0);
  static_assert(std::is_same_v<decltype(tril_indices<20, 21, 7>()), Tensor<std::int64_t, 2, 329>>);
}
