// Activations that draw: bounds and means of what is drawn, and gradients through the same draws.
#include <program.hpp>

#include <cmath>

using namespace etch;

namespace {
struct Rectified {
  constexpr auto operator()(auto x) const { return rrelu(x, 0.25, 0.75); }
};
struct InTraining {  // the same, in a program that trains
  constexpr auto operator()(auto x) const {
    x.builder->training = true;
    return rrelu(x, 0.25, 0.75);
  }
};
struct Soft {
  constexpr auto operator()(auto x) const { return gumbel_softmax<1>(x, 0.5); }
};
struct Hard {
  constexpr auto operator()(auto x) const { return gumbel_softmax<1, true>(x); }
};
}  // namespace

TEST_CASE("rrelu draws a slope for each element in training and takes the middle otherwise") {
  Tensor<double, 4000> x;
  for (int i = 0; i < 4000; ++i) x(i) = i % 4 == 0 ? 2.0 : -1.0;
  const Tensor<double, 4000> still = compile<Tensor<double, 4000>>(Rectified{})(x), drawn = compile<Tensor<double, 4000>>(InTraining{})(x);
  double mean = 0, least = 1, most = 0;
  for (int i = 0; i < 4000; ++i) {
    CHECK(still(i) == (i % 4 == 0 ? 2.0 : -0.5));
    if (i % 4 == 0) {
      CHECK(drawn(i) == 2);
    } else {
      mean -= drawn(i) / 3000;
      least = std::min(least, -drawn(i));
      most = std::max(most, -drawn(i));
    }
  }
  CHECK(mean == doctest::Approx(0.5).epsilon(0.02));
  CHECK(least >= 0.25);
  CHECK(least < 0.26);
  CHECK(most <= 0.75);
  CHECK(most > 0.74);
  CHECK_THROWS_WITH_AS(rrelu(x, 0.5, 0.25), "etch: rrelu: lower must be at most upper", Error);
}

TEST_CASE("gumbel_softmax picks classes as often as their softmax says") {
  Tensor<float, 4000, 3> logits;
  for (int i = 0; i < 4000; ++i)
    for (int c = 0; c < 3; ++c) logits(i, c) = std::log(static_cast<float>(c + 1));
  const Tensor<float, 4000, 3> soft = compile<Tensor<float, 4000, 3>>(Soft{})(logits), hard = compile<Tensor<float, 4000, 3>>(Hard{})(logits);
  double share[3]{};
  for (int i = 0; i < 4000; ++i) {
    double one = 0, all = 0;
    for (int c = 0; c < 3; ++c) {
      share[c] += static_cast<double>(hard(i, c)) / 4000;
      one += static_cast<double>(soft(i, c));
      all += std::fabs(static_cast<double>(hard(i, c)));
    }
    CHECK(one == doctest::Approx(1).epsilon(1e-5));
    CHECK(all == doctest::Approx(1).epsilon(1e-5));
  }
  for (int c = 0; c < 3; ++c) CHECK(std::fabs(share[c] - (c + 1) / 6.0) < 0.03);
}
