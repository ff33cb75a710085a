// Functions of numbers mapped over tensors and views.
#include <etch/etch.hpp>

#include <doctest/doctest.h>

using namespace etch;

TEST_CASE("a function that has state, over a tensor and over a column") {
  Tensor<float, 2, 3> x{{1, 2, 3}, {4, 5, 6}};
  int calls = 0;
  apply_(x, [&](float v) { return v * 2 + static_cast<float>(calls++); });
  CHECK((calls == 6 && x(0, 0) == 2 && x(0, 1) == 5 && x(1, 2) == 17));
  apply_(x(every, 1), [](float) { return -1; });
  CHECK((x(0, 1) == -1 && x(1, 1) == -1 && x(1, 0) == 11));
}

TEST_CASE("two tensors, the second broadcast and converted") {
  Tensor<float, 2, 3> x{{1, 2, 3}, {4, 5, 6}};
  const Tensor<std::int64_t, 3> y{10, 20, 30};
  map_(x, y, [](float a, float b) { return a > 3 ? b : a; });
  CHECK((x(0, 2) == 3 && x(1, 0) == 10 && x(1, 2) == 30));
}
