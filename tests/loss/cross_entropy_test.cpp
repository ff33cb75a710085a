// Cross-entropy: the formula for any leading axes, large logits, reductions, its gradient softmax - onehot.
#include <nn/gradient.hpp>

#include <cmath>
#include <limits>

using namespace etch;

namespace {

struct Length : dyn<8> {};
inline constexpr Length length{};

template <class X, class Y>
double expected_row(const X& x, const Y& target, int row, int classes) {
  const float* v = x.data() + row * classes;
  double most = v[0], sum = 0;
  for (int c = 0; c < classes; ++c) most = std::fmax(most, v[c]);
  for (int c = 0; c < classes; ++c) sum += std::exp(v[c] - most);
  return std::log(sum) + most - v[target.data()[row]];
}

template <auto... D>
struct Logits {
  Param<double, D...> x;
  ETCH_MODULE(x)
  constexpr auto forward(auto y) const { return etch::apply<first_fn>(x, y); }
  void reset_parameters(Generator& g) { nn::init::normal_(x, g); }
};
struct Mean {
  constexpr auto operator()(auto& m, auto y) const { return cross_entropy(m(y), y); }
};

}  // namespace

TEST_CASE("cross_entropy is the mean of log sum exp minus the target's logit") {
  Tensor<float, 5, 37> x;
  Generator g{1};
  nn::init::normal_(x, g, 0, 3);
  Tensor<std::int64_t, 5> y{0, 36, 7, 7, 20};
  double mean = 0;
  Tensor<float, 5> rows = cross_entropy<Reduction::none>(x, y);
  for (int i = 0; i < 5; ++i) {
    const double expected = expected_row(x, y, i, 37);
    CHECK(rows(i) == doctest::Approx(expected).epsilon(1e-6));
    mean += expected / 5;
  }
  CHECK(cross_entropy(x, y).item() == doctest::Approx(mean).epsilon(1e-6));
  CHECK(cross_entropy<Reduction::sum>(x, y).item() == doctest::Approx(5 * mean).epsilon(1e-6));
}

TEST_CASE("cross_entropy takes logits [batch, time, classes], and targets of int64 or uint8") {
  Tensor<float, 2, 3, 4> x;
  Generator g{2};
  nn::init::normal_(x, g);
  Tensor<std::uint8_t, 2, 3> y{{0, 1, 2}, {3, 2, 1}};
  double mean = 0;
  for (int i = 0; i < 6; ++i) mean += expected_row(x, y, i, 4) / 6;
  CHECK(cross_entropy(x, y).item() == doctest::Approx(mean).epsilon(1e-6));
  Tensor<float, 4> one{1, 2, 3, 4};
  Tensor<std::int64_t> target(std::int64_t{2});
  CHECK(cross_entropy(one, target).item() == doctest::Approx(expected_row(one, target, 0, 4)).epsilon(1e-6));
}

TEST_CASE("cross_entropy stands logits of any size, and minus infinity for what cannot be") {
  Tensor<float, 3, 3> x{{1000, 0, -1000}, {-1e30f, -1e30f, -1e30f}, {0, -std::numeric_limits<float>::infinity(), 0}};
  Tensor<std::int64_t, 3> y{1, 2, 0};
  Tensor<float, 3> rows = cross_entropy<Reduction::none>(x, y);
  CHECK(rows(0) == 1000);
  CHECK(rows(1) == doctest::Approx(std::log(3.0)));
  CHECK(rows(2) == doctest::Approx(std::log(2.0)));
}

TEST_CASE("cross_entropy's mean divides by the actual size") {
  for (int n : {8, 3, 1}) {
    Tensor<float, length, 4> x(n);
    Tensor<std::int64_t, length> y(n);
    Generator g{3};
    nn::init::normal_(x, g);
    double mean = 0;
    for (int i = 0; i < n; ++i) {
      y(i) = i % 4;
      mean += expected_row(x, y, i, 4) / n;
    }
    CHECK(cross_entropy(x, y).item() == doctest::Approx(mean).epsilon(1e-6));
  }
}

