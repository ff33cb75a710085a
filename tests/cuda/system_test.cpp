// Without nvcc programs run on one of Thrust's host systems, and say so.
#include <etch/cuda/system.hpp>

#include <doctest/doctest.h>

using namespace etch;

TEST_CASE("no kernels, no GPU") {
  static_assert(!device::has_gpu_kernels);
  CHECK(ETCH_GPU == 0);
  CHECK(THRUST_DEVICE_SYSTEM != THRUST_DEVICE_SYSTEM_CUDA);
}
