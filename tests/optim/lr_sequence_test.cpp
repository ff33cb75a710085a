// Schedules one after another and all at once.
#include "schedule_rows.hpp"

using namespace etch;
using namespace etch::optim;

TEST_CASE("one after another, each from its beginning") {
  check_rates(SequentialLR({2}, ConstantLR{.factor = 0.5, .total_iters = 9}, ExponentialLR{.gamma = 0.1}), {0.5, 0.5, 1, 0.1, 0.01});
  check_rates(SequentialLR({2, 4}, LinearLR{.start_factor = 0.5, .total_iters = 2}, CosineAnnealingLR{.T_max = 2}, StepLR{.step_size = 1, .gamma = 0.5}), {1, 1.5, 2, 1, 2, 1, 0.5}, 2);
}
TEST_CASE("all at once") {
  check_rates(ChainedScheduler(ConstantLR{.factor = 0.5, .total_iters = 2}, ExponentialLR{.gamma = 0.5}), {0.5, 0.25, 0.25, 0.125});
}
TEST_CASE("within each other") {
  const ChainedScheduler both(ConstantLR{.factor = 0.5, .total_iters = 2}, ExponentialLR{.gamma = 0.5});
  check_rates(SequentialLR({1}, ExponentialLR{}, both), {1, 0.5, 0.25, 0.25});
}
TEST_CASE("mistakes") {
  SGD sgd;
  CHECK_THROWS_WITH(schedule(sgd, SequentialLR({1, 2}, StepLR{}, StepLR{})), "etch: optim::SequentialLR: there must be one milestone less than schedules; got 2 for 2");
}
