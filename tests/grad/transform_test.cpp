// Transforms of functions: against PyTorch's numbers, against each other, and within each other.
#include <program.hpp>

#include <cmath>

using namespace etch;
using namespace test;

namespace {
template <class A, class B>
void same(const A& a, const B& b, double tolerance = 1e-11) {
  static_assert(std::is_same_v<A, B>);
  for (std::int64_t i = 0; i < a.numel(); ++i) CHECK_MESSAGE(test::near(a.data()[i], b.data()[i], tolerance), "element " << i);
}
template <class A, std::size_t N>
void numbers(const A& a, const double (&expected)[N]) {
  REQUIRE(a.numel() == N);
  for (std::size_t i = 0; i < N; ++i) CHECK_MESSAGE(a.data()[i] == doctest::Approx(expected[i]).epsilon(1e-10), "element " << i);
}
}  // namespace

TEST_CASE("products, Jacobians and Hessians, as torch.func and torch.autograd.functional give them") {
  const G<3> x{0.5, -1, 2}, v{1, 0.25, -0.5};
  auto f = [](auto a) { return softmax<0>(tanh(a) * sum(a * a)); };
  auto g = [](auto a) { return logsumexp<0>(sin(a) * a * sum(a)); };
  auto penalty = [](auto a) {
    const auto s = grad([](auto z) { return logsumexp<0>(sin(z) * z * sum(z)); })(a);
    return square(sqrt(sum(s * s)) - 1);
  };
  auto [y, moved] = jvp(f)(x, v);
  auto [y2, back] = vjp(f)(x, v);
  same(y, y2);
  same(y, G<3>(f(x)));
  numbers(moved, {0.31633702346831694, 0.0003239082127544278, -0.3166609316810714});
  numbers(back, {0.33952219825549723, 0.09440109576661006, -0.22325198832978307});
  numbers(Tensor(jacrev(f)(x)), {0.22645488914470974, 0.06263093461595771, -0.14844880133923566, -0.00021351394875662028, 0.0006062584568980964, -0.0007717150945730479, -0.22624137519595322, -0.06323719307285568, 0.14922051643380843});
  numbers(Tensor(jacfwd(f)(x)), {0.22645488914470974, 0.06263093461595771, -0.14844880133923566, -0.00021351394875662028, 0.0006062584568980964, -0.0007717150945730479, -0.22624137519595322, -0.06323719307285568, 0.14922051643380843});
  numbers(Tensor(hessian(g)(x)), {0.42577065126530783, 0.2472891962718817, 0.2760439302192134, 0.24728919627188192, 0.9646728300898378, 0.38770615996383095, 0.2760439302192138, 0.3877061599638312, -2.570916441179896});
  numbers(Tensor(jacrev(grad(g))(x)), {0.42577065126530783, 0.2472891962718817, 0.2760439302192134, 0.24728919627188192, 0.9646728300898378, 0.38770615996383095, 0.2760439302192138, 0.3877061599638312, -2.570916441179896});
  auto [value, right] = hvp(g)(x, v);
  auto [value2, left] = vhp(g)(x, v);
  CHECK(value.item() == doctest::Approx(g(x).item()));
  CHECK(value2.item() == value.item());
  numbers(right, {0.3495709852236716, 0.2946043238124259, 1.6584286908001196});
  numbers(left, {0.3495709852236716, 0.2946043238124259, 1.6584286908001196});
  numbers(Tensor(grad(penalty)(x)), {1.759735138778802, 2.6586378259088876, -4.008693019393177});
  numbers(Tensor(jacobian(hessian(g))(x)), {0.025538704014639563, -0.03202455755157734, -0.3534393335437592, -0.03202455755157771, 0.6683981986022967, 0.0430696863407307, -0.3534393335437593, 0.0430696863407307, -2.7511080314017917, -0.03202455755157764, 0.6683981986022973, 0.043069686340730884, 0.6683981986022969, 1.6667888341151915, 0.8253242332823684, 0.04306968634073077, 0.8253242332823684, -3.7814970071282104, -0.3534393335437592, 0.04306968634073116, -2.7511080314017913, 0.04306968634073083, 0.8253242332823683, -3.781497007128209, -2.7511080314017913, -3.781497007128209, -11.085147158826523});
}

