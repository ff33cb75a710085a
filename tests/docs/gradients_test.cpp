// The code about gradients in docs/expressions.md.
#include <etch/etch.hpp>

#include <doctest/doctest.h>

using namespace etch;

TEST_CASE("gradients of functions") {
  Tensor<float, 2, 1> w{{1}, {2}};
  Tensor<float, 3, 2> x{{1, 0}, {0, 1}, {1, 1}};

  auto f = [](auto w, auto x) { return sum(square(matmul(x, w))); };
  auto [value, gradient] = value_and_grad(f)(w, x);  // with respect to the first argument
  Tensor same = grad(f)(w, x);

  CHECK(value.item() == 14);
  CHECK(gradient(0, 0) == 8);
  CHECK(same(1, 0) == 10);

  auto [dw, dx] = grad<0, 1>(f)(w, x);
  auto [loss, gradients] = value_and_grad<0, 1>(f)(w, x);  // gradients.get<1>() is dx
  Tensor h = hessian(f)(w, x);                             // [2, 1, 2, 1], by w; hessian<1>(f) by x

  CHECK(loss.item() == 14);
  CHECK(dw(1, 0) == 10);
  CHECK(dx(2, 1) == 12);
  CHECK(gradients.get<0>()(0, 0) == 8);
  CHECK(gradients.get<1>()(2, 1) == 12);
  static_assert(std::is_same_v<decltype(h), Tensor<float, 2, 1, 2, 1>>);
  CHECK(h(0, 0, 0, 0) == 4);
  CHECK(h(0, 0, 1, 0) == 2);
}

TEST_CASE("numbers are arguments") {
  Tensor<float, 2> w{1, 2};
  auto f = [](auto w, auto scale) { return sum(w * w) * scale; };
  auto [value, gradient] = value_and_grad(f)(w, 3.f);
  CHECK(value.item() == 15);
  CHECK(gradient(1) == 12);
}

TEST_CASE("gradients of gradients") {
  auto f = [](auto x) { return sum(x * x * x); };
  auto slope = [](auto x, auto direction) {
    auto g = grad([](auto x) { return sum(x * x * x); });
    return sum(g(x) * direction);
  };
  Tensor<float, 2> x{2, 3}, direction{1, 0};
  Tensor first = grad(f)(x);                  // 3 x^2
  Tensor second = grad(slope)(x, direction);  // the Hessian times a direction: 6 x direction
  CHECK(first(0) == 12);
  CHECK(second(0) == 12);
  CHECK(second(1) == 0);
}

TEST_CASE("PyTorch's way") {
  Var<float, 2, 1> w = Tensor<float, 2, 1>{{1}, {2}};
  Tensor<float, 3, 2> x{{1, 0}, {0, 1}, {1, 1}};
  Tensor<float, 3, 1> target{{2}, {2}, {2}};

  for (int i = 0; i < 100; ++i) {
    w.zero_grad();
    backward(mse_loss(matmul(x, w), target));  // adds to w.grad()
    w = w - 0.5f * w.grad();
  }
  CHECK(w(0, 0) == doctest::Approx(4.0 / 3));
}
