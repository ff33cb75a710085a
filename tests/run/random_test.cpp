// Random tensors and fills: where the numbers come from, and whether they are distributed as they should be.
#include <etch/etch.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

using namespace etch;

namespace {
template <int... D>
using F = Tensor<float, D...>;

struct Moments {
  double mean = 0, variance = 0, low = 1e300, high = -1e300;
  explicit Moments(const auto& x) {
    const auto n = static_cast<double>(x.numel());
    for (std::int64_t i = 0; i < x.numel(); ++i) {
      const double v = static_cast<double>(x.data()[i]);
      mean += v / n;
      low = v < low ? v : low;
      high = v > high ? v : high;
    }
    for (std::int64_t i = 0; i < x.numel(); ++i) variance += std::pow(static_cast<double>(x.data()[i]) - mean, 2) / n;
  }
};
/// The largest distance between the numbers' distribution and F (Kolmogorov and Smirnov) times sqrt(n): above 1.95 once in 1000.
template <class X, class Cdf>
double distance(const X& x, Cdf cdf) {
  std::vector<double> v(x.data(), x.data() + x.numel());
  std::sort(v.begin(), v.end());
  double d = 0;
  const auto n = static_cast<double>(v.size());
  for (std::size_t i = 0; i < v.size(); ++i) {
    const double f = cdf(v[i]);
    d = std::max({d, std::abs(f - static_cast<double>(i) / n), std::abs(f - static_cast<double>(i + 1) / n)});
  }
  return d * std::sqrt(n);
}
template <class X>
bool same(const X& a, const X& b) {
  return std::memcmp(a.data(), b.data(), static_cast<std::size_t>(a.numel()) * sizeof(*a.data())) == 0;
}
}  // namespace

TEST_CASE("the same seed gives the same numbers; a state can be kept and put back") {
  manual_seed(7);
  CHECK(initial_seed() == 7);
  const F<50> a = rand<float, 50>(), b = rand<float, 50>();
  CHECK_FALSE(same(a, b));
  manual_seed(7);
  CHECK(same(a, rand<float, 50>()));
  const RngState state = get_rng_state();
  const F<50> c = randn<float, 50>();
  set_rng_state(state);
  CHECK(same(c, randn<float, 50>()));
  set_rng_state(state);
  {
    const auto keep = fork_rng();
    manual_seed(1);
    rand<float, 3>();
  }
  CHECK(same(c, randn<float, 50>()));
  const std::uint64_t unknown = seed();
  CHECK(initial_seed() == unknown);
  CHECK(seed() != seed());
}

TEST_CASE("a generator has numbers of its own, wherever they are drawn") {
  Generator g{5}, h{5};
  manual_seed(3);
  F<50> a, b, c;
  uniform_(a, 0, 1, g);
  const F<50> next = rand<float, 50>();
  uniform_(b, 0, 1, h);
  CHECK(same(a, b));
  uniform_(b, 0, 1, h);
  CHECK_FALSE(same(a, b));
  manual_seed(3);
  CHECK(same(next, rand<float, 50>()));  // the thread's own were left alone
  CHECK(same(randperm<9>(g), randperm<9>(h)) == false);  // h is a step ahead
}

TEST_CASE("sizes alone are of floats") {
  Generator g{3};
  CHECK(equal(rand<2, 3>(g), rand<float, 2, 3>(Generator{3})).item());
  CHECK(equal(randn<5>(Generator{3}), randn<float, 5>(Generator{3})).item());
  manual_seed(1);
  const Tensor x = rand<4>(), y = randn<4>();
  manual_seed(1);
  CHECK((equal(x, rand<float, 4>()).item() && equal(y, randn<float, 4>()).item()));
}

