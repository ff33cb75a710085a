// Binding a schedule: the first rate at once, one group or several, rates by group, going on from saved numbers.
#include <etch/etch.hpp>

#include <doctest/doctest.h>

#include <vector>

using namespace etch;
using optim::group;
using optim::schedule;
using optim::SGD;

TEST_CASE("a schedule moves its optimizer's rate") {
  optim::AdamW adam{.lr = 0.4};
  auto scheduler = schedule(adam, optim::ConstantLR{.factor = 0.5, .total_iters = 2});
  CHECK(adam.lr == 0.2);
  scheduler.step();
  CHECK(scheduler.get_last_lr() == 0.2);
  scheduler.step();
  CHECK(adam.lr == doctest::Approx(0.4));
}

TEST_CASE("one value for all groups, or one for each") {
  auto groups = optim::param_groups(SGD{.lr = 1, .momentum = 0.9}, group("a", SGD{.lr = 2}), group("b", optim::AdamW{.lr = 3}));
  auto scheduler = schedule(groups, optim::LambdaLR{[](std::int64_t epoch, int g) { return epoch == 0 ? 1.0 : g == 2 ? 0.5 : 0.25; }});
  CHECK(scheduler.get_last_lr(2) == 3);
  scheduler.step();
  CHECK(groups.get<0>().lr == 0.25);
  CHECK(groups.get<1>().lr == 0.5);
  CHECK(groups.get<2>().lr == 1.5);
  auto cycle = schedule(groups, optim::CyclicLR{.base_lr = {1, 2, 3}, .max_lr = 4, .step_size_up = 1});
  CHECK(groups.get<1>().lr == 2);
  cycle.step();
  CHECK(groups.get<2>().lr == 4);
  CHECK(groups.get<2>().betas[0] == doctest::Approx(0.8));
  CHECK(groups.get<0>().momentum == doctest::Approx(0.8));
}

TEST_CASE("a schedule's state is what it needs to go on") {
  SGD a{.lr = 1}, b{.lr = 5};
  const optim::SequentialLR plan({3}, optim::ExponentialLR{.gamma = 0.5}, optim::CosineAnnealingLR{.T_max = 7});
  auto first = schedule(a, plan), second = schedule(b, plan);
  for (int i = 0; i < 5; ++i) first.step();
  std::vector<double> numbers;
  first.state([&](const char*, auto& x) { numbers.push_back(static_cast<double>(x)); });
  std::size_t at = 0;
  second.state([&](const char*, auto& x) { x = static_cast<std::remove_cvref_t<decltype(x)>>(numbers[at++]); });
  for (int i = 0; i < 4; ++i) {
    first.step();
    second.step();
    CHECK(a.lr == b.lr);
  }
}

TEST_CASE("what moves a momentum needs one") {
  optim::Adagrad adagrad;
  CHECK_THROWS_WITH(schedule(adagrad, optim::CyclicLR{}), "etch: schedule: the optimizer must have a momentum or betas where cycle_momentum is on");
  CHECK_NOTHROW(schedule(adagrad, optim::CyclicLR{.cycle_momentum = false}));
}
