// Writing through views and in place: against loops, with overlaps, over memory of the user's.
#include <program.hpp>

#include <cmath>

using namespace etch;
using namespace test;

namespace {
bool same(const auto& x, const auto& y) { return std::memcmp(x.data(), y.data(), sizeof(*x.data()) * static_cast<std::size_t>(x.numel())) == 0; }
struct Batch : dyn<6> {};
inline constexpr Batch batch{};
}  // namespace

TEST_CASE("assigning to a view writes into the tensor it looks at") {
  auto x = filled<F<4, 6>>();
  auto expected = x;
  const auto y = filled<F<4>>(-2, 2, 1);
  x(every, 1) = y;
  for (int i = 0; i < 4; ++i) expected(i, 1) = y(i);
  CHECK(same(x, expected));
  x(2, every) = 5;
  for (int j = 0; j < 6; ++j) expected(2, j) = 5;
  CHECK(same(x, expected));
  t(x) = t(expected * 2);
  CHECK(same(x, Tensor(expected * 2)));
  expected = x;
  view<3, 8>(x) = view<3, 8>(x) + 1;
  CHECK(same(x, Tensor(expected + 1)));
  expected = x;
  slice<1, 0, 6, 2>(x) *= 3;
  for (int i = 0; i < 4; ++i)
    for (int j = 0; j < 6; j += 2) expected(i, j) *= 3;
  CHECK(same(x, expected));
  select_axis<0, -1>(t(x)) -= y;
  for (int i = 0; i < 4; ++i) expected(i, 5) -= y(i);
  CHECK(same(x, expected));
  x(Slice<1, 3>{}, Slice<-2>{}) = unsqueeze<1>(slice<0, 0, 2>(y));  // broadcast along the columns
  for (int i = 1; i < 3; ++i)
    for (int j = 4; j < 6; ++j) expected(i, j) = y(i - 1);
  CHECK(same(x, expected));
  auto row = x(0, every);  // a view kept by name writes as well
  row = x(3, every);
  for (int j = 0; j < 6; ++j) expected(0, j) = expected(3, j);
  CHECK(same(x, expected));
}

TEST_CASE("views that step backwards, diagonals and parts are written to as well") {
  F<3, 4> x;
  flip<0, 1>(x) = Tensor<float, 3, 4>{{0, 1, 2, 3}, {4, 5, 6, 7}, {8, 9, 10, 11}};
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < 4; ++j) CHECK(x(i, j) == 11 - (i * 4 + j));
  diagonal<1>(x) = -1;
  CHECK(x(0, 1) == -1);
  CHECK(x(2, 3) == -1);
  CHECK(x(2, 2) == 1);
  auto [left, right] = split<2, 1>(x);
  right = left + 100;
  CHECK(x(0, 2) == 111);
  CHECK(x(2, 3) == x(2, 1) + 100);
  slice<1, -1, -5, -3>(x) = 7;  // columns 3 and 0
  CHECK(x(1, 0) == 7);
  CHECK(x(1, 3) == 7);
  CHECK(x(1, 2) != 7);
}

TEST_CASE("parts as Python takes them") {
  const auto x = filled<F<4, 5, 6>>();
  const Tensor a = x(ellipsis, 1);
  const Tensor b = x(newaxis, 2, Slice<1, 100, 2>{}, newaxis);
  const Tensor c = x(-1);
  static_assert(std::is_same_v<decltype(a), const F<4, 5>> && std::is_same_v<decltype(b), const F<1, 2, 1, 6>> && std::is_same_v<decltype(c), const F<5, 6>>);
  for (int i = 0; i < 4; ++i)
    for (int j = 0; j < 5; ++j) CHECK(a(i, j) == x(i, j, 1));
  for (int j = 0; j < 2; ++j)
    for (int k = 0; k < 6; ++k) CHECK(b(0, j, 0, k) == x(2, 1 + 2 * j, k));
  for (int j = 0; j < 5; ++j)
    for (int k = 0; k < 6; ++k) CHECK(c(j, k) == x(3, j, k));
  CHECK_THROWS_WITH_AS(x(every, 5), doctest::Contains("got 5 for size 5 of axis 1"), Error);
  test::check([](auto v) { return test::results(v(every, 1), v(ellipsis, -1) + v(every, every, 0), v(1, newaxis, Slice<0, 4>{})); }, x);
}

