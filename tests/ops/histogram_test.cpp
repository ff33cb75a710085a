// Places in sorted edges, and counts between them: against loops, at the edges, outside, NaN, weights and densities.
#include <program.hpp>

#include <algorithm>

using namespace etch;
using namespace test;

namespace {
const double not_a_number = std::numeric_limits<double>::quiet_NaN();
}  // namespace

TEST_CASE("searchsorted and bucketize are lower_bound and upper_bound") {
  const auto edges = filled<F<40>>(-2, 2);
  const Tensor sorted = sort(edges).values;
  auto x = filled<F<200>>(-3, 3, 5);
  for (int i = 0; i < 40; ++i) x.data()[5 * i] = sorted(i);  // and the edges themselves
  const Tensor low = searchsorted(sorted, x);
  const Tensor high = bucketize<true, std::int32_t>(x, sorted);
  for (int i = 0; i < 200; ++i) {
    CHECK(low(i) == std::lower_bound(sorted.data(), sorted.data() + 40, x(i)) - sorted.data());
    CHECK(high(i) == std::upper_bound(sorted.data(), sorted.data() + 40, x(i)) - sorted.data());
  }
  check([](auto e, auto v) { return results(searchsorted(e, v), searchsorted<true>(e, t(v)), bucketize(0.5, e), searchsorted(e, to<double>(v) * 2)); }, sorted, filled<F<3, 7>>());
  check([](auto a, auto v) { return results(searchsorted(sort<-1>(a).values, v), searchsorted<true>(sort<-1>(a).values, v)); }, filled<F<2, 3, 9>>(), filled<F<2, 3, 4>>());
  CHECK(searchsorted(Tensor<double, 3>{{1, 2, 3}}, Tensor<double>(not_a_number)).item() == 3);
  CHECK(searchsorted(Tensor<std::int64_t, 3>{{1, 2, 3}}, Tensor<std::int64_t>(2)).item() == 1);
}

TEST_CASE("searchsorted in edges of any number, some equal, whatever is looked for") {
  const auto every = []<int N>(const F<N>& edges) {
    for (int i = 1; i < N; ++i) REQUIRE(edges(i - 1) <= edges(i));
    auto x = filled<F<45>>(-2, 12, 3);  // five searches of eight at once, and five of one
    for (int i = 0; i < 20; ++i) x.data()[2 * i] = static_cast<float>(i / 2);
    x.data()[1] = x.data()[44] = static_cast<float>(not_a_number);
    x.data()[3] = -std::numeric_limits<float>::infinity();
    x.data()[5] = std::numeric_limits<float>::infinity();
    const Tensor low = searchsorted(edges, x), high = searchsorted<true>(edges, x);
    for (int i = 0; i < 45; ++i) {
      CAPTURE(N);
      CAPTURE(x(i));
      const bool none = x(i) != x(i);
      CHECK(low(i) == (none ? N : std::lower_bound(edges.data(), edges.data() + N, x(i)) - edges.data()));
      CHECK(high(i) == (none ? N : std::upper_bound(edges.data(), edges.data() + N, x(i)) - edges.data()));
    }
  };
  every(F<1>{3});
  every(F<2>{{3, 3}});
  every(F<3>{{0, 3, 9}});
  every(F<7>{{-1, 0, 0, 0, 4, 4, 10}});
  every(F<8>{{0, 1, 1, 2, 3, 5, 8, 13}});
  F<37> many;
  for (int i = 0; i < 37; ++i) many.data()[i] = static_cast<float>(i / 4);
  every(many);
}

TEST_CASE("histc: the right edge belongs to the last part; what lies outside, or is not a number, to none") {
  const Tensor<double, 7> x{{0, 1, 2, 3, 4, -1, not_a_number}};
  const Tensor c = histc<2>(x, 0, 4);
  CHECK((c(0) == 2 && c(1) == 3));
  const Tensor own = histc<4>(F<5>{{0, 1, 2, 3, 4}});
  CHECK((own(0) == 1 && own(3) == 2));
  const Tensor alone = histc<2>(F<3>{{5, 5, 5}});
  CHECK((alone(0) == 0 && alone(1) == 3));
  const Tensor asked = histc<4>(F<5>{{0, 1, 2, 3, 4}}, 2, 2);
  CHECK((asked(0) == 1 && asked(3) == 2));
  const Tensor same = histc<2>(F<3>{{5, 5, 5}}, 1, 1);
  CHECK((same(0) == 0 && same(1) == 3));
  const F<> zero = zeros<float>();
  const Tensor by_tensors = histc<4>(F<5>{{0, 1, 2, 3, 4}}, zero, zero);
  CHECK((by_tensors(0) == 1 && by_tensors(3) == 2));
  const Tensor nothing = histc<3>(F<2, 0>{});
  CHECK(sum(nothing).item() == 0);
  check([](auto a) { return results(histc<7>(a), histc<100>(a, -1, 1), histc<5>(a, 0, 0), histc(a)); }, filled<F<6, 9>>());
}

TEST_CASE("histogram: bins, edges, weights, density") {
  const F<2, 3> x{{0, 1, 2}, {3, 4, 4}};
  const auto [hist, edges] = histogram<4>(x);
  const Tensor h = hist;
  const Tensor e = edges;
  CHECK((h(0) == 1 && h(3) == 3 && e(0) == 0 && e(4) == 4));
  const Tensor w = histogram<4>(weighted(x, x)).hist;
  CHECK((w(1) == 1 && w(3) == 11));
  const Tensor d = histogram<density>(x, F<3>{{0, 1, 4}}).hist;
  CHECK(d(0) == doctest::Approx(1.0 / 6));
  CHECK(d(1) == doctest::Approx(5.0 / 18));
  const Tensor part = histogram<2>(x, 1, 3).hist;
  CHECK((part(0) == 1 && part(1) == 2));
}

TEST_CASE("histogramdd: a product of bins") {
  const F<3, 2> x{{0, 0}, {1, 5}, {1, 5}};
  const auto h = histogramdd<2, 3>(x);
  const Tensor counts = h.hist;
  const Tensor e = bin_edges<1>(h);
  CHECK((counts(0, 0) == 1 && counts(1, 2) == 2 && counts(0, 2) == 0 && e(3) == 5));
  const F<3> a{{0, 0.5, 1}};
  const F<2> b{{0, 5}};
  const Tensor d = histogramdd<density>(weighted(x, F<3>{{2, 1, 1}}), a, b).hist;
  CHECK((d(0, 0) == doctest::Approx(0.2) && d(1, 0) == doctest::Approx(0.2)));
  const auto part = histogramdd<2, 3>(x, 0.5, 2.5, 0, 6);
  const Tensor inside = part.hist;
  const Tensor edges = bin_edges<0>(part);
  CHECK((inside(0, 2) == 2 && sum(inside).item() == 2 && edges(0) == 0.5f && edges(2) == 2.5f));
}

TEST_CASE("a range that is none") {
  const F<3, 1> x{{1}, {2}, {3}};
  CHECK_THROWS_WITH_AS(histc<2>(x, 3, 1), doctest::Contains("etch: histc: low must be at most high"), Error);
  CHECK_THROWS_WITH_AS(histogram<2>(x, 3, 1), doctest::Contains("etch: histogram: low must be at most high"), Error);
  CHECK_THROWS_WITH_AS(histogramdd<2>(x, 3, 1), doctest::Contains("etch: histogramdd: low must be at most high"), Error);
}
