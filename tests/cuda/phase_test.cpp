// Phases of a small program: tiles of products against elements, and where a block's memory has what.
#include <etch/cuda/phase.hpp>

#include <doctest/doctest.h>

#include <vector>

using namespace etch;
using device::index_t;

TEST_CASE("tiles of products of every shape, transposed and in batches") {
  for (const index_t m : {1, 3, 4, 9})
    for (const index_t n : {1, 2, 5})
      for (const index_t k : {0, 1, 7})
        for (const bool turned : {false, true}) {
          constexpr index_t batches = 2;
          std::vector<float> a(static_cast<std::size_t>(batches * m * k)), b(static_cast<std::size_t>(batches * k * n)), c(static_cast<std::size_t>(batches * m * n), 9), expected = c;
          for (std::size_t i = 0; i < a.size(); ++i) a[i] = static_cast<float>(i * 7 % 11) - 5;
          for (std::size_t i = 0; i < b.size(); ++i) b[i] = static_cast<float>(i * 5 % 13) - 6;
          const device::Matrix x{reinterpret_cast<char*>(a.data()), m * k, turned ? 1 : k, turned ? m : 1}, y{reinterpret_cast<char*>(b.data()), k * n, n, 1};
          const device::ProductTile<float> tile{x, y, {reinterpret_cast<char*>(c.data()), m * n, n, 1}, m, n, k};
          const device::ProductElement<float> element{x, y, {reinterpret_cast<char*>(expected.data()), m * n, n, 1}, m, n, k};
          for (index_t i = 0; i < tile.count(batches, m, n); ++i) tile(i);
          for (index_t i = 0; i < batches * m * n; ++i) element(i);
          CHECK(c == expected);
        }
}

TEST_CASE("the memory of a block: addresses, numbers, one room for both programs") {
  device::BlockCall call;
  call.programs = 2;
  call.program[0].entries = 3;
  call.program[0].value_count = 2;
  call.program[0].room_bytes = 128;
  call.program[1].entries = 1;
  call.program[1].value_count = 1;
  call.program[1].room_bytes = 640;
  CHECK(call.entries_at(1) == 32);
  CHECK(call.values_at(0) == 48);
  CHECK(call.values_at(1) == 80);
  CHECK(call.room_at() == 128);
  CHECK(call.bytes() == 768);
  call.has_room = false;
  CHECK(call.bytes() == 128);
}

TEST_CASE("addresses of the room and of numbers move to the block, others stay") {
  alignas(64) char room[64]{}, values[16]{}, other = 0, memory[512]{};
  char* const entry[] = {room + 8, values, &other, room + 64};
  device::BlockCall call;
  call.programs = 1;
  call.program[0].entry = entry;
  call.program[0].entries = 4;
  call.program[0].room = room;
  call.program[0].room_bytes = 64;
  call.program[0].values = values;
  call.program[0].value_count = 1;
  call.value[0][3] = 42;
  for (int thread = 0; thread < 3; ++thread) device::BlockThread<0>{call, memory, 0, thread, 3}.arrive();
  char** const moved = reinterpret_cast<char**>(memory);
  CHECK(moved[0] == memory + call.room_at() + 8);
  CHECK(moved[1] == memory + call.values_at(0));
  CHECK(moved[1][3] == 42);
  CHECK(moved[2] == &other);
  CHECK(moved[3] == room + 64);
}
