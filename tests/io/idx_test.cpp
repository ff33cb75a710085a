// IDX files: MNIST's layout is read; what is cut, grown or something else is refused with one sentence.
#include <etch/io/idx.hpp>

#include <doctest/doctest.h>

#include <cstdio>
#include <string>

#include <unistd.h>

using namespace etch;

namespace {

struct TemporaryFile {
  std::string path = "/tmp/etch-idx-" + std::to_string(::getpid());
  explicit TemporaryFile(const std::string& bytes) {
    std::FILE* file = std::fopen(path.c_str(), "wb");
    REQUIRE(file != nullptr);
    std::fwrite(bytes.data(), 1, bytes.size(), file);
    std::fclose(file);
  }
  ~TemporaryFile() { ::unlink(path.c_str()); }
};

/// A header of sizes below 2^16, then values 0, 1, 2, ...
std::string idx(int type, std::initializer_list<int> sizes, int values) {
  std::string bytes{'\0', '\0', static_cast<char>(type), static_cast<char>(sizes.size())};
  for (const int size : sizes) bytes += {'\0', '\0', static_cast<char>(size / 256), static_cast<char>(size % 256)};
  for (int i = 0; i < values; ++i) bytes += static_cast<char>(i);
  return bytes;
}

std::string error_of(const std::string& bytes, int rank) {
  const TemporaryFile file(bytes);
  try {
    io::read_idx(file.path.c_str(), rank);
  } catch (const Error& e) {
    const std::string what = e.what();
    const std::size_t at = what.find(file.path);  // another one in each run
    return at == std::string::npos ? what : what.substr(0, at) + "FILE" + what.substr(at + file.path.size());
  }
  return "";
}

TEST_CASE("sizes and values are read, high bytes first") {
  const TemporaryFile images(idx(8, {2, 300, 1}, 600));
  const io::Idx read = io::read_idx(images.path.c_str(), 3);
  CHECK(read.shape == std::vector<std::int64_t>{2, 300, 1});
  REQUIRE(read.values.size() == 600);
  CHECK(read.values[0] == 0);
  CHECK(read.values[200] == 200);
  CHECK(read.values[599] == 599 % 256);
}

TEST_CASE("no values are fine") {
  const TemporaryFile labels(idx(8, {0}, 0));
  CHECK(io::read_idx(labels.path.c_str(), 1).values.empty());
  CHECK(error_of(idx(8, {0, 28, 28}, 0), 3).empty());
}

TEST_CASE("another kind of file is refused by its first bytes") {
  const std::string rule = "etch: read_idx: file must begin with the magic number of bytes with so many axes, and their sizes; ";
  CHECK(error_of(idx(13, {1}, 4), 1) == rule + "expected 0 0 8 1, found 0 0 13 1 in FILE of 12 bytes");
  CHECK(error_of(idx(8, {2}, 2), 3) == rule + "expected 0 0 8 3, found 0 0 8 1 in FILE of 10 bytes");
  CHECK(error_of("\x1f\x8b\x08  compressed", 1) == rule + "expected 0 0 8 1, found 31 139 8 32 in FILE of 15 bytes; it is compressed: gunzip it");
  CHECK(error_of(std::string("\0\0\x08", 3), 1) == rule + "expected 0 0 8 1, found 0 0 8 0 in FILE of 3 bytes");
  CHECK(error_of("", 1) == rule + "expected 0 0 8 1, found 0 0 0 0 in FILE of 0 bytes");
  CHECK(error_of(idx(8, {2, 2, 2}, 0).substr(0, 13), 3) == rule + "expected 0 0 8 3, found 0 0 8 3 in FILE of 13 bytes");
}

TEST_CASE("a cut or grown file is refused with its sizes") {
  const std::string rule = "etch: read_idx: file must hold as many values as its sizes say; ";
  CHECK(error_of(idx(8, {3, 2, 2}, 11), 3) == rule + "(3, 2, 2) in FILE, found 11");
  CHECK(error_of(idx(8, {3, 2, 2}, 13), 3) == rule + "(3, 2, 2) in FILE, found 13");
  // the product of these is 2^64, 0 in 64 bits
  CHECK(error_of(std::string("\0\0\x08\3\x80\0\0\0\x80\0\0\0\0\0\0\4", 16), 3) == rule + "(2147483648, 2147483648, 4) in FILE, found 0");
}

TEST_CASE("a file that is not there is an error") { CHECK_THROWS_AS(io::read_idx("/no/such/file", 1), Error); }

}  // namespace
