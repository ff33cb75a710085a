// Padding, by numbers and by what is there: against hand-written rows and PyTorch's.
#include "elements.hpp"

using namespace etch;
using namespace test;

TEST_CASE("padded by a number, and cut") {
  const auto y = check([](auto a) { return results(constant_pad_nd<1, 2>(a, 9), pad<0, 1, -1, 1>(a), pad<-1, -2>(a, 3), pad<>(a)); }, test::numbered<F<2, 3>>());
  expect_values(y[0], {2, 6}, {9, 0, 1, 2, 9, 9, 9, 3, 4, 5, 9, 9});
  expect_values(y[1], {2, 4}, {3, 4, 5, 0, 0, 0, 0, 0});
  expect(y[2], {2, 0}, [](const int*) { return 0; });
  expect(y[3], {2, 3}, [](const int* i) { return i[0] * 3 + i[1]; });
  const Tensor p = pad<1, 0>(Tensor<std::int64_t, 1>{7}, 2.9);
  CHECK(p(0) == 2);
  CHECK(p(1) == 7);
}

TEST_CASE("padded by what is there") {
  auto f = [](auto a) {
    return results(pad<PadMode::reflect, 2, 1>(a), pad<PadMode::replicate, 2, 1>(a), pad<PadMode::circular, 2, 1>(a), pad<PadMode::reflect, -1, 2>(a), pad<PadMode::replicate, 3, -3>(a),
                   pad<PadMode::circular, 2, -2>(a), pad<PadMode::constant, 0, 1>(a, 7));
  };
  const auto y = check(f, test::numbered<F<4>>());
  expect_values(y[0], {7}, {2, 1, 0, 1, 2, 3, 2});
  expect_values(y[1], {7}, {0, 0, 0, 1, 2, 3, 3});
  expect_values(y[2], {7}, {2, 3, 0, 1, 2, 3, 0});
  expect_values(y[3], {5}, {1, 2, 3, 2, 1});
  expect_values(y[4], {4}, {0, 0, 0, 0});
  expect_values(y[5], {4}, {0, 1, 0, 1});
  expect_values(y[6], {5}, {0, 1, 2, 3, 7});
  // torch.nn.functional.pad(torch.arange(6.).view(1, 2, 3), (1, 1, 1, 0), mode="reflect"), and "circular"
  const auto z = check([](auto a) { return results(pad<PadMode::reflect, 1, 1, 1, 0>(a), pad<PadMode::circular, 1, 1, 1, 0>(a)); }, test::numbered<F<1, 2, 3>>());
  expect_values(z[0], {1, 3, 5}, {4, 3, 4, 5, 4, 1, 0, 1, 2, 1, 4, 3, 4, 5, 4});
  expect_values(z[1], {1, 3, 5}, {5, 3, 4, 5, 3, 2, 0, 1, 2, 0, 5, 3, 4, 5, 3});
  expect(check([](auto a) { return pad<PadMode::reflect, 1, 1>(a); }, F<0, 3>{})[0], {0, 5}, [](const int*) { return 0; });
}

TEST_CASE("what is repeated receives every part's gradient") {
  const auto x = filled<Tensor<double, 3, 4>>();
  test::check_gradient([](auto a) { return sin(pad<1, -2, 2, -1>(a, 0.5)); }, x);
  test::check_gradient([](auto a) { return sin(pad<PadMode::reflect, 2, 3, 1, 2>(a)) * iota_like<1>(pad<PadMode::circular, 4, 1, 2, 1>(a * a)); }, x);
  test::check_gradient([](auto a) { return sin(pad<PadMode::replicate, 2, -1, 0, 3>(a)) * pad<PadMode::circular, 1, 0, 1, 2>(a); }, x);
}
