// How often each number occurs: sizes, weights, and numbers outside the bound.
#include <program.hpp>

using namespace etch;

TEST_CASE("bincount") {
  const Tensor<std::int64_t, 2, 3> x{{1, 3, 3}, {0, 5, 3}};
  const Tensor n = bincount<10>(x);
  CHECK((n.size(0) == 6 && n(3) == 3 && n(2) == 0));
  CHECK(bincount<10>(x, 8).size(0) == 8);
  const auto w = bincount<10>(x, Tensor<float, 2, 3>{{1, 2, 3}, {4, 5, 6}}, 2);
  CHECK((w(3) == 11 && w(0) == 4 && w.size(0) == 6));
  static_assert(std::is_same_v<decltype(bincount<10>(x, x))::value_type, double>);
  CHECK_THROWS_WITH_AS(bincount<5>(x), doctest::Contains("etch: bincount: a number must be at least 0 and below the bound; got 5 at position 4, bound 5"), Error);
  CHECK_THROWS_WITH_AS(bincount<10>(x, Tensor<float, 5>{}), doctest::Contains("etch: bincount: there must be a weight for each number; got 5 for 6"), Error);
  CHECK_THROWS_AS(bincount<10>(Tensor<std::int64_t, 2>{{-1, 0}}), Error);
  CHECK_THROWS_WITH_AS(bincount<10>(x, -1), doctest::Contains("etch: bincount: the least length must not be negative; got -1"), Error);
}
