// What each element of a result must be, by its index: for operations that find elements elsewhere.
#pragma once

#include <program.hpp>

#include <random>

namespace test {

/// 0, 1, 2, ... in row-major order, so that an element says where it came from.
template <class X>
X numbered() {
  X x;
  for (std::int64_t i = 0; i < x.numel(); ++i) x.data()[i] = static_cast<typename X::value_type>(i);
  return x;
}

/// Numbers of a normal distribution.
template <class X>
X drawn(unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  X x;
  for (std::int64_t i = 0; i < x.numel(); ++i) x.data()[i] = normal(random);
  return x;
}

/// y has these sizes, and its element at index i is expected(i).
template <class F>
void expect(const Array& y, const std::vector<int>& size, F expected) {
  CHECK_MESSAGE(y.size == size, "got " << text_of(y.size) << ", expected " << text_of(size));
  if (y.size != size) return;
  oracle::for_each(size, [&](std::size_t k, const std::vector<int>& at) {
    const double want = static_cast<double>(expected(at.data()));
    CHECK_MESSAGE(y.value[k] == want, "element " << k << " of " << text_of(size) << ": got " << y.value[k] << ", expected " << want);
  });
}
/// y has these sizes and these elements in row-major order.
inline void expect_values(const Array& y, const std::vector<int>& size, const std::vector<double>& value) {
  CHECK_MESSAGE(y.size == size, "got " << text_of(y.size) << ", expected " << text_of(size));
  CHECK(y.value == value);
}

/// Whether `got` has this shape and these values.
inline void expect_near(const Array& got, const std::vector<int>& size, const std::vector<double>& values, double tolerance = 1e-9) {
  CHECK(got.size == size);
  REQUIRE(got.value.size() == values.size());
  for (std::size_t i = 0; i < values.size(); ++i) CHECK_MESSAGE(near(got.value[i], values[i], tolerance), "element " << i << ": " << got.value[i] << ", expected " << values[i]);
}

}  // namespace test
