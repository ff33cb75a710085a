// torch.masked, masked_fill and masked_scatter: against loops over the elements that the mask leaves.
#include <program.hpp>

#include <cmath>

using namespace etch;
using namespace test;

namespace {
template <int... D>
using B = Tensor<bool, D...>;
}  // namespace

TEST_CASE("reductions of what the mask leaves") {
  const auto x = filled<G<3, 5>>();
  B<3, 5> m = filled<B<3, 5>>();
  for (int j = 0; j < 5; ++j) m(1, j) = false;  // nothing left of this row
  const Tensor s = masked::sum<1>(x, m);
  const Tensor p = masked::prod<1>(x, m);
  const Tensor a = masked::mean<1>(x, m);
  const Tensor v = masked::var<1>(x, m);
  const Tensor d = masked::std<1, correction<0>, keepdim>(x, m);
  const Tensor n = masked::norm<1>(x, m);
  const Tensor l = masked::amin<1>(x, m);
  const Tensor at = masked::argmax<1>(x, m);
  for (int i = 0; i < 3; ++i) {
    double sum = 0, product = 1, squares = 0, least = inf, spread = 0;
    int count = 0, best = -1;
    for (int j = 0; j < 5; ++j) {
      if (!m(i, j)) continue;
      ++count;
      sum += x(i, j);
      product *= x(i, j);
      squares += x(i, j) * x(i, j);
      least = std::min(least, x(i, j));
      if (best < 0 || x(i, j) > x(i, best)) best = j;
    }
    for (int j = 0; j < 5; ++j)
      if (m(i, j)) spread += (x(i, j) - sum / count) * (x(i, j) - sum / count);
    CHECK(s(i) == doctest::Approx(sum));
    CHECK(p(i) == doctest::Approx(product));
    CHECK(n(i) == doctest::Approx(std::sqrt(squares)));
    CHECK(l(i) == least);
    if (count == 0) {
      CHECK(std::isnan(a(i)));
      continue;
    }
    CHECK(at(i) == best);
    CHECK(a(i) == doctest::Approx(sum / count));
    CHECK(v(i) == doctest::Approx(spread / std::max(count - 1, 0)).epsilon(1e-9));
    CHECK(d(i, 0) == doctest::Approx(std::sqrt(spread / count)));
  }
  const Tensor<std::int64_t, 3> k{{5, -7, 9}};
  const Tensor least = masked::amin(k, B<3>{{true, false, true}});
  const Tensor none = masked::amin(k, B<3>{});
  CHECK(least.item() == 5);
  CHECK(none.item() == std::numeric_limits<std::int64_t>::max());
}

TEST_CASE("scans, softmax and normalisation") {
  const auto x = filled<F<4>>();
  const B<4> m{{true, false, true, true}};
  const Tensor c = masked::cumsum<0>(x, m);
  const Tensor q = masked::cumprod<0>(x, m);
  const Tensor s = masked::softmax<0>(x, m);
  const Tensor n = masked::normalize<0>(x, m, 1e-12f);
  const Tensor median = masked::median<0>(x, m);
  const Tensor left = masked::logsumexp<1>(Tensor<complex64, 2, 2>{{{1, 2}, {3, 4}}, {{5, 6}, {7, 8}}}, Tensor<bool, 2, 2>{{true, false}, {false, false}});
  CHECK((left(0).re == doctest::Approx(1) && left(0).im == doctest::Approx(2) && left(1).re == -INFINITY));  // a complex number has no lowest but -inf
  const double e = std::exp(x(0)) + std::exp(x(2)) + std::exp(x(3));
  CHECK(c(1) == x(0));
  CHECK(c(3) == doctest::Approx(x(0) + x(2) + x(3)));
  CHECK(q(3) == doctest::Approx(x(0) * x(2) * x(3)));
  CHECK(s(1) == 0);
  CHECK(s(2) == doctest::Approx(std::exp(x(2)) / e));
  CHECK(n(3) == doctest::Approx(x(3) / std::sqrt(x(0) * x(0) + x(2) * x(2) + x(3) * x(3))));
  const float low = std::min(x(0), std::min(x(2), x(3))), high = std::max(x(0), std::max(x(2), x(3)));
  CHECK(median.item() == doctest::Approx(x(0) + x(2) + x(3) - low - high));
}

TEST_CASE("nothing is left of nothing, of halves too") {
  const Tensor<bfloat16, 5, 0, 0> x;
  const Tensor y = masked::log_softmax<-1>(x, B<0, 0>{});
  static_assert(std::is_same_v<decltype(y), const Tensor<bfloat16, 5, 0, 0>>);
  CHECK(y.numel() == 0);
}

TEST_CASE("filling and scattering where a mask is true") {
  const auto x = filled<F<2, 3>>();
  const B<3> m{{true, false, true}};
  const Tensor f = masked_fill(x, m, 9);
  const Tensor g = masked_scatter(x, m, F<5>{{10, 20, 30, 40, 50}});
  const float expected[] = {10, x(0, 1), 20, 30, x(1, 1), 40};
  for (int i = 0; i < 2; ++i)
    for (int j = 0; j < 3; ++j) {
      CHECK(f(i, j) == (m(j) ? 9 : x(i, j)));
      CHECK(g(i, j) == expected[i * 3 + j]);
    }
  auto short_source = [&] { const Tensor y = masked_scatter(x, m, F<3>{}); };
  CHECK_THROWS_AS(short_source(), Error);
  const Tensor wide = masked_fill(F<1>({2}), m, 3);
  CHECK(wide(1) == 2);
  check_gradient([](auto v, auto w) { return masked_scatter(v * 2, v > 0, w * w) + masked_fill(v, w > 0, mean(w)) + masked::softmax<0>(v, w > -1); }, filled<G<6>>(), filled<G<6>>(-2, 2, 1));
  check_gradient([](auto v, auto w) { return masked::var<0>(v, w > -1.5) + masked::norm<0, ord<3>>(v, w > -1) * masked::logsumexp<0>(v, w > -1) + masked::prod<0>(v, w > -1); }, filled<G<6>>(), filled<G<6>>(-2, 2, 1));
}

TEST_CASE("variances of complex numbers are those of both parts, and complex") {
  using C = etch::complex<double>;
  const Tensor<C, 1, 3> z{{C(1, 2), C(3, -1), C(0, 0.5)}};
  const B<1, 3> m{{true, true, false}};
  const Tensor v = masked::var<1>(z, m);
  const Tensor d = masked::std<1>(z, m);
  static_assert(std::is_same_v<decltype(v)::value_type, C>);
  CHECK((v(0) == C(6.5, 0) && d(0) == C(std::sqrt(6.5), 0)));
}
