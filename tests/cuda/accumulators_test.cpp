// Accumulators of a group: neutral in every part, then the parts in order.
#include <etch/cuda/accumulators.hpp>

#include <doctest/doctest.h>

using namespace etch;
using detail::Op;

TEST_CASE("parts of sums, products and extrema, a line apart") {
  alignas(64) char parts[3 * 64];
  char* const first = parts;
  float result[4];
  char* const target = reinterpret_cast<char*>(result);
  const auto reduced = [&](Op op) {
    const device::StartAccumulator start{&first, 64, 4, op, DType::float32};
    for (int i = 0; i < 12; ++i) start(i);
    for (int p = 0; p < 3; ++p)
      for (int i = 0; i < 4; ++i) {
        float& x = reinterpret_cast<float*>(parts + 64 * p)[i];
        x = cpu::detail::combined<float>(op, x, static_cast<float>(p - i));
      }
    const device::CombineParts combine{&first, &target, 64, 3, op, DType::float32};
    for (int i = 0; i < 4; ++i) combine(i);
    return result[3];
  };
  CHECK(reduced(Op::sum) == -6);
  CHECK(reduced(Op::prod) == -6);
  CHECK(reduced(Op::amax) == -1);
  CHECK(reduced(Op::amin) == -3);
}
