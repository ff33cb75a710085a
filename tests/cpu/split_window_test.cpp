// Convolutions with windows of 3 x 3 over channels that fill a processor's matrix unit; where there is none, the same by other kernels.
#include "../ops/elements.hpp"

#include <limits>

using namespace etch;
using test::drawn;
using test::filled;
using test::results;

namespace {
template <auto... Option, class X, class W>
void expect_as_interpreted(const X& x, const W& w) {
  test::check([](auto in, auto weight) { return results(relu(conv2d<Option...>(in, weight) + 0.25), conv2d<Option...>(in, weight)); }, x, w);
}
#if ETCH_AMX
/// The largest error of y, in units of 2^-24 of the sum of the products' sizes.
template <int N, int C, int O, int H, int W>
double worst(const Tensor<float, N, C, H, W>& x, const Tensor<float, O, C, 3, 3>& w, const Tensor<float, N, O, H, W>& y) {
  double most = 0;
  for (int n = 0; n < N; ++n)
    for (int o = 0; o < O; ++o)
      for (int i = 0; i < H; ++i)
        for (int j = 0; j < W; ++j) {
          double sum = 0, size = 0;
          for (int c = 0; c < C; ++c)
            for (int k = 0; k < 9; ++k)
              if (const int p = i + k / 3 - 1, q = j + k % 3 - 1; p >= 0 && p < H && q >= 0 && q < W) {
                const double term = static_cast<double>(w(o, c, k / 3, k % 3)) * static_cast<double>(x(n, c, p, q));
                sum += term, size += std::abs(term);
              }
          most = std::max(most, std::abs(static_cast<double>(y(n, o, i, j)) - sum) / size * 0x1p24);
        }
  return most;
}
#endif
}  // namespace

TEST_CASE("images in parts, several at a time, narrower than a vector and without zeros around them") {
  expect_as_interpreted<padding<1>>(filled<Tensor<float, 2, 32, 45, 50>>(), filled<Tensor<float, 48, 32, 3, 3>>(-1, 1, 1));
  expect_as_interpreted<padding<1>>(filled<Tensor<float, 16, 60, 9, 8>>(), filled<Tensor<float, 28, 60, 3, 3>>(-1, 1, 1));   // 11 images at a time, and 5; channels and outputs that fill no tile
  expect_as_interpreted<>(filled<Tensor<float, 3, 32, 20, 37>>(), filled<Tensor<float, 32, 32, 3, 3>>(-1, 1, 1));
  expect_as_interpreted<padding<2, 0>>(filled<Tensor<float, 2, 64, 11, 24>>(), filled<Tensor<float, 33, 64, 3, 3>>(-1, 1, 1));
  expect_as_interpreted<padding<2>>(filled<Tensor<float, 2, 64, 11, 13>>(), filled<Tensor<float, 30, 64, 3, 3>>(-1, 1, 1));
}

#if ETCH_AMX
TEST_CASE("all digits of a float: the error of a few roundings, of numbers of every size") {
  if (!cpu::detail::amx::granted()) return;
  auto x = drawn<Tensor<float, 3, 64, 14, 16>>(1);
  const auto w = drawn<Tensor<float, 64, 64, 3, 3>>(2);
  CHECK(worst<3, 64, 64, 14, 16>(x, w, conv2d<padding<1>>(x, w)) < 8);
  for (const float size : {0x1p-90F, 0x1p70F}) {  // too small, or too large, to be split
    auto other = x;
    for (int c = 0; c < 64; ++c)
      for (int i = 0; i < 14; ++i) other(1, c, i, 3) *= size;
    CHECK(worst<3, 64, 64, 14, 16>(other, w, conv2d<padding<1>>(other, w)) < 64);
    auto weight = w;
    for (std::int64_t i = 0; i < weight.numel(); ++i) weight.data()[i] *= size;
    CHECK(worst<3, 64, 64, 14, 16>(x, weight, conv2d<padding<1>>(x, weight)) < 64);
  }
}

TEST_CASE("what is not finite stays in the windows that read it") {
  if (!cpu::detail::amx::granted()) return;  // Winograd's tiles share it
  auto x = drawn<Tensor<float, 2, 64, 20, 24>>(3);
  const auto w = drawn<Tensor<float, 32, 64, 3, 3>>(4);
  const Tensor<float, 2, 32, 20, 24> before = conv2d<padding<1>>(x, w);
  x(1, 5, 7, 9) = std::numeric_limits<float>::quiet_NaN();
  x(1, 6, 0, 23) = std::numeric_limits<float>::infinity();
  const Tensor<float, 2, 32, 20, 24> y = conv2d<padding<1>>(x, w);
  int wrong = 0;
  for (int n = 0; n < 2; ++n)
    for (int o = 0; o < 32; ++o)
      for (int i = 0; i < 20; ++i)
        for (int j = 0; j < 24; ++j) {
          const bool nan = n == 1 && std::abs(i - 7) <= 1 && std::abs(j - 9) <= 1, infinite = n == 1 && i <= 1 && j >= 22;
          wrong += nan ? !std::isnan(y(n, o, i, j)) : infinite ? !std::isinf(y(n, o, i, j)) : !(std::abs(y(n, o, i, j) - before(n, o, i, j)) < 1e-4F);
        }
  CHECK(wrong == 0);
}
#endif

TEST_CASE("any number of threads gives the same bits") {
  const auto x = drawn<Tensor<float, 5, 64, 40, 44>>(5);
  const auto w = drawn<Tensor<float, 32, 64, 3, 3>>(6);
  const int before = cpu::num_threads();
  cpu::set_num_threads(1);
  const Tensor<float, 5, 32, 40, 44> alone = conv2d<padding<1>>(x, w);
  cpu::set_num_threads(3);
  const Tensor<float, 5, 32, 40, 44> together = conv2d<padding<1>>(x, w);
  cpu::set_num_threads(before);
  int different = 0;
  for (std::int64_t i = 0; i < alone.numel(); ++i) different += alone.data()[i] != together.data()[i];
  CHECK(different == 0);
}
