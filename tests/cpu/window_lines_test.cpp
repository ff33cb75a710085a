// Gradients of weights whose windows lie in long lines, against the interpreter.
#include "../ops/elements.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

using namespace etch;
using test::filled;

namespace {
template <auto... Option, class X, class W>
void expect_as_interpreted(const X& x, const W& w) {
  test::check([](auto in, auto weight) { return grad<1>([](auto u, auto v) { return sum(square(conv2d<Option...>(u, v))); })(in, weight); }, x, w);
}
}  // namespace

TEST_CASE("lines that fill vectors, and lines of which the last vector overlaps the one before") {
  expect_as_interpreted<padding<2>>(filled<Tensor<float, 16, 1, 9, 28>>(), filled<Tensor<float, 3, 1, 5, 5>>(-1, 1, 1));
  expect_as_interpreted(filled<Tensor<float, 16, 2, 9, 20>>(), filled<Tensor<float, 2, 2, 5, 5>>(-1, 1, 1));   // two channels, nothing padded
  expect_as_interpreted<padding<1>>(filled<Tensor<double, 16, 2, 4, 15>>(), filled<Tensor<double, 3, 2, 3, 3>>(-1, 1, 1));
}

TEST_CASE("what is not finite reaches the taps that meet it, and no other") {
  Tensor<float, 16, 1, 6, 30> x = zeros<float, 16, 1, 6, 30>();
  x(7, 0, 0, 13) = std::numeric_limits<float>::infinity();  // the first line: below the uppermost row of no window
  const auto dw = compile<Tensor<float, 16, 1, 6, 30>, Tensor<float, 2, 1, 3, 3>>([](auto in, auto weight) { return grad<1>([](auto u, auto v) { return sum(conv2d<>(u, v)); })(in, weight); })(x, ones<float, 2, 1, 3, 3>());
  for (int o = 0; o < 2; ++o)
    for (int p = 0; p < 3; ++p)
      for (int q = 0; q < 3; ++q) CHECK(dw(o, 0, p, q) == (p == 0 ? std::numeric_limits<float>::infinity() : 0.0F));
}

TEST_CASE("any number of threads gives the same bits of lines' gradients") {
  using X = Tensor<float, 64, 1, 28, 28>;
  using Y = Tensor<float, 64, 6, 28, 28>;
  const auto x = filled<X>();
  const auto dy = filled<Y>(-1, 1, 1);
  const auto w = filled<Tensor<float, 6, 1, 5, 5>>(-1, 1, 2);
  auto program = compile<X, Tensor<float, 6, 1, 5, 5>, Y>([](auto in, auto weight, auto back) { return grad<1>([](auto u, auto v, auto t) { return sum(conv2d<padding<2>>(u, v) * t); })(in, weight, back); });
  const int before = cpu::num_threads();
  cpu::set_num_threads(1);
  const Tensor<float, 6, 1, 5, 5> dw = program(x, w, dy);
  for (const int threads : {2, 3}) {
    cpu::set_num_threads(threads);
    const Tensor<float, 6, 1, 5, 5> together = program(x, w, dy);
    CHECK(std::equal(dw.data(), dw.data() + dw.numel(), together.data()));
  }
  cpu::set_num_threads(before);
}
