// Elements repeated: broadcast, tiled, interleaved.
#include "elements.hpp"

using namespace etch;
using namespace test;

TEST_CASE("expand") {
  const auto x = filled<F<3, 1, 5>>();
  check([](auto a) { return results(expand<3, 4, 5>(a), expand<2, 3, 7, 5>(a), expand<3, 4, 5>(a) + 1, exp(expand<3, 2, 5>(a))); }, x);
  check([](auto a) { return results(sum<1>(expand<3, 4, 5>(a)), sum(expand<2, 3, 4, 5>(a)), expand<3, 4, -1>(a)); }, x);
  check([](auto a) { return reshape<3, 20>(expand<3, 4, 5>(a)); }, x);
  check([](auto a) { return reshape<12, 5>(expand<3, 4, 5>(a)) * 2; }, x);
  check([](auto a) { return reshape<60>(permute<1, 0, 2>(expand<3, 4, 5>(a))) + 1; }, x);
  const auto y = check([](auto a, auto b) { return results(broadcast_to<2, 3, 4>(a), expand_as(a, b), broadcast_to<0, 3, 4>(a)); }, test::numbered<F<3, 1>>(), F<5, 3, 2>{});
  expect(y[0], {2, 3, 4}, [](const int* i) { return i[1]; });
  expect(y[1], {5, 3, 2}, [](const int* i) { return i[1]; });
  expect(y[2], {0, 3, 4}, [](const int*) { return 0; });
}

TEST_CASE("several tensors to their common shape") {
  const auto y = check([](auto a, auto b, auto c) {
    const auto [p, q, r] = broadcast_tensors(a, b, c);
    return results(p, q, r);
  }, test::numbered<F<3>>(), test::numbered<F<2, 1>>(), test::numbered<Tensor<std::int64_t, 4, 1, 1>>());
  expect(y[0], {4, 2, 3}, [](const int* i) { return i[2]; });
  expect(y[1], {4, 2, 3}, [](const int* i) { return i[1]; });
  expect(y[2], {4, 2, 3}, [](const int* i) { return i[0]; });
  constexpr Dims d = broadcast_shapes<ints<7, 1, 4>, ints<3, 1>, ints<>>();
  static_assert(d.rank == 3 && d[0].size == 7 && d[1].size == 3 && d[2].size == 4);
  static_assert(broadcast_shapes<ints<0, 1, 3>, ints<0, 10, 3>>()[1].size == 10);
}

TEST_CASE("repeat and tile") {
  const auto y = check([](auto a) { return results(repeat<2, 1>(a), repeat<1, 2>(a), repeat<2, 3, 2>(a), tile<2>(a), tile<2, 2>(a), repeat<0, 1>(a), repeat<1, 1, 1>(a)); }, test::numbered<F<3, 4>>());
  expect(y[0], {6, 4}, [](const int* i) { return i[0] % 3 * 4 + i[1]; });
  expect(y[1], {3, 8}, [](const int* i) { return i[0] * 4 + i[1] % 4; });
  expect(y[2], {2, 9, 8}, [](const int* i) { return i[1] % 3 * 4 + i[2] % 4; });
  expect(y[3], {3, 8}, [](const int* i) { return i[0] * 4 + i[1] % 4; });
  expect(y[4], {6, 8}, [](const int* i) { return i[0] % 3 * 4 + i[1] % 4; });
  expect(y[5], {0, 4}, [](const int*) { return 0; });
  expect(y[6], {1, 3, 4}, [](const int* i) { return i[1] * 4 + i[2]; });
  // more axes than there is room for at once
  const auto z = check([](auto a) { return results(repeat<2, 3, 2, 3, 2>(a)); }, test::numbered<F<2, 1, 3, 2, 2>>());
  expect(z[0], {4, 3, 6, 6, 4}, [](const int* i) { return ((i[0] % 2 * 3 + i[2] % 3) * 2 + i[3] % 2) * 2 + i[4] % 2; });
  const auto s = check([](auto a, auto e) { return results(repeat<1, 3, 2>(a), tile<0>(a), repeat<>(a), tile<1, 3, 2>(e)); }, test::numbered<F<>>(), F<0>{});
  expect(s[0], {1, 3, 2}, [](const int*) { return 0; });
  CHECK(s[1].size == std::vector<int>{0});
  CHECK(s[2].size.empty());
  CHECK(s[3].size == std::vector<int>{1, 3, 0});
}

TEST_CASE("every element several times in a row, as often as a number or a tensor says") {
  Tensor<std::int64_t, 3> counts{2, 0, 3};
  const auto y = check([](auto a, auto n) { return results(repeat_interleave<2>(a), repeat_interleave<2, 0>(a), repeat_interleave<3, -1>(a), repeat_interleave<0, 0>(a), repeat_interleave<5, 0>(a, n), repeat_interleave<5, 1>(t(a), n)); },
                       test::numbered<F<3, 4>>(), counts);
  const int row[] = {0, 0, 2, 2, 2};
  expect(y[0], {24}, [](const int* i) { return i[0] / 2; });
  expect(y[1], {6, 4}, [](const int* i) { return i[0] / 2 * 4 + i[1]; });
  expect(y[2], {3, 12}, [](const int* i) { return i[0] * 4 + i[1] / 3; });
  expect(y[3], {0, 4}, [](const int*) { return 0; });
  expect(y[4], {5, 4}, [&](const int* i) { return row[i[0]] * 4 + i[1]; });
  expect(y[5], {4, 5}, [&](const int* i) { return row[i[1]] * 4 + i[0]; });
  const auto z = check([](auto a, auto n) { return results(repeat_interleave<5>(a, n), repeat_interleave<6>(a, sum(n) - 3)); }, test::numbered<F<3>>(), counts);
  expect(z[0], {5}, [&](const int* i) { return row[i[0]]; });
  expect(z[1], {6}, [&](const int* i) { return i[0] / 2; });
}

TEST_CASE("a gradient is the sum over the repetitions") {
  const auto x = filled<Tensor<double, 3, 2>>();
  test::check_gradient([](auto a) { return sin(repeat<2, 1, 3>(a)) * tile<2, 1, 3>(a); }, x);
  test::check_gradient([](auto a) { return sin(repeat_interleave<3, 1>(a)) * a; }, filled<Tensor<double, 3, 1>>());
  test::check_gradient([](auto a) { return sin(repeat_interleave<6, 0>(a, iota_like<0>(select_axis<1, 0>(a)) + 1)); }, x);
}