TEST_CASE("uniform and normal numbers, whole numbers and permutations") {
  manual_seed(0);
  CHECK(distance(rand<float, 10000>(), [](double v) { return v; }) < 1.95);
  CHECK(distance(rand<double, 10001>(), [](double v) { return v; }) < 1.95);
  CHECK(distance(randn<float, 10000>(), [](double v) { return 0.5 * std::erfc(-v / std::sqrt(2.0)); }) < 1.95);
  CHECK(distance(normal<float, 10000>(3, 2), [](double v) { return 0.5 * std::erfc(-(v - 3) / 2 / std::sqrt(2.0)); }) < 1.95);
  CHECK(Moments(rand<half, 10000>()).high < 1);
  const Moments i(randint<std::int64_t, 10000>(-2, 3));
  CHECK(i.low == -2);
  CHECK(i.high == 2);
  CHECK(std::abs(i.mean) < 0.06);
  CHECK(Moments(randint<double, 1000>(10)).high == 9);
  CHECK_THROWS_WITH_AS((randint<std::int64_t, 3>(4, 4)), doctest::Contains("etch: randint: high must be greater than low"), Error);
  const auto p = randperm<100>();
  std::vector<int> seen(100);
  int in_place = 0;
  for (int k = 0; k < 100; ++k) {
    ++seen[static_cast<std::size_t>(p(k))];
    in_place += p(k) == k ? 1 : 0;
  }
  for (int n : seen) CHECK(n == 1);
  CHECK(in_place < 10);
}

TEST_CASE("fills in place") {
  manual_seed(0);
  F<10000> x;
  CHECK(distance(uniform_(x, -100, 100), [](double v) { return (v + 100) / 200; }) < 1.95);
  CHECK(distance(normal_(x, 1, 0.5), [](double v) { return 0.5 * std::erfc(-(v - 1) * 2 / std::sqrt(2.0)); }) < 1.95);
  CHECK(distance(exponential_(x, 0.5), [](double v) { return 1 - std::exp(-v / 2); }) < 1.95);
  CHECK(distance(log_normal_(x, 0.5, 0.25), [](double v) { return 0.5 * std::erfc(-(std::log(v) - 0.5) * 4 / std::sqrt(2.0)); }) < 1.95);
  CHECK(distance(cauchy_(x, -2, 3), [](double v) { return 0.5 + std::atan((v + 2) / 3) / 3.14159265358979; }) < 1.95);
  geometric_(x, 0.2);
  const Moments g(x);
  CHECK(g.low == 1);
  CHECK(g.mean == doctest::Approx(5).epsilon(0.03));
  CHECK(g.variance == doctest::Approx(20).epsilon(0.1));
  CHECK(Moments(bernoulli_(x, 0.3)).mean == doctest::Approx(0.3).epsilon(0.05));
  Tensor<std::int64_t, 10000> k;
  CHECK(Moments(geometric_(k, 0.5)).mean == doctest::Approx(2).epsilon(0.03));
  const Moments r(random_(k, -3, 4));
  CHECK(r.low == -3);
  CHECK(r.high == 3);
  Tensor<std::uint8_t, 10000> b;
  const Moments all(random_(b));
  CHECK(all.low == 0);
  CHECK(all.high == 255);
  F<2, 50> part;
  uniform_(part(1, every), 2, 3);
  CHECK(sum(part(0, every)).item() == 0);
  CHECK(amin(part(1, every)).item() >= 2);
  Tensor<double, 3> d;
  CHECK(Moments(normal_(d, 4, 0)).variance == 0);
  uniform_(d);
  CHECK(d(0) != d(1));
}

TEST_CASE("draws by given probabilities and rates") {
  manual_seed(0);
  const F<3> p{0, 0.25, 1};
  F<10000, 3> many = expand<10000, 3>(p);
  const Tensor drawn = mean<0>(bernoulli(many));
  CHECK(drawn(0) == 0);
  CHECK(drawn(1) == doctest::Approx(0.25).epsilon(0.05));
  CHECK(drawn(2) == 1);
  for (const float rate : {0.f, 0.7f, 4.f, 9.9f, 30.f, 1000.f}) {
    const Moments m(poisson(full<float, 10000>(rate)));
    CHECK(m.mean == doctest::Approx(rate).epsilon(0.03));
    CHECK(m.variance == doctest::Approx(rate).epsilon(0.06));
    CHECK(m.low >= 0);
  }
  F<2> bad{1, -1};
  CHECK_THROWS_WITH_AS(poisson(bad), "etch: poisson: rates must not be negative; got -1.000000 at position 1", Error);
  CHECK_THROWS_WITH_AS(multinomial<1>(F<2, 2>{{1, 2}, {1, -2}}), "etch: multinomial: weights must be finite and not negative; got -2.000000 at position 3", Error);
  const Tensor about = normal(F<2>{-5, 5}, F<2>{0, 0.5});
  CHECK(about(0) == -5);
  CHECK(about(1) != 5);
}

