// gradcheck itself, and by it the second derivatives of every differentiable operation.
#include <program.hpp>

using namespace etch;
using test::filled;

namespace {
template <int... D>
using D_ = Tensor<double, D...>;
}  // namespace

TEST_CASE("a wrong gradient is found, and said") {
  const auto x = filled<D_<3>>(0.5, 2);
  auto wrong = [](auto a) { return detach(a) * a; };
  CHECK_THROWS_WITH_AS(gradcheck(wrong, x), doctest::Contains("etch: gradcheck: the gradient must agree with differences; result 0 by element 0 of argument 0"), Error);
  CHECK_FALSE(gradcheck(wrong, GradcheckOptions{.raise_exception = false}, x));
  CHECK(gradcheck([](auto a, auto b) { return several(a * b, sum(b)); }, x, x));
}

TEST_CASE("first and second derivatives: pointwise operations of one operand") {
  auto f = [](auto a) {
    const auto b = a + 1;
    return several(neg(a) + abs(a) * a, exp(a), exp2(a), expm1(a), log(a), log2(a), log10(a), log1p(a), sqrt(a), rsqrt(a), reciprocal(a), sin(a), cos(a), tan(a), asin(a), acos(a), atan(a), sinh(a), cosh(a), tanh(a), asinh(a),
                   acosh(b), atanh(a), erf(a), erfc(a), sigmoid(a));
  };
  const D_<2> x{0.3, 0.7};
  CHECK(gradcheck(f, x));
  CHECK(gradgradcheck(f, x));
}

TEST_CASE("first and second derivatives: operations of two operands") {
  auto f = [](auto a, auto b) {
    return several(a * b, a / b, pow(a, b), atan2(a, b), fmod(b, a) * b, maximum(a * a, b), minimum(a, b * b), where(a > 0.5, a * b, b / a), (a - b) * (a + b), to<double>(a * a) * b);
  };
  const D_<2> x{0.3, 0.7}, y{1.3, 0.4};
  CHECK(gradcheck(f, x, y));
  CHECK(gradgradcheck(f, x, y));
}

TEST_CASE("first and second derivatives: what moves, reduces, multiplies and looks up") {
  auto f = [](auto a, auto m) {
    const auto e = embedding(argmax<1>(m), t(a));
    return several(t(a) * reshape<3, 2>(a), sum<0>(a * a), sin(prod<1>(a)), amax<1>(a * a), amin<0>(a * m), var<1>(a), softmax<1>(a), logsumexp<0>(a), matmul(t(a), m * a), e * e,
                   cat<1>(slice<1, 0, 2>(a), slice<1, 0, 3, 2>(a * m)), expand<4, 2, 3>(a) * m);
  };
  const auto x = filled<D_<2, 3>>(0.5, 2), m = filled<D_<2, 3>>(0.5, 2, 1);
  CHECK(gradcheck(f, x, m));
  CHECK(gradgradcheck(f, x, m));
}
