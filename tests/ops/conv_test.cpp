// Convolutions against loops; their gradients against differences.
#include "convolution.hpp"

using namespace etch;
using namespace test;

namespace {
/// x [N, C, H, W] and w [O, C / g, K, L] at one place of the result.
template <class X, class W>
double convolved(const X& x, const W& w, int groups, const int* stride, const int* padding, const int* dilation, const int* i) {
  const int c = w.size(1), o = w.size(0) / groups;
  double s = 0;
  for (int j = 0; j < c; ++j)
    for (int k = 0; k < w.size(2); ++k)
      for (int l = 0; l < w.size(3); ++l) {
        const int r = i[2] * stride[0] + k * dilation[0] - padding[0], q = i[3] * stride[1] + l * dilation[1] - padding[1];
        if (r < 0 || r >= x.size(2) || q < 0 || q >= x.size(3)) continue;
        s += w.data()[((i[1] * c + j) * w.size(2) + k) * w.size(3) + l] * x.data()[((i[0] * x.size(1) + i[1] / o * c + j) * x.size(2) + r) * x.size(3) + q];
      }
  return s;
}
/// As test::expect, for sums whose order is free.
template <class F>
void expect_about(const test::Array& y, const std::vector<int>& size, F expected) {
  std::vector<double> values;
  oracle::for_each(size, [&](std::size_t, const std::vector<int>& at) { values.push_back(expected(at.data())); });
  test::expect_near(y, size, values);
}
}  // namespace

TEST_CASE("conv2d with every option") {
  const auto x = filled<Tensor<double, 2, 4, 7, 6>>();
  const auto w = filled<Tensor<double, 6, 2, 3, 2>>(-1, 1, 1);
  const auto b = filled<Tensor<double, 6>>(-1, 1, 2);
  const auto y = test::check([](auto x, auto w, auto b) { return conv2d<stride<2, 1>, padding<1, 2>, dilation<1, 2>, groups<2>>(x, w, b); }, x, w, b);
  const int stride[] = {2, 1}, padding[] = {1, 2}, dilation[] = {1, 2};
  expect_about(y[0], {2, 6, 4, 8}, [&](const int* i) { return convolved(x, w, 2, stride, padding, dilation, i) + b.data()[i[1]]; });
}

TEST_CASE("padding_same, no padding, no batch") {
  const auto x = filled<Tensor<double, 2, 5, 4>>();
  const auto w = filled<Tensor<double, 3, 2, 4, 3>>(-1, 1, 1);
  const auto y = test::check([](auto x, auto w) { return results(conv2d<padding_same>(x, w), conv2d(x, w)); }, x, w);
  const auto batch = filled<Tensor<double, 1, 2, 5, 4>>();
  const int one[] = {1, 1}, before[] = {1, 1}, none[] = {0, 0};
  const auto at = [&](const int* i, const int* padding) {
    const int with_batch[] = {0, i[0], i[1], i[2]};
    return convolved(batch, w, 1, one, padding, one, with_batch);
  };
  expect_about(y[0], {3, 5, 4}, [&](const int* i) { return at(i, before); });
  expect_about(y[1], {3, 2, 2}, [&](const int* i) { return at(i, none); });
}

TEST_CASE("a transposed convolution is the convolution's gradient") {
  const auto y = filled<Tensor<double, 2, 4, 3, 4>>();
  const auto w = filled<Tensor<double, 4, 3, 3, 2>>(-1, 1, 1);
  const auto x = test::check([](auto y, auto w) { return conv_transpose2d<stride<2, 3>, padding<1>, output_padding<1, 0>, dilation<1, 2>, groups<2>>(y, w); }, y, w);
  expect_about(x[0], {2, 6, 6, 10}, [&](const int* i) {
    double s = 0;
    for (int o = 0; o < 2; ++o)
      for (int r = 0; r < 3; ++r)
        for (int q = 0; q < 4; ++q) {
          const int k = i[2] + 1 - 2 * r, l = i[3] + 1 - 3 * q;
          if (k < 0 || k >= 3 || l < 0 || l >= 4 || l % 2 != 0) continue;
          const int from = i[1] / 3 * 2 + o;
          s += y.data()[((i[0] * 4 + from) * 3 + r) * 4 + q] * w.data()[((from * 3 + i[1] % 3) * 3 + k) * 2 + l / 2];
        }
    return s;
  });
}

