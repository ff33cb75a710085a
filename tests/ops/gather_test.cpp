// Reading by index: against loops and against the interpreter, with gradients and checks.
#include <program.hpp>

using namespace etch;
using namespace test;

TEST_CASE("gather along each axis, the index smaller than the input") {
  const auto x = filled<F<4, 5, 3>>();
  const auto i0 = filled<I<2, 5, 3>>(0, 3.99);
  const auto i1 = filled<I<4, 7, 2>>(0, 4.99);
  const auto i2 = filled<I<3, 4, 6>>(0, 2.99);
  const Tensor a = gather<0>(x, i0);
  const Tensor b = gather<1>(x, i1);
  const Tensor c = gather<-1>(x, i2);
  for (int i = 0; i < 2; ++i)
    for (int j = 0; j < 5; ++j)
      for (int k = 0; k < 3; ++k) CHECK(a(i, j, k) == x(i0(i, j, k), j, k));
  for (int i = 0; i < 4; ++i)
    for (int j = 0; j < 7; ++j)
      for (int k = 0; k < 2; ++k) CHECK(b(i, j, k) == x(i, i1(i, j, k), k));
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < 4; ++j)
      for (int k = 0; k < 6; ++k) CHECK(c(i, j, k) == x(i, j, i2(i, j, k)));
  check([](auto y, auto p, auto q, auto r) { return results(gather<0>(y, p), gather<1>(y, q), gather<2>(y, r) * 2, gather<1>(exp(y), q), gather<0>(permute<1, 0, 2>(y), permute<1, 0, 2>(p))); }, x, i0, i1, i2);
  const Tensor s = gather<0>(Tensor<float>(3.f), I<>{});
  const Tensor repeated = gather<0>(Tensor<float>(3.f), I<2>{});  // a number is a row of one element
  const Tensor one = gather<0>(Tensor<float, 2>{{4, 5}}, I<>(1));
  static_assert(decltype(one)::rank == 0);
  CHECK((repeated(1) == 3 && one.item() == 5));
  CHECK(s.item() == 3);
  static_assert(decltype(gather<1>(x, I<0>{}))::dims()[0].is(0));  // an index without elements has any rank
  check([](auto y, auto p, auto q) { return results(gather<1>(y, p), gather<0>(y, q)); }, x, I<0>{}, I<2, 0, 3, 1>{});
}

TEST_CASE("of every dtype") {
  auto each = []<class T>(T) {
    const auto x = filled<Tensor<T, 3, 4>>(0, 100);
    const auto i = filled<Tensor<std::int32_t, 3, 5>>(0, 3.99);
    const Tensor y = gather<1>(x, i);
    for (int r = 0; r < 3; ++r)
      for (int c = 0; c < 5; ++c) CHECK(y(r, c) == x(r, i(r, c)));
  };
  each(bool{}), each(std::uint8_t{}), each(std::int16_t{}), each(std::int32_t{}), each(std::int64_t{}), each(float{}), each(double{});
}

TEST_CASE("index_select, take, take_along_dim, narrow, one_hot") {
  const auto x = filled<F<4, 5, 3>>();
  const I<3> i{{2, 0, 2}};
  const Tensor a = index_select<1>(x, i);
  const Tensor b = index_select<-1>(x, i);
  const Tensor z = index_select<0>(x, i);
  for (int r = 0; r < 4; ++r)
    for (int c = 0; c < 3; ++c) {
      for (int k = 0; k < 3; ++k) CHECK(a(r, c, k) == x(r, i(c), k));
      for (int k = 0; k < 5; ++k) CHECK(b(r, k, c) == x(r, k, i(c)));
    }
  for (int k = 0; k < 15; ++k) CHECK(z.data()[15 + k] == x.data()[k]);
  const I<2, 2> f{{7, -1}, {0, -60}};
  const Tensor c = take(x, f);
  CHECK(c(0, 0) == x.data()[7]);
  CHECK(c(0, 1) == x.data()[59]);
  CHECK(c(1, 1) == x.data()[0]);
  I<1, 2, 1> j;
  j(0, 0, 0) = -1;
  j(0, 1, 0) = 1;
  const Tensor d = take_along_dim<1>(x, j);
  for (int r = 0; r < 4; ++r)
    for (int k = 0; k < 3; ++k) {
      CHECK(d(r, 0, k) == x(r, 4, k));
      CHECK(d(r, 1, k) == x(r, 1, k));
    }
  const Tensor e = take_along_dim(x, f);
  CHECK(e(1) == x.data()[59]);
  const Tensor n = narrow<1, 2>(x, I<>{-3});
  for (int r = 0; r < 4; ++r)
    for (int k = 0; k < 3; ++k) CHECK(n(r, 1, k) == x(r, 3, k));
  const Tensor h = one_hot<3>(i);
  static_assert(std::is_same_v<decltype(h), const I<3, 3>>);
  for (int r = 0; r < 3; ++r)
    for (int k = 0; k < 3; ++k) CHECK(h(r, k) == (i(r) == k));
  const Tensor s = index_select<0>(Tensor<float>(3.f), I<1>{});
  CHECK(s.item() == 3);
  const Tensor none = index_select<0>(x, I<0>{});
  CHECK(none.numel() == 0);
  check([](auto y, auto p, auto q, auto r) { return results(index_select<1>(y, p), index_select<0>(t(view<20, 3>(y)) + 1, p), take(exp(y), q), take_along_dim<1>(y, r)); }, x, i, f, j);
}

