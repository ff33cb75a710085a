// Pooling by windows: against loops, and PyTorch's values where its rules are particular.
#include "elements.hpp"

#include <algorithm>

using namespace etch;
using namespace test;

TEST_CASE("max_pool takes the first of equal elements, never the padding") {
  const auto y = test::check(
      [](auto a) {
        const auto r = max_pool2d<ints<3, 2>{}, stride<2>, padding<1>, dilation<1, 2>, return_indices>(a);
        return results(r.values, r.indices);
      },
      filled<Tensor<double, 2, 6, 7>>());
  const auto x = filled<Tensor<double, 2, 6, 7>>();
  const auto best = [&](const int* i) {
    int at = -1;
    for (int k = 0; k < 3; ++k)
      for (int l = 0; l < 2; ++l) {
        const int r = i[1] * 2 + k - 1, c = i[2] * 2 + 2 * l - 1;
        if (r < 0 || r >= 6 || c < 0 || c >= 7) continue;
        if (at < 0 || x.data()[i[0] * 42 + r * 7 + c] > x.data()[i[0] * 42 + at]) at = r * 7 + c;
      }
    return at;
  };
  expect(y[0], {2, 3, 4}, [&](const int* i) { return x.data()[i[0] * 42 + best(i)]; });
  expect(y[1], {2, 3, 4}, best);
  const auto ties = test::check(
      [](auto a) {
        const auto r = max_pool1d<3, stride<1>, padding<1>, return_indices>(a);
        return results(r.values, r.indices);
      },
      Tensor<float, 1, 4>{{-1e30f, -1e30f, 2, 2}});
  test::expect_values(ties[1], {1, 4}, {0, 2, 2, 2});
}

TEST_CASE("a window that begins inside may end outside with ceil_mode") {
  const auto y = test::check(
      [](auto a) { return results(max_pool1d<2, ceil_mode>(a), max_pool1d<2>(a), avg_pool1d<2, ceil_mode>(a), max_pool1d<2, stride<3>, padding<1>, ceil_mode>(a)); }, Tensor<double, 1, 5>{{1, 5, 2, 4, 3}});
  expect_near(y[0], {1, 3}, {5, 4, 3});
  expect_near(y[1], {1, 2}, {5, 4});
  expect_near(y[2], {1, 3}, {3, 3, 3});
  expect_near(y[3], {1, 2}, {1, 4});
}

TEST_CASE("averages: what is counted") {
  const auto x = filled<Tensor<double, 1, 1, 6, 7>>();
  const auto y = test::check(
      [](auto a) {
        return results(avg_pool2d<3, stride<2>, padding<1>, ceil_mode>(a), avg_pool2d<3, stride<2>, padding<1>, ceil_mode, count_include_pad<false>>(a), lp_pool2d<3, ints<2, 3>{}, stride<2>, ceil_mode>(abs(a)),
                       avg_pool2d<2, divisor_override<3>>(a));
      },
      x);
  expect_near(y[0], {1, 1, 4, 4}, {-0.350307960518, -0.419548208, 0.126410843111, -0.181116949408, -0.0756213668913, 0.102994104385, -0.408733985616, -0.484057072448, -0.14813023134, -0.225324747844, -0.201052837844, -0.166343714674, 0.11202989044, -0.33285319809, 0.080616090243, -0.0877435178938});
  expect_near(y[1], {1, 1, 4, 4}, {-0.788192911166, -0.629322312, 0.189616264666, -0.407513136168, -0.113432050337, 0.102994104385, -0.408733985616, -0.726085608672, -0.22219534701, -0.225324747844, -0.201052837844, -0.249515572012, 0.336089671321, -0.66570639618, 0.161232180486, -0.263230553681});
  expect_near(y[2], {1, 1, 3, 3}, {2.03924778084, 2.13885738928, 2.58342006266, 2.27349144834, 2.17305340827, 1.82845242948, 2.05770752767, 2.23544772162, 2.00861280362});
  expect(y[3], {1, 1, 3, 3}, [&](const int* i) {
    const double* p = x.data() + 2 * i[2] * 7 + 2 * i[3];
    return (p[0] + p[1] + p[7] + p[8]) / 3;
  });
}

