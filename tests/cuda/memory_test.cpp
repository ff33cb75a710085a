// Blocks are zeroed and shared by their handles; copies go in, across and out.
#include <etch/cuda/memory.hpp>

#include <doctest/doctest.h>

#include <cstring>

using namespace etch;

TEST_CASE("blocks, copies, page-locked memory") {
  device::Block a(100, "a test"), b(64, "a test");
  CHECK(a.bytes() == 128);  // whole cache lines
  device::Pinned<int> here(16);
  for (int i = 0; i < 16; ++i) here[static_cast<std::size_t>(i)] = i + 1;
  const device::Block same = a;
  CHECK(same.data() == a.data());
  device::copy_in(a.data(), here.data(), 64);
  device::copy_across(b.data(), same.data(), 60);
  int back[16];
  device::copy_out(back, b.data(), 64);
  CHECK(std::memcmp(back, here.data(), 60) == 0);
  CHECK(back[15] == 0);
}
