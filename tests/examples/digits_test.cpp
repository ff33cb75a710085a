// The pictures of the example lenet: drawn digits are a function of the seed, files that do not fit are refused.
#include "../../examples/lenet/digits.cpp"

#include <doctest/doctest.h>

#include <cstdio>
#include <string>

#include <unistd.h>

using namespace lenet;

namespace {

struct IdxFile {
  std::string path;
  IdxFile(const char* name, std::initializer_list<int> sizes, std::size_t values, int value) : path("/tmp/etch-" + std::to_string(::getpid()) + name) {
    std::FILE* file = std::fopen(path.c_str(), "wb");
    REQUIRE(file != nullptr);
    std::fprintf(file, "%c%c%c%c", 0, 0, 8, static_cast<int>(sizes.size()));
    for (const int size : sizes) std::fprintf(file, "%c%c%c%c", 0, 0, size / 256, size % 256);
    for (std::size_t i = 0; i < values; ++i) std::fputc(value, file);
    std::fclose(file);
  }
  ~IdxFile() { ::unlink(path.c_str()); }
};

std::string error_of(const IdxFile& images, const IdxFile& labels) {
  try {
    read_digits(images.path.c_str(), labels.path.c_str());
  } catch (const etch::Error& e) {
    return e.what();
  }
  return "";
}

TEST_CASE("drawn digits are a function of seed and number") {
  const Digits a = draw_digits(40, 7), b = draw_digits(20, 7), c = draw_digits(20, 8);
  CHECK(std::equal(b.pixels.begin(), b.pixels.end(), a.pixels.begin()));
  CHECK(std::equal(b.labels.begin(), b.labels.end(), a.labels.begin()));
  CHECK(b.pixels != c.pixels);
  CHECK(a.held_out() == 36);
  CHECK(a.image(2) == a.pixels.data() + 2 * 784);
}

TEST_CASE("a digit has ink in its middle and none in its corners, and every digit occurs") {
  const Digits digits = draw_digits(400, 1);
  int seen[classes] = {};
  long middle = 0, corner = 0;
  for (std::size_t i = 0; i < digits.count(); ++i) {
    REQUIRE(digits.labels[i] < classes);
    ++seen[digits.labels[i]];
    for (int y = 0; y < 4; ++y)
      for (int x = 0; x < 4; ++x) {
        middle += digits.image(i)[(12 + y) * side + 12 + x];
        corner += digits.image(i)[y * side + x];
      }
  }
  for (const int count : seen) CHECK(count > 15);
  CHECK(middle > 2 * corner);
}

TEST_CASE("images and labels are read") {
  const IdxFile images("images", {20, 28, 28}, 20 * 784, 200), labels("labels", {20}, 20, 9);
  const Digits digits = read_digits(images.path.c_str(), labels.path.c_str());
  CHECK(digits.count() == 20);
  CHECK(digits.image(19)[783] == 200);
  CHECK(digits.labels[19] == 9);
}

TEST_CASE("files that do not fit are refused") {
  const IdxFile images("images", {20, 28, 28}, 20 * 784, 200), wide("wide", {20, 28, 30}, 20 * 840, 0), few("few", {9, 28, 28}, 9 * 784, 0);
  const IdxFile labels("labels", {20}, 20, 9), more("more", {21}, 21, 9), nine("nine", {9}, 9, 9), letters("letters", {20}, 20, 10);
  CHECK(error_of(images, labels).empty());
  CHECK(error_of(wide, labels).find("etch: lenet: images must have 28 x 28 pixels; got (20, 28, 30)") == 0);
  CHECK(error_of(images, more) == "etch: lenet: there must be as many labels as images; got 21 for 20");
  CHECK(error_of(few, nine) == "etch: lenet: there must be at least 10 images, since a tenth is held out; got 9");
  CHECK(error_of(images, letters).find("etch: lenet: a label must be a digit; got 10 at 0") == 0);
  CHECK(error_of(labels, images).find("etch: read_idx: ") == 0);
}

}  // namespace
