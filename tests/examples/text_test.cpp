// The example's text: files once each in the order of names, sorted symbols, windows that anyone can compute again.
#include "../../examples/chargpt/text.cpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include <sys/stat.h>
#include <unistd.h>

using namespace chargpt;

namespace {

void put(const std::string& path, const std::string& text) {
  std::FILE* file = std::fopen(path.c_str(), "wb");
  REQUIRE(file != nullptr);
  std::fwrite(text.data(), 1, text.size(), file);
  std::fclose(file);
}

}  // namespace

TEST_CASE("a directory is its distinct files in the order of their names") {
  std::string path = "/tmp/etch-text-XXXXXX";
  REQUIRE(::mkdtemp(path.data()) != nullptr);
  put(path + "/b", "second ");
  put(path + "/B", "first ");
  put(path + "/c", "first ");
  put(path + "/d", "third");
  REQUIRE(::symlink("d", (path + "/A").c_str()) == 0);
  REQUIRE(::symlink("nowhere", (path + "/z").c_str()) == 0);
  REQUIRE(::mkdir((path + "/directory").c_str(), 0755) == 0);
  CHECK(read_directory(path) == "thirdfirst second ");
  for (const char* name : {"/b", "/B", "/c", "/d", "/A", "/z"}) ::unlink((path + name).c_str());
  ::rmdir((path + "/directory").c_str());
  ::rmdir(path.c_str());
  CHECK_THROWS_WITH_AS(read_directory(path),
                       ("etch: text: directory must be readable; " + path + ": No such file or directory").c_str(),
                       etch::Error);
  CHECK_THROWS_AS(load_text((path + "/none").c_str()), etch::Error);
}

TEST_CASE("symbols are the sorted bytes, the last tenth is held out") {
  const Text text("hello world, hello etch\xff.");
  CHECK(text.symbols() == " ,.cdehlortw\xff");
  CHECK(text.size() == 25);
  CHECK(text.train().size() == 23);
  CHECK(text.held_out().size() == 2);
  CHECK(text.decode(text.train()[0]) == 'h');
  CHECK(text.decode(text.held_out()[0]) == '\xff');
  std::int64_t ids[3];
  text.encode("te ", ids);
  CHECK(ids[0] == 10);
  CHECK(ids[1] == 5);
  CHECK(ids[2] == 0);
  CHECK_THROWS_WITH_AS(text.encode("#", ids), "etch: text: characters must occur in the text; found code 35",
                       etch::Error);
  CHECK_THROWS_AS(Text("too short"), etch::Error);
}

TEST_CASE("a batch is what the documented hash says") {
  static_assert(mix(0) == 0);
  static_assert(mix(0x9E3779B97F4A7C15u) == 0xE220A8397B1DCDAFu);  // the first output of splitmix64 from 0
  CHECK(hash(0, 0, 0) == 0x238275BC38FCBE91u);
  CHECK(hash(1, 2, 3) == 0x6AE515C1C0AC7E37u);
  std::vector<std::uint8_t> tokens(100);
  for (std::size_t i = 0; i < tokens.size(); ++i) tokens[i] = static_cast<std::uint8_t>(i);
  std::int64_t inputs[4 * 8], targets[4 * 8];
  bool first = false, last = false;
  for (std::uint64_t step = 0; step < 200; ++step) {
    sample(tokens, 7, step, 4, 8, inputs, targets);
    for (std::size_t row = 0; row < 4; ++row)
      for (std::size_t i = 0; i < 8; ++i) {
        REQUIRE(inputs[row * 8 + i] == static_cast<std::int64_t>(hash(7, step, row) % 92 + i));
        REQUIRE(targets[row * 8 + i] == inputs[row * 8 + i] + 1);
        first = first || inputs[row * 8 + i] == 0;
        last = last || targets[row * 8 + i] == 99;
      }
  }
  CHECK(first);
  CHECK(last);
  CHECK_THROWS_AS(sample(std::span(tokens).first(8), 0, 0, 1, 8, inputs, targets), etch::Error);
}

TEST_CASE("the default text") {
  struct stat status = {};
  if (::stat("/usr/share/common-licenses", &status) != 0) return;
  const Text text(load_text());
  CHECK(text.size() > 100'000);
  CHECK(text.symbols().size() < 128);
  MESSAGE(text.size() << " characters, " << text.symbols().size() << " symbols");
}
