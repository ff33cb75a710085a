// Blocks of memory: zeros at first, shared by their copies; one that the system refuses is an error that says how much was asked for.
#include <doctest/doctest.h>

#include <etch/core/storage.hpp>

#include <cstring>

using namespace etch;

TEST_CASE("a block is zeros at first, and copies are the same block") {
  const Storage storage(1000);
  const char* const bytes = static_cast<const char*>(storage.data());
  for (int i = 0; i < 1000; ++i) CHECK(bytes[i] == 0);
  const Storage copy = storage;
  CHECK(copy.data() == storage.data());
}

TEST_CASE("a large block serves again, and zeros are zeros again") {
  constexpr std::size_t bytes = std::size_t{10} << 20;
  for (int i = 0; i < 3; ++i) {
    const Storage storage(bytes, false), other(bytes / 2, false);
    CHECK(storage.data() != other.data());
    std::memset(storage.data(), 1, bytes);
    std::memset(other.data(), 2, bytes / 2);
    CHECK(static_cast<const char*>(storage.data())[bytes - 1] == 1);
  }
  const Storage zeros(bytes);
  std::size_t set = 0;
  for (std::size_t i = 0; i < bytes; ++i) set += static_cast<const char*>(zeros.data())[i] != 0;
  CHECK(set == 0);
}

TEST_CASE("a small block serves again, and zeros are zeros again") {
  for (std::size_t bytes = 1; bytes < 10000; bytes += 61) {
    {
      const Storage storage(bytes, false), other(bytes, false);
      CHECK(storage.data() != other.data());
      std::memset(storage.data(), 1, bytes);
      std::memset(other.data(), 2, bytes);
      CHECK(static_cast<const char*>(storage.data())[bytes - 1] == 1);
    }
    const Storage zeros(bytes), more(bytes);
    std::size_t set = 0;
    for (std::size_t i = 0; i < bytes; ++i) set += static_cast<const char*>(zeros.data())[i] != 0 || static_cast<const char*>(more.data())[i] != 0;
    CHECK(set == 0);
  }
}

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define ETCH_TEST_SANITIZED
#endif
#endif

// a sanitizer reserves more addresses than a limit would leave it
#if defined(__linux__) && !defined(ETCH_TEST_SANITIZED) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <initializer_list>

TEST_CASE("memory that is refused") {
  const pid_t child = ::fork();
  if (child == 0) {
    const rlimit limit = {std::size_t{1} << 30, std::size_t{1} << 30};
    if (::setrlimit(RLIMIT_AS, &limit) != 0) ::_exit(1);
    for (const bool zeroed : {true, false}) {
      try {
        const Storage storage(std::size_t{1} << 32, zeroed);
        ::_exit(2);
      } catch (const Error& error) {
        if (std::strncmp(error.what(), "etch: tensor: memory must suffice; got 429", 42) != 0) ::_exit(3);
      }
    }
    const Storage less(std::size_t{1} << 24);
    ::_exit(static_cast<const char*>(less.data())[(1 << 24) - 1]);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  REQUIRE(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}
#endif
