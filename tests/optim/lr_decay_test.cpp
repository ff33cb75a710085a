// Schedules that multiply the rate: step by step as by their closed forms.
#include "schedule_rows.hpp"

using namespace etch;
using namespace etch::optim;

TEST_CASE("functions") {
  check_rates(LambdaLR{[](std::int64_t e) { return 1.0 / static_cast<double>(1 + e); }}, {2, 1, 2 / 3.0, 0.5}, 2);
  check_rates(MultiplicativeLR{[](std::int64_t e) { return static_cast<double>(e); }}, {3, 3, 6, 18}, 3);
  const double base = 0.5;
  check_rates(LambdaLR{[base](std::int64_t e) { return e < 2 ? base : 1; }}, {0.5, 0.5, 1});
}
TEST_CASE("steps") {
  check_rates(StepLR{.step_size = 2, .gamma = 0.5}, {1, 1, 0.5, 0.5, 0.25, 0.25});
  check_rates(MultiStepLR{.milestones = {1, 3, 3}, .gamma = 0.5}, {1, 0.5, 0.5, 0.125, 0.125});
  check_rates(MultiStepLR{.milestones = {30, 3, 1}, .gamma = 0.5}, {1, 0.5, 0.5, 0.25, 0.25});
  check_rates(ConstantLR{.factor = 0.25, .total_iters = 3}, {0.25, 0.25, 0.25, 1, 1});
  check_rates(ConstantLR{.factor = 0.25, .total_iters = 3}, {0.5, 0.5, 0.5, 2, 2}, 2);
}
TEST_CASE("ramps and powers") {
  check_rates(LinearLR{.start_factor = 0.5, .total_iters = 4}, {0.5, 0.625, 0.75, 0.875, 1, 1, 1});
  check_rates(LinearLR{.start_factor = 1, .end_factor = 0.5, .total_iters = 2}, {1, 0.75, 0.5, 0.5});
  check_rates(ExponentialLR{.gamma = 0.5}, {4, 2, 1, 0.5}, 4);
  check_rates(PolynomialLR{.total_iters = 4, .power = 2}, {1, 0.5625, 0.25, 0.0625, 0, 0});
}
TEST_CASE("mistakes") {
  SGD sgd;
  CHECK_THROWS_WITH(schedule(sgd, ConstantLR{.factor = 2}), "etch: optim: an option must lie between 0 and 1; got factor = 2");
  CHECK_THROWS_WITH(schedule(sgd, LinearLR{.start_factor = 0}), "etch: optim: an option must be positive; got start_factor = 0");
  CHECK_THROWS_WITH(schedule(sgd, LinearLR{.end_factor = 1.5}), "etch: optim: an option must lie between 0 and 1; got end_factor = 1.5");
  CHECK_THROWS_WITH(schedule(sgd, StepLR{.step_size = 0}), "etch: optim: an option must be positive; got step_size = 0");
}
