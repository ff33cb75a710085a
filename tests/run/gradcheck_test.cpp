// gradcheck itself, and by it the second derivatives of every differentiable operation.
#include <program.hpp>

using namespace etch;
using namespace test;

TEST_CASE("a wrong gradient is found, and said") {
  const auto x = filled<G<3>>(0.5, 2);
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
  const G<2> x{0.3, 0.7};
  CHECK(gradcheck(f, x));
  CHECK(gradgradcheck(f, x));
}

TEST_CASE("first and second derivatives: operations of two operands") {
  auto f = [](auto a, auto b) {
    return several(a * b, a / b, pow(a, b), atan2(a, b), fmod(b, a) * b, maximum(a * a, b), minimum(a, b * b), where(a > 0.5, a * b, b / a), (a - b) * (a + b), to<double>(a * a) * b);
  };
  const G<2> x{0.3, 0.7}, y{1.3, 0.4};
  CHECK(gradcheck(f, x, y));
  CHECK(gradgradcheck(f, x, y));
}

TEST_CASE("first and second derivatives: what moves, reduces, multiplies and looks up") {
  auto f = [](auto a, auto m) {
    const auto e = embedding(argmax<1>(m), t(a));
    return several(t(a) * reshape<3, 2>(a), sum<0>(a * a), sin(prod<1>(a)), amax<1>(a * a), amin<0>(a * m), var<1>(a), softmax<1>(a), logsumexp<0>(a), matmul(t(a), m * a), e * e,
                   cat<1>(slice<1, 0, 2>(a), slice<1, 0, 3, 2>(a * m)), expand<4, 2, 3>(a) * m);
  };
  const auto x = filled<G<2, 3>>(0.5, 2), m = filled<G<2, 3>>(0.5, 2, 1);
  CHECK(gradcheck(f, x, m));
  CHECK(gradgradcheck(f, x, m));
}

TEST_CASE("first and second derivatives: reading and writing by index") {
  auto f = [](auto a, auto m) {
    const auto i = argsort<1>(m), twice = bitwise_right_shift(i, 1);  // a permutation of each row; 0, 0, 1 in some order
    const auto b = a * m, c = sin(m);
    return several(sin(gather<1>(b, i)), take_along_dim<1>(b, twice) * a, scatter<1>(b, i, c * c) * a, scatter_add<1>(b, twice, c * a) * c, scatter_reduce<1, Reduce::prod>(b, twice, c * a),
                   scatter_reduce<1, Reduce::amax>(b, twice, a * a), scatter_reduce<1, Reduce::amin, false>(b, twice, a * a) * b, scatter_reduce<1, Reduce::mean>(b, twice, a * a) * m,
                   index_add<1>(b, select_axis<0, 0>(twice), c * a) * b, index_fill<0>(b, argmax(m) * 0, sum(c)) * m);
  };
  const auto x = filled<G<2, 3>>(0.5, 2), m = filled<G<2, 3>>(0.5, 2, 1);
  CHECK(gradcheck(f, x, m));
  CHECK(gradgradcheck(f, x, m));
}

TEST_CASE("first and second derivatives: what is placed, flipped, taken by parts") {
  auto f = [](auto a, auto m) {
    const auto b = a * m;
    return several(slice_scatter<1, 0, 3, 2>(b, slice<1, 0, 2>(m * m)) * a, select_scatter<0, 1>(b, select_axis<0, 0>(a * a)) * m, flip<1>(b) * a, diagonal(b) * diagonal(a), pad<PadMode::reflect, 2, 1>(b) * 2,
                   roll<1, 1>(b) * b, unfold<1, 2, 1>(b) * 3, masked_fill(b, m > 1, sum(a)) * a, masked_scatter(b, m > 1, b * b), where(m > 1, b, a * a));
  };
  const auto x = filled<G<2, 3>>(0.5, 2), m = filled<G<2, 3>>(0.5, 2, 1);
  CHECK(gradcheck(f, x, m));
  CHECK(gradgradcheck(f, x, m));
}

TEST_CASE("first and second derivatives: scans, orders and functions with a row of their own") {
  auto f = [](auto a, auto m) {
    const auto b = a * m;
    return several(cumsum<1>(b) * a, cumprod<1>(b), cumprod<0>(b), logcumsumexp<1>(b), cummax<1>(b).values * a, sort<1>(b).values * m, topk<2, 1>(b).values * 3, median<1>(b).values, prod(b), diff<1, 1>(b * b));
  };
  auto g = [](auto a, auto m) {
    return several(clamp_min(a * m, m) * a, clamp_max(a * a, m), copysign(a * m, a) * m, hypot(a, m), logaddexp(a, m), logaddexp2(a, m), gelu(a), xlogy(a, m), lgamma(a), erfinv(m * 0.3), norm<1>(a), cdist(a, m));
  };
  const auto x = filled<G<2, 3>>(0.5, 2), m = filled<G<2, 3>>(0.5, 2, 1);
  CHECK(gradcheck(f, x, m));
  CHECK(gradgradcheck(f, x, m));
  CHECK(gradgradcheck(g, x, m));
}