TEST_CASE("gradients of convolutions") {
  test::check_gradient([](auto x, auto w, auto b) { return conv2d<stride<2, 1>, padding<1>, dilation<1, 2>, groups<2>>(x, w, b); }, filled<Tensor<double, 2, 4, 5, 6>>(), filled<Tensor<double, 2, 2, 3, 2>>(-1, 1, 1), filled<Tensor<double, 2>>());
  test::check_gradient([](auto x, auto w) { return conv_transpose1d<stride<3>, padding<2>, output_padding<1>>(x, w); }, filled<Tensor<double, 2, 3, 4>>(), filled<Tensor<double, 3, 2, 4>>(-1, 1, 1));
  test::check_gradient([](auto x, auto w) { return conv3d<stride<2>, padding<1>>(x, w); }, filled<Tensor<double, 1, 2, 3, 4, 3>>(), filled<Tensor<double, 2, 2, 3, 2, 1>>(-1, 1, 1));
}

TEST_CASE("the gradient of a gradient, and integers") {
  const auto f = [](auto x, auto w) { return sum(square(conv1d<stride<2>, padding<1>>(x, w))); };
  const auto x = filled<Tensor<double, 1, 2, 5>>();
  const auto w = filled<Tensor<double, 2, 2, 3>>(-1, 1, 1);
  test::check_gradient([](auto x, auto w) { return grad([](auto x, auto w) { return sum(square(conv1d<stride<2>, padding<1>>(x, w))); })(x, w); }, x, w);
  CHECK(gradcheck(f, x, w));
  Tensor<std::int64_t, 1, 4> a{{1, 2, 3, 4}};
  Tensor<std::int64_t, 1, 1, 2> k{{{1, 10}}};
  Tensor y = conv1d(a, k);
  CHECK(y(0, 0) == 21);
  CHECK(y(0, 2) == 43);
}

TEST_CASE("windows are read in place by every kernel") {
  expect_convolution<padding<1>>(filled<Tensor<double, 2, 30, 6, 11>>(), filled<Tensor<double, 8, 30, 3, 3>>(-1, 1, 1));                          // several blocks of sums, rows in two pieces
  expect_convolution<padding<2, 1>>(filled<Tensor<float, 2, 3, 9, 3>>(), filled<Tensor<float, 56, 3, 3, 3>>(-1, 1, 1));                           // a vector holds more rows than it has pieces
  expect_convolution<padding<1>, groups<3>>(filled<Tensor<float, 2, 3, 50, 61>>(), filled<Tensor<float, 3, 1, 3, 3>>(-1, 1, 1));                  // one row, one column
  expect_convolution<padding<0, 2>, groups<2>>(filled<Tensor<float, 1, 4, 1, 2301>>(), filled<Tensor<float, 4, 2, 1, 5>>(-1, 1, 1));              // rows that are cut
  expect_convolution<padding<2>, stride<2>, dilation<1, 2>, groups<2>>(filled<Tensor<float, 3, 4, 33, 36>>(), filled<Tensor<float, 6, 2, 3, 2>>(-1, 1, 1));  // nothing side by side
}

#if !defined(ETCH_CPU_EIGEN)
namespace {
/// A transposed convolution and what flows back to its input.
constexpr auto small_ones = [](auto x, auto w, auto g) {
  return several(conv_transpose2d<stride<2>, padding<2>>(x, w), grad([](auto u, auto v, auto t) { return sum(conv_transpose2d<stride<2>, padding<2>>(u, v) * t); })(x, w, g));
};
template <class A, class B>
void expect_rounded_once(const A& found, const B& exact) {
  for (int i = 0; i < exact.numel(); ++i) CHECK(std::fabs(static_cast<double>(found.data()[i]) - exact.data()[i]) <= 0x1.1p-24 * std::fabs(exact.data()[i]));
}
}  // namespace

TEST_CASE("small ones are added up in double: what terms leave that cancel has all its digits") {
  const auto x = filled<Tensor<float, 2, 7, 5, 6>>(-9, 9);
  const auto w = filled<Tensor<float, 7, 3, 5, 5>>(-9, 9, 1);
  const auto g = filled<Tensor<float, 2, 3, 9, 11>>(-9, 9, 2);
  const auto [y, dx] = compile(small_ones, x, w, g)(x, w, g);
  const Tensor<double, 2, 7, 5, 6> wide_x = to<double>(x);
  const Tensor<double, 7, 3, 5, 5> wide_w = to<double>(w);
  const Tensor<double, 2, 3, 9, 11> wide_g = to<double>(g);
  const auto [exact, exact_dx] = compile(small_ones, wide_x, wide_w, wide_g)(wide_x, wide_w, wide_g);
  expect_rounded_once(y, exact);
  expect_rounded_once(dx, exact_dx);
}
#endif

