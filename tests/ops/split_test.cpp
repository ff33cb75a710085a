// One tensor as several: which elements each part holds.
#include "elements.hpp"

using namespace etch;
using namespace test;

namespace {

/// The parts of [n, 2] numbers along axis 0 begin and end at these rows.
void rows(const std::vector<test::Array>& y, const std::vector<std::pair<int, int>>& ranges) {
  REQUIRE(y.size() == ranges.size());
  for (std::size_t p = 0; p < y.size(); ++p) expect(y[p], {ranges[p].second - ranges[p].first, 2}, [&](const int* i) { return (ranges[p].first + i[0]) * 2 + i[1]; });
}
}  // namespace

TEST_CASE("split by size and by sizes") {
  const auto x = test::numbered<F<7, 2>>();
  rows(check([](auto a) {
    const auto [p, q, r] = split<3>(a);
    return results(p, q, r);
  }, x), {{0, 3}, {3, 6}, {6, 7}});
  rows(check([](auto a) {
    const auto [p, q, r] = split<ints<1, 0, 6>>(a);
    const auto [whole] = split<9>(a);
    return results(p, q, r, whole);
  }, x), {{0, 1}, {1, 1}, {1, 7}, {0, 7}});
}

TEST_CASE("chunks may be fewer than asked for; tensor_split's are as many, and differ by one at most") {
  const auto x = test::numbered<F<7, 2>>();
  rows(check([](auto a) {
    const auto [p, q, r, s] = chunk<5>(a);
    return results(p, q, r, s);
  }, x), {{0, 2}, {2, 4}, {4, 6}, {6, 7}});
  rows(check([](auto a) {
    const auto [p, q, r] = tensor_split<3>(a);
    return results(p, q, r);
  }, x), {{0, 3}, {3, 5}, {5, 7}});
  rows(check([](auto a) {
    const auto [p, q, r, s] = tensor_split<ints<2, -1, 9>>(a);
    return results(p, q, r, s);
  }, x), {{0, 2}, {2, 6}, {6, 7}, {7, 7}});
}

TEST_CASE("along columns, rows and depth; every index alone") {
  const auto y = check([](auto a, auto v) {
    const auto [left, right] = hsplit<2>(a);
    const auto [top, middle, bottom] = vsplit<ints<1, 3>>(a);
    const auto [front, back] = dsplit<2>(a);
    const auto [head, tail] = hsplit<ints<1>>(v);
    const auto [a0, a1, a2, a3] = unbind<1>(a);
    return results(left, right, top, middle, bottom, front, back, head, tail, a0, a3);
  }, test::numbered<F<3, 4, 2>>(), test::numbered<F<3>>());
  const auto from = [](int i, int j, int k) { return (i * 4 + j) * 2 + k; };
  expect(y[0], {3, 2, 2}, [&](const int* i) { return from(i[0], i[1], i[2]); });
  expect(y[1], {3, 2, 2}, [&](const int* i) { return from(i[0], i[1] + 2, i[2]); });
  expect(y[2], {1, 4, 2}, [&](const int* i) { return from(0, i[1], i[2]); });
  expect(y[3], {2, 4, 2}, [&](const int* i) { return from(i[0] + 1, i[1], i[2]); });
  CHECK(y[4].size == std::vector<int>{0, 4, 2});
  expect(y[5], {3, 4, 1}, [&](const int* i) { return from(i[0], i[1], 0); });
  expect(y[6], {3, 4, 1}, [&](const int* i) { return from(i[0], i[1], 1); });
  expect(y[7], {1}, [](const int*) { return 0; });
  expect(y[8], {2}, [](const int* i) { return i[0] + 1; });
  expect(y[9], {3, 2}, [&](const int* i) { return from(i[0], 0, i[1]); });
  expect(y[10], {3, 2}, [&](const int* i) { return from(i[0], 3, i[1]); });
}

TEST_CASE("of tensors, the parts are expressions; evaluated together they are one program") {
  const auto x = test::numbered<F<4, 2>>();
  const auto [first, second] = split<2>(x);
  const Tensor sum_of_parts = first + second;
  CHECK(sum_of_parts(1, 1) == 10);
  const auto [p, q] = eval(first, second);
  CHECK(p(1, 0) == 2);
  CHECK(q(0, 1) == 5);
}

TEST_CASE("gradients of parts meet in the whole") {
  test::check_gradient([](auto a) {
    const auto [p, q, r] = chunk<3>(a);
    return sin(p) * q + sum(r);
  }, filled<Tensor<double, 5, 2>>());
  test::check_gradient([](auto a) {
    const auto [p, q] = unbind<1>(a);
    return sin(p) * cos(q) * p;
  }, filled<Tensor<double, 5, 2>>());
}
