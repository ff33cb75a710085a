// Pooling to a size, and at random places, against PyTorch's values.
#include "elements.hpp"

using namespace etch;
using namespace test;

TEST_CASE("adaptive pools cut an axis into nearly equal windows") {
  const auto y = test::check(
      [](auto a) {
        const auto largest = adaptive_max_pool2d<4, 3, return_indices>(a);
        return results(adaptive_avg_pool2d<4, 3>(a), largest.values, largest.indices, adaptive_avg_pool2d<every, 1>(a), adaptive_max_pool2d<1>(a));
      },
      filled<Tensor<double, 1, 1, 6, 7>>());
  expect_near(y[0], {1, 1, 4, 3}, {-0.848124933666, -0.0611863570003, 0.123085552999, 0.0194934179976, 0.363765327997, -0.561296095337, -0.226603212008, -0.0349979686758, -0.38005939201, -0.475651527011, -0.0600462836787, -0.181107707013});
  expect_near(y[1], {1, 1, 4, 3}, {-0.257513136168, 1.36180708883, 1.40594304383, 1.52316663883, 1.18357450383, 1.00675877383, 1.93639023383, 1.93639023383, 1.42493405382, 1.56602169382, 1.82256551382, 1.82256551382});
  expect_near(y[2], {1, 1, 4, 3}, {9, 4, 5, 14, 17, 11, 23, 23, 27, 35, 39, 39});
  const auto x = filled<Tensor<double, 1, 1, 6, 7>>();
  std::vector<double> means(6);
  for (std::size_t k = 0; k < 42; ++k) means[k / 7] += x.data()[k] / 7;
  expect_near(y[3], {1, 1, 6, 1}, means);
}

TEST_CASE("fractional_max_pool: samples decide where windows are") {
  const auto y = test::check(
      [](auto a, auto u) {
        const auto r = fractional_max_pool2d<ints<2, 3>{}, output_size<3, 3>, return_indices>(a, u);
        return results(r.values, r.indices);
      },
      filled<Tensor<double, 1, 1, 6, 7>>(), filled<Tensor<double, 1, 1, 2>>(0, 1, 4));
  expect_near(y[0], {1, 1, 3, 3}, {-0.257513136168, 1.36180708883, 1.40594304383, 1.93639023383, 1.93639023383, 1.42493405382, 1.56602169382, 1.82256551382, 1.82256551382});
  expect_near(y[1], {1, 1, 3, 3}, {9, 4, 5, 23, 23, 27, 35, 39, 39});
  const auto x = filled<Tensor<float, 2, 5, 5>>(1, 1);
  Tensor z = fractional_max_pool2d<2, output_size<3>>(x);
  static_assert(std::is_same_v<decltype(z), Tensor<float, 2, 3, 3>>);
  CHECK(z(1, 2, 2) == 1);
}

TEST_CASE("gradients of adaptive and fractional pools") {
  const auto x = filled<Tensor<double, 2, 5, 4>>();
  test::check_gradient([](auto a, auto u) { return adaptive_avg_pool2d<3, 2>(a) + adaptive_max_pool2d<3, 2>(a) + fractional_max_pool2d<2, output_size<3, 2>>(a, u * 0 + 0.4); }, x, filled<Tensor<double, 1, 2, 2>>(0, 1));
}
