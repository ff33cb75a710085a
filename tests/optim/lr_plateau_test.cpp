// The rate falls when a number stops getting better; patience, cooldown, thresholds.
#include <etch/etch.hpp>

#include <doctest/doctest.h>

#include <initializer_list>

using namespace etch;
using optim::ReduceLROnPlateau;

namespace {
/// Pairs of a metric and the rate after it.
void check(const ReduceLROnPlateau& rule, std::initializer_list<double> pairs) {
  optim::SGD sgd{.lr = 1};
  auto scheduler = optim::schedule(sgd, rule);
  CHECK(sgd.lr == 1);
  for (const double* p = pairs.begin(); p != pairs.end(); p += 2) {
    scheduler.step(p[0]);
    CHECK(sgd.lr == doctest::Approx(p[1]));
  }
}
}  // namespace

TEST_CASE("after patience bad epochs the rate falls") {
  check({.factor = 0.5, .patience = 1}, {5, 1, 5, 1, 5, 0.5, 4, 0.5, 4, 0.5, 4, 0.25});
}
TEST_CASE("the largest is best, and no rate is below min_lr") {
  check({.mode = ReduceLROnPlateau::max, .factor = 0.5, .patience = 0, .min_lr = 0.3}, {1, 1, 2, 1, 2, 0.5, 1, 0.3, 1, 0.3});
}
TEST_CASE("cooldown") { check({.factor = 0.5, .patience = 0, .cooldown = 2}, {1, 1, 1, 0.5, 1, 0.5, 1, 0.5, 1, 0.25}); }
TEST_CASE("thresholds") {
  check({.factor = 0.5, .patience = 0, .threshold = 0.5}, {4, 1, 3, 0.5, 1.9, 0.5});
  check({.factor = 0.5, .patience = 0, .threshold = 2, .threshold_mode = ReduceLROnPlateau::abs}, {4, 1, 3, 0.5, 1.9, 0.5, 0.5, 0.25});
}
TEST_CASE("a factor of one would change nothing") {
  optim::SGD sgd;
  CHECK_THROWS_WITH(optim::schedule(sgd, ReduceLROnPlateau{.factor = 1}), "etch: optim::ReduceLROnPlateau: factor must be below 1; got factor = 1");
}