TEST_CASE("tensors as indices gather, and write") {
  auto x = filled<F<4, 5, 6>>();
  const I<3> i{{0, 2, -1}}, j{{1, 4, 0}};
  const I<2, 1> r{{1}, {3}};
  const Tensor a = x(i, j, i);
  const Tensor b = x(r, every, i);   // separated: first
  const Tensor c = x(every, r, j);   // together: in place
  const Tensor d = x(1, j);
  static_assert(std::is_same_v<decltype(b), const F<2, 3, 5>> && std::is_same_v<decltype(c), const F<4, 2, 3>> && std::is_same_v<decltype(d), const F<3, 6>>);
  for (int k = 0; k < 3; ++k) {
    const auto ik = static_cast<int>(i(k)), jk = static_cast<int>(j(k));
    CHECK(a(k) == x(ik, jk, ik));
    for (int p = 0; p < 2; ++p) {
      const auto rp = static_cast<int>(r(p, 0));
      for (int q = 0; q < 5; ++q) CHECK(b(p, k, q) == x(rp, q, ik));
      for (int q = 0; q < 4; ++q) CHECK(c(q, p, k) == x(q, rp, jk));
    }
    for (int q = 0; q < 6; ++q) CHECK(d(k, q) == x(1, jk, q));
  }
  auto expected = x;
  x(i, every, Slice<0, 3>{}) = 7;
  for (int k = 0; k < 3; ++k)
    for (int q = 0; q < 5; ++q)
      for (int s = 0; s < 3; ++s) expected(static_cast<int>(i(k)), q, s) = 7;
  CHECK(same(x, expected));
  x(1, j) += filled<F<3, 1>>();
  for (int k = 0; k < 3; ++k)
    for (int s = 0; s < 6; ++s) expected(1, static_cast<int>(j(k)), s) += filled<F<3, 1>>()(k, 0);
  CHECK(same(x, expected));
  CHECK_THROWS_WITH_AS(Tensor(x(i, j + 1, i)), doctest::Contains("got 5 at position 1 for size 5 of axis 1"), Error);
  test::check_gradient([](auto v) { return v(to<std::int64_t>(abs(v(every, 0))), every) * v(every, to<std::int64_t>(abs(v(every, 1)))); }, filled<Tensor<double, 3, 3>>());
}

TEST_CASE("overlapping parts: the value is computed first") {
  auto x = filled<F<20>>();
  auto expected = x;
  slice<0, 1, 20>(x) = slice<0, 0, 19>(x);
  for (int i = 19; i > 0; --i) expected(i) = expected(i - 1);
  CHECK(same(x, expected));
  slice<0, 0, 19>(x) = slice<0, 1, 20>(x) + slice<0, 0, 19>(x);
  for (int i = 0; i < 19; ++i) expected(i) += expected(i + 1);
  CHECK(same(x, expected));
  auto m = filled<F<5, 5>>();
  const auto old = m;
  m = t(m) * 2;
  CHECK(m(1, 3) == old(3, 1) * 2);
  m = old;
  t(m) = m;
  CHECK(m(1, 3) == old(3, 1));
  m = old;
  m(0, every) = m(every, 0);
  m(every, 0) = m(0, every) * 2;
  for (int i = 0; i < 5; ++i) CHECK(m(i, 0) == 2 * old(i, 0));
  m = old;
  m += t(m);
  CHECK(m(1, 3) == old(1, 3) + old(3, 1));
  CHECK(m(3, 1) == old(1, 3) + old(3, 1));
}

TEST_CASE("operations in place") {
  auto x = filled<F<3, 37>>();
  auto expected = x;
  const float* const memory = x.data();
  x += 1;
  x *= x;
  sub_(x, filled<F<37>>());
  CHECK(&relu_(clamp_(x, -1, 1)) == &x);
  auto in_place = x;
  CHECK(&threshold_(hardtanh_(selu_(celu_(rrelu_(in_place))), -1, 1), 2, 7) == &in_place);
  CHECK(in_place.data()[0] == 7);
  expected = expected + 1;
  expected = expected * expected;
  expected = relu(clamp(expected - filled<F<37>>(), -1, 1));
  CHECK(same(x, expected));
  CHECK(x.data() == memory);
  sqrt_(x(1, every));
  fill_(x(every, 0), 3);
  CHECK(x(1, 5) == std::sqrt(expected(1, 5)));
  CHECK(x(2, 0) == 3);
  copy_(x, filled<F<3, 1>>());
  CHECK(x(2, 36) == filled<F<3, 1>>()(2, 0));
  zero_(x);
  CHECK(sum(abs(x)).item() == 0);
  index_add_<1>(x, I<2>{{3, 3}}, ones<float, 3, 2>());
  CHECK(x(1, 3) == 2);
  scatter_reduce_<1, Reduce::amax>(x, Tensor<std::int64_t, 1, 2>{{3, 4}}, Tensor<float, 1, 2>{{1, 5}});
  put_<true>(x, I<2>{{3, 4}}, ones<float, 2>());
  CHECK((x(0, 3) == 3 && x(0, 4) == 6));
  addmm_(x, ones<float, 3, 1>(), ones<float, 1, 37>(), 1, -2);
  CHECK((x(0, 3) == 1 && x(2, 36) == -2));
  div_<Rounding::floor>(x, 4);
  CHECK((x(0, 4) == 1 && x(2, 36) == -1));
  zero_(x);
  index_add_<1>(x, I<2>{{3, 3}}, ones<float, 3, 2>());
  Tensor<std::int32_t, 4> k{{1, 2, 3, 4}};
  k += true;
  k *= std::int64_t{3};
  CHECK(k(3) == 15);
  logical_not_(k);
  CHECK(k(3) == 0);
  k |= 5;
  k <<= 1;
  k %= 4;
  CHECK(k(0) == 2);
  masked_fill_(add_(x, 1, 0.5f), x > 1, 7);
  CHECK((x(1, 3) == 7 && x(1, 4) == 0.5f));
  auto s = filled<F<4, 8>>();
  const Tensor p = softmax<1>(s);
  s = softmax<1>(s);
  CHECK(same(s, p));
}

