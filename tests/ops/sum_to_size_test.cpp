// Sums to a shape that broadcasts back.
#include "elements.hpp"

using namespace etch;
using test::check;
using test::expect;

namespace {
template <int... D>
using F = Tensor<float, D...>;
}

TEST_CASE("sum_to_size is the transpose of expand") {
  const auto x = test::numbered<F<2, 3, 4>>();  // x[i, j, k] = 12 i + 4 j + k
  const auto y = check([](auto a) {
    return test::results(sum_to_size<3, 1>(a), sum_to_size<1, 3, 4>(a), sum_to_size<2, 3, 4>(a), sum_to_size<>(a), sum_to_size<4>(a));
  }, x);
  expect(y[0], {3, 1}, [](const int* i) { return 60 + 32 * i[0]; });
  expect(y[1], {1, 3, 4}, [](const int* i) { return 12 + 8 * i[1] + 2 * i[2]; });
  expect(y[2], {2, 3, 4}, [](const int* i) { return 12 * i[0] + 4 * i[1] + i[2]; });
  expect(y[3], {}, [](const int*) { return 276; });
  expect(y[4], {4}, [](const int* i) { return 60 + 6 * i[0]; });
}

TEST_CASE("integers that are summed become int64, others keep their type") {
  static_assert(std::is_same_v<decltype(eval(sum_to_size<1>(Tensor<std::int8_t, 5>{}))), Tensor<std::int64_t, 1>>);
  static_assert(std::is_same_v<decltype(eval(sum_to_size<5>(Tensor<std::int8_t, 5>{}))), Tensor<std::int8_t, 5>>);
}
