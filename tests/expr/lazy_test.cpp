// Expressions as objects: kept, returned, moved, evaluated twice, outliving what they were made from.
#include <program.hpp>

#include <cmath>
#include <memory>
#include <utility>

using namespace etch;
using namespace test;

namespace {

auto from_temporaries() {
  const auto a = filled<F<3, 5>>();
  auto b = std::make_unique<F<5>>(filled<F<5>>(-2, 2, 1));
  return tanh(a * *b + 1) - F<3, 5>{a * 2} + filled<F<5>>(-2, 2, 2);
}
auto expected_from_temporaries() {
  const auto a = filled<F<3, 5>>(), b = filled<F<3, 5>>();
  (void)b;
  const auto c = filled<F<5>>(-2, 2, 1), d = filled<F<5>>(-2, 2, 2);
  F<3, 5> y;
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < 5; ++j) y(i, j) = std::tanh(a(i, j) * c(j) + 1) - a(i, j) * 2 + d(j);
  return y;
}
bool same(const auto& x, const auto& y) {
  for (std::int64_t i = 0; i < x.numel(); ++i)
    if (std::abs(x.data()[i] - y.data()[i]) > 1e-6f) return false;
  return true;
}
}  // namespace

TEST_CASE("an expression outlives the tensors it was made from") {
  auto e = from_temporaries();
  const Tensor y = e;
  CHECK(same(y, expected_from_temporaries()));
  const Tensor again = e;
  CHECK(same(again, y));
  auto moved = std::move(e);
  const Tensor after = moved;
  CHECK(same(after, y));
  auto copy = moved;
  const Tensor twice = copy + moved;
  for (std::int64_t i = 0; i < y.numel(); ++i) CHECK(twice.data()[i] == y.data()[i] * 2);
}

TEST_CASE("an expression sees what is written into its tensors, but not what they are moved into") {
  auto a = filled<F<4>>();
  auto e = a * 2;
  a(0) = 7;
  CHECK(Tensor(e)(0) == 14);
  a = a + 1;
  CHECK(Tensor(e)(0) == 16);
  const F<4> b = std::move(a);
  CHECK(Tensor(e)(0) == 16);
  CHECK(b(0) == 8);
}

TEST_CASE("parts of an expression are expressions") {
  const auto x = filled<F<3, 4>>();
  const auto e = exp(x), s = exp(x);
  const auto y = e / sum_keepdim<1>(s);
  const Tensor p = y;
  const Tensor q = softmax<1>(x);
  CHECK(same(p, q));
  CHECK(sum(y).item() == doctest::Approx(3));
  CHECK((sum(y) * 2 + 1).item() == doctest::Approx(7));
}

TEST_CASE("a leaf used twice is two inputs of one tensor") {
  const auto x = filled<F<9>>();
  const Tensor y = x * x + x / (x * x + 1);
  for (int i = 0; i < 9; ++i) CHECK(y(i) == doctest::Approx(x(i) * x(i) + x(i) / (x(i) * x(i) + 1)));
  CHECK(sum(x * x).item() == doctest::Approx(dot(x, x).item()));
}

TEST_CASE("numbers beside expressions: ints, bools, doubles, and changing ones") {
  const auto x = filled<F<5>>();
  for (int k = 0; k < 3; ++k) {
    const Tensor y = x * k + 0.5 * k;  // one program, three numbers
    for (int i = 0; i < 5; ++i) CHECK(y(i) == doctest::Approx(x(i) * static_cast<float>(k) + 0.5f * static_cast<float>(k)));
  }
  const Tensor z = x * true + 1ull - 1u + short{2};
  CHECK(z(3) == doctest::Approx(x(3) + 2));
  const Tensor<std::int64_t, 2> big{{1, 2}};
  const Tensor n = big + 9007199254740993;
  CHECK(n(0) == 9007199254740994);
}

TEST_CASE("functions of expressions: lambdas over anything") {
  auto normal = [](auto x) { return (x - mean_keepdim<1>(x)) * rsqrt(mean_keepdim<1>(square(x - mean_keepdim<1>(x)))); };
  const auto x = filled<F<4, 33>>();
  const Tensor y = normal(x);
  const Tensor z = normal(x * 2 + 1);
  for (std::int64_t i = 0; i < y.numel(); ++i) CHECK(y.data()[i] == doctest::Approx(z.data()[i]).epsilon(1e-4));
}
