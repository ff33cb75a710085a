// One element of a product: any strides, batches, integers, and halves whose sums are floats.
#include <etch/cuda/product_element.hpp>

#include <doctest/doctest.h>

using namespace etch;
using device::Matrix;

TEST_CASE("integers in batches, the second operand turned") {
  std::int64_t a[12], b[12], c[8]{};
  for (int i = 0; i < 12; ++i) a[i] = i - 4, b[i] = 3 * i % 7;
  const device::ProductElement<std::int64_t> element{{reinterpret_cast<char*>(a), 6, 3, 1}, {reinterpret_cast<char*>(b), 6, 1, 3}, {reinterpret_cast<char*>(c), 4, 2, 1}, 2, 2, 3};
  for (int i = 0; i < 8; ++i) element(i);
  for (int batch = 0; batch < 2; ++batch)
    for (int i = 0; i < 2; ++i)
      for (int j = 0; j < 2; ++j) {
        std::int64_t sum = 0;
        for (int k = 0; k < 3; ++k) sum += a[6 * batch + 3 * i + k] * b[6 * batch + 3 * j + k];
        CHECK(c[4 * batch + 2 * i + j] == sum);
      }
}

TEST_CASE("halves add up as floats") {
  etch::half a[3] = {static_cast<etch::half>(2048.f), static_cast<etch::half>(1.f), static_cast<etch::half>(1.f)}, one[3], c[1];
  for (etch::half& x : one) x = static_cast<etch::half>(1.f);
  const device::ProductElement<etch::half> element{{reinterpret_cast<char*>(a), 0, 3, 1}, {reinterpret_cast<char*>(one), 0, 1, 1}, {reinterpret_cast<char*>(c), 0, 1, 1}, 1, 1, 3};
  element(0);
  CHECK(static_cast<float>(c[0]) == 2050);  // 2048 + 1 is no half
}
