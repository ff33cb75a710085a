// Channels and pixels change places.
#include "elements.hpp"

using namespace etch;
using namespace test;

TEST_CASE("pixel_shuffle, pixel_unshuffle, channel_shuffle") {
  const auto y = test::check([](auto a) { return results(pixel_shuffle<2>(a), pixel_unshuffle<2>(a), channel_shuffle<2>(a)); }, test::numbered<Tensor<float, 1, 8, 2, 4>>());
  expect(y[0], {1, 2, 4, 8}, [](const int* i) { return ((i[1] * 4 + i[2] % 2 * 2 + i[3] % 2) * 2 + i[2] / 2) * 4 + i[3] / 2; });
  expect(y[1], {1, 32, 1, 2}, [](const int* i) { return (i[1] / 4 * 2 + i[1] % 4 / 2) * 4 + i[3] * 2 + i[1] % 2; });
  expect(y[2], {1, 8, 2, 4}, [](const int* i) { return ((i[1] % 2 * 4 + i[1] / 2) * 2 + i[2]) * 4 + i[3]; });
}
