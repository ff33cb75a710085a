// Accumulators: what a part begins with, and how two become one.
#include <etch/etch.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

using namespace etch::cpu::detail;
using etch::detail::Op;

TEST_CASE("what a part begins with changes nothing") {
  for (const Op op : {Op::sum, Op::prod, Op::amax, Op::amin})
    for (const double v : {-3.5, 0.0, 7.0}) {
      CHECK(combined<double>(op, neutral_of<double>(op), v) == v);
      CHECK(combined<double>(op, v, neutral_of<double>(op)) == v);
    }
  CHECK(combined<std::int32_t>(Op::amax, neutral_of<std::int32_t>(Op::amax), std::numeric_limits<std::int32_t>::min()) == std::numeric_limits<std::int32_t>::min());
}

TEST_CASE("parts are combined element by element, and NaN stays") {
  const float from[] = {1, -2, NAN, 4};
  float to[] = {0.5f, -3, 1, NAN};
  constexpr etch::cpu::Accumulator largest = etch::cpu::accumulator<Op::amax, etch::DType::float32>();
  largest.add(to, from, 4);
  CHECK(to[0] == 1);
  CHECK(to[1] == -2);
  CHECK(std::isnan(to[2]));
  CHECK(std::isnan(to[3]));
  constexpr etch::cpu::Accumulator product = etch::cpu::accumulator<Op::prod, etch::DType::float32>();
  product.fill(to, 4);
  product.add(to, from, 2);
  CHECK(to[0] == 1);
  CHECK(to[1] == -2);
  CHECK(to[3] == 1);
}
