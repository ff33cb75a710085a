// Ranges for profilers nest, and cost nothing where no profiler listens.
#include <etch/cuda/nvtx.hpp>

#include <doctest/doctest.h>

#include <type_traits>

using namespace etch;

TEST_CASE("ranges nest and end with their scope") {
  static_assert(!std::is_copy_constructible_v<device::Range>);
  int depth = 0;
  {
    const device::Range outer("outer");
    const device::Range inner("inner");
    ++depth;
  }
  CHECK(depth == 1);
}
