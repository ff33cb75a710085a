// Products with a summand: every rank, scale factors, broadcasting, integers, and a beta of 0.
#include <program.hpp>

#include <limits>

using namespace etch;
using namespace test;

namespace {
bool close(double a, double b) { return test::near(a, b, 1e-11); }
}  // namespace

TEST_CASE("beta input + alpha product") {
  const auto a = filled<G<3, 4>>();
  const auto b = filled<G<4, 2>>(-2, 2, 1);
  const auto ta = filled<G<5, 3, 4>>(-2, 2, 2);
  const auto tb = filled<G<5, 4, 2>>(-2, 2, 3);
  const auto row = filled<G<2>>(-2, 2, 4);
  const auto v = filled<G<4>>(-2, 2, 5);
  const G<> one(1.5);
  auto [mm, scaled, mv, bmm, each, outer, product, batch] =
      eval(addmm(row, a, b), addmm(row, a, b, 0.5, 2), addmv(one, a, v, 3, 0.1), addbmm(row, ta, tb, 0.5), baddbmm(row, ta, tb, 0.5, 2), addr(one, v, row, 2, 3), matmul(a, b), matmul(ta, tb));
  const Tensor av = matmul(a, v);
  for (int i = 0; i < 3; ++i) {
    for (int j = 0; j < 2; ++j) {
      CHECK(close(mm(i, j), row(j) + product(i, j)));
      CHECK(close(scaled(i, j), 0.5 * row(j) + 2 * product(i, j)));
      CHECK(close(each(4, i, j), 0.5 * row(j) + 2 * batch(4, i, j)));
      CHECK(close(bmm(i, j), 0.5 * row(j) + batch(0, i, j) + batch(1, i, j) + batch(2, i, j) + batch(3, i, j) + batch(4, i, j)));
      CHECK(close(outer(i, j), 3 + 3 * v(i) * row(j)));
    }
    CHECK(close(mv(i), 4.5 + 0.1 * av(i)));
  }
}

TEST_CASE("integers take whole factors, and a beta of 0 leaves out what it meets") {
  const Tensor<std::int64_t, 1, 1> two{{2}};
  CHECK(Tensor(addmm(two, two, two, 0.6, 1.9))(0, 0) == 4);
  const G<1, 1> nan{{std::numeric_limits<double>::quiet_NaN()}}, three{{3}};
  CHECK(Tensor(addmm(nan, three, three, 0))(0, 0) == 9);
  auto f = [](auto n, auto x) { return addmm(n, x, x, 0, 2); };
  CHECK(compile<G<1, 1>, G<1, 1>>(f)(nan, three)(0, 0) == 18);
}

TEST_CASE("halves are rounded once") {
  const Tensor<half, 1, 1> less{{half(-1.f)}};
  const Tensor<half, 1, 2> a{{half(1.f), half(0.015625f)}};
  const Tensor<half, 2, 1> b{{half(1.f)}, {half(0.015625f)}};
  CHECK(static_cast<float>(Tensor(addmm(less, a, b))(0, 0)) == 0.015625f * 0.015625f);
  CHECK(static_cast<float>(Tensor(addbmm(less, unsqueeze<0>(a), unsqueeze<0>(b), 2, 2))(0, 0)) == 2 * 0.015625f * 0.015625f);
}

TEST_CASE("gradients with a summand") {
  check_gradient([](auto c, auto a, auto b, auto v) { return sum(sin(addmm(c, a, b, 0.5, 2.0))) + sum(sin(addmv(c, a, v, 2, 3))) + sum(sin(addr(c, v, v))); }, filled<G<4>>(), filled<G<4, 4>>(-2, 2, 1), filled<G<4, 4>>(-2, 2, 2),
                 filled<G<4>>(-2, 2, 3));
}

TEST_CASE("addr of bools: factors are true or false") {
  const Tensor<bool, 2, 2> x{{true, false}, {false, true}};
  const Tensor<bool, 2> a{true, false}, b{true, true};
  const auto at = [](const Tensor<bool, 2, 2>& y) { return y(0, 0) * 8 + y(0, 1) * 4 + y(1, 0) * 2 + y(1, 1); };
  CHECK((at(addr(x, a, b)) == 13 && at(addr(x, a, b, 3, 2)) == 13 && at(addr(x, a, b, 0, 2)) == 12 && at(addr(x, a, b, 3, 0)) == 9 && at(addr(x, a, b, 0, 0)) == 0));
}