TEST_CASE("memory of the user's, both ways") {
  std::vector<float> memory(13);
  for (std::size_t i = 0; i < memory.size(); ++i) memory[i] = static_cast<float>(i);
  {
    auto x = from_blob<float, 3, 4>(memory.data() + 1);  // any alignment
    CHECK(x(2, 3) == 12);
    x(every, 0) = -1;
    x *= 2;
    CHECK(memory[0] == 0);
    CHECK(memory[1] == -2);
    CHECK(memory[12] == 24);
    auto copy = x;
    copy(0, 1) = 100;
    CHECK(memory[2] == 4);
    x = copy;
    CHECK(memory[2] == 100);
    memory[2] = 5;
    const Tensor y = matmul(x, t(x));
    CHECK(y(0, 0) == 4 + 25 + 36 + 64);
    auto b = from_blob<float, batch, 2>(memory.data(), 3);
    CHECK(b.size(0) == 3);
    b(every, 1) = 8;
    CHECK((memory[1] == 8 && memory[3] == 8 && memory[5] == 8 && memory[7] != 8));
    t(b) += 1;
    CHECK((memory[0] == 1 && memory[1] == 9 && memory[5] == 9 && memory[7] != 9));
  }
  CHECK(memory[1] == 9);
}

TEST_CASE("expressions kept, returned, moved, evaluated twice") {
  auto make = [] {
    auto local = filled<F<3, 4>>();
    auto part = local(every, 1);
    part = 7;
    return tanh(local) * 2 + unsqueeze<1>(part);
  };
  auto e = make();
  const Tensor first = e;
  auto moved = std::move(e);
  const Tensor second = moved;
  CHECK(same(first, second));
  CHECK(first(0, 1) == doctest::Approx(2 * std::tanh(7.0) + 7));
  auto x = filled<F<4>>();
  auto twice = x * 2;
  x = twice;
  const float once = x(1);
  x = twice;  // reads x as it is now
  CHECK(x(1) == 2 * once);
}

TEST_CASE("a diagonal is filled, of a tall matrix again and again, of a cube, of a view; names of the same thing") {
  const auto places = [](const auto& x) {
    std::vector<std::int64_t> at;
    for (std::int64_t i = 0; i < x.numel(); ++i)
      if (x.data()[i] != 0) at.push_back(i);
    return at;
  };
  F<3, 5> wide;
  F<7, 3> tall, wrapped;
  F<2, 2, 2> cube;
  CHECK(&fill_diagonal_(wide, 1) == &wide);
  fill_diagonal_(tall, 1);
  fill_diagonal_<true>(wrapped, 1);
  fill_diagonal_(cube, 1);
  CHECK(places(wide) == std::vector<std::int64_t>{0, 6, 12});
  CHECK(places(tall) == std::vector<std::int64_t>{0, 4, 8});
  CHECK(places(wrapped) == std::vector<std::int64_t>{0, 4, 8, 12, 16, 20});
  CHECK(places(cube) == std::vector<std::int64_t>{0, 7});
  F<3, 3> part;
  fill_diagonal_(part(Slice<1, 3>{}, Slice<0, 2>{}), 2);
  CHECK(places(part) == std::vector<std::int64_t>{3, 7});
  F<2> v{0.5f, -0.5f};
  arcsin_(v);
  divide_(v, 2);
  CHECK((v(0) == doctest::Approx(std::asin(0.5) / 2) && v(1) == -v(0)));
  greater_(v, 0);
  CHECK((v(0) == 1 && v(1) == 0));
}
