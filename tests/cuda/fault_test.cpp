// What kernels find wrong: the first of it is kept, and said in the words of the step that found it.
#include <etch/cuda/fault.hpp>

#include <doctest/doctest.h>

using namespace etch;
using detail::Demand;
using detail::Step;
using detail::StepKind;

TEST_CASE("the first fault stays") {
  device::Fault fault;
  device::report(&fault, 4, 11, 7, 8);
  device::report(&fault, 2, 99, 1, 2);
  CHECK((fault.step == 5 && fault.value == 11 && fault.position == 7 && fault.size == 8));
}

TEST_CASE("the sentence is the operation's") {
  const device::Fault fault{1, 11, 7, 8};
  Step step;
  step.kind = StepKind::take;
  CHECK_THROWS_WITH(device::raise(fault, step), "etch: embedding: an index must lie within the table; got 11 at position 7 for 8 rows");
  step.kind = StepKind::scatter_add;
  CHECK_THROWS_WITH(device::raise(fault, step), "etch: scatter_add: an index must lie within the table; got 11 at position 7 for 8 rows");
  step.kind = StepKind::gather;
  step.arg = std::uint64_t{1} << 40;
  CHECK_THROWS_WITH(device::raise(fault, step), "etch: index: an index must lie within its dimension; got 11 at position 7 for size 8 of axis 1");
  step.kind = StepKind::checked;
  step.arg = static_cast<std::uint64_t>(Demand::index) << 48 | 2;
  CHECK_THROWS_WITH(device::raise(fault, step), "etch: index: an index must lie within its dimension; got 11 at position 7 for size 8 of axis 2");
  step.arg = static_cast<std::uint64_t>(Demand::quantile) << 48;
  CHECK_THROWS_WITH(device::raise(fault, step), "etch: quantile: q must lie between 0 and 1; got 11.000000 at position 7");
}
