// Activations as modules: what the functions give, and their gradients in a chain.
#include <cmath>

#include "gradient.hpp"

using namespace etch;

namespace {
struct Product {
  constexpr auto operator()(auto& m, auto w) const { return sum(m(w)); }
};
using Chain = nn::Sequential<nn::Tanh, nn::GELU<>, nn::Sigmoid, nn::SiLU, nn::ReLU>;
template <class Layer>
double at(double v) {
  auto layer = make<Layer>();
  Tensor<double, 1> x{v};
  Tensor<double, 1> y = layer(x);
  return y(0);
}
}  // namespace

TEST_CASE("activations are their formulas") {
  for (double x : {-3.0, -0.5, 0.0, 0.25, 2.0}) {
    CHECK(at<nn::ReLU>(x) == (x > 0 ? x : 0));
    CHECK(at<nn::GELU<>>(x) == doctest::Approx(x / 2 * (1 + std::erf(x / std::sqrt(2.0)))).epsilon(1e-12));
    CHECK(at<nn::Tanh>(x) == doctest::Approx(std::tanh(x)).epsilon(1e-12));
    CHECK(at<nn::Sigmoid>(x) == doctest::Approx(1 / (1 + std::exp(-x))).epsilon(1e-12));
    CHECK(at<nn::SiLU>(x) == doctest::Approx(x / (1 + std::exp(-x))).epsilon(1e-12));
  }
}

TEST_CASE("hyperparameters are template arguments") {
  CHECK(at<nn::LeakyReLU<0.25>>(-2) == -0.5);
  CHECK(at<nn::ELU<2>>(-1) == doctest::Approx(2 * std::expm1(-1)));
  CHECK(at<nn::Hardtanh<0, 3>>(5) == 3);
  CHECK(at<nn::Threshold<1, 7>>(0.5) == 7);
  CHECK(at<nn::RReLU<0.25, 0.75>>(-2) == -1);
  CHECK(at<nn::Softplus<2>>(1) == doctest::Approx(std::log1p(std::exp(2)) / 2));
  CHECK(at<nn::PReLU<1, double>>(-2) == -0.5);
  CHECK(at<nn::Softmax<0>>(3) == 1);
  CHECK(at<nn::GELU<Approximate::tanh>>(1) == doctest::Approx(0.841192).epsilon(1e-5));
}

TEST_CASE("activations have no parameters") {
  static_assert(layout<Chain>.tensors == 0);
  static_assert(detail::lists_every_member<Chain>());
}

TEST_CASE("activations send gradients to their input") {
  Tensor<double, 3, 7> w;
  Generator g{1};
  nn::init::normal_(w, g);
  check_gradient<Probe<Chain, 3, 7>>(Product{}, w);
  check_gradient<Probe<nn::PReLU<7, double>, 3, 7>>(Product{}, w);
}
