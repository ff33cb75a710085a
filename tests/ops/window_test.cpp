// Windows over an axis, overlapping or not, and any regular look at a tensor's elements.
#include "elements.hpp"

using namespace etch;
using namespace test;

TEST_CASE("unfold") {
  const auto y = check([](auto a) { return results(unfold<0, 3, 1>(a), unfold<0, 2, 3>(a), unfold<1, 2, 2>(a), unfold<-1, 4, 1>(a), unfold<0, 2, 2>(a), unfold<0, 5, 2>(a), unfold<0, 7, 1>(a), unfold<1, 1, 3>(a)); }, test::numbered<F<7, 4>>());
  expect(y[0], {5, 4, 3}, [](const int* i) { return (i[0] + i[2]) * 4 + i[1]; });
  expect(y[1], {2, 4, 2}, [](const int* i) { return (3 * i[0] + i[2]) * 4 + i[1]; });
  expect(y[2], {7, 2, 2}, [](const int* i) { return i[0] * 4 + 2 * i[1] + i[2]; });
  expect(y[3], {7, 1, 4}, [](const int* i) { return i[0] * 4 + i[2]; });
  expect(y[4], {3, 4, 2}, [](const int* i) { return (2 * i[0] + i[2]) * 4 + i[1]; });
  expect(y[5], {2, 4, 5}, [](const int* i) { return (2 * i[0] + i[2]) * 4 + i[1]; });
  expect(y[6], {1, 4, 7}, [](const int* i) { return i[2] * 4 + i[1]; });
  expect(y[7], {7, 2, 1}, [](const int* i) { return i[0] * 4 + 3 * i[1]; });
  const auto z = check([](auto a) { return results(unfold<0, 1, 1>(a)); }, F<>(3.f));
  expect(z[0], {1}, [](const int*) { return 3; });
}

TEST_CASE("as_strided") {
  const auto y = check([](auto a) { return results(as_strided<ints<2, 2>, ints<1, 2>, 1>(a), as_strided<ints<3>, ints<0>, 8>(a), as_strided<ints<>, ints<>, 4>(a), as_strided<ints<2, 0>, ints<5, 9>>(a), as_strided<ints<2, 3>, ints<3, 1>>(t(a))); }, test::numbered<F<3, 3>>());
  expect(y[0], {2, 2}, [](const int* i) { return 1 + i[0] + 2 * i[1]; });
  expect(y[1], {3}, [](const int*) { return 8; });
  expect(y[2], {}, [](const int*) { return 4; });
  CHECK(y[3].size == std::vector<int>{2, 0});
  expect(y[4], {2, 3}, [](const int* i) { return i[0] + 3 * i[1]; });
}

TEST_CASE("where windows overlap, gradients add up") {
  const auto x = filled<Tensor<double, 6, 3>>();
  test::check_gradient([](auto a) { return sin(unfold<0, 3, 2>(a)); }, x);
  test::check_gradient([](auto a) { return sin(unfold<0, 2, 1>(a)) + sum(unfold<1, 2, 2>(a)); }, x);
  test::check_gradient([](auto a) { return sin(as_strided<ints<2, 3, 2>, ints<1, 2, 3>, 2>(a)); }, x);
}
