// Comparison beyond the operators: NaN, infinities, closeness, equality of tensors, membership.
#include <program.hpp>

#include <cmath>

using namespace etch;
using namespace test;

namespace {
const double none = std::numeric_limits<double>::quiet_NaN();

template <int N>
std::string bits(const Tensor<bool, N>& x) {
  std::string s;
  for (int i = 0; i < N; ++i) s += x(i) ? '1' : '0';
  return s;
}
}  // namespace

TEST_CASE_TEMPLATE("kinds of numbers", T, float, double) {
  const Tensor<T, 5> x{{T(inf), T(-inf), T(none), T(1), T(0)}};
  const auto [infinite, finite, above, below, real] = eval(isinf(x), isfinite(x), isposinf(x), isneginf(x), isreal(x));
  CHECK(bits(infinite) == "11000");
  CHECK(bits(finite) == "00011");
  CHECK(bits(above) == "10000");
  CHECK(bits(below) == "01000");
  CHECK(bits(real) == "11111");
  const Tensor<std::int32_t, 2> i{{1, -1}};
  const auto [a, b, c] = eval(isinf(i), isfinite(i), isreal(i));
  CHECK((bits(a) == "00" && bits(b) == "11" && bits(c) == "11"));
}

TEST_CASE("fmax and fmin prefer numbers, maximum and minimum NaN") {
  const Tensor<double, 5> x{{none, 1, 2, 3, none}}, y{{1, none, 2, 4, none}};
  const auto [larger, smaller, most, least] = eval(fmax(x, y), fmin(x, y), maximum(x, y), minimum(x, y));
  CHECK((larger(0) == 1 && larger(1) == 1 && larger(2) == 2 && larger(3) == 4 && std::isnan(larger(4))));
  CHECK((smaller(0) == 1 && smaller(1) == 1 && smaller(2) == 2 && smaller(3) == 3 && std::isnan(smaller(4))));
  CHECK((std::isnan(most(0)) && std::isnan(most(1)) && most(3) == 4 && std::isnan(least(0)) && std::isnan(least(1)) && least(3) == 3));
}

TEST_CASE("gradients where both are equal, and where one is NaN") {
  using X = Tensor<double, 4>;
  const X x{{none, 1, 2, 3}}, y{{1, none, 2, 4}};
  const auto gradients = [&](auto f) {
    const double one[] = {1, 1, 1, 1};
    Bindings in = test::bind(x, y);
    in.bind(one);
    const auto r = test::run(test::program_of<test::GradientSpec<decltype(f), X, X>>(), in);
    return std::vector<std::vector<double>>{r[1].value, r[2].value};
  };
  using G = std::vector<std::vector<double>>;  // PyTorch's
  CHECK(gradients([](auto a, auto b) { return maximum(a, b); }) == G{{1, 1, 0.5, 0}, {1, 1, 0.5, 1}});
  CHECK(gradients([](auto a, auto b) { return minimum(a, b); }) == G{{1, 1, 0.5, 1}, {1, 1, 0.5, 0}});
  CHECK(gradients([](auto a, auto b) { return fmax(a, b); }) == G{{0, 1, 1, 0}, {1, 0, 0, 1}});
  CHECK(gradients([](auto a, auto b) { return fmin(a, b); }) == G{{0, 1, 1, 1}, {1, 0, 0, 0}});
}

TEST_CASE("closeness") {
  const Tensor<double, 6> x{{1, 1, inf, inf, none, 1e-9}}, y{{1 + 0.9e-5, 1.1, inf, -inf, none, 0}};
  CHECK(bits(Tensor<bool, 6>(isclose(x, y))) == "101001");
  CHECK(bits(Tensor<bool, 6>(isclose<true>(x, y))) == "101011");
  CHECK(bits(Tensor<bool, 6>(isclose(x, y, 0.2))) == "111001");
  CHECK_THROWS_WITH_AS(isclose(x, y, -0.1), "etch: isclose: rtol must not be negative", Error);
  CHECK_THROWS_WITH_AS(allclose(x, y, 0.1, -1), "etch: allclose: atol must not be negative", Error);
  CHECK(bits(Tensor<bool, 6>(isclose(x, y, 0., 1e-12))) == "001000");
  const Tensor<std::int64_t, 2> i{{1, 2}}, j{{1, 3}};
  CHECK(bits(Tensor<bool, 2>(isclose(i, j))) == "10");
  CHECK(bits(Tensor<bool, 2>(isclose(Tensor<bool, 2>{{true, false}}, Tensor<bool, 2>{{true, true}}))) == "10");
  const Tensor<double, 2, 1> p{{1.}, {2.}};
  const Tensor<double, 2> q{{1., 2.}};
  CHECK(!allclose(p, q).item());
  CHECK(allclose(p, q, 1.5).item());
  CHECK(allclose(p, t(p), 1.5, 0.1).item());
}

TEST_CASE("equality of tensors") {
  const Tensor<float, 2, 3> a{{1, 2, 3}, {4, 5, 6}};
  Tensor<float, 2, 3> b = a;
  CHECK(equal(a, b).item());
  b(1, 2) = 7;
  CHECK(!equal(a, b).item());
  CHECK(!equal(a, Tensor<float, 3>{{1, 2, 3}}).item());
  CHECK(!equal(a, t(a)).item());
  CHECK(equal(Tensor<float, 0>{}, Tensor<float, 0>{}).item());
}

TEST_CASE("membership") {
  const Tensor<std::int64_t, 2, 2> x{{1, 2}, {3, 4}};
  const Tensor<std::int64_t, 3> from{{2, 4, 9}};
  const auto [in, out, two] = eval(isin(x, from), isin<true>(x, from), isin(x, 2));
  CHECK((!in(0, 0) && in(0, 1) && !in(1, 0) && in(1, 1)));
  CHECK((out(0, 0) && !out(0, 1) && out(1, 0) && !out(1, 1)));
  CHECK((!two(0, 0) && two(0, 1) && !two(1, 1)));
}