TEST_CASE("max_unpool puts the largest back") {
  const auto y = test::check(
      [](auto a) {
        const auto r = max_pool2d<2, return_indices>(a);
        return max_unpool2d<2, output_size<5, 4>>(r.values, r.indices);
      },
      filled<Tensor<double, 1, 5, 4>>(1, 2));
  const auto x = filled<Tensor<double, 1, 5, 4>>(1, 2);
  expect(y[0], {1, 5, 4}, [&](const int* i) {
    if (i[1] == 4) return 0.0;
    const double* p = x.data() + i[1] / 2 * 8 + i[2] / 2 * 2;
    const double largest = std::max({p[0], p[1], p[4], p[5]}), here = x.data()[i[1] * 4 + i[2]];
    return here == largest ? here : 0.0;
  });
}

TEST_CASE("gradients of pools") {
  test::check_gradient([](auto a) { return max_pool2d<3, stride<2>, padding<1>, ceil_mode>(a) + avg_pool2d<3, stride<2>, padding<1>, ceil_mode, count_include_pad<false>>(a); }, filled<Tensor<double, 2, 5, 6>>());
  test::check_gradient([](auto a) { return max_pool3d<2>(a) + lp_pool3d<2, 2>(a); }, filled<Tensor<double, 1, 4, 2, 3>>(0.5, 2));
}

TEST_CASE("a ReLU before a pool: what flows back is chosen among the pool's gradients, also where windows overlap, and its bias adds those up") {
  const auto x = filled<Tensor<double, 3, 2, 6, 7>>();
  const auto bias = filled<Tensor<double, 2>>(-0.5, 1);
  test::check_gradient([](auto a, auto b) { return max_pool2d<2>(relu(a + reshape<2, 1, 1>(b))); }, x, bias);
  test::check_gradient([](auto a, auto b) { return max_pool2d<3, stride<2>, padding<1>>(relu(a + reshape<2, 1, 1>(b))); }, x, bias);
  const auto [dx, db] = compile<Tensor<double, 3, 2, 6, 7>, Tensor<double, 2>>([](auto a, auto b) { return grad<0, 1>([](auto u, auto v) { return sum(square(max_pool2d<2>(relu(u + reshape<2, 1, 1>(v))))); })(a, b); })(x, bias);
  double total[2] = {};
  for (int n = 0; n < 3; ++n)
    for (int c = 0; c < 2; ++c)
      for (int i = 0; i < 3; ++i)
        for (int j = 0; j < 3; ++j) {
          int row = 2 * i, column = 2 * j;
          for (int k = 0; k < 4; ++k)
            if (x(n, c, 2 * i + k / 2, 2 * j + k % 2) > x(n, c, row, column)) row = 2 * i + k / 2, column = 2 * j + k % 2;
          for (int k = 0; k < 4; ++k) {
            const double y = x(n, c, row, column) + bias(c);
            const bool largest = 2 * i + k / 2 == row && 2 * j + k % 2 == column;
            CHECK(dx(n, c, 2 * i + k / 2, 2 * j + k % 2) == doctest::Approx(largest && y > 0 ? 2 * y : 0));
            total[c] += largest && y > 0 ? 2 * y : 0;
          }
        }
  for (int c = 0; c < 2; ++c) CHECK(db(c) == doctest::Approx(total[c]));
}

TEST_CASE("averages of windows that overlap: values and gradients with strides, beyond the end and along some axes only") {
  const auto x = filled<Tensor<double, 2, 7, 6>>();
  test::check([](auto a) { return results(avg_pool2d<ints<3, 2>{}, stride<1>, padding<1>>(a), avg_pool2d<ints<1, 4>{}, stride<3, 2>>(a), avg_pool1d<5, stride<3>, padding<2>, ceil_mode>(a)); }, x);
  test::check_gradient([](auto a) { return avg_pool2d<ints<3, 2>{}, stride<1>, padding<1>>(a * a); }, x);
  test::check_gradient([](auto a) { return avg_pool2d<ints<1, 4>{}, stride<3, 2>>(a); }, x);
  test::check_gradient([](auto a) { return avg_pool1d<5, stride<3>, padding<2>, ceil_mode>(a) + 0.0; }, x);
  const Tensor<double, 2, 7, 3> y = avg_pool1d<3, stride<2>, padding<1>, count_include_pad<false>>(x);
  for (int n = 0; n < 2; ++n)
    for (int r = 0; r < 7; ++r)
      for (int o = 0; o < 3; ++o) {
        double s = 0, count = 0;
        for (int i = 2 * o - 1; i <= 2 * o + 1; ++i)
          if (i >= 0 && i < 6) s += x(n, r, i), ++count;
        CHECK(y(n, r, o) == doctest::Approx(s / count));
      }
}
