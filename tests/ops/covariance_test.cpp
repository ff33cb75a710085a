// Covariance and correlation, against PyTorch's numbers and against loops.
#include <program.hpp>

using namespace etch;
using namespace test;

TEST_CASE("covariance and correlation, as torch.cov and torch.corrcoef") {
  const G<2, 4> x{{1, 2, 4, 7}, {3, -1, 0, 5}};
  const Tensor<std::int32_t, 4> f{1, 2, 1, 3};
  const G<4> w{0.5, 1, 2, 0.25};
  auto [c, biased, counted, both, weighed, r, alone] = eval(cov(x), cov(x, 0), cov(x, 1, f), cov(x, 1, f, w), cov(x, 0, nullptr, w), corrcoef(x), cov(select_axis<0, 0>(x)));
  // torch.cov(x), torch.cov(x, correction=0), (fweights=f), (fweights=f, aweights=w), (correction=0, aweights=w), torch.corrcoef(x)
  const double expected[6][3] = {{7.0, 3.8333333333333335, 7.583333333333333}, {5.25, 2.875, 5.6875}, {7.238095238095237, 5.904761904761904, 8.238095238095237}, {4.284023668639054, 3.1715976331360953, 5.775147928994084}, {2.3288888888888892, 0.6755555555555556, 2.9155555555555557}, {0.9999999999999998, 0.5261353625024292, 1.0}};
  const G<2, 2>* got[] = {&c, &biased, &counted, &both, &weighed, &r};
  for (int i = 0; i < 6; ++i) {
    CHECK((*got[i])(0, 0) == doctest::Approx(expected[i][0]));
    CHECK((*got[i])(0, 1) == doctest::Approx(expected[i][1]));
    CHECK((*got[i])(1, 0) == doctest::Approx(expected[i][1]));
    CHECK((*got[i])(1, 1) == doctest::Approx(expected[i][2]));
  }
  CHECK(alone.item() == doctest::Approx(expected[0][0]));
  CHECK(corrcoef(select_axis<0, 0>(x)).item() == 1);
}

TEST_CASE("gradients of covariance and correlation") {
  check_gradient([](auto a, auto w) { return sum(sin(cov(a))) + sum(sin(cov(a, 0, nullptr, w * w))) + select_axis<0, 1>(select_axis<1, 0>(corrcoef(a))); }, filled<G<3, 4>>(),
                 filled<G<4>>(0.5, 2));
}

TEST_CASE("negative weights are refused when the program runs") {
  const G<2, 4> x{{1, 2, 4, 7}, {3, -1, 0, 5}};
  const Tensor<std::int64_t, 4> f{1, 2, -1, 3};
  const G<4> w{0.5, 1, 2, -0.25};
  CHECK_THROWS_WITH(eval(cov(x, 1, f)), "etch: cov: weights must not be negative; got -1.000000 at position 2");
  CHECK_THROWS_WITH(eval(cov(x, 1, nullptr, w)), "etch: cov: weights must not be negative; got -0.250000 at position 3");
}
