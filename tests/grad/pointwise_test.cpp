// Gradients of every pointwise operation against central differences in double, away from kinks.
#include <program.hpp>

#include <cmath>

using namespace etch;
using namespace test;

#define EACH(name, low, high) check_gradient([](auto x) { return name(x); }, filled<G<2, 9>>(low, high))

TEST_CASE("unary operations") {
  EACH(neg, -3, 3);
  EACH(abs, 0.5, 3);
  EACH(abs, -3, -0.5);
  EACH(exp, -2, 2);
  EACH(exp2, -2, 2);
  EACH(expm1, -2, 2);
  EACH(log, 0.5, 5);
  EACH(log2, 0.5, 5);
  EACH(log10, 0.5, 5);
  EACH(log1p, -0.5, 5);
  EACH(sqrt, 0.5, 5);
  EACH(rsqrt, 0.5, 5);
  EACH(reciprocal, 0.5, 5);
  EACH(sin, -3, 3);
  EACH(cos, -3, 3);
  EACH(tan, -1, 1);
  EACH(asin, -0.8, 0.8);
  EACH(acos, -0.8, 0.8);
  EACH(atan, -3, 3);
  EACH(sinh, -2, 2);
  EACH(cosh, -2, 2);
  EACH(tanh, -2, 2);
  EACH(asinh, -3, 3);
  EACH(acosh, 1.5, 5);
  EACH(atanh, -0.8, 0.8);
  EACH(erf, -2, 2);
  EACH(erfc, -2, 2);
  EACH(sigmoid, -4, 4);
  EACH(square, -3, 3);
}

TEST_CASE("operations that are flat") {
  EACH(sign, 0.1, 3);
  EACH(floor, 0.1, 0.9);
  EACH(ceil, 0.1, 0.9);
  EACH(round, 0.6, 1.4);
  EACH(trunc, 0.1, 0.9);
}

TEST_CASE("activations") {
  EACH(relu, 0.1, 3);
  EACH(relu, -3, -0.1);
  EACH(gelu, -3, 3);
  EACH(gelu_tanh, -3, 3);
  EACH(silu, -3, 3);
  EACH(softplus, 0.1, 3);
  EACH(softplus, -3, -0.1);
  EACH(leaky_relu, -3, -0.1);
  EACH(elu, -3, -0.1);
  EACH(elu, 0.1, 3);
}

TEST_CASE("binary operations, in both operands") {
  const auto a = filled<G<2, 9>>(0.5, 3), b = filled<G<2, 9>>(3.5, 6, 1);
  check_gradient([](auto x, auto y) { return x + y; }, a, b);
  check_gradient([](auto x, auto y) { return x - y; }, a, b);
  check_gradient([](auto x, auto y) { return x * y; }, a, b);
  check_gradient([](auto x, auto y) { return x / y; }, a, b);
  check_gradient([](auto x, auto y) { return pow(x, y); }, a, b);
  check_gradient([](auto x) { return pow(x, 3) + pow(x, -0.5) + pow(2, x); }, a);
  check_gradient([](auto x, auto y) { return atan2(x, y); }, a, b);
  check_gradient([](auto x, auto y) { return maximum(x, y) * minimum(x, y) + maximum(y, x); }, a, b);
  check_gradient([](auto x, auto y) { return where(x > 1.7, x * y, y / x); }, a, b);
  check_gradient([](auto x) { return clamp(x, 1, 2); }, Tensor<double, 4>{{0.5, 1.5, 1.7, 2.5}});
  check_gradient([](auto x) { return fmod(x, 2.0); }, Tensor<double, 4>{{0.5, 1.5, 2.7, 5.5}});
  check_gradient([](auto x, auto y) { return fmod(y, x); }, Tensor<double, 3>{{1.3, 1.5, 1.7}}, Tensor<double, 3>{{4.1, 5.1, 6.3}});
}

TEST_CASE("broadcast operands receive sums") {
  const auto a = filled<G<3, 4>>(0.5, 2);
  check_gradient([](auto x, auto y) { return x * y; }, a, filled<G<4>>());
  check_gradient([](auto x, auto y) { return x * y; }, a, filled<G<3, 1>>());
  check_gradient([](auto x, auto y) { return x * y; }, a, filled<G<1, 1>>());
  check_gradient([](auto x, auto y) { return x * y; }, a, filled<G<>>());
  check_gradient([](auto x, auto y) { return x / y; }, filled<G<3, 1>>(), filled<G<1, 4>>(1, 2));
  check_gradient([](auto x, auto y) { return pow(y, x); }, filled<G<2, 1, 3>>(), filled<G<4, 1>>(1, 2));
  check_gradient([](auto x, auto y, auto z) { return where(x > 1.2, y, z); }, a, filled<G<4>>(), filled<G<3, 1>>());
}

TEST_CASE("an input used more than once") {
  const auto a = filled<G<3, 4>>(0.5, 2);
  check_gradient([](auto x) { return sum(x * x); }, a);
  check_gradient([](auto x) { return x * x * x + x / x + x; }, a);
  check_gradient([](auto x) { return exp(x) * exp(x) + sin(exp(x)); }, a);
  check_gradient([](auto x) { return x + x; }, a);
  check_gradient([](auto x) { return x; }, a);
  check_gradient([](auto x, auto y) { return sum(x) + 0 * sum(y); }, a, filled<G<3, 4>>());  // no influence
}

TEST_CASE("dtypes on the way") {
  check_gradient([](auto x) { return to<double>(x > 1.0) * x; }, filled<G<3, 4>>(1.5, 2));
  test::check_gradient_within(1e-2, [](auto x) { return to<double>(to<float>(x) * 2) * x; }, G<2>{{1.5, 2.5}});
}

TEST_CASE("detach stops a gradient") {
  using X = G<3>;
  const auto x = filled<X>(1, 2);
  auto f = [](auto a) { return detach(a) * a; };
  const test::Program p = test::program_of<test::GradientSpec<decltype(f), X>>();
  Bindings in = test::bind(x);
  const double one[] = {1, 1, 1};
  in.bind(one);
  const auto y = test::run(p, in);
  for (std::size_t i = 0; i < 3; ++i) CHECK(y[1].value[i] == x.data()[i]);
}

TEST_CASE("at 0, powers have the gradients of powers") {
  auto f = [](auto a, auto c) { return pow(a, c); };
  using X = G<3>;
  const X x{{0, 0, 2}}, c{{2, 1, 0}};
  Bindings in = test::bind(x, c);
  const double one[] = {1, 1, 1};
  in.bind(one);
  const auto y = test::run(test::program_of<test::GradientSpec<decltype(f), X, X>>(), in);
  CHECK(y[1].value == std::vector<double>{0, 1, 0});
  CHECK(y[2].value[0] == 0);
  CHECK(y[2].value[1] == 0);
  CHECK(y[2].value[2] == doctest::Approx(std::log(2.0)));
}

TEST_CASE("equal operands of an extremum share its gradient") {
  auto f = [](auto a, auto c) { return maximum(a, c) + minimum(a, c) * 3; };
  using X = G<2>;
  const X x{{1, 2}}, c{{1, 3}};
  Bindings in = test::bind(x, c);
  const double one[] = {1, 1};
  in.bind(one);
  const auto y = test::run(test::program_of<test::GradientSpec<decltype(f), X, X>>(), in);
  CHECK(y[1].value == std::vector<double>{2, 3});
  CHECK(y[2].value == std::vector<double>{2, 1});
}
