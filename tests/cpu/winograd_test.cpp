// Convolutions by Winograd's algorithm: forward and both gradients against the interpreter, their error beside double's result, and
// which convolutions it is chosen for.
#include "../ops/elements.hpp"

#include <algorithm>

using namespace etch;
using test::drawn;
using test::filled;
using test::results;

namespace {
template <auto... Option>
struct Conv {
  template <class A, class B>
  constexpr auto operator()(A x, B w) const { return conv2d<Option...>(x, w); }
};
template <auto... Option>
struct Gradient {
  template <class A, class B, class C>
  constexpr auto operator()(A x, B w, C dy) const {
    auto [dx, dw] = grad<0, 1>([](auto u, auto v, auto t) { return sum(conv2d<Option...>(u, v) * t); })(x, w, dy);
    return results(dx, dw);
  }
};
/// How many steps of the program of F are Winograd's.
template <class F, class... In>
constexpr int count = [] {
  int n = 0;
  for (int s = 0; s < test::Code<F, In...>::plan.steps; ++s) n += detail::is_winograd(test::Code<F, In...>::plan.step[s], test::Code<F, In...>::plan.access);
  return n;
}();
#if defined(ETCH_CPU_EIGEN)
constexpr bool chosen = false;
#else
constexpr bool chosen = true;
#endif

template <class Y, auto... Option, class X, class W>
void expect_as_interpreted(const X& x, const W& w) {
  static_assert(count<Conv<Option...>, X, W> == (chosen ? 1 : 0));
  static_assert(count<Gradient<Option...>, X, W, Y> == (chosen ? 2 : 0));
  test::check([](auto in, auto weight) { return results(relu(conv2d<Option...>(in, weight) + 0.25), conv2d<Option...>(in, weight)); }, x, w);
  test::check(Gradient<Option...>{}, x, w, filled<Y>(-0.2, 0.2, 3));
}
}  // namespace

TEST_CASE("tiles of images") {
  expect_as_interpreted<Tensor<float, 3, 18, 19, 29>, padding<1>>(filled<Tensor<float, 3, 16, 19, 29>>(), filled<Tensor<float, 18, 16, 3, 3>>(-1, 1, 1));   // odd sizes, blocks that hold lines of two images, tiles in fours that overlap
  expect_as_interpreted<Tensor<float, 1, 16, 48, 20>>(filled<Tensor<float, 1, 20, 50, 22>>(), filled<Tensor<float, 16, 20, 3, 3>>(-1, 1, 1));             // one image, padded backward alone; fours only
  expect_as_interpreted<Tensor<float, 2, 33, 11, 14>, padding<2, 0>>(filled<Tensor<float, 2, 70, 9, 16>>(), filled<Tensor<float, 33, 70, 3, 3>>(-1, 1, 1));  // smaller blocks
}

TEST_CASE("the error is not larger than that of all products added up in order") {
  const auto x = drawn<Tensor<float, 1, 64, 28, 28>>(1);
  const auto w = drawn<Tensor<float, 32, 64, 3, 3>>(2);
  const Tensor<float, 1, 32, 28, 28> y = conv2d<padding<1>>(x, w);
  const Tensor<double, 1, 32, 28, 28> exact = conv2d<padding<1>>(to<double>(x), to<double>(w));
  double largest = 0, of_products = 0;
  for (int o = 0; o < 32; ++o)
    for (int i = 0; i < 28; ++i)
      for (int j = 0; j < 28; ++j) {
        float sum = 0;
        for (int c = 0; c < 64; ++c)
          for (int k = 0; k < 9; ++k)
            if (const int p = i + k / 3 - 1, q = j + k % 3 - 1; p >= 0 && p < 28 && q >= 0 && q < 28) sum += w(o, c, k / 3, k % 3) * x(0, c, p, q);
        largest = std::max(largest, std::abs(y(0, o, i, j) - exact(0, o, i, j)));
        of_products = std::max(of_products, std::abs(sum - exact(0, o, i, j)));
      }
  CHECK(largest <= of_products);  // 64 products are added up instead of 576
}

TEST_CASE("any number of threads gives the same bits") {
  using X = Tensor<float, 20, 16, 28, 28>;  // blocks enough for four groups
  using W = Tensor<float, 17, 16, 3, 3>;
  using Y = Tensor<float, 20, 17, 28, 28>;
  static_assert(count<Gradient<padding<1>>, X, W, Y> == (chosen ? 2 : 0));
  const auto x = drawn<X>(1);
  const auto w = drawn<W>(2);
  const auto dy = drawn<Y>(3);
  auto forward = compile<X, W>(Conv<padding<1>>{});
  auto backward = compile<X, W, Y>([](auto u, auto v, auto t) { return grad<0, 1>([](auto in, auto weight, auto back) { return sum(conv2d<padding<1>>(in, weight) * back); })(u, v, t); });
  const auto same = [](const auto& p, const auto& q) { return std::equal(p.data(), p.data() + p.numel(), q.data()); };
  const int before = cpu::num_threads();
  cpu::set_num_threads(1);
  const Y y = forward(x, w);
  const auto [dx, dw] = backward(x, w, dy);
  for (const int threads : {2, 3, 5}) {
    cpu::set_num_threads(threads);
    CHECK(same(y, forward(x, w)));
    const auto [dx_together, dw_together] = backward(x, w, dy);
    CHECK(same(dx, dx_together));
    CHECK(same(dw, dw_together));
  }
  cpu::set_num_threads(before);
}

TEST_CASE("other windows, and those that are too few, are left to the products") {
  using X = Tensor<float, 1, 32, 56, 56>;
  static_assert(count<Conv<padding<1>>, X, Tensor<float, 32, 32, 3, 3>> == (chosen ? 1 : 0));
  static_assert(count<Conv<padding<1>, stride<2>>, X, Tensor<float, 32, 32, 3, 3>> == 0);
  static_assert(count<Conv<padding<2>, dilation<2>>, X, Tensor<float, 32, 32, 3, 3>> == 0);
  static_assert(count<Conv<padding<2>>, X, Tensor<float, 32, 32, 5, 5>> == 0);
  static_assert(count<Conv<padding<1>, groups<2>>, X, Tensor<float, 32, 16, 3, 3>> == 0);
  static_assert(count<Conv<padding<1>>, X, Tensor<float, 8, 32, 3, 3>> == 0);
  static_assert(count<Conv<padding<1>>, Tensor<float, 1, 32, 8, 8>, Tensor<float, 32, 32, 3, 3>> == 0);
  static_assert(count<Conv<padding<1>>, Tensor<double, 1, 32, 56, 56>, Tensor<double, 32, 32, 3, 3>> == 0);
}