TEST_CASE("cross_entropy's gradient is (softmax - onehot) / n") {
  Tensor<std::int64_t, 2, 3> y{{0, 6, 3}, {3, 2, 1}};
  check_gradient<Logits<2, 3, 7>>(Mean{}, y);
  auto model = make<Logits<2, 3, 7>>(Generator{1});
  auto step = train_step(model, Mean{}, optim::SGD{}, y);
  step.backward(y);
  for (int r = 0; r < 6; ++r) {
    double sum = 0;
    const double* x = model->x.data() + r * 7;
    for (int c = 0; c < 7; ++c) sum += std::exp(x[c]);
    for (int c = 0; c < 7; ++c) {
      const double expected = (std::exp(x[c]) / sum - (y.data()[r] == c ? 1 : 0)) / 6;
      CHECK(step.gradient().x.data()[r * 7 + c] == doctest::Approx(expected).epsilon(1e-12));
    }
  }
}

TEST_CASE("cross_entropy ignores, weighs and smooths as PyTorch does") {
  Tensor<double, 4, 3> x{{1, 2, 3}, {0, -1, 2}, {0.5, 0.5, 0}, {2, 0, 1}};
  const Tensor<std::int64_t, 4> y{2, 0, -1, 1};
  const Tensor<double, 3> w{0.5, 2, 1};
  double logp[4][3], plain = 0, weighted = 0, weights = 0, smooth = 0;
  for (int i = 0; i < 4; ++i) {
    double s = 0;
    for (int c = 0; c < 3; ++c) s += std::exp(x(i, c));
    for (int c = 0; c < 3; ++c) logp[i][c] = x(i, c) - std::log(s);
    if (y(i) < 0) continue;
    const int t = static_cast<int>(y(i));
    plain -= logp[i][t] / 3;
    weighted -= w(t) * logp[i][t];
    weights += w(t);
    smooth -= 0.8 * w(t) * logp[i][t];
    for (int c = 0; c < 3; ++c) smooth -= 0.2 / 3 * w(c) * logp[i][c];
  }
  CHECK(cross_entropy<Reduction::mean, -1>(x, y).item() == doctest::Approx(plain));
  CHECK(cross_entropy<Reduction::mean, -1>(x, y, w).item() == doctest::Approx(weighted / weights));
  CHECK((cross_entropy<Reduction::mean, -1, 0.2>(x, y, w).item()) == doctest::Approx(smooth / weights));
  // probabilities in place of class numbers, and classes on another axis
  Tensor<double, 4, 3> p;
  double probable = 0;
  for (int i = 0; i < 4; ++i)
    for (int c = 0; c < 3; ++c) {
      p(i, c) = (c + 1) / 6.0;
      probable -= w(c) * (0.9 * p(i, c) + 0.1 / 3) * logp[i][c] / 4;
    }
  CHECK((cross_entropy<Reduction::mean, -100, 0.1>(x, p, w).item()) == doctest::Approx(probable));
  const Tensor<double, 3, 4> turned = t(x);
  CHECK((cross_entropy<Reduction::mean, -1, 0.0, 0>(turned, y).item()) == doctest::Approx(plain));
  // half logits are rounded once
  const Tensor<half, 4, 3> low = to<half>(x);
  const auto [once, wide] = eval(cross_entropy<Reduction::none>(low, p), to<half>(cross_entropy<Reduction::none>(to<float>(low), p)));
  for (int i = 0; i < 4; ++i) CHECK(static_cast<float>(once(i)) == static_cast<float>(wide(i)));
#if ETCH_CHECKS
  Tensor<double> loss;
  CHECK_THROWS_WITH_AS(loss = cross_entropy(x, Tensor<std::int64_t, 4>{2, 3, 0, 0}), "etch: loss: a target must be one of the classes; got 3 at position 1 for 3 classes, in cross_entropy", Error);
#endif
}
