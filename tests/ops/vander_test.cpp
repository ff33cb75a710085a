// Vandermonde matrices, against powers.
#include "elements.hpp"

using namespace etch;
using namespace test;

TEST_CASE("powers of each element in a row") {
  const Tensor<std::int64_t, 3> x{2, -1, 3};
  const auto y = check([](auto a) { return test::results(vander(a), vander<2>(a), vander<4, true>(a), vander<0>(a)); }, x);
  expect_values(y[0], {3, 3}, {4, 2, 1, 1, -1, 1, 9, 3, 1});
  expect_values(y[1], {3, 2}, {2, 1, -1, 1, 3, 1});
  expect_values(y[2], {3, 4}, {1, 2, 4, 8, 1, -1, 1, -1, 1, 3, 9, 27});
  CHECK(y[3].size == std::vector<int>{3, 0});
  test::check_gradient([](auto a) { return sin(vander<4>(a)); }, test::filled<Tensor<double, 2, 3>>());
  using C = etch::complex<double>;
  const Tensor z = vander<3>(Tensor<C, 1>{C{0, 2}});
  CHECK((z(0, 0) == C{-4, 0} && z(0, 1) == C{0, 2} && z(0, 2) == C{1, 0}));
}
