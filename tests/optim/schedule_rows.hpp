// The rates that a schedule gives, epoch after epoch.
#pragma once

#include <etch/etch.hpp>

#include <doctest/doctest.h>

#include <initializer_list>

/// SGD's rate, 1 at first: when the schedule is bound, and after each of its steps.
template <class S>
void check_rates(const S& rule, std::initializer_list<double> expected, double initial = 1) {
  etch::optim::SGD sgd{.lr = initial, .momentum = 0.9};
  auto scheduler = etch::optim::schedule(sgd, rule);
  int epoch = 0;
  for (const double rate : expected) {
    if (epoch > 0) scheduler.step();
    CHECK_MESSAGE(sgd.lr == doctest::Approx(rate).epsilon(1e-12), "epoch " << epoch);
    if constexpr (requires { rule(initial, epoch); }) CHECK(rule(initial, epoch) == doctest::Approx(rate).epsilon(1e-12));
    ++epoch;
  }
}
