// Tensors: construction, copies, moves, elements, checks.
#include <program.hpp>

#include <cmath>
#include <utility>

using namespace etch;
using namespace test;

TEST_CASE("made from values, zero otherwise") {
  const Tensor<float, 2, 3> a{{1, 2, 3}, {4, 5, 6}};
  CHECK(a(0, 0) == 1);
  CHECK(a(1, 2) == 6);
  CHECK(a(-1, -1) == 6);
  CHECK(a.numel() == 6);
  CHECK(a.size(0) == 2);
  CHECK(a.size(-1) == 3);
  const Tensor<double, 2, 2, 2> z;
  for (int i = 0; i < 8; ++i) CHECK(z.data()[i] == 0);
  const Tensor<int> s{7};
  CHECK(s.item() == 7);
  CHECK(reinterpret_cast<std::uintptr_t>(a.data()) % 64 == 0);
  using Ragged = Tensor<float, 2, 3>;
  auto ragged = [] { return Ragged{{1, 2, 3}, {4, 5}}; };
  CHECK_THROWS_WITH_AS(ragged(), doctest::Contains("etch: tensor: every row must hold as many values as its dimension; expected 3, got 2"), Error);
}

TEST_CASE("copies are deep, moves are cheap, assignment writes through") {
  auto a = filled<Tensor<float, 4>>();
  Tensor b = a;
  b(0) = 9;
  CHECK(a(0) != 9);
  float* const memory = b.data();
  b = a;
  CHECK(b.data() == memory);
  CHECK(b(0) == a(0));
  b = static_cast<const Tensor<float, 4>&>(b);
  CHECK(b(0) == a(0));
  const Tensor c = std::move(b);
  CHECK(c.data() == memory);
  a = a * 2;
  CHECK(a(0) == c(0) * 2);
}

TEST_CASE("an index outside is an error") {
  Tensor<float, 2, 3> a;
  CHECK_THROWS_WITH_AS(a(2, 0), doctest::Contains("etch: index: an index must lie within its dimension; got 2 for size 2 of axis 0"), Error);
  CHECK_THROWS_AS(a(0, -4), Error);
}

TEST_CASE("sizes of any integer type name the same tensor") {
  static_assert(std::is_base_of_v<Tensor<float, 2, 3>, Tensor<float, std::size_t(2), 3>>);
  Tensor<float, std::size_t(2), 3> a;
  a = Tensor<float, 2, 3>{{1, 2, 3}, {4, 5, 6}};
  const Tensor b = a * 2;
  static_assert(std::is_same_v<std::remove_cv_t<decltype(b)>, Tensor<float, 2, 3>>);
  CHECK(b(1, 2) == 12);
}

namespace {
struct Batch : dyn<8> {};
inline constexpr Batch batch{};
struct Wide : dim<4> {};
inline constexpr Wide wide{};
}  // namespace

TEST_CASE("named and bounded sizes") {
  Tensor<float, batch, wide> x(3);
  CHECK(x.size(0) == 3);
  CHECK(x.numel() == 12);
  using Bounded = Tensor<float, batch>;
  CHECK_THROWS_AS(Bounded(9), Error);
  test::fill(x);
  const Tensor y = exp(x) + 1;
  static_assert(std::is_same_v<std::remove_cv_t<decltype(y)>, Tensor<float, batch, wide>>);
  CHECK(y.size(0) == 3);
  for (int i = 0; i < 12; ++i) CHECK(y.data()[i] == doctest::Approx(std::exp(x.data()[i]) + 1));
  CHECK(mean(x).item() == doctest::Approx(sum(x).item() / 12));
  const Tensor r = sum<1>(x);
  const Tensor c = sum<0>(x);
  const Tensor m = mean<0>(x);
  CHECK(r.size(0) == 3);
  CHECK(m(1) == doctest::Approx(c(1) / 3));
}
