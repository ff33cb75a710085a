// Binary cross-entropy of probabilities and of logits: formulas, weights, extreme values, checks, gradients.
#include <program.hpp>

#include <cmath>

using namespace etch;
using namespace test;
using D = Tensor<double, 3, 4>;

TEST_CASE("of probabilities and of logits") {
  const D p = filled<D>(0.05, 0.95), y = filled<D>(0, 1, 4), x = filled<D>(-3, 3, 2);
  const Tensor<double, 4> w{0.5, 1, 2, 3}, q{3, 2, 1, 0.5};
  const D a = binary_cross_entropy<Reduction::none>(p, y, w), b = binary_cross_entropy_with_logits<Reduction::none>(x, y), c = binary_cross_entropy_with_logits<Reduction::none>(x, y, w, q);
  double mean = 0, only = 0;
  for (int i = 0; i < 12; ++i) {
    const double pi = p.data()[i], yi = y.data()[i], s = 1 / (1 + std::exp(-x.data()[i])), wi = w(i % 4), qi = q(i % 4);
    CHECK(a.data()[i] == doctest::Approx(-wi * (yi * std::log(pi) + (1 - yi) * std::log(1 - pi))));
    CHECK(b.data()[i] == doctest::Approx(-(yi * std::log(s) + (1 - yi) * std::log(1 - s))));
    CHECK(c.data()[i] == doctest::Approx(-wi * (qi * yi * std::log(s) + (1 - yi) * std::log(1 - s))));
    mean += a.data()[i] / 12;
    only -= (qi * yi * std::log(s) + (1 - yi) * std::log(1 - s)) / 12;
  }
  CHECK(binary_cross_entropy(p, y, w).item() == doctest::Approx(mean));
  CHECK(binary_cross_entropy_with_logits(x, y, 1, q).item() == doctest::Approx(only));
}

TEST_CASE("certainty costs at most 100, and logits of any size nothing but themselves") {
  const Tensor<float, 4> p{0, 1, 0, 1}, y{0, 1, 1, 0}, x{-1000, 1000, 1000, -1000};
  const Tensor<float, 4> a = binary_cross_entropy<Reduction::none>(p, y), b = binary_cross_entropy_with_logits<Reduction::none>(x, y);
  CHECK(a(0) == 0);
  CHECK(a(1) == 0);
  CHECK(a(2) == 100);
  CHECK(a(3) == 100);
  CHECK(b(0) == 0);
  CHECK(b(2) == 0);
  CHECK(b(3) == 0);
  CHECK(binary_cross_entropy_with_logits(x, Tensor<float, 4>{1, 0, 0, 1}).item() == 1000);
}

TEST_CASE("what is no probability is named with its place") {
#if ETCH_CHECKS
  const Tensor<float, 3> y{0, 1, 1};
  Tensor<float> loss;
  CHECK_THROWS_WITH_AS(loss = binary_cross_entropy(Tensor<float, 3>{0.5, 1.25, 0}, y), "etch: loss: a probability must lie between 0 and 1; got 1.250000 at position 1, in binary_cross_entropy", Error);
  CHECK_THROWS_WITH_AS(loss = binary_cross_entropy(Tensor<float, 3>{0.5, 1, std::nanf("")}, y), "etch: loss: a probability must lie between 0 and 1; got nan at position 2, in binary_cross_entropy", Error);
  CHECK_THROWS_WITH_AS(loss = binary_cross_entropy(Tensor<float, 3>{0.5, 1, 0}, Tensor<float, 3>{-0.5, 1, 1}), "etch: loss: a probability must lie between 0 and 1; got -0.500000 at position 0, in binary_cross_entropy", Error);
#endif
}

TEST_CASE("their gradients are differences") {
  check_gradient([](auto p, auto y, auto x) { return binary_cross_entropy(p, y) + binary_cross_entropy_with_logits<Reduction::sum>(x, y, 2, y); },
                 filled<D>(0.1, 0.9), filled<D>(0.1, 0.9, 3), filled<D>(-2, 2, 5));
}
