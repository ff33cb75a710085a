// Images as columns and back.
#include "elements.hpp"

using namespace etch;
using namespace test;

TEST_CASE("unfold: a column for each window") {
  const auto x = filled<Tensor<double, 2, 3, 5, 6>>();
  const auto y = test::check([](auto a) { return unfold<ints<3, 2>{}, stride<2, 1>, padding<1>, dilation<1, 2>>(a); }, x);
  expect(y[0], {2, 18, 18}, [&](const int* i) {
    const int c = i[1] / 6, k = i[1] % 6 / 2, l = i[1] % 2, r = i[2] / 6 * 2 + k - 1, s = i[2] % 6 + 2 * l - 1;
    return r < 0 || r >= 5 || s < 0 || s >= 6 ? 0.0 : x.data()[((i[0] * 3 + c) * 5 + r) * 6 + s];
  });
}

TEST_CASE("fold adds what unfold repeats") {
  const auto counts = test::check([](auto a) { return fold<3, output_size<4, 5>, padding<1>>(unfold<3, padding<1>>(a)); }, filled<Tensor<double, 1, 4, 5>>(1, 1));
  expect(counts[0], {1, 4, 5}, [](const int* i) { return (i[1] % 3 == 0 ? 2 : 3) * (i[2] % 4 == 0 ? 2 : 3); });
  test::check_gradient([](auto a) { return fold<2, output_size<4, 5>, stride<2, 1>>(a); }, filled<Tensor<double, 2, 8, 8>>());
}
