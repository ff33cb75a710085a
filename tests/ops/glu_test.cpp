// GLU: half of an axis times the sigmoid of the other half.
#include <program.hpp>

#include <cmath>

using namespace etch;

TEST_CASE("glu halves an axis") {
  const auto x = test::filled<Tensor<double, 2, 4, 3>>();
  const Tensor<double, 2, 2, 3> y = glu<1>(x);
  const Tensor<double, 1, 4, 3> z = glu<0>(x);
  for (int i = 0; i < 2; ++i)
    for (int j = 0; j < 2; ++j)
      for (int k = 0; k < 3; ++k) CHECK(y(i, j, k) == doctest::Approx(x(i, j, k) / (1 + std::exp(-x(i, j + 2, k)))));
  CHECK(z(0, 3, 2) == doctest::Approx(x(0, 3, 2) / (1 + std::exp(-x(1, 3, 2)))));
}
