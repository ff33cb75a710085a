// CTC: against the sum over all alignments, gradients against differences, lengths and targets that do not fit.
#include <etch/etch.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

using namespace etch;

namespace {

constexpr int T = 5, N = 3, C = 3;
using X = Tensor<double, T, N, C>;
using Y = Tensor<std::int64_t, N, 2>;
using Length = Tensor<std::int64_t, N>;

/// -log of the sum over every way to say `target` in `steps` steps; class 0 is the blank.
double expected(const X& x, int n, int steps, const std::vector<int>& target) {
  double sum = 0;
  int paths = 1;
  for (int t = 0; t < steps; ++t) paths *= C;
  for (int path = 0; path < paths; ++path) {
    std::vector<int> said;
    double log_p = 0;
    for (int t = 0, rest = path, last = -1; t < steps; ++t, rest /= C) {
      const int c = rest % C;
      if (c != 0 && c != last) said.push_back(c);
      last = c;
      log_p += x(t, n, c);
    }
    if (said == target) sum += std::exp(log_p);
  }
  return -std::log(sum);
}
struct OfLogits {
  constexpr auto operator()(auto z, auto y, auto steps, auto lengths) const { return ctc_loss(log_softmax<2>(z), y, steps, lengths); }
};

X logits() {
  X z;
  Generator g{5};
  nn::init::normal_(z, g);
  return z;
}
const Y targets{{1, 2}, {1, 1}, {2, 0}};
const Length steps{5, 4, 5}, lengths{2, 2, 1};

}  // namespace

TEST_CASE("ctc_loss sums over all alignments") {
  const X x = log_softmax<2>(logits());
  const Tensor<double, N> rows = ctc_loss<Reduction::none>(x, targets, steps, lengths);
  const double a = expected(x, 0, 5, {1, 2}), b = expected(x, 1, 4, {1, 1}), c = expected(x, 2, 5, {2});
  CHECK(rows(0) == doctest::Approx(a));
  CHECK(rows(1) == doctest::Approx(b));
  CHECK(rows(2) == doctest::Approx(c));
  CHECK(ctc_loss(x, targets, steps, lengths).item() == doctest::Approx((a / 2 + b / 2 + c) / 3));
  // targets one behind another, and a single sequence
  CHECK(ctc_loss<Reduction::sum>(x, Tensor<std::int32_t, 5>{1, 2, 1, 1, 2}, steps, lengths).item() == doctest::Approx(a + b + c));
  const Tensor<double, T, C> one = x(every, 0);
  CHECK(ctc_loss<Reduction::sum>(one, Tensor<std::int64_t, 2>{1, 2}, Tensor<std::int64_t>(std::int64_t{5}), Tensor<std::int64_t>(std::int64_t{2})).item() == doctest::Approx(a));
}

TEST_CASE("its gradient through log_softmax is what differences say") {
  X z = logits();
  const X g = grad(OfLogits{})(z, targets, steps, lengths);
  auto program = compile<X, Y, Length, Length>(OfLogits{});
  for (int i = 0; i < z.numel(); ++i) {
    const double old = z.data()[i], h = 1e-5;
    z.data()[i] = old + h;
    const double up = program(z, targets, steps, lengths).item();
    z.data()[i] = old - h;
    const double down = program(z, targets, steps, lengths).item();
    z.data()[i] = old;
    CHECK(std::fabs(g.data()[i] - (up - down) / (2 * h)) < 1e-8);
  }
}

TEST_CASE("what cannot be spelt costs infinity, or nothing") {
  const X x = log_softmax<2>(logits());
  const Length two{5, 2, 5};  // 1 1 needs a blank between
  const Tensor<double, N> rows = ctc_loss<Reduction::none>(x, targets, two, lengths), kept = ctc_loss<Reduction::none, 0, true>(x, targets, two, lengths);
  CHECK(std::isinf(rows(1)));
  CHECK(kept(1) == 0);
  CHECK(kept(0) == rows(0));
  const X g = grad([](auto v, auto y, auto s, auto l) { return ctc_loss<Reduction::sum, 0, true>(v, y, s, l); })(x, targets, two, lengths);
  for (int t = 0; t < T; ++t) CHECK(g(t, 1, 1) == 0);
}

TEST_CASE("lengths and targets must fit") {
  const X x = log_softmax<2>(logits());
  Tensor<double> loss;
  CHECK_THROWS_WITH_AS(loss = ctc_loss(x, targets, Length{5, 6, 5}, lengths), "etch: ctc_loss: an input length must lie within the time steps; got 6 at position 1 for 5 steps", Error);
  CHECK_THROWS_WITH_AS(loss = ctc_loss(x, targets, steps, Length{2, 3, 1}), "etch: ctc_loss: a target length must lie within the targets; got 3 at position 1 for 2 targets", Error);
  CHECK_THROWS_WITH_AS(loss = ctc_loss(x, Y{{1, 2}, {1, 3}, {2, 0}}, steps, lengths), "etch: loss: a target must be one of the classes; got 3 at position 3 for 3 classes, in ctc_loss", Error);
}
