// Writing by index: against loops and against the interpreter, with gradients by differences.
#include <program.hpp>

using namespace etch;
using namespace test;

TEST_CASE("scatter writes, adds and reduces along each axis") {
  const auto x = filled<F<4, 5>>();
  const auto a = filled<F<3, 6>>(-2, 2, 1);
  const I<3, 2> i{{0, 3}, {2, 2}, {4, 0}};
  const Tensor y = scatter<1>(x, i, a);
  const Tensor z = scatter_add<0>(x, clamp(i, 0, 3), a);
  F<4, 5> p = x, q = x;
  for (int r = 0; r < 3; ++r)
    for (int c = 0; c < 2; ++c) {
      p(r, static_cast<int>(i(r, c))) = a(r, c);
      q(std::min(static_cast<int>(i(r, c)), 3), c) += a(r, c);
    }
  for (int k = 0; k < 20; ++k) {
    CHECK(y.data()[k] == p.data()[k]);
    CHECK(z.data()[k] == q.data()[k]);
  }
  const Tensor n = scatter<1, Reduce::sum>(x, i, 0.5f);
  CHECK(n(1, 2) == x(1, 2) + 1);
  CHECK(n(1, 1) == x(1, 1));
  check([](auto v, auto k, auto w) { return results(scatter<1, Reduce::prod>(v, k, w), scatter_reduce<1, Reduce::amax>(exp(v), k, w), scatter_reduce<1, Reduce::amin, false>(v, k, w), scatter_reduce<1, Reduce::mean, false>(t(t(v) + 1), k, w), scatter<-1>(zeros_like(v), k, 3) + 1); }, x, i, a);
  const Tensor s = scatter<0>(Tensor<float>(1.f), I<>{}, Tensor<float>(3.f));
  CHECK(s.item() == 3);
  const Tensor nothing = scatter_add<1>(x, I<0>{}, F<7>{});  // an index without elements has any rank
  for (int k = 0; k < 20; ++k) CHECK(nothing.data()[k] == x.data()[k]);
}

TEST_CASE("rows longer than what is checked at once, fewer of them than the base has") {
  const auto x = filled<F<4, 13>>();
  const auto a = filled<F<3, 11>>(-2, 2, 1);
  I<3, 11> i;
  for (int k = 0; k < 33; ++k) i.data()[k] = k * 5 % 13;
  F<4, 13> p = x, q = x;
  F<13, 4> down = t(x), w = down;
  for (int r = 0; r < 3; ++r)
    for (int c = 0; c < 11; ++c) {
      p(r, static_cast<int>(i(r, c))) = a(r, c);
      q(r, static_cast<int>(i(r, c))) += a(r, c);
      w(static_cast<int>(i(r, c)), r) += a(r, c);
    }
  const Tensor y = scatter<1>(x, i, a);
  const Tensor z = scatter_add<1>(x, i, a);
  const Tensor u = scatter_add<0>(down, t(i), t(a));
  const Tensor v = scatter<1>(expand<4, 13>(slice<0, 0, 1>(x)), i, a);  // a base that is not dense
  for (int r = 0; r < 4; ++r)
    for (int c = 0; c < 13; ++c) {
      CHECK(y(r, c) == p(r, c));
      CHECK(z(r, c) == q(r, c));
      CHECK(u(c, r) == w(c, r));
      CHECK(v(r, c) == (p(r, c) == x(r, c) ? x(0, c) : p(r, c)));
    }
  auto outside = [&] { const Tensor g = scatter<1>(x, i, a); };
  for (const int at : {0, 17, 32}) {
    const auto good = i.data()[at];
    i.data()[at] = 13;
    CHECK_THROWS_WITH_AS(outside(), ("etch: index: an index must lie within its dimension; got 13 at position " + std::to_string(at) + " for size 13 of axis 1").c_str(), Error);
    i.data()[at] = good;
  }
}

