// Norms of every order, their gradients at 0, dist, renorm and normalize.
#include <program.hpp>

#include <cmath>

using namespace etch;
using namespace test;

namespace {
/// (sum |x|^p)^(1/p) of numbers.
double norm_of(const G<4>& x, double p) {
  double s = 0;
  for (int i = 0; i < 4; ++i) s += std::pow(std::abs(x.data()[i]), p);
  return std::pow(s, 1 / p);
}
}  // namespace

TEST_CASE("every order") {
  const G<4> x{{3, -4, 1, 0.5}};
  CHECK(norm(x).item() == doctest::Approx(norm_of(x, 2)));
  CHECK(norm<ord<1>>(x).item() == doctest::Approx(8.5));
  CHECK(norm<ord<3>>(x).item() == doctest::Approx(norm_of(x, 3)));
  CHECK(norm<ord<0.5>>(x).item() == doctest::Approx(norm_of(x, 0.5)));
  CHECK(norm<ord<-2>>(x).item() == doctest::Approx(norm_of(x, -2)));
  CHECK(norm<ord<inf>>(x).item() == 4);
  CHECK(norm<ord<-inf>>(x).item() == 0.5);
  CHECK(norm<ord<0>>(G<4>{{3, 0, 1, 0}}).item() == 2);
  CHECK(norm<ord<-2>>(G<4>{{3, 0, 1, 0}}).item() == 0);
  CHECK(norm(Tensor<std::int64_t, 2>{{3, 4}}).item() == 5.f);
  check([](auto a) { return results(norm<0>(a), norm<1, keepdim>(a), norm<0, 1, ord<3>>(a), norm<1, ord<inf>>(a), linalg_vector_norm<0, ord<1.5>>(a)); }, filled<Tensor<float, 5, 6>>());
}

TEST_CASE("gradients, and those at 0") {
  const auto x = filled<G<3, 4>>();
  check_gradient([](auto a) { return norm<1>(a) + norm<1, ord<3>>(a) * norm<1, ord<1>>(a) + norm<1, ord<-1.5>>(a); }, x);
  check_gradient([](auto a) { return norm<0, ord<0.5>>(a) + norm<0, ord<inf>>(a) + norm<0, ord<-inf>>(a); }, x);
  auto at_zero = [](auto f) {
    const G<3> zero, one{{0, 2, 0}};
    const Tensor g = grad(f)(zero);
    const Tensor h = grad(f)(one);
    for (int i = 0; i < 3; ++i) CHECK(g(i) == 0);
    CHECK((h(0) == 0 && h(2) == 0));
    return h(1);
  };
  CHECK(at_zero([](auto a) { return norm(a); }) == 1);
  CHECK(at_zero([](auto a) { return norm<ord<1>>(a); }) == 1);
  CHECK(at_zero([](auto a) { return norm<ord<1.5>>(a); }) == doctest::Approx(1));
  CHECK(at_zero([](auto a) { return norm<ord<3>>(a); }) == doctest::Approx(1));
  CHECK(at_zero([](auto a) { return norm<ord<0>>(a); }) == 0);
  CHECK(at_zero([](auto a) { return etch::std(a * 0); }) == 0);
}

TEST_CASE("dist and renorm") {
  const G<2, 2> x{{3, 4}, {0.3, 0.4}};
  CHECK(dist(x, G<2, 2>{}).item() == doctest::Approx(std::sqrt(25.25)));
  CHECK(dist<ord<inf>>(x, ones<double, 1>()).item() == 3);
  const Tensor y = renorm<0>(x, 1.0);
  CHECK(y(0, 0) == doctest::Approx(0.6));
  CHECK(y(1, 1) == 0.4);
  CHECK_THROWS_WITH_AS(renorm<0>(x, -1), doctest::Contains("etch: renorm: the largest norm must not be negative"), Error);
  check([](auto a, auto b) { return results(dist<ord<3>>(a, b), renorm<1, ord<1>>(a, 0.5), renorm<-1>(a, 100.f)); }, filled<Tensor<float, 3, 4, 2>>(), filled<Tensor<float, 4, 1>>());
  check_gradient([](auto a) { return renorm<0>(a, 1.5); }, filled<G<3, 4>>());
}

TEST_CASE("normalize") {
  const G<2, 3> x{{3, 0, 4}, {0, 0, 0}};
  const Tensor y = normalize(x), z = normalize<0, ord<inf>>(x, 10.0);
  CHECK(y(0, 0) == doctest::Approx(0.6));
  CHECK(y(0, 2) == doctest::Approx(0.8));
  CHECK(y(1, 1) == 0);
  CHECK(z(0, 2) == doctest::Approx(0.4));
  check([](auto a) { return results(normalize<-1>(a), normalize<0, 1, ord<3>>(a), normalize<2, ord<1>>(a, 0.5)); }, filled<Tensor<float, 3, 4, 2>>());
  check_gradient([](auto a) { return normalize<0>(a); }, filled<G<3, 4>>());
}
