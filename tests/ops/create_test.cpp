// Constants of a shape: in expressions and in traced functions.
#include "elements.hpp"

using namespace etch;
using namespace test;

TEST_CASE("zeros, ones and numbers, of x's shape or another") {
  const auto y = check([](auto x) {
    return results(zeros_like(x), ones_like<double>(x), full_like(x, 2.5f), full_like<std::int64_t>(x, -3.7), new_zeros<4>(x), new_ones<2, 0>(x), new_full<>(x, 7), new_full<bool, 3>(x, 2), zeros<1, 2>(x), ones<3>(x), full<2, 2>(x, 9), fill(x, 1), empty_like(x),
                   new_empty<std::int8_t, 2>(x));
  }, test::numbered<F<2, 3>>());
  const double values[] = {0, 1, 2.5, -3, 0, 1, 7, 1, 0, 1, 9, 1, 0, 0};
  const std::vector<std::vector<int>> sizes = {{2, 3}, {2, 3}, {2, 3}, {2, 3}, {4}, {2, 0}, {}, {3}, {1, 2}, {3}, {2, 2}, {2, 3}, {2, 3}, {2}};
  for (std::size_t i = 0; i < y.size(); ++i) expect(y[i], sizes[i], [&](const int*) { return values[i]; });
  CHECK(y[1].dtype == DType::float64);
  CHECK(y[3].dtype == DType::int64);
  CHECK(y[7].dtype == DType::boolean);
  // in the user's code too; a number given at run time is not compiled in
  const F<2, 3> x;
  for (float v : {1.f, 2.f}) CHECK(Tensor(full_like(x, v) * 2)(1, 1) == 2 * v);
}

TEST_CASE("a constant costs no memory and no kernel of its own") {
  auto f = [](auto x) { return x * ones<64, 64>(x) + full_like(x, 2); };
  using Spec = test::FunctionSpec<decltype(f), F<64, 64>>;
  static_assert(Compiled<Spec>::plan.steps == 1 && Compiled<Spec>::plan.arena_bytes == 0);
}

TEST_CASE("what replaces x has no gradient in x, and one in the number") {
  test::check_gradient([](auto x, auto v) { return fill(x, v) * sin(v) + sum(full_like(x, 3) * x); }, test::filled<Tensor<double, 3>>(), test::filled<Tensor<double>>());
}

TEST_CASE("evenly spaced between tensors") {
  const auto y = check([](auto a, auto b) { return results(linspace<float, 5>(a, b), linspace<double, 3>(a, 4), linspace<std::int64_t, 4>(2.9, b), linspace<float, 1>(a, b), linspace<float, 0>(a, b)); }, Tensor<float>(-1.f), Tensor<float>(3.f));
  test::expect_values(y[0], {5}, {-1, 0, 1, 2, 3});
  test::expect_values(y[1], {3}, {-1, 1.5, 4});
  test::expect_values(y[2], {4}, {2, 2, 2, 3});
  test::expect_values(y[3], {1}, {-1});
  CHECK(y[4].size == std::vector<int>{0});
  const auto z = check([](auto a, auto b) { return results(logspace<float, 3>(a, b, 2), logspace<std::int64_t, 3>(0, b), logspace<std::int64_t, 2>(2.9, b - 1.5)); }, Tensor<float>(-1.f), Tensor<float>(3.f));
  test::expect_values(z[0], {3}, {0.5, 2, 8});
  test::expect_values(z[1], {3}, {1, 31, 1000});  // 10^1.5 cut off
  test::expect_values(z[2], {2}, {100, 10});      // as both ends are
}
