// Convolutions and both their gradients, computed by the plan, against the interpreter.
#pragma once

#include "elements.hpp"

namespace test {

/// What may follow a convolution: a bias and a ReLU, or nothing.
struct Rectify {
  constexpr auto operator()(auto y) const { return etch::relu(y + 0.25); }
};
struct Keep {
  constexpr auto operator()(auto y) const { return y; }
};

/// conv2d(x, w) and what follows, and the gradients of the sum of its squares.
template <auto... Option, class X, class W, class After = Rectify>
void expect_convolution(const X& x, const W& w, After = {}) {
  check(
      [](auto in, auto weight) {
        auto [dx, dw] = etch::grad<0, 1>([](auto u, auto v) { return sum(square(etch::conv2d<Option...>(u, v))); })(in, weight);
        return results(After{}(etch::conv2d<Option...>(in, weight)), dx, dw);
      },
      x, w);
}

}  // namespace test
