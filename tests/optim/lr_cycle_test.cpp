// Cycles of the rate, and of the momentum against it.
#include "schedule_rows.hpp"

using namespace etch;
using namespace etch::optim;

TEST_CASE("triangles") {
  check_rates(CyclicLR{.base_lr = 1, .max_lr = 3, .step_size_up = 2}, {1, 2, 3, 2, 1, 2});
  check_rates(CyclicLR{.base_lr = 1, .max_lr = 3, .step_size_up = 1, .step_size_down = 2}, {1, 3, 2, 1, 3});
  check_rates(CyclicLR{.base_lr = 1, .max_lr = 3, .step_size_up = 1, .mode = CyclicLR::triangular2}, {1, 3, 1, 2, 1, 1.5});
  check_rates(CyclicLR{.base_lr = 1, .max_lr = 3, .step_size_up = 1, .mode = CyclicLR::exp_range, .gamma = 0.5}, {1, 2, 1, 1.25});
  const auto third = [](double x) { return 1 / (x + 2); };
  check_rates(CyclicLR{.base_lr = 1, .max_lr = 4, .step_size_up = 1, .scale_fn = third}, {1, 2, 1, 1.75});
  check_rates(CyclicLR{.base_lr = 1, .max_lr = 4, .step_size_up = 1, .scale_fn = third, .scale_mode = CyclicLR::iterations}, {1, 2, 1, 1.6});
}
TEST_CASE("one cycle") {
  check_rates(OneCycleLR{.max_lr = 1, .total_steps = 5, .pct_start = 0.6, .anneal_strategy = OneCycleLR::linear, .div_factor = 4, .final_div_factor = 10}, {0.25, 0.625, 1, 0.5125, 0.025});
  check_rates(OneCycleLR{.max_lr = 1, .epochs = 5, .steps_per_epoch = 1, .pct_start = 0.6, .div_factor = 4, .final_div_factor = 10}, {0.25, 0.625, 1, 0.5125, 0.025});
  check_rates(OneCycleLR{.max_lr = 1, .total_steps = 8, .pct_start = 0.375, .anneal_strategy = OneCycleLR::linear, .div_factor = 4, .final_div_factor = 10, .three_phase = true},
              {0.25, 0.625, 1, 0.625, 0.25, 0.175, 0.1, 0.025});
}
TEST_CASE("the momentum goes the other way") {
  SGD sgd{.momentum = 0.5};
  auto scheduler = schedule(sgd, OneCycleLR{.max_lr = 1, .total_steps = 5, .pct_start = 0.6, .anneal_strategy = OneCycleLR::linear});
  CHECK(sgd.momentum == 0.95);
  scheduler.step();
  CHECK(sgd.momentum == doctest::Approx(0.9));
  scheduler.step();
  CHECK(sgd.momentum == doctest::Approx(0.85));
  for (int i = 0; i < 3; ++i) scheduler.step();
  CHECK_THROWS_WITH(scheduler.step(), "etch: optim::OneCycleLR: there must be no more steps than total_steps; got step 6 of 5");
  CHECK_THROWS_WITH(schedule(sgd, OneCycleLR{.epochs = 3}), "etch: optim::OneCycleLR: total_steps, or epochs and steps_per_epoch, must be positive");
}
