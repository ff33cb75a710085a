// Tensors made one: cat and all that is cat, rolling; and results that are views or constants.
#include "elements.hpp"

using namespace etch;
using namespace test;

TEST_CASE("cat and stack") {
  const auto a = filled<F<3, 4>>(), b = filled<F<3, 4>>(-2, 2, 1);
  const auto c = filled<F<3, 2>>(-2, 2, 2);
  check([](auto x, auto y) { return results(cat<0>(x, y), cat<1>(x, y), cat<-1>(x, x), stack<0>(x, y), stack<1>(x, y), stack<2>(x, y)); }, a, b);
  check([](auto x, auto y, auto z) { return results(cat<1>(x, z, y), cat<1>(z, z, x) * 2); }, a, b, c);
  check([](auto x, auto y) { return cat<0>(exp(x), y * 2, x + y); }, a, b);
  check([](auto x, auto y) { return cat<1>(cat<0>(x, y), cat<0>(y, x)) + 1; }, a, b);
  check([](auto x, auto y) { return sum<0>(cat<0>(exp(x), y)); }, a, b);
  check([](auto x, auto y) {
    const auto [p, q] = chunk<2, 1>(x);
    return results(p, q * slice<1, 0, 2>(y), chunk<3>(x + y).template get<2>());
  }, a, b);
  check([](auto x) { return cat<1>(x); }, a);
  check([](auto x, auto y) { return results(cat<2>(x, y), cat<1>(x, y), cat<2>(x, cat<2>(y, x))); }, filled<F<2, 3, 9>>(), filled<F<2, 3, 9>>(-2, 2, 1));
  auto side_by_side = [](auto x, auto y) { return cat<1>(x, y); };
  static_assert(Code<decltype(side_by_side), F<3, 4>, F<3, 4>>::plan.steps == 1);  // equal halves of its rows in one loop
  check([](auto x, auto y) { return slice<1, 2, 6>(cat<1>(x, y)); }, a, b);
  check([](auto x, auto y) { return cat<0>(t(x), t(y)); }, a, b);
  check([](auto x, auto y) { return t(cat<0>(t(x), t(exp(y)))); }, a, b);
  check([](auto x, auto y) { return reshape<24>(stack<1>(x, y * 2)); }, a, b);
  check([](auto x, auto y) { return cat<0>(matmul(x, t(y)), matmul(y, t(x))); }, a, b);
  check([](auto x, auto y) { return cat<1>(matmul(x, t(y)), sum_keepdim<1>(x), amax_keepdim<1>(y)); }, a, b);
  check([](auto x, auto y) { return cat<0>(ones_like(x), y, zeros_like(x)); }, a, b);
  check([](auto x, auto y) { return cat<1>(x, to<float>(to<double>(y) / 3)); }, a, b);
}

TEST_CASE("a result that is an input, a view of one, a constant, or twice the same") {
  const auto x = filled<F<3, 5>>();
  check([](auto a) { return results(a, a); }, x);
  check([](auto a) { return results(t(a), a, t(a)); }, x);
  check([](auto a) { return results(zeros_like(a), ones_like(t(a)), a); }, x);
  check([](auto a) {
    const auto e = exp(a);
    return results(e, e, t(e), reshape<15>(e), slice<0, 1, 2>(e));
  }, x);
  check([](auto a) { return results(iota_like<0>(a), iota_like<1, float>(a), iota_like<-1, std::int32_t>(a), causal_mask(a)); }, x);
}

TEST_CASE("views of bools and integers") {
  const auto b = filled<Tensor<bool, 5, 9>>();
  const auto i = filled<Tensor<std::int32_t, 5, 9>>(-50, 50);
  const auto l = filled<Tensor<std::int64_t, 5, 9>>(-50, 50);
  const auto h = filled<Tensor<std::int16_t, 5, 9>>(-50, 50);
  auto f = [](auto a) { return results(t(a), slice<1, 1, 9, 3>(a), cat<0>(a, a), reshape<9, 5>(a), reshape<45>(t(a)), expand<2, 5, 9>(a)); };
  check(f, b);
  check(f, i);
  check(f, l);
  check(f, h);
  check([](auto m, auto x) { return where(t(m), t(x), 0); }, b, i);
  check([](auto m, auto x) { return slice<1, 0, 9, 2>(m) && slice<1, 0, 9, 2>(x > 0); }, b, l);
  check([](auto x) { return t(x) + 1; }, h);
}

