// Var and backward: hooks, what collects and what does not, gradients of values on the way, and NaNs found.
#include <program.hpp>

#include <cmath>
#include <limits>
#include <thread>

using namespace etch;
using namespace test;

namespace {
using W = Var<double, 3>;
}  // namespace

TEST_CASE("hooks see each gradient once, in order, and may change it") {
  W w = G<3>{1, 2, 3};
  int calls = 0;
  auto first = w.register_hook([&](auto& g) {
    CHECK(g(2) == 6);  // both uses of w have been added
    ++calls;
    g = g * 2;
  });
  auto second = w.register_hook([&](const auto& g) { return G<3>(g + 1); });
  backward(sum(w * w));
  CHECK(calls == 1);
  CHECK(w.grad()(2) == 13);
  first.remove();
  w.zero_grad();
  backward(sum(w));
  CHECK(w.grad()(0) == 2);
  second.remove();
  second.remove();
  backward(sum(w));
  CHECK(w.grad()(0) == 3);
  CHECK(calls == 1);
}

TEST_CASE("what requires a gradient, and what is a leaf") {
  W w = G<3>{1, 2, 3}, v = G<3>{4, 5, 6};
  const G<3> x{1, 1, 1};
  v.requires_grad_(false);
  backward(sum(w * v));
  CHECK(w.grad()(1) == 5);
  CHECK(v.grad()(1) == 0);
  CHECK(w.is_leaf());
  CHECK(is_leaf(x));
  CHECK(is_leaf(x * v));
  CHECK_FALSE(is_leaf(x * w));
  CHECK(requires_grad(w * x));
  CHECK_FALSE(requires_grad(v));
  const W copy = v;
  CHECK_FALSE(copy.requires_grad());
  CHECK_THROWS_WITH(backward(sum(v)), "etch: backward: nothing in the expression requires a gradient");
  backward(w * x, v);  // not a number: with what arrives at it
  CHECK(w.grad()(2) == 12);
}

TEST_CASE("the gradient of a value on the way is kept by a Var") {
  W w = G<3>{1, 2, 3}, mid;
  const G<3> x{2, 2, 2};
  backward(sum(square(retain_grad(w * x, mid))));
  CHECK(mid.grad()(1) == 8);
  CHECK(w.grad()(1) == 16);
  CHECK(mid(1) == 0);
}

TEST_CASE("gradients are switched off and on for each thread") {
  W w = G<3>{1, 2, 3};
  CHECK(is_grad_enabled());
  {
    const NoGradGuard guard;
    CHECK_FALSE(is_grad_enabled());
    CHECK_THROWS_WITH(backward(sum(w)), "etch: backward: gradients are switched off on this thread");
    CHECK(enable_grad([&] { return backward(sum(w)); }) == 6);
    bool elsewhere = false;
    std::thread([&] { elsewhere = is_grad_enabled(); }).join();
    CHECK(elsewhere);
    CHECK_FALSE(is_grad_enabled());
  }
  CHECK(is_grad_enabled());
  CHECK(no_grad([] { return is_grad_enabled(); }) == false);
  set_grad_enabled(false);
  CHECK_FALSE(is_grad_enabled());
  set_grad_enabled(true);
  CHECK(w.grad()(0) == 1);
}

TEST_CASE("the operation that made the first NaN is named") {
  W w = G<3>{0, 1, 2};
  CHECK(detect_anomaly(sum(sqrt(w))).item() == doctest::Approx(1 + std::sqrt(2.0)));
  CHECK_THROWS_WITH(detect_anomaly(sum(log(w - 1) * 0)), "etch: detect_anomaly: an operation made a NaN; log of (3)");
  CHECK_THROWS_WITH(detect_anomaly(sum(sqrt(w * w))), "etch: detect_anomaly: an operation made a NaN; mul of (3), on the way back");
  w(1) = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_WITH(detect_anomaly(exp(w)), "etch: detect_anomaly: an input holds a NaN; input of (3)");
}
