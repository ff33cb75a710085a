// Orders that come from merging runs are the CPU's, bit by bit: equal keys, both directions, runs of every length.
#include "wave.hpp"

using namespace etch;

TEST_CASE("argsort within one run, over several, with equal keys and values that are no numbers") {
  auto x = wave<Tensor<float, 3, 149, 2>>(4);
  for (int i = 0; i < 149; ++i) x(1, i, 0) = static_cast<float>(i % 5);
  x(0, 7, 1) = x(0, 100, 1) = __builtin_nanf("");
  x(2, 3, 1) = 0.f, x(2, 140, 1) = -0.f;
  std::int64_t ran = 0;
  CHECK(both([](auto a) { return several(argsort<1>(a), argsort<1, true>(a), argsort<0>(a)); }, detail::StepKind::argsort, ran, x) == 0);
  CHECK(ran == 3);
  Tensor<std::int64_t, 2, 70> whole;
  for (int i = 0; i < 140; ++i) whole.data()[i] = i * 37 % 11 - 5;
  CHECK(both([](auto a) { return several(sort<1>(a).values, topk<3, 1>(a).indices); }, detail::StepKind::argsort, ran, whole) == 0);
  CHECK(ran == 2);
}
