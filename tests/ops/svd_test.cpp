// Singular values and vectors: what they must satisfy, PyTorch's numbers, and gradients against differences.
#include <program.hpp>

using namespace etch;
using namespace test;

namespace {

/// The largest difference of u diag(s) v^T from x, and of u^T u and v^T v from 1.
template <int M, int N, int K = (M < N ? M : N)>
double defect(const G<M, N>& x, bool descending = true) {
  const auto f = svd(x);
  const auto [u, s, v] = eval(f.u, f.s, f.v);
  const G<K, K> one = eye<double, K, K>();
  const Tensor worst = maximum(amax(abs(matmul(u * s, t(v)) - x)), maximum(amax(abs(matmul(t(u), u) - one)), amax(abs(matmul(t(v), v) - one))));
  for (int i = 0; descending && i + 1 < K; ++i) CHECK(s(i) >= s(i + 1));
  return worst.item();
}
}  // namespace

TEST_CASE("the parts are orthonormal and give the matrix back") {
  CHECK(defect(filled<G<5, 3>>()) < 1e-14);
  CHECK(defect(filled<G<3, 7>>()) < 1e-14);
  CHECK(defect(filled<G<17, 17>>()) < 1e-13);
  CHECK(defect(filled<G<1, 4>>()) < 1e-14);
  CHECK(defect(G<3, 4>{}) == 0);                                              // nothing but zeros
  CHECK(defect(G<4, 3>{{1, 2, 3}, {2, 4, 6}, {-1, -2, -3}, {0, 0, 0}}) < 1e-14);  // of rank 1
  CHECK(defect(G<3, 3>{{0, 1, 0}, {0, 0, 1}, {1, 0, 0}}) < 1e-15);              // all alike
  CHECK(defect(G<2, 2>{{1e300, 2e300}, {3e300, 4e300}}) < 1e286);
  CHECK(defect(G<2, 2>{{1e-300, 2e-300}, {3e-300, 4e-300}}) < 1e-14);
}

TEST_CASE("singular values as torch.linalg.svdvals, of many matrices and of complex ones") {
  const G<2, 2, 3> x{{{1, 2, 3}, {4, 5, 6}}, {{1, 0, 0}, {0, -7, 0}}};
  const Tensor s = svdvals(x);
  CHECK(s(0, 0) == doctest::Approx(9.508032000695724).epsilon(1e-14));
  CHECK(s(0, 1) == doctest::Approx(0.7728696356734838).epsilon(1e-13));
  CHECK((s(1, 0) == 7 && s(1, 1) == 1));
  // the Hilbert matrix, whose values lie far apart: 1.4083189271236539, 0.12232706585390584, 0.002687340355773529
  const G<3, 3> h{{1, 1. / 2, 1. / 3}, {1. / 2, 1. / 3, 1. / 4}, {1. / 3, 1. / 4, 1. / 5}};
  const Tensor r = svdvals(h);
  CHECK(r(2) == doctest::Approx(0.002687340355773529).epsilon(1e-12));
  using C = etch::complex<double>;
  const Tensor c = svdvals(Tensor<C, 2, 2>{{C{1, 2}, C{0, 1}}, {C{3, 0}, C{-1, 1}}});
  CHECK(c(0) == doctest::Approx(3.920951866885611).epsilon(1e-13));
  CHECK(c(1) == doctest::Approx(1.2752005558210207).epsilon(1e-13));
  test::check([](auto a) { return svdvals(a * 2); }, filled<G<3, 4, 5>>());  // as the interpreter has them
  const Tensor<float, 2> single = svdvals(Tensor<float, 2, 2>{{3, 0}, {4, 5}});
  CHECK(single(0) == doctest::Approx(6.70820393249937).epsilon(1e-6));
}

TEST_CASE("the nuclear norm") {
  const auto x = filled<G<3, 2, 4>>();
  const auto [over, kept, one] = eval(norm<0, -1, nuclear>(x), norm<0, -1, nuclear, keepdim>(x), norm<nuclear>(select_axis<1, 0>(x)));
  static_assert(std::is_same_v<std::remove_const_t<decltype(kept)>, G<1, 2, 1>>);
  CHECK(one.item() == doctest::Approx(sum(svdvals(select_axis<1, 0>(x))).item()));
  CHECK((over(0) == one.item() && kept(0, 1, 0) == over(1)));
}

TEST_CASE("gradients of singular values and of what vectors determine") {
  CHECK(gradcheck([](auto a) { return svdvals(a); }, filled<G<2, 4, 3>>()));
  CHECK(gradcheck([](auto a) { return norm<nuclear>(a); }, filled<G<2, 5>>()));
  auto projector = [](auto a) {  // of the first two directions on either side
    const auto [u, s, v] = svd(a);
    const auto p = slice<1, 0, 2>(u);
    const auto q = slice<1, 0, 2>(v);
    return several(matmul(p, t(p)), matmul(q, t(q)), matmul(p * slice<0, 0, 2>(s), t(q)));
  };
  CHECK(gradcheck(projector, filled<G<4, 3>>()));
  CHECK(gradcheck(projector, filled<G<3, 5>>()));
  test::check_gradient([](auto a) { return norm<nuclear>(a * a); }, filled<G<3, 4>>());
  CHECK(gradgradcheck([](auto a) { return svdvals(a); }, filled<G<4, 3>>()));
  CHECK(gradgradcheck([](auto a) { return norm<nuclear>(a); }, filled<G<3, 3>>()));
}