TEST_CASE("half operands and their bias are rounded once") {
  const Tensor<half, 1, 2, 3, 4> x = to<half>(filled<Tensor<float, 1, 2, 3, 4>>(-3, 3));
  const Tensor<half, 3, 2, 2, 2> w = to<half>(filled<Tensor<float, 3, 2, 2, 2>>(-3, 3, 1));
  const Tensor<half, 3> b = to<half>(filled<Tensor<float, 3>>(-9, 9, 2));
  const auto [y, expected] = eval(conv2d(x, w, b), to<half>(conv2d(to<float>(x), to<float>(w), to<float>(b))));
  CHECK(std::memcmp(y.data(), expected.data(), sizeof(half) * 18) == 0);
  const Tensor<half, 2, 8> rows = to<half>(filled<Tensor<float, 2, 8>>(-3, 3));
  const Tensor<half, 3, 8> matrix = to<half>(filled<Tensor<float, 3, 8>>(-3, 3, 1));
  const auto [z, wanted] = eval(linear(rows, matrix, b), to<half>(linear(to<float>(rows), to<float>(matrix), to<float>(b))));
  CHECK(std::memcmp(z.data(), wanted.data(), sizeof(half) * 6) == 0);
}

TEST_CASE("with a stride, what flows back comes from a convolution for each place in it") {
  expect_convolution<padding<1>, stride<3, 2>>(filled<Tensor<float, 2, 3, 8, 9>>(), filled<Tensor<float, 4, 3, 2, 5>>(-1, 1, 1));      // one row in three receives nothing
  expect_convolution<stride<2>>(filled<Tensor<double, 8, 2, 5, 6>>(), filled<Tensor<double, 3, 2, 1, 1>>(-1, 1, 1));
  expect_convolution<padding<3, 2>, stride<2>, groups<2>>(filled<Tensor<float, 8, 4, 6, 7>>(), filled<Tensor<float, 6, 2, 4, 3>>(-1, 1, 1));
}

TEST_CASE("a bounded batch") {
  struct Batch : dyn<5> {};
  static constexpr Batch batch{};
  auto f = compile<Tensor<float, batch, 3, 6, 9>, Tensor<float, 8, 3, 3, 3>>([](auto x, auto w) { return grad<0, 1>([](auto u, auto v) { return sum(square(conv2d<padding<1>>(u, v))); })(x, w); });
  const auto whole = filled<Tensor<float, 2, 3, 6, 9>>();
  const auto w = filled<Tensor<float, 8, 3, 3, 3>>(-1, 1, 1);
  Tensor<float, batch, 3, 6, 9> x(2);
  for (int i = 0; i < whole.numel(); ++i) x.data()[i] = whole.data()[i];
  auto [dx, dw] = f(x, w);
  auto [ex, ew] = grad<0, 1>([](auto u, auto v) { return sum(square(conv2d<padding<1>>(u, v))); })(whole, w);
  CHECK(std::memcmp(dx.data(), ex.data(), sizeof(float) * static_cast<std::size_t>(whole.numel())) == 0);
  CHECK(std::memcmp(dw.data(), ew.data(), sizeof(float) * static_cast<std::size_t>(w.numel())) == 0);
}

TEST_CASE("no window and no padding lies in memory") {
  constexpr auto forward = [](auto x, auto w, auto b) { return relu(conv2d<padding<1>>(x, w, b)); };
  using Forward = Compiled<test::FunctionSpec<decltype(forward), Tensor<float, 2, 64, 56, 56>, Tensor<float, 64, 64, 3, 3>, Tensor<float, 64>>>;
  static_assert(Forward::plan.steps == 1 && Forward::plan.arena_bytes == 0);
  constexpr auto back = [](auto x, auto w, auto dy) {
    auto [dx, dw] = grad<0, 1>([](auto u, auto v, auto t) { return sum(conv2d<padding<1>, groups<64>>(u, v) * t); })(x, w, dy);
    return results(dx, dw);
  };
  using Depthwise = Compiled<test::FunctionSpec<decltype(back), Tensor<float, 2, 64, 56, 56>, Tensor<float, 64, 1, 3, 3>, Tensor<float, 2, 64, 56, 56>>>;
  static_assert(Depthwise::plan.steps == 2 && Depthwise::plan.arena_bytes == 0);
}

TEST_CASE("conv_tbc is a convolution over time, which stands first") {
  const auto x = filled<Tensor<float, 5, 2, 3>>();
  const auto w = filled<Tensor<float, 2, 3, 4>>();
  const Tensor<float, 4> b{1, 2, 3, 4};
  const Tensor<float, 6, 2, 4> y = conv_tbc<1>(x, w, b);
  for (int t = 0; t < 6; ++t)
    for (int n = 0; n < 2; ++n)
      for (int o = 0; o < 4; ++o) {
        double s = b(o);
        for (int k = 0; k < 2; ++k)
          for (int c = 0; c < 3; ++c)
            if (t + k >= 1 && t + k < 6) s += static_cast<double>(x(t + k - 1, n, c) * w(k, c, o));
        CHECK(y(t, n, o) == doctest::Approx(s));
      }
}
