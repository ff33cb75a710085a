#include <doctest/doctest.h>

#include <etch/etch.hpp>

using namespace etch;

TEST_CASE("halves are rounded once, as floats that are rounded to halves") {
  constexpr int N = 4099;  // whole vectors and a rest
  Tensor<half, N> x, y;
  std::uint32_t state = 1;
  const auto next = [&] {
    state = state * 1664525u + 1013904223u;
    const auto bits = static_cast<std::uint16_t>(state >> 16);
    return __builtin_bit_cast(half, bits);
  };
  for (int i = 0; i < N; ++i) x.data()[i] = next(), y.data()[i] = i % 7 == 0 ? half(-static_cast<float>(x.data()[i]) * 1.001f) : next();
  const Tensor<half, N> sum = x + y, difference = x - y, product = x * y;
  const auto same = [](half a, float exact) {
    const half b(exact);
    return __builtin_bit_cast(std::uint16_t, a) == __builtin_bit_cast(std::uint16_t, b) || (static_cast<float>(a) != static_cast<float>(a) && exact != exact);
  };
  int wrong = 0;
  for (int i = 0; i < N; ++i) {
    const auto a = static_cast<float>(x.data()[i]), b = static_cast<float>(y.data()[i]);
    wrong += !same(sum.data()[i], a + b) + !same(difference.data()[i], a - b) + !same(product.data()[i], a * b);
  }
  CHECK(wrong == 0);
}