TEST_CASE("reductions with and without what was there, of integers and bools") {
  const I<3> x{{10, 20, -7}};
  const I<4> i{{0, 2, 0, 2}}, a{{5, 6, 7, 8}};
  auto same = [](const I<3>& y, std::int64_t p, std::int64_t q, std::int64_t r) { CHECK((y(0) == p && y(1) == q && y(2) == r)); };
  same(scatter_reduce<0, Reduce::sum>(x, i, a), 22, 20, 7);
  same(scatter_reduce<0, Reduce::sum, false>(x, i, a), 12, 20, 14);
  same(scatter_reduce<0, Reduce::prod>(x, i, a), 350, 20, -336);
  same(scatter_reduce<0, Reduce::prod, false>(x, i, a), 35, 20, 48);
  same(scatter_reduce<0, Reduce::mean>(x, i, a), 7, 20, 2);
  same(scatter_reduce<0, Reduce::mean, false>(x, i, a), 6, 20, 7);
  same(scatter_reduce<0, Reduce::mean>(x - 20, i, a), 0, 0, -5);  // -13 / 3, towards minus infinity
  same(scatter_reduce<0, Reduce::amax>(x, i, a), 10, 20, 8);
  same(scatter_reduce<0, Reduce::amax, false>(x, i, a), 7, 20, 8);
  same(scatter_reduce<0, Reduce::amin>(x, i, a), 5, 20, -7);
  same(scatter_reduce<0, Reduce::amin, false>(x, i, a), 5, 20, 6);
  const Tensor<bool, 3> b{{true, false, false}};
  const Tensor<bool, 3> c = scatter_add<0>(b, I<2>{{1, 1}}, Tensor<bool, 2>{{true, true}});
  CHECK((c(0) && c(1) && !c(2)));
  const Tensor<std::uint8_t, 3> u = index_add<0>(Tensor<std::uint8_t, 3>{{250, 1, 2}}, I<1>{0}, Tensor<std::uint8_t, 1>{10});
  CHECK(u(0) == 4);
}

TEST_CASE("the index_* family works on slices") {
  const auto x = filled<F<2, 4, 3>>();
  const auto a = filled<F<2, 3, 3>>(-2, 2, 1);
  const I<3> i{{2, 0, 2}};
  const Tensor added = index_add<1>(x, i, a, 2);
  const Tensor copied = index_copy<1>(x, i, a);
  const Tensor averaged = index_reduce<1, Reduce::mean>(x, i, a);
  const Tensor filled_with = index_fill<1>(x, I<2>{{1, -1}}, 9);
  for (int r = 0; r < 2; ++r)
    for (int c = 0; c < 3; ++c) {
      CHECK(added(r, 2, c) == doctest::Approx(x(r, 2, c) + 2 * (a(r, 0, c) + a(r, 2, c))));
      CHECK(added(r, 1, c) == x(r, 1, c));
      CHECK(copied(r, 2, c) == a(r, 2, c));
      CHECK(copied(r, 0, c) == a(r, 1, c));
      CHECK(averaged(r, 2, c) == doctest::Approx((x(r, 2, c) + a(r, 0, c) + a(r, 2, c)) / 3));
      CHECK(averaged(r, 3, c) == x(r, 3, c));
      CHECK(filled_with(r, 3, c) == 9);
      CHECK(filled_with(r, 1, c) == 9);
      CHECK(filled_with(r, 2, c) == x(r, 2, c));
    }
  const Tensor s = put(x, I<2>{{-1, 0}}, F<2>{{5, 6}});
  CHECK(s(1, 3, 2) == 5);
  CHECK(s(0, 0, 0) == 6);
  const Tensor n = index_fill<0>(Tensor<float>(1.f), I<1>{0}, 4.5);
  CHECK(n.item() == 4.5f);
  auto outside = [&] { const Tensor y = index_add<1>(x, I<3>{{0, 1, 4}}, a); };
  CHECK_THROWS_WITH_AS(outside(), "etch: index: an index must lie within its dimension; got 4 at position 2 for size 4 of axis 1", Error);
}

TEST_CASE("gradients of what is written and of what it is written into") {
  auto x = filled<G<2, 4>>();
  const auto a = filled<G<2, 3>>(-2, 2, 1);
  check_gradient([](auto v, auto w) { return scatter<1>(v * v, iota_like<1>(w) + 1, w); }, x, a);
  check_gradient([](auto v, auto w) { return scatter_add<1>(v, iota_like<1>(w) * 0 + iota_like<0>(w), w * w); }, x, a);
  check_gradient([](auto v, auto w) { return scatter_reduce<1, Reduce::amax>(v, iota_like<1>(w) * 0, w) * scatter_reduce<1, Reduce::amin, false>(v, iota_like<0>(w), w); }, x, a);
  check_gradient([](auto v, auto w) { return scatter_reduce<1, Reduce::mean>(v, iota_like<1>(w) * 0, w) + scatter_reduce<1, Reduce::mean, false>(v, iota_like<0>(w), w); }, x, a);
  x(0, 0) = 0;  // a product has a gradient where one factor is 0
  check_gradient([](auto v, auto w) { return scatter_reduce<1, Reduce::prod>(v, iota_like<1>(w) * 0, w) + scatter_reduce<1, Reduce::prod, false>(v, iota_like<0>(w), w); }, x, a);
  auto z = a;
  z(1, 2) = 0;
  check_gradient([](auto v, auto w) { return scatter_reduce<1, Reduce::prod>(v, iota_like<1>(w) * 0 + 1, w); }, x, z);
  check_gradient([](auto v, auto w) { return index_fill<1>(v, argmax<1>(w), mean(w)); }, x, a);
}