TEST_CASE("an index outside is an error that names index, position, size and axis") {
  const auto x = filled<F<4, 5>>();
  const I<1, 2> i{{0, 4}};
  auto run = [](const auto& e) { const Tensor y = e; };
  CHECK_THROWS_WITH_AS(run(gather<0>(x, i)), "etch: index: an index must lie within its dimension; got 4 at position 1 for size 4 of axis 0", Error);
  CHECK_NOTHROW(run(gather<1>(x, i)));
  CHECK_THROWS_WITH_AS(run(gather<1>(x, i - 1)), "etch: index: an index must lie within its dimension; got -1 at position 0 for size 5 of axis 1", Error);
  const auto sentence = [](const char* values) { return doctest::Contains(("etch: index: an index must lie within its dimension; got " + std::string(values)).c_str()); };
  CHECK_THROWS_WITH_AS(run(index_select<1>(x, I<2>{4, 5})), sentence("5 at position 1 for size 5 of axis 1"), Error);
  CHECK_THROWS_WITH_AS(run(take(x, I<2, 2>{{0, 3}, {20, 1}})), sentence("20 at position 2 for size 20 of axis 0"), Error);
  CHECK_THROWS_WITH_AS(run(take(x, I<1>{-21})), sentence("-21 at position 0 for size 20 of axis 0"), Error);
  CHECK_THROWS_WITH_AS(run(take_along_dim<1>(x, I<1, 2>{{-5, -6}})), sentence("-6 at position 1 for size 5 of axis 1"), Error);
  CHECK_THROWS_WITH_AS(run(one_hot<3>(I<2, 2>{{0, 1}, {2, 3}})), sentence("3 at position 3 for size 3 of axis 2"), Error);
  CHECK_THROWS_WITH_AS(run(gather<0>(x, t(I<2, 2>{{0, 7}, {1, 2}}))), sentence("7 at position 2 for size 4 of axis 0"), Error);  // of the view
  CHECK_THROWS_WITH_AS(run(narrow<1, 3>(x, I<>{3})), sentence("5 at position 2 for size 5 of axis 1"), Error);
}

TEST_CASE("rows longer than what is checked at once: every place, from either end, and which index is wrong") {
  const auto x = filled<F<3, 11>>();
  I<3, 11> i, back;
  for (int k = 0; k < 33; ++k) {
    i.data()[k] = k * 7 % 11;
    back.data()[k] = k * 7 % 33 - (k % 3 == 0 ? 33 : 0);
  }
  const Tensor y = gather<1>(x, i);
  const Tensor z = gather<0>(x, i % 3);
  const Tensor f = take(x, back);
  for (int r = 0; r < 3; ++r)
    for (int c = 0; c < 11; ++c) {
      CHECK(y(r, c) == x(r, static_cast<int>(i(r, c))));
      CHECK(z(r, c) == x(static_cast<int>(i(r, c) % 3), c));
      CHECK(f(r, c) == x.data()[(back(r, c) + 33) % 33]);
    }
  auto gathered = [&] { const Tensor g = gather<1>(x, i); };
  auto taken = [&] { const Tensor g = take(x, back); };
  for (const int at : {0, 13, 20, 32}) {
    const auto good = i.data()[at];
    i.data()[at] = 11;
    const std::string place = " at position " + std::to_string(at) + " for size ";
    CHECK_THROWS_WITH_AS(gathered(), ("etch: index: an index must lie within its dimension; got 11" + place + "11 of axis 1").c_str(), Error);
    i.data()[at] = -1;
    CHECK_THROWS_WITH_AS(gathered(), ("etch: index: an index must lie within its dimension; got -1" + place + "11 of axis 1").c_str(), Error);
    i.data()[at] = good;
    back.data()[at] = -34;
    CHECK_THROWS_WITH_AS(taken(), ("etch: index: an index must lie within its dimension; got -34" + place + "33 of axis 0").c_str(), Error);
    back.data()[at] = good;
  }
}

TEST_CASE("gradients add up where an index repeats") {
  const auto x = filled<G<3, 4>>();
  check_gradient([](auto y) { return gather<1>(y, to<std::int64_t>(abs(y) * 1.5)); }, x);
  check_gradient([](auto y) { return index_select<0>(y * y, argmax<0>(y)) + take(y, argmax<0>(y) * 3 - 2); }, x);
  check_gradient([](auto y) { return sum<1>(take_along_dim<1>(exp(y), unsqueeze<1>(argmin<1>(y)))); }, x);
}
