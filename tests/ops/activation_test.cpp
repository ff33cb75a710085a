// Activations against their formulas.
#include <program.hpp>

using namespace etch;
using test::filled;

TEST_CASE_TEMPLATE("activations are their formulas", T, float, double) {
  const auto x = filled<Tensor<T, 3, 33>>(-4, 4);
  const Tensor r = relu(x), g = gelu(x), h = gelu_tanh(x), s = silu(x), p = softplus(x), l = leaky_relu(x), l2 = leaky_relu(x, 0.2f), e = elu(x);
  static_assert(std::is_same_v<std::remove_cv_t<decltype(r)>, Tensor<T, 3, 33>> && std::is_same_v<std::remove_cv_t<decltype(g)>, Tensor<T, 3, 33>>);
  const double tight = sizeof(T) == 4 ? 1e-6 : 1e-7;  // numbers given as floats are floats
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
