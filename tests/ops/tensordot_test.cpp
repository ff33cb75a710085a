// Products over chosen axes, Kronecker products and chains, against loops and against each other's definitions.
#include <program.hpp>

using namespace etch;
using namespace test;

namespace {
bool close(double a, double b) { return test::near(a, b, 1e-11); }
}  // namespace

TEST_CASE("tensordot: the last axes of one with the first of the other, or named ones") {
  const auto a = filled<G<2, 3, 4>>();
  const auto b = filled<G<4, 3, 5>>(-2, 2, 1);
  auto [y, z, outer] = eval(tensordot<1>(a, b), tensordot<Axes<2, 1>, Axes<0, -2>>(a, b), tensordot<0>(G<2>{1, 2}, G<2>{3, 4}));
  static_assert(decltype(y)::rank == 4 && decltype(z)::rank == 2);
  for (int i = 0; i < 2; ++i)
    for (int l = 0; l < 5; ++l) {
      double both = 0;
      for (int j = 0; j < 3; ++j) {
        double one = 0;
        for (int k = 0; k < 4; ++k) {
          one += a(i, j, k) * b(k, 2, l);
          both += a(i, j, k) * b(k, j, l);
        }
        CHECK(close(y(i, j, 2, l), one));
      }
      CHECK(close(z(i, l), both));
    }
  CHECK(outer(1, 0) == 6);
}

TEST_CASE("inner, vecdot, vdot") {
  const auto a = filled<G<2, 3, 4>>();
  const auto b = filled<G<5, 4>>(-2, 2, 1);
  auto [y, v, along, number] = eval(inner(a, b), vecdot(a, G<4>{1, 1, 1, 1}), vecdot<1>(a, a), inner(a, Tensor<double>(3.0)));
  for (int i = 0; i < 2; ++i)
    for (int j = 0; j < 3; ++j) {
      double s = 0, t = 0;
      for (int k = 0; k < 4; ++k) {
        s += a(i, j, k) * b(4, k);
        t += a(i, j, k);
      }
      CHECK(close(y(i, j, 4), s));
      CHECK(close(v(i, j), t));
      CHECK(number(i, j, 0) == a(i, j, 0) * 3);
    }
  CHECK(close(along(1, 2), a(1, 0, 2) * a(1, 0, 2) + a(1, 1, 2) * a(1, 1, 2) + a(1, 2, 2) * a(1, 2, 2)));
  CHECK(vdot(G<2>{1, 2}, G<2>{3, 4}).item() == 11);
  const Tensor<complex64, 2> z{complex64(1, 2), complex64(3, -1)}, w{complex64(0, 1), complex64(2, 2)};
  const Tensor<complex64> c = vecdot(z, w);  // (1 - 2i) i + (3 + i) (2 + 2i)
  CHECK((c.data()[0].real() == 6 && c.data()[0].imag() == 9));
}

TEST_CASE("kron: blocks of b, one for each element of a") {
  const auto a = filled<G<2, 3>>();
  const auto b = filled<G<4, 1>>(-2, 2, 1);
  const auto c = filled<G<2>>(-2, 2, 2);
  auto [y, z, w] = eval(kron(a, b), kron(c, a), kron(a, a));
  static_assert(std::is_same_v<decltype(y), G<8, 3>> && std::is_same_v<decltype(z), G<2, 6>> && std::is_same_v<decltype(w), G<4, 9>>);
  for (int i = 0; i < 8; ++i)
    for (int j = 0; j < 3; ++j) CHECK(y(i, j) == a(i / 4, j) * b(i % 4, 0));
  for (int i = 0; i < 2; ++i)
    for (int j = 0; j < 6; ++j) CHECK(z(i, j) == c(j / 3) * a(i, j % 3));
  for (int i = 0; i < 4; ++i)
    for (int j = 0; j < 9; ++j) CHECK(w(i, j) == a(i / 2, j / 3) * a(i % 2, j % 3));
}

TEST_CASE("chains of matrices") {
  const auto a = filled<G<2, 7>>();
  const auto b = filled<G<7, 3>>(-2, 2, 1);
  const auto c = filled<G<3, 5>>(-2, 2, 2);
  const auto v = filled<G<5>>(-2, 2, 3);
  auto [y, z, x, step] = eval(multi_dot(a, b, c), chain_matmul(a, b, c, v), multi_dot(G<2>{1, -1}, a, b, c, v), matmul(matmul(a, b), c));
  static_assert(std::is_same_v<decltype(z), G<2>> && std::is_same_v<decltype(x), G<>>);
  for (int i = 0; i < 2; ++i) {
    double s = 0;
    for (int j = 0; j < 5; ++j) {
      CHECK(close(y(i, j), step(i, j)));
      s += step(i, j) * v(j);
    }
    CHECK(close(z(i), s));
  }
  CHECK(close(x.item(), z(0) - z(1)));
}

TEST_CASE("gradients of products over axes") {
  check_gradient([](auto a, auto b, auto c) {
    return sum(sin(tensordot<Axes<0>, Axes<1>>(a, b))) + sum(sin(inner(a, a))) + sum(sin(kron(a, c))) + sum(sin(multi_dot(b, a, b))) + sum(sin(vecdot<0>(a, a)));
  }, filled<G<3, 2>>(), filled<G<2, 3>>(-2, 2, 1), filled<G<2>>(-2, 2, 2));
}
