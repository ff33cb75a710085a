// What values must be: indices that may count from the end, targets, labels, probabilities, lengths.
#include <etch/cuda/demand.hpp>

#include <doctest/doctest.h>

#include <cmath>

using namespace etch;
using detail::Demand;

TEST_CASE("rules, a value that is no number among them") {
  CHECK((device::meets_demand(Demand::index, 0, 3) && device::meets_demand(Demand::target, 2, 3) && !device::meets_demand(Demand::target, 3, 3) && !device::meets_demand(Demand::index, -1, 3)));
  CHECK((device::meets_demand(Demand::label, -1, 3) && !device::meets_demand(Demand::label, -2, 3)));
  CHECK((device::meets_demand(Demand::probability, 1, 0) && !device::meets_demand(Demand::quantile, 1.5, 0) && !device::meets_demand(Demand::probability, std::nan(""), 0)));
  CHECK((device::meets_demand(Demand::length, 3, 3) && !device::meets_demand(Demand::length, 0, 3)));
}

TEST_CASE("indices that count from the end, read through strides") {
  std::int64_t from[8] = {0, 9, -1, 9, 2, 9, 3, 9}, to[4]{};
  char *const x = reinterpret_cast<char*>(from), *const y = reinterpret_cast<char*>(to);
  device::Walk walk;
  walk.rank = 2;
  walk.size[0] = walk.size[1] = 2;
  walk.stride[0][0] = 4, walk.stride[0][1] = 2;
  device::Fault fault;
  const device::DemandElement<std::int64_t> element{&x, &y, walk, 3, Demand::index, true, &fault, 6};
  for (int i = 0; i < 3; ++i) element(i);
  CHECK((to[0] == 0 && to[1] == 2 && to[2] == 2 && fault.step == 0));
  element(3);
  CHECK((to[3] == 0 && fault.step == 7 && fault.value == 3 && fault.position == 3));
}
