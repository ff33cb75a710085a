// Which GPU a thread uses, and that guards put it back.
#include <etch/cuda/current.hpp>

#include <doctest/doctest.h>

#include <thread>

using namespace etch;

TEST_CASE("guards nest, and threads choose by themselves") {
  CHECK(device::current_device() == 0);
  {
    const device::DeviceGuard one(1);
    {
      const device::DeviceGuard last(device::max_devices - 1);
      CHECK(device::current_device() == device::max_devices - 1);
    }
    CHECK(device::current_device() == 1);
    int other = -1;
    std::thread([&] { other = device::current_device(); }).join();
    CHECK(other == 0);
  }
  CHECK(device::current_device() == 0);
}

TEST_CASE("a number that no GPU can have changes nothing") {
  const device::DeviceGuard two(2);
  CHECK_THROWS_WITH(device::DeviceGuard(device::max_devices), "etch: cuda: the number of a GPU must be below max_devices and not negative; got 16, max_devices is 16");
  CHECK_THROWS_WITH(device::DeviceGuard(-1), "etch: cuda: the number of a GPU must be below max_devices and not negative; got -1, max_devices is 16");
  CHECK(device::current_device() == 2);
}
