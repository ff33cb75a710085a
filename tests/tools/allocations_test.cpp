// The allocation counter: each way to the heap counts once, and what only computes counts nothing.
#include <etch/tools/allocations.hpp>
#include <etch/tools/progress.hpp>

#include <doctest/doctest.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <malloc.h>

using namespace etch;
using tools::allocations;

namespace {

/// Hides a pointer from the optimiser, which may drop pairs of malloc and free.
template <class T>
T* kept(T* pointer) {
  asm volatile("" : "+r"(pointer) : : "memory");
  return pointer;
}

#if defined(__has_feature)
#define ETCH_TEST_HAS_FEATURE(name) __has_feature(name)
#else
#define ETCH_TEST_HAS_FEATURE(name) 0
#endif
#if defined(__SANITIZE_THREAD__) || ETCH_TEST_HAS_FEATURE(thread_sanitizer)
constexpr bool sees_aligned = false;  // its allocator does not tell of aligned_alloc and its like
#else
constexpr bool sees_aligned = true;
#endif

template <class F>
std::uint64_t allocations_in(F&& f) {
  const std::uint64_t before = allocations();
  f();
  return allocations() - before;
}

}  // namespace

TEST_CASE("operator new counts, in every form") {
  struct alignas(128) Wide {
    char bytes[128];
  };
  CHECK(allocations_in([] { delete kept(new int(1)); }) == 1);
  CHECK(allocations_in([] { delete[] kept(new int[100]); }) == 1);
  CHECK(allocations_in([] { delete kept(new (std::nothrow) int(1)); }) == 1);
  CHECK(allocations_in([] { delete kept(new Wide); }) == 1);
  CHECK(allocations_in([] { delete[] kept(new Wide[2]); }) == 1);
  CHECK(allocations_in([] { std::string(1000, 'x').swap(*kept(std::make_unique<std::string>().get())); }) == 2);
}

TEST_CASE("malloc and its family count") {
  if (!tools::allocation_counting_available()) return;
  CHECK(allocations_in([] { std::free(kept(std::malloc(10))); }) == 1);
  CHECK(allocations_in([] { std::free(kept(std::calloc(10, 10))); }) == 1);
  CHECK(allocations_in([] { std::free(kept(std::realloc(kept(std::malloc(10)), 1000))); }) == 2);
  CHECK(allocations_in([] { std::free(kept(::strdup("from inside libc"))); }) == 1);
  if (!sees_aligned) return;
  CHECK(allocations_in([] { std::free(kept(std::aligned_alloc(64, 640))); }) == 1);
  CHECK(allocations_in([] {
          void* memory = nullptr;
          CHECK(::posix_memalign(&memory, 64, 100) == 0);
          CHECK(reinterpret_cast<std::uintptr_t>(memory) % 64 == 0);
          std::free(memory);
        }) == 1);
  CHECK(allocations_in([] { std::free(kept(::memalign(64, 100))); }) == 1);
}

TEST_CASE("memory behaves as before") {
  std::vector<void*> blocks;
  for (std::size_t bytes = 1; bytes < 1 << 22; bytes *= 2) {
    void* block = std::realloc(std::memset(std::malloc(bytes), 1, bytes), 2 * bytes);
    CHECK(static_cast<char*>(block)[bytes - 1] == 1);
    blocks.push_back(block);
    auto* zeros = static_cast<char*>(std::calloc(bytes, 2));
    CHECK(zeros[2 * bytes - 1] == 0);
    blocks.push_back(zeros);
  }
  for (void* block : blocks) std::free(block);
#if !defined(ETCH_ALLOCATIONS_BY_SANITIZER)  // which ends the program at a wrong alignment
  void* untouched = &blocks;
  CHECK(::posix_memalign(&untouched, 3, 8) == EINVAL);
  CHECK(untouched == &blocks);
#endif
}

TEST_CASE("all threads are counted") {
  const std::uint64_t before = allocations();
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([] {
      for (int i = 0; i < 1000; ++i) delete kept(new int(i));
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(allocations() - before >= 4000);
  CHECK(allocations() - before < 4100);
}

TEST_CASE("what only computes counts nothing") {
  std::vector<double> values(1000);
  CHECK(allocations_in([&] {
          for (double& value : values) value += 1;
        }) == 0);
}

TEST_CASE("a progress bar counts nothing") {
  std::FILE* file = std::fopen("/dev/null", "w");
  REQUIRE(file != nullptr);
  CHECK(allocations_in([file] {
          tools::Progress bar(1000, file);
          for (int step = 1; step <= 1000; ++step) bar.update(step, 2.134, 28100);
          bar.note("done after %d steps", 1000);
        }) == 0);
  std::fclose(file);
}
