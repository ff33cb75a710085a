// Cosines, there and back, and with restarts.
#include <cmath>

#include "schedule_rows.hpp"

using namespace etch;
using namespace etch::optim;

TEST_CASE("cosine annealing goes down and up again") {
  check_rates(CosineAnnealingLR{.T_max = 2}, {1, 0.5, 0, 0.5, 1, 0.5});
  const double half = (1 + std::sqrt(0.5)) / 2;
  check_rates(CosineAnnealingLR{.T_max = 4, .eta_min = 1}, {3, 1 + 2 * half, 2, 1 + 2 * (1 - half), 1, 1 + 2 * (1 - half)}, 3);
}
TEST_CASE("warm restarts, each longer than the one before") {
  check_rates(CosineAnnealingWarmRestarts{.T_0 = 2}, {1, 0.5, 1, 0.5, 1});
  const double half = (1 + std::sqrt(0.5)) / 2;
  check_rates(CosineAnnealingWarmRestarts{.T_0 = 1, .T_mult = 2}, {1, 1, 0.5, 1, half, 0.5, 1 - half, 1});
}
TEST_CASE("mistakes") {
  SGD sgd;
  CHECK_THROWS_WITH(schedule(sgd, CosineAnnealingWarmRestarts{.T_0 = 0}), "etch: optim: an option must be positive; got T_0 = 0");
}
