// Some elements of an axis, forwards and backwards; diagonals.
#include "elements.hpp"

using namespace etch;
using namespace test;

TEST_CASE("slices, with steps and from the end") {
  const auto x = filled<F<7, 33>>();
  const auto y = check([](auto a) { return results(slice<0, 1, 4>(a), slice<1, 3, 20>(a), slice<0, 0, 7, 2>(a), slice<1, 1, 33, 5>(a), slice<1, -8, -1>(a), slice<-1, 5, 6>(a), narrow<0, 2, 3>(a), narrow<1, -3, 2>(a)); }, test::numbered<F<7, 33>>());
  const auto from = [](int i, int j) { return i * 33 + j; };
  expect(y[0], {3, 33}, [&](const int* i) { return from(i[0] + 1, i[1]); });
  expect(y[1], {7, 17}, [&](const int* i) { return from(i[0], i[1] + 3); });
  expect(y[2], {4, 33}, [&](const int* i) { return from(2 * i[0], i[1]); });
  expect(y[3], {7, 7}, [&](const int* i) { return from(i[0], 1 + 5 * i[1]); });
  expect(y[4], {7, 7}, [&](const int* i) { return from(i[0], 25 + i[1]); });
  expect(y[5], {7, 1}, [&](const int* i) { return from(i[0], 5); });
  expect(y[6], {3, 33}, [&](const int* i) { return from(i[0] + 2, i[1]); });
  expect(y[7], {7, 2}, [&](const int* i) { return from(i[0], i[1] + 30); });
  check([](auto a) { return slice<1, 1, 33, 4>(slice<0, 1, 6, 2>(a)) * 2; }, x);
  check([](auto a) { return slice<1, 0, 32, 2>(a) + slice<1, 1, 33, 2>(a); }, x);
  check([](auto a) { return slice<0, 1, 6>(exp(a)) - slice<0, 0, 5>(exp(a)); }, x);
  check([](auto a) { return slice<1, 2, 8>(slice<1, 4, 30, 3>(a)); }, x);
  check([](auto a) { return results(select_axis<0, 3>(a), select_axis<1, -1>(a), select_axis<1, 5>(a) * 2); }, x);
  check([](auto a) { return slice<0, 2, 2>(a) + 1; }, x);  // nothing
}

TEST_CASE("backwards: a view with a negative stride") {
  const auto x = test::numbered<F<4, 3, 5>>();
  const auto y = check([](auto a) { return results(flip<0>(a), flip<1, -1>(a), flip<>(a), flipud(a), fliplr(a), slice<2, -1, -6, -1>(a), slice<2, 4, 0, -2>(a), slice<0, 2, 1, -1>(a)); }, x);
  const auto from = [](int i, int j, int k) { return (i * 3 + j) * 5 + k; };
  expect(y[0], {4, 3, 5}, [&](const int* i) { return from(3 - i[0], i[1], i[2]); });
  expect(y[1], {4, 3, 5}, [&](const int* i) { return from(i[0], 2 - i[1], 4 - i[2]); });
  expect(y[2], {4, 3, 5}, [&](const int* i) { return from(i[0], i[1], i[2]); });
  expect(y[3], {4, 3, 5}, [&](const int* i) { return from(3 - i[0], i[1], i[2]); });
  expect(y[4], {4, 3, 5}, [&](const int* i) { return from(i[0], 2 - i[1], i[2]); });
  expect(y[5], {4, 3, 5}, [&](const int* i) { return from(i[0], i[1], 4 - i[2]); });
  expect(y[6], {4, 3, 2}, [&](const int* i) { return from(i[0], i[1], 4 - 2 * i[2]); });
  expect(y[7], {1, 3, 5}, [&](const int* i) { return from(2, i[1], i[2]); });
  const auto m = filled<F<5, 37>>();
  check([](auto a) { return results(flip<1>(a) + a, flip<1>(exp(a)) * 2, t(flip<1>(a)), reshape<185>(flip<0, 1>(a)), slice<1, 3, 20, 3>(flip<1>(a)), sum<1>(flip<1>(a) * a), flip<0>(iota_like<0>(a))); }, m);
  check([](auto a) { return matmul(flip<0>(a), t(flip<1>(a))); }, m);
  check([](auto a) { return cat<0>(flip<1>(a), flip<0>(a)); }, m);
  check([](auto a) { return softmax<1>(flip<1>(a)); }, m);
  // one kernel, and nothing is stored on the way
  auto f = [](auto a) { return flip<1>(a) * 2 + a; };
  using Spec = test::FunctionSpec<decltype(f), F<5, 37>>;
  static_assert(Compiled<Spec>::plan.steps == 1 && Compiled<Spec>::plan.arena_bytes == 0);
}

TEST_CASE("quarter turns") {
  const auto y = check([](auto a) { return results(rot90(a), rot90<2>(a), rot90<3>(a), rot90<-1>(a), rot90<4>(a), rot90<1, 1, 0>(a), rot90<5>(a)); }, test::numbered<F<3, 4>>());
  const auto from = [](int i, int j) { return i * 4 + j; };
  auto once = [&](const int* i) { return from(i[1], 3 - i[0]); };
  auto back = [&](const int* i) { return from(2 - i[1], i[0]); };
  expect(y[0], {4, 3}, once);
  expect(y[1], {3, 4}, [&](const int* i) { return from(2 - i[0], 3 - i[1]); });
  expect(y[2], {4, 3}, back);
  expect(y[3], {4, 3}, back);
  expect(y[4], {3, 4}, [&](const int* i) { return from(i[0], i[1]); });
  expect(y[5], {4, 3}, back);
  expect(y[6], {4, 3}, once);
}

TEST_CASE("diagonals, of any two axes") {
  const auto y = check([](auto a) { return results(diagonal(a), diagonal<1>(a), diagonal<-2>(a), diagonal<9>(a), diagonal<1, 1, 0>(a), diagonal<0, 0, 2>(a), diagonal<-1, -1, 1>(a)); }, test::numbered<F<3, 4, 5>>());
  const auto from = [](int i, int j, int k) { return (i * 4 + j) * 5 + k; };
  expect(y[0], {5, 3}, [&](const int* i) { return from(i[1], i[1], i[0]); });
  expect(y[1], {5, 3}, [&](const int* i) { return from(i[1], i[1] + 1, i[0]); });
  expect(y[2], {5, 1}, [&](const int* i) { return from(i[1] + 2, i[1], i[0]); });
  expect(y[3], {5, 0}, [](const int*) { return 0; });
  expect(y[4], {5, 2}, [&](const int* i) { return from(i[1] + 1, i[1], i[0]); });
  expect(y[5], {4, 3}, [&](const int* i) { return from(i[1], i[0], i[1]); });
  expect(y[6], {3, 4}, [&](const int* i) { return from(i[0], i[1], i[1] + 1); });
}

TEST_CASE("gradients go back to where the elements came from") {
  const auto x = filled<Tensor<double, 4, 5>>();
  test::check_gradient([](auto a) { return sin(flip<1>(a)) * a; }, x);
  test::check_gradient([](auto a) { return sin(flip<0>(slice<1, 1, 5, 2>(flip<1>(a)))); }, x);
  test::check_gradient([](auto a) { return sin(slice<1, 4, 0, -2>(a)) * slice<1, 0, 2>(a); }, x);
  test::check_gradient([](auto a) { return sin(diagonal<1>(a)) + select_axis<0, -1>(slice<1, 0, 4>(a)); }, x);
  test::check_gradient([](auto a) { return sin(rot90(a)) * t(a); }, x);
}
