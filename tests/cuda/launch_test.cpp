// f(i) for every i, each once.
#include <etch/cuda/launch.hpp>

#include <doctest/doctest.h>

#include <vector>

using namespace etch;

TEST_CASE("every number below n once, none where there is none") {
  std::vector<int> count(1000);
  int* const to = count.data();
  device::for_each(1000, [to](std::int64_t i) { ++to[i]; });
  device::for_each(0, [to](std::int64_t i) { ++to[i]; });
  device::for_each(-3, [to](std::int64_t) { ++to[0]; });
  CHECK(count == std::vector<int>(1000, 1));
}

TEST_CASE("lanes of [outer, size, inner]") {
  for (int outer = 0; outer < 3; ++outer)
    for (int inner = 0; inner < 4; ++inner) CHECK(device::lane_offset(outer * 4 + inner, 5, 4) == outer * 5 * 4 + inner);
}
