// Thread pool: every chunk runs once, on a thread of the pool, whatever the number of threads.
#include <etch/cpu/parallel.hpp>

#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <thread>
#include <vector>

namespace {

using namespace etch;

struct Restore {
  int threads = cpu::num_threads();
  ~Restore() { cpu::set_num_threads(threads); }
};

struct Counts {
  std::array<std::atomic<int>, 500> chunk{};
  std::atomic<int> strangers{0};
  static void count(void* context, int chunk, int thread) {
    Counts& self = *static_cast<Counts*>(context);
    self.chunk[static_cast<std::size_t>(chunk)].fetch_add(1);
    if (thread < 0 || thread >= cpu::num_threads()) self.strangers.fetch_add(1);
  }
  bool each_once(int chunks) const {
    for (int i = 0; i < static_cast<int>(chunk.size()); ++i) {
      if (chunk[static_cast<std::size_t>(i)].load() != (i < chunks ? 1 : 0)) return false;
    }
    return strangers.load() == 0;
  }
};

}  // namespace

TEST_CASE("every chunk runs exactly once") {
  const Restore restore;
  for (int threads : {1, 2, 3, 8}) {
    cpu::set_num_threads(threads);
    CHECK(cpu::num_threads() == threads);
    for (int chunks : {0, 1, 2, 7, 500}) {
      Counts counts;
      cpu::parallel_for(chunks, Counts::count, &counts);
      CHECK(counts.each_once(chunks));
      cpu::parallel_for(chunks, Counts::count, &counts, true);
      for (int i = 0; i < chunks; ++i) CHECK(counts.chunk[static_cast<std::size_t>(i)].load() == 2);
      CHECK(counts.strangers.load() == 0);
    }
  }
}

TEST_CASE("one thread takes chunks in order, or in the opposite one") {
  const Restore restore;
  cpu::set_num_threads(1);
  for (const bool backwards : {false, true}) {
    std::vector<int> order;
    cpu::parallel_for(5, [](void* context, int chunk, int) { static_cast<std::vector<int>*>(context)->push_back(chunk); }, &order, backwards);
    CHECK(order == (backwards ? std::vector<int>{4, 3, 2, 1, 0} : std::vector<int>{0, 1, 2, 3, 4}));
  }
}

TEST_CASE("thousands of short jobs in a row") {
  const Restore restore;
  cpu::set_num_threads(4);
  int sum = 0;
  for (int job = 0; job < 3000; ++job) {
    std::array<int, 5> slots{};
    cpu::parallel_for(
        5,
        [](void* context, int chunk, int) {
          (*static_cast<std::array<int, 5>*>(context))[static_cast<std::size_t>(chunk)] = chunk;
        },
        &slots);
    for (int slot : slots) sum += slot;
  }
  CHECK(sum == 3000 * 10);
}

TEST_CASE("a nested loop runs on the thread of its chunk") {
  const Restore restore;
  cpu::set_num_threads(3);
  struct Nested {
    std::atomic<int> inner{0}, moved{0};
  } nested;
  cpu::parallel_for(
      6,
      [](void* context, int, int thread) {
        struct Inner {
          Nested* nested;
          int thread;
        } inner{static_cast<Nested*>(context), thread};
        cpu::parallel_for(
            4,
            [](void* argument, int, int inner_thread) {
              Inner& self = *static_cast<Inner*>(argument);
              self.nested->inner.fetch_add(1);
              if (inner_thread != self.thread) self.nested->moved.fetch_add(1);
            },
            &inner);
      },
      &nested);
  CHECK(nested.inner.load() == 24);
  CHECK(nested.moved.load() == 0);
}

TEST_CASE("who works alone runs every chunk, and only until then") {
  const Restore restore;
  cpu::set_num_threads(3);
  struct Threads {
    std::thread::id caller = std::this_thread::get_id();
    std::atomic<int> chunks{0}, others{0};
    static void run(void* context, int, int thread) {
      Threads& self = *static_cast<Threads*>(context);
      self.chunks.fetch_add(1);
      if (thread != 0 || std::this_thread::get_id() != self.caller) self.others.fetch_add(1);
    }
  } threads;
  {
    const cpu::detail::Alone alone(true);
    for (int job = 0; job < 100; ++job) cpu::parallel_for(8, Threads::run, &threads);
  }
  CHECK(threads.chunks.load() == 800);
  CHECK(threads.others.load() == 0);
  CHECK(cpu::detail::thread_index == -1);
  const cpu::detail::Alone not_alone(false);
  CHECK(cpu::detail::thread_index == -1);
}

TEST_CASE("two callers at once both finish") {
  const Restore restore;
  cpu::set_num_threads(2);
  std::atomic<int> total{0};
  const auto caller = [&total] {
    for (int job = 0; job < 200; ++job) {
      cpu::parallel_for(
          10, [](void* context, int, int) { static_cast<std::atomic<int>*>(context)->fetch_add(1); }, &total);
    }
  };
  std::thread other(caller);
  caller();
  other.join();
  CHECK(total.load() == 4000);
}

TEST_CASE("the number of threads stays within its bounds") {
  const Restore restore;
  cpu::set_num_threads(-3);
  CHECK(cpu::num_threads() == 1);
  cpu::set_num_threads(100000);
  CHECK(cpu::num_threads() == 256);
  set_num_threads(2);
  CHECK(get_num_threads() == 2);
}