TEST_CASE("variables by number, and results beside the value") {
  const auto w = filled<G<2, 3>>();
  const auto u = filled<G<2, 3>>(-2, 2, 1);
  auto f = [](auto a, auto b) { return sum(a * b * b); };
  auto [ga, gb] = grad<0, 1>(f)(w, u);
  same(ga, G<2, 3>(u * u));
  same(gb, G<2, 3>(w * u * 2));
  same(G<2, 3>(grad<1>(f)(w, u)), gb);
  auto [value, both] = value_and_grad<1, 0>(f)(w, u);
  CHECK(value.item() == doctest::Approx(sum(w * u * u).item()));
  same(both.get<0>(), gb);
  auto aux = [](auto a, auto b) { return several(sum(a * b), a + b, mean<0>(a)); };
  auto [g, s, m] = grad(aux)(w, u);
  same(g, u);
  same(s, G<2, 3>(w + u));
  same(m, G<3>(mean<0>(w)));
  auto [all, g2] = value_and_grad(aux)(w, u);
  CHECK(all.get<0>().item() == doctest::Approx(sum(w * u).item()));
  same(g2, u);
  auto [ja, jb] = jacobian<0, 1>([](auto a, auto b) { return sum<0>(a * b); })(w, u);
  static_assert(std::is_same_v<decltype(ja), G<3, 2, 3>>);
  CHECK(jb(1, 0, 1) == doctest::Approx(w(0, 1)));
  CHECK(jb(1, 0, 2) == 0);
  same(G<2, 3, 2, 3>(hessian<1>(f)(w, u)), G<2, 3, 2, 3>(jacrev<1>(grad<1>(f))(w, u)));
  auto program = compile<G<2, 3>, G<2, 3>>(value_and_grad<0, 1>(f));
  const auto& r = program(w, u);
  same(r.gradient.get<1>(), gb);
}

TEST_CASE("what is differentiated is one argument, whatever else holds the same value") {
  const auto x = filled<G<4>>();
  auto f = [](auto a) { return sum(grad([](auto p, auto q) { return sum(p * q); })(a, a)); };       // sum(a), not sum(2 a)
  same(G<4>(grad(f)(x)), G<4>{1, 1, 1, 1});
  auto g = [](auto a) { return sum(grad([](auto p, auto q) { return sum(p * q); })(a, sin(a))); };  // sum(sin(a))
  same(G<4>(grad(g)(x)), G<4>(cos(x)));
  auto h = [](auto a) { return sum(grad([a](auto p) { return sum(p * p * a); })(a)); };             // sum(2 a a)
  same(G<4>(grad(h)(x)), G<4>(x * 4));
  auto k = [](auto a) {
    const auto s = sin(a);
    return sum(jvp([s](auto p) { return p * s; })(s, a).template get<1>());  // sum(a sin(a))
  };
  same(G<4>(grad(k)(x)), G<4>(sin(x) + x * cos(x)));
}

TEST_CASE("of any order") {
  const G<> x(0.7);
  auto f = [](auto a) { return sin(a) * exp(a); };
  CHECK(grad(grad(grad(grad(f))))(x).item() == doctest::Approx(-4 * std::sin(0.7) * std::exp(0.7)));
  CHECK(hessian(hessian(f))(x).item() == doctest::Approx(-4 * std::sin(0.7) * std::exp(0.7)));
}

TEST_CASE("both modes agree on every operation of a graph") {
  using X = G<3, 4>;
  auto flat = [](auto a, auto m) {
    const auto i = argmax<1>(m);
    const auto p = softmax<1>(a) + where(a > 0, a * 2, exp(a)) + expand<3, 4>(amax_keepdim<1>(a)) + cat<1>(slice<1, 2, 4>(a), slice<1, 0, 4, 2>(a * a));
    const auto q = matmul(t(p), sin(a)) + matmul(transpose<0, 1>(a), m) + prod<0>(a) + var<0>(a);
    return cat<0>(reshape<1>(sum(embedding(i, q) * 3)), reshape<-1>(q), logsumexp<1>(permute<1, 0>(a)), reshape<-1>(einsum<"ij,kj,il->kl">(a, m, a)));
  };
  const auto x = filled<X>();
  const auto m = filled<X>(-2, 2, 3);
  auto [back, ahead] = eval(jacrev(flat)(x, m), jacfwd(flat)(x, m));
  same(back, ahead, 1e-9);
  CHECK(gradcheck(flat, x, m));
}