TEST_CASE("cat takes parts of any type, and skips what is of shape (0)") {
  const auto y = check([](auto a, auto b, auto e) { return results(cat<1>(a, b), cat<1>(e, a), cat<0>(e, e), cat<0>(a, to<bool>(a))); }, test::numbered<Tensor<std::int64_t, 2, 2>>(), test::numbered<Tensor<double, 2, 1>>(), F<0>{});
  expect_values(y[0], {2, 3}, {0, 1, 0, 2, 3, 1});
  CHECK(y[0].dtype == DType::float64);
  expect_values(y[1], {2, 2}, {0, 1, 2, 3});
  CHECK(y[1].dtype == DType::float32);
  CHECK(y[2].size == std::vector<int>{0});
  CHECK(y[3].dtype == DType::int64);
  expect_values(y[3], {4, 2}, {0, 1, 2, 3, 0, 1, 1, 1});
}

TEST_CASE("side by side, on top of each other, in depth") {
  const auto y = check([](auto v, auto w, auto m, auto s) { return results(hstack(v, w), vstack(v, w), dstack(v, w), column_stack(v, w), hstack(m, m), vstack(m, v), dstack(m, m), column_stack(s, s), hstack(s, v), vstack(s, s)); },
                       Tensor<float, 2>{0, 1}, Tensor<float, 2>{2, 3}, Tensor<float, 2, 2>{{4, 5}, {6, 7}}, Tensor<float>(8.f));
  expect_values(y[0], {4}, {0, 1, 2, 3});
  expect_values(y[1], {2, 2}, {0, 1, 2, 3});
  expect_values(y[2], {1, 2, 2}, {0, 2, 1, 3});
  expect_values(y[3], {2, 2}, {0, 2, 1, 3});
  expect_values(y[4], {2, 4}, {4, 5, 4, 5, 6, 7, 6, 7});
  expect_values(y[5], {3, 2}, {4, 5, 6, 7, 0, 1});
  expect_values(y[6], {2, 2, 2}, {4, 4, 5, 5, 6, 6, 7, 7});
  expect_values(y[7], {1, 2}, {8, 8});
  expect_values(y[8], {3}, {8, 0, 1});
  expect_values(y[9], {2, 1}, {8, 8});
}

TEST_CASE("matrices along the diagonal of a larger one") {
  const auto y = check([](auto s, auto v, auto m) { return results(block_diag(s, v, m), block_diag(m)); }, Tensor<float>(1.f), Tensor<float, 2>{2, 3}, Tensor<float, 2, 1>{{4}, {5}});
  expect_values(y[0], {4, 4}, {1, 0, 0, 0, 0, 2, 3, 0, 0, 0, 0, 4, 0, 0, 0, 5});
  expect_values(y[1], {2, 1}, {4, 5});
}

TEST_CASE("rolled around the end") {
  const auto y = check([](auto a) { return results(roll<1, 0>(a), roll<-1, 1>(a), roll<5>(a), roll<ints<1, 2>, ints<0, -1>>(a), roll<0, 0>(a), roll<300, 0>(a)); }, test::numbered<F<3, 4>>());
  expect(y[0], {3, 4}, [](const int* i) { return (i[0] + 2) % 3 * 4 + i[1]; });
  expect(y[1], {3, 4}, [](const int* i) { return i[0] * 4 + (i[1] + 1) % 4; });
  expect(y[2], {3, 4}, [](const int* i) { return (i[0] * 4 + i[1] + 7) % 12; });
  expect(y[3], {3, 4}, [](const int* i) { return (i[0] + 2) % 3 * 4 + (i[1] + 2) % 4; });
  expect(y[4], {3, 4}, [](const int* i) { return i[0] * 4 + i[1]; });
  expect(y[5], {3, 4}, [](const int* i) { return i[0] * 4 + i[1]; });
  const auto z = check([](auto a, auto e) { return results(roll<1>(a), roll<3, 1>(e)); }, test::numbered<F<>>(), F<2, 0>{});
  expect(z[0], {}, [](const int*) { return 0; });
  CHECK(z[1].size == std::vector<int>{2, 0});
}

TEST_CASE("every part receives its gradient") {
  const auto x = filled<Tensor<double, 3, 4>>();
  test::check_gradient([](auto a) { return sin(roll<ints<1, 2>, ints<0, 1>>(a)) * a; }, x);
  test::check_gradient([](auto a) { return sin(block_diag(a, t(a))); }, x);
  test::check_gradient([](auto a) { return sin(hstack(a, select_axis<0, 0>(vstack(a, a)) * a)) * column_stack(a, squeeze<2>(slice<2, 0, 1>(dstack(a, a)))); }, x);
}

TEST_CASE("a part of a chain that something else reads is written before what stands upon it") {
  check(
      [](auto x) {
        const auto twos = cat<0>(slice<0, 0, 1>(x), slice<0, 1, 5>(x) * slice<0, 0, 4>(x));
        const auto fours = cat<0>(slice<0, 0, 2>(twos), slice<0, 2, 5>(twos) * slice<0, 0, 3>(twos));
        return cat<0>(slice<0, 0, 4>(fours), slice<0, 4, 5>(fours) * slice<0, 0, 1>(fours));
      },
      filled<G<5>>());
}
