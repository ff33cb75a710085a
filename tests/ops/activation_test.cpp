// Activations against their formulas.
#include <program.hpp>

#include <cmath>

using namespace etch;
using namespace test;

TEST_CASE_TEMPLATE("activations are their formulas", T, float, double) {
  const auto x = filled<Tensor<T, 3, 33>>(-4, 4);
  const Tensor r = relu(x), g = gelu(x), h = gelu_tanh(x), s = silu(x), p = softplus(x), l = leaky_relu(x), l2 = leaky_relu(x, 0.2f), e = elu(x);
  static_assert(std::is_same_v<std::remove_cv_t<decltype(r)>, Tensor<T, 3, 33>> && std::is_same_v<std::remove_cv_t<decltype(g)>, Tensor<T, 3, 33>>);
  const Tensor l3 = elu(x, 0.5), c = celu(x, 2), se = selu(x), ls = logsigmoid(x), mi = mish(x), p3 = softplus(x, 3, 0.5), hs = hardsigmoid(x), hw = hardswish(x), ht = hardtanh(x, -0.5, 1.5),
               r6 = relu6(x), th = threshold(x, 0.25, -7), sh = hardshrink(x, 0.75), so = softshrink(x, 0.75), ts = tanhshrink(x), sn = softsign(x);
  const Tensor sm = eval(softmin<1>(x));
  const double tight = sizeof(T) == 4 ? 2e-6 : 1e-7;  // numbers given as floats are floats
  for (int i = 0; i < x.numel(); ++i) {
    const double v = static_cast<double>(x.data()[i]);
    auto near = [&](const auto& y, double expected) { CHECK(static_cast<double>(y.data()[i]) == doctest::Approx(expected).epsilon(tight)); };
    near(r, std::max(v, 0.0));
    near(g, v / 2 * (1 + std::erf(v / std::sqrt(2.0))));
    near(h, v / 2 * (1 + std::tanh(std::sqrt(2 / 3.14159265358979) * (v + 0.044715 * v * v * v))));
    near(s, v / (1 + std::exp(-v)));
    near(p, std::log1p(std::exp(v)));
    near(l, v > 0 ? v : v * 0.01);
    near(l2, v > 0 ? v : v * 0.2);
    near(e, v > 0 ? v : std::expm1(v));
    near(l3, v > 0 ? v : 0.5 * std::expm1(v));
    near(c, v > 0 ? v : 2 * std::expm1(v / 2));
    near(se, 1.0507009873554805 * (v > 0 ? v : 1.6732632423543772 * std::expm1(v)));
    near(ls, -std::log1p(std::exp(-v)));
    near(mi, v * std::tanh(std::log1p(std::exp(v))));
    near(p3, 3 * v > 0.5 ? v : std::log1p(std::exp(3 * v)) / 3);
    near(hs, std::min(std::max(v + 3, 0.0), 6.0) / 6);
    near(hw, v * std::min(std::max(v + 3, 0.0), 6.0) / 6);
    near(ht, std::min(std::max(v, -0.5), 1.5));
    near(r6, std::min(std::max(v, 0.0), 6.0));
    near(th, v > 0.25 ? v : -7);
    near(sh, std::fabs(v) > 0.75 ? v : 0);
    near(so, std::copysign(std::max(std::fabs(v) - 0.75, 0.0), v));
    near(ts, v - std::tanh(v));
    near(sn, v / (1 + std::fabs(v)));
    double sum = 0;
    for (int j = i / 33 * 33; j < i / 33 * 33 + 33; ++j) sum += std::exp(-static_cast<double>(x.data()[j]));
    near(sm, std::exp(-v) / sum);
  }
}

TEST_CASE("activations of large numbers stay finite") {
  Tensor<float, 4> x{{-1000, -90, 90, 1000}};
  const Tensor p = softplus(x), s = sigmoid(x), u = silu(x), h = gelu_tanh(x);
  CHECK(p(0) == 0);
  CHECK(p(3) == 1000);
  CHECK(s(0) == 0);
  CHECK(s(3) == 1);
  CHECK(u(0) == 0);
  CHECK(u(3) == 1000);
  CHECK(h(3) == 1000);
  CHECK(h(0) == 0);
}

TEST_CASE("gradients at corners are PyTorch's, and infinite where x is not") {
  const double infinity = std::numeric_limits<double>::infinity();
  Var<double, 7> x = Tensor<double, 7>{-3, 0, 3, 6, -1, 1, infinity};
  auto slopes = [&](const auto& y) {
    x.zero_grad();
    backward(sum(y));
    std::vector<double> r;
    for (int i = 0; i < 7; ++i) r.push_back(x.grad()(i));
    return r;
  };
  using List = std::vector<double>;
  CHECK(slopes(relu(x)) == List{0, 0, 1, 1, 0, 1, 1});
  CHECK(slopes(relu6(x)) == List{0, 0, 1, 0, 0, 1, 0});
  CHECK(slopes(hardtanh(x)) == List{0, 1, 0, 0, 0, 0, 0});
  CHECK(slopes(threshold(x, 1, 2)) == List{0, 0, 1, 1, 0, 0, 1});
  CHECK(slopes(hardshrink(x, 1)) == List{1, 0, 1, 1, 0, 0, 1});
  CHECK(slopes(softshrink(x, 1)) == List{1, 0, 1, 1, 0, 0, 1});
  const List h = slopes(hardsigmoid(x)), w = slopes(hardswish(x)), e = slopes(elu(x, 2));
  CHECK(h[0] == 0);
  CHECK(h[2] == 0);
  CHECK(h[1] == doctest::Approx(1.0 / 6));
  CHECK(w[0] == 0);
  CHECK(w[2] == 1);
  CHECK(w[5] == doctest::Approx(5.0 / 6));
  CHECK(e[1] == 2);
  CHECK(e[4] == doctest::Approx(2 * std::exp(-1)));
  CHECK(e[6] == 1);
}

TEST_CASE("prelu has one slope, or one for each channel") {
  const auto x = filled<Tensor<float, 2, 3, 4>>(-1, 1);
  Tensor<float, 3> w{0.1f, 0.2f, 0.3f};
  Tensor<float, 1> one{0.5f};
  const Tensor<float, 2, 3, 4> y = prelu(x, w), z = prelu(x, one);
  const Tensor<float, 3> line = prelu(Tensor<float, 3>{-1, 1, -2}, one);
  for (int i = 0; i < 24; ++i) {
    const float v = x.data()[i];
    CHECK(y.data()[i] == doctest::Approx(v > 0 ? v : v * w(i / 4 % 3)));
    CHECK(z.data()[i] == doctest::Approx(v > 0 ? v : v * 0.5f));
  }
  CHECK(line(2) == -1);
}

TEST_CASE("numbers that do not fit are refused when they are given") {
  Tensor<float, 2> x{1, 2};
  CHECK_THROWS_WITH_AS(hardtanh(x, 1, -1), "etch: hardtanh: min_val must be at most max_val", Error);
  CHECK_THROWS_WITH_AS(softshrink(x, -1), "etch: softshrink: lambda must not be negative", Error);
}