TEST_CASE("categories in proportion to weights, again or not") {
  manual_seed(0);
  const F<2, 4> w{{1, 0, 3, 4}, {0, 5, 0, 0}};
  const auto y = multinomial<8000, true>(w);
  static_assert(std::is_same_v<decltype(y), const Tensor<std::int64_t, 2, 8000>>);
  double count[4]{};
  for (int i = 0; i < 8000; ++i) {
    ++count[y(0, i)];
    CHECK(y(1, i) == 1);
  }
  CHECK(count[0] == doctest::Approx(1000).epsilon(0.1));
  CHECK(count[1] == 0);
  CHECK(count[2] == doctest::Approx(3000).epsilon(0.06));
  CHECK(count[3] == doctest::Approx(4000).epsilon(0.05));
  const F<3> three{0.1f, 0.2f, 0.7f};
  double first[3]{};
  for (int i = 0; i < 2000; ++i) {
    const auto order = multinomial<3>(three);
    CHECK(order(0) + order(1) + order(2) == 3);
    CHECK(order(0) != order(1));
    ++first[order(0)];
  }
  CHECK(first[2] == doctest::Approx(1400).epsilon(0.06));
  CHECK(first[1] == doctest::Approx(400).epsilon(0.15));
  CHECK_THROWS_WITH_AS(multinomial<2>(F<2>{1, 0}), doctest::Contains("as many positive weights as draws; got 1 for 2"), Error);
  CHECK_THROWS_AS((multinomial<1, true>(F<2>{0, 0})), Error);
  CHECK_THROWS_AS((multinomial<1, true>(F<2>{-1, 2})), Error);
}

TEST_CASE("parameters that make no sense") {
  F<2> x;
  CHECK_THROWS_WITH_AS(geometric_(x, -1), doctest::Contains("etch: geometric: p must lie between 0 and 1"), Error);
  CHECK_THROWS_AS(normal_(x, 0, -1), Error);
  CHECK_THROWS_AS(uniform_(x, 1, 0), Error);
  CHECK_THROWS_AS(exponential_(x, 0), Error);
  CHECK_THROWS_AS(cauchy_(x, 0, -1), Error);
  CHECK_THROWS_AS(log_normal_(x, 0, 0), Error);
  CHECK_THROWS_AS(bernoulli_(x, 1.5), Error);
  CHECK_THROWS_AS(random_(x, 3, 3), Error);
  CHECK_THROWS_WITH_AS((randint<std::int8_t, 3>(0, 129)), doctest::Contains("etch: randint: low and high - 1 must be numbers of the dtype; got 0 and 129"), Error);
  CHECK_THROWS_AS((randint<std::uint8_t, 3>(-1, 3)), Error);
  CHECK_THROWS_AS(randint_like(Tensor<bool, 3>{}, 3), Error);
  const Moments bytes(randint<std::int8_t, 10000>(-128, 128));
  CHECK((bytes.low == -128 && bytes.high == 127));
  const Tensor bits = randint_like(Tensor<bool, 3>{}, 2);
  CHECK(bits.size(0) == 3);
}

TEST_CASE("complex numbers have two parts of half the variance") {
  manual_seed(0);
  Tensor<complex64, 10000> filled;
  normal_(filled, 2, 0.5);
  const auto expected = [](double mean, double deviation) { return [=](double v) { return 0.5 * std::erfc(-(v - mean) / deviation / std::sqrt(2.0)); }; };
  const double root = std::sqrt(0.5);
  const Tensor drawn = randn<complex64, 10000>(), like = randn_like(filled);
  CHECK(distance(Tensor(real(drawn)), expected(0, root)) < 1.95);
  CHECK(distance(Tensor(imag(drawn)), expected(0, root)) < 1.95);
  CHECK(distance(Tensor(real(like)), expected(0, root)) < 1.95);
  CHECK(distance(Tensor(imag(like)), expected(0, root)) < 1.95);
  CHECK(distance(Tensor(real(filled)), expected(2, root / 2)) < 1.95);
  CHECK(distance(Tensor(imag(filled)), expected(0, root / 2)) < 1.95);
  CHECK(distance(Tensor(imag(rand<complex64, 10000>())), [](double v) { return v; }) < 1.95);
}
