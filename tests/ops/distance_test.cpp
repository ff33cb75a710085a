// Distances between rows by loops, and their gradients, at corners too.
#include <program.hpp>

#include <cmath>
#include <limits>

using namespace etch;
using namespace test;

namespace {
template <class A, class B>
double distance(double p, const A& a, int i, const B& b, int j, int n) {
  double s = 0;
  for (int k = 0; k < n; ++k) {
    const double d = std::abs(a(i, k) - b(j, k));
    if (p == 0) s += d != 0;
    else if (p == inf) s = std::max(s, d);
    else s += std::pow(d, p);
  }
  return p == 0 || p == inf ? s : std::pow(s, 1 / p);
}
}  // namespace

TEST_CASE("every norm, and pairs of rows in order") {
  auto a = filled<G<5, 3>>();
  auto b = filled<G<4, 3>>(-2, 2, 1);
  for (int k = 0; k < 3; ++k) b(2, k) = a(1, k);
  b(0, 1) = a(0, 1);
  auto [d0, d1, d2, d3, di, pairs, pairs1] = eval(cdist<0.0>(a, b), cdist<1.0>(a, b), cdist(a, b), cdist<2.5>(a, b), cdist<inf>(a, b), pdist(a), pdist<1.0>(a));
  for (int i = 0; i < 5; ++i)
    for (int j = 0; j < 4; ++j) {
      CHECK(d0(i, j) == distance(0, a, i, b, j, 3));
      CHECK(test::near(d1(i, j), distance(1, a, i, b, j, 3), 1e-12));
      CHECK(test::near(d2(i, j), distance(2, a, i, b, j, 3), 1e-12));
      CHECK(test::near(d3(i, j), distance(2.5, a, i, b, j, 3), 1e-12));
      CHECK(test::near(di(i, j), distance(inf, a, i, b, j, 3), 1e-12));
    }
  int k = 0;
  for (int i = 0; i < 5; ++i)
    for (int j = i + 1; j < 5; ++j, ++k) {
      CHECK(test::near(pairs(k), distance(2, a, i, a, j, 3), 1e-12));
      CHECK(test::near(pairs1(k), distance(1, a, i, a, j, 3), 1e-12));
    }
  CHECK(k == 10);
}

TEST_CASE("rows are paired rightly however many there are") {
  auto a = filled<G<131, 1>>();
  for (int i = 0; i < 131; ++i) a(i, 0) = i * i;
  const Tensor d = pdist<1.0>(a);
  int k = 0, wrong = 0;
  for (int i = 0; i < 131; ++i)
    for (int j = i + 1; j < 131; ++j, ++k) wrong += d(k) != j * j - i * i;
  CHECK(wrong == 0);
}

TEST_CASE("gradients of distances; equal rows have none") {
  check_gradient([](auto a, auto b) { return sum(sin(cdist(a, b))) + sum(sin(cdist<1.5>(a, b))) + sum(sin(cdist<1.0>(a, b))) + sum(sin(cdist<inf>(a, b))) + sum(sin(pdist(reshape<6, 2>(a)))); }, filled<G<2, 3, 2>>(), filled<G<1, 4, 2>>(-1.5, 1.9, 1));
  const G<2, 2> same{{1, 2}, {1, 2}};
  const Tensor g = grad([](auto x) { return sum(cdist(x, x)) + sum(pdist<0.5>(x)) + sum(cdist<3.0>(x, detach(x))); })(same);
  for (int i = 0; i < 2; ++i)
    for (int j = 0; j < 2; ++j) CHECK(g(i, j) == 0);
}

TEST_CASE("pairwise_distance and cosine_similarity compare rows") {
  Tensor<double, 2, 3> x{{1, 2, 3}, {4, 5, 6}}, y{{1, 0, 2}, {4, 5, 7}};
  const Tensor<double, 2> d = pairwise_distance(x, y), c = cosine_similarity(x, y), zero = cosine_similarity(x, Tensor<double, 2, 3>{});
  const Tensor<double, 2, 1> kept = pairwise_distance<1.0, true>(x, y, 0);
  CHECK(d(0) == doctest::Approx(std::sqrt(5.0)).epsilon(1e-5));
  CHECK(d(1) == doctest::Approx(1).epsilon(1e-5));
  CHECK(kept(0, 0) == 3);
  CHECK(c(0) == doctest::Approx(7 / std::sqrt(14 * 5.0)));
  CHECK(zero(1) == 0);
}
