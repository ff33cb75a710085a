// Triangles, diagonals, grids and combinations.
#include "elements.hpp"

using namespace etch;
using namespace test;

TEST_CASE("triangles") {
  const auto y = check([](auto a) { return results(tril(a), triu(a), tril<-1>(a), triu<2>(a), tril<9>(a), triu(to<std::int64_t>(a)), tril(a > 3)); }, test::numbered<F<2, 3, 4>>());
  const auto from = [](const int* i) { return (i[0] * 3 + i[1]) * 4 + i[2]; };
  expect(y[0], {2, 3, 4}, [&](const int* i) { return i[2] <= i[1] ? from(i) : 0; });
  expect(y[1], {2, 3, 4}, [&](const int* i) { return i[2] >= i[1] ? from(i) : 0; });
  expect(y[2], {2, 3, 4}, [&](const int* i) { return i[2] <= i[1] - 1 ? from(i) : 0; });
  expect(y[3], {2, 3, 4}, [&](const int* i) { return i[2] >= i[1] + 2 ? from(i) : 0; });
  expect(y[4], {2, 3, 4}, from);
  expect(y[5], {2, 3, 4}, [&](const int* i) { return i[2] >= i[1] ? from(i) : 0; });
  expect(y[6], {2, 3, 4}, [&](const int* i) { return i[2] <= i[1] && from(i) > 3 ? 1 : 0; });
}

TEST_CASE("diagonals, into matrices and out of them") {
  const auto y = check([](auto v, auto m) { return results(diag(v), diag<1>(v), diag<-2>(v), diag(m), diag<1>(m), diagflat<1>(m)); }, F<2>{1, 2}, F<2, 3>{{1, 2, 3}, {4, 5, 6}});
  expect_values(y[0], {2, 2}, {1, 0, 0, 2});
  expect_values(y[1], {3, 3}, {0, 1, 0, 0, 0, 2, 0, 0, 0});
  expect_values(y[2], {4, 4}, {0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 2, 0, 0});
  expect_values(y[3], {2}, {1, 5});
  expect_values(y[4], {2}, {2, 6});
  expect(y[5], {7, 7}, [](const int* i) { return i[1] == i[0] + 1 ? i[1] : 0; });
  const auto z = check([](auto a, auto s, auto e) { return results(diag_embed(a), diag_embed<1>(a), diag_embed<-1, 0, 2>(a), diag_embed<0, -1, 0>(a), diagflat(s), diag(e)); }, test::numbered<F<2, 3>>(), F<>(7.f), F<0>{});
  expect(z[0], {2, 3, 3}, [](const int* i) { return i[1] == i[2] ? i[0] * 3 + i[1] : 0; });
  expect(z[1], {2, 4, 4}, [](const int* i) { return i[2] == i[1] + 1 ? i[0] * 3 + i[1] : 0; });
  expect(z[2], {4, 2, 4}, [](const int* i) { return i[0] == i[2] + 1 ? i[1] * 3 + i[2] : 0; });
  expect(z[3], {3, 2, 3}, [](const int* i) { return i[0] == i[2] ? i[1] * 3 + i[0] : 0; });
  expect_values(z[4], {1, 1}, {7});
  CHECK(z[5].size == std::vector<int>{0, 0});
}

TEST_CASE("grids") {
  const auto y = check([](auto a, auto b, auto s) {
    const auto [x, v] = meshgrid(a, b);
    const auto [p, q, r] = meshgrid<Indexing::xy>(a, b, s);
    const auto [one] = meshgrid<Indexing::xy>(s);
    return results(x, v, p, q, r, one, cartesian_prod(a, b), cartesian_prod(a));
  }, test::numbered<F<2>>(), test::numbered<F<3>>(), F<>(5.f));
  expect(y[0], {2, 3}, [](const int* i) { return i[0]; });
  expect(y[1], {2, 3}, [](const int* i) { return i[1]; });
  expect(y[2], {3, 2, 1}, [](const int* i) { return i[1]; });
  expect(y[3], {3, 2, 1}, [](const int* i) { return i[0]; });
  expect(y[4], {3, 2, 1}, [](const int*) { return 5; });
  expect_values(y[5], {1}, {5});
  expect(y[6], {6, 2}, [](const int* i) { return i[1] == 0 ? i[0] / 3 : i[0] % 3; });
  expect(y[7], {2}, [](const int* i) { return i[0]; });
}

TEST_CASE("combinations in lexicographic order") {
  const auto y = check([](auto a) { return results(combinations(a), combinations<3>(a), combinations<2, true>(a), combinations<1>(a), combinations<6>(a), combinations<3, true>(a)); }, test::numbered<F<5>>());
  std::vector<double> two, three, two_again, three_again;
  for (int i = 0; i < 5; ++i)
    for (int j = i; j < 5; ++j) {
      if (j > i) two.insert(two.end(), {double(i), double(j)});
      two_again.insert(two_again.end(), {double(i), double(j)});
      for (int k = j; k < 5; ++k) {
        if (i < j && j < k) three.insert(three.end(), {double(i), double(j), double(k)});
        three_again.insert(three_again.end(), {double(i), double(j), double(k)});
      }
    }
  expect_values(y[0], {10, 2}, two);
  expect_values(y[1], {10, 3}, three);
  expect_values(y[2], {15, 2}, two_again);
  expect_values(y[3], {5, 1}, {0, 1, 2, 3, 4});
  CHECK(y[4].size == std::vector<int>{0, 6});
  expect_values(y[5], {35, 3}, three_again);
}

TEST_CASE("gradients") {
  const auto m = filled<G<3, 4>>();
  test::check_gradient([](auto a) { return sin(tril(a)) * triu<1>(a); }, m);
  test::check_gradient([](auto a) { return sin(diag_embed<1>(a)) * sum(diag<-1>(a)); }, m);
  test::check_gradient([](auto a) { return sin(combinations(a)); }, filled<G<4>>());
  test::check_gradient([](auto a, auto b) { return sin(cartesian_prod(a, b)); }, filled<G<2>>(), filled<G<3>>());
}
