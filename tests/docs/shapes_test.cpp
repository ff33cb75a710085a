// The code of docs/shapes.md.
#include <etch/etch.hpp>

#include <doctest/doctest.h>

#include <type_traits>

using namespace etch;

namespace {

struct Channels : dim<3> {};
inline constexpr Channels channels{};

struct Batch : dyn<64> {};
inline constexpr Batch batch{};

struct Found : dyn<4> {};
inline constexpr Found found{};

}  // namespace

TEST_CASE("sizes are integers, names or bounds") {
  Tensor<float, 2, 3> a{{1, 2, 3}, {4, 5, 6}};  // two rows of three
  Tensor<float, channels, 8, 8> image;          // a named size, always 3
  Tensor<float, batch, 784> xs(17);             // 17 rows now, at most 64
  Tensor<float> number(3.f);                    // no dimension: one number

  CHECK(a.size(-1) == 3);
  CHECK(image.numel() == 192);
  CHECK(xs.size(0) == 17);
  CHECK(number.item() == 3);
}

TEST_CASE("a name agrees with itself and with its number") {
  struct Rows : dim<3> {};
  constexpr Rows rows{};
  Tensor<float, channels, 4> a;
  Tensor<float, 3, 4> b;
  Tensor<float, rows, 4> c;

  auto e = a + b;  // Tensor<float, channels, 4>: the name stays
  auto f = b + c;  // Tensor<float, rows, 4>
  // a + c: error: etch: pointwise: sizes must agree or be 1
  static_assert(std::is_same_v<decltype(Tensor(e)), Tensor<float, channels, 4>>);
  static_assert(std::is_same_v<decltype(Tensor(f)), Tensor<float, rows, 4>>);
}

TEST_CASE("sizes of 1 and missing axes are repeated") {
  Tensor<float, 2, 3> a{{1, 2, 3}, {4, 5, 6}};
  Tensor<float, 3> row{10, 20, 30};
  Tensor<float, 2, 1> column{{100}, {200}};
  Tensor y = a + row + column;
  CHECK(y(1, 2) == 236);
}

TEST_CASE("axes and sizes are template arguments") {
  Tensor<float, 2, 3, 4> x = ones<float, 2, 3, 4>();
  auto a = permute<2, 0, 1>(x);  // [4, 2, 3]
  auto b = reshape<6, -1>(x);    // [6, 4]
  auto c = mean<0, -1>(x);       // [3]
  auto d = sum_keepdim<1>(x);    // [2, 1, 4]
  auto e = slice<1, 0, 2>(x);    // [2, 2, 4]: elements 0 and 1 of axis 1
  auto f = cat<2>(x, x);         // [2, 3, 8]
  static_assert(decltype(a)::rank == 3 && decltype(b)::dims()[1].is(4) && decltype(c)::rank == 1);
  static_assert(decltype(d)::dims()[1].is(1) && decltype(e)::dims()[1].is(2) && decltype(f)::dims()[2].is(8));
}

TEST_CASE("a bounded size changes without a new program") {
  Tensor<float, 784, 10> w = full<float, 784, 10>(0.5f);
  auto scores = [](auto x, auto w) { return mean<0>(matmul(x, w)); };
  auto program = compile<Tensor<float, batch, 784>, Tensor<float, 784, 10>>(scores);
  for (int n : {1, 17, 64}) {
    Tensor<float, batch, 784> xs(n);
    xs = ones_like(xs);
    CHECK(program(xs, w)(3) == doctest::Approx(392));  // the mean divides by n, not by 64
  }
}

TEST_CASE("results have the actual sizes") {
  Tensor<float, batch, 3> x(17);
  x = ones_like(x);
  auto f = [](auto x) { return sum(x * x * 0.5f); };
  auto [value, gradient] = value_and_grad(f)(x);
  auto program = compile<Tensor<float, batch, 3>>([](auto x) { return x * 2; });
  auto [twice, rows] = eval(x + x, sum<1>(x));
  CHECK(value.item() == 25.5f);
  CHECK(gradient.size(0) == 17);
  CHECK(program(x).size(0) == 17);
  CHECK(twice.size(0) == 17);
  CHECK(rows.size(0) == 17);
}

TEST_CASE("sizes that values decide") {
  const Tensor<std::int64_t, 6> x{{7, 3, 7, 7, 3, 1}};
  const auto [values, inverse, counts] = unique(x);  // Tensor<std::int64_t, counted<6>>, of 3 elements now
  auto share = to<float>(counts) / 6;                // lazy, of 3 elements
  const auto few = unique<found>(x);                 // Tensor<std::int64_t, found>, where struct Found : dyn<4> {}
  const Tensor y = share;
  static_assert(std::is_same_v<std::remove_const_t<decltype(few.values)>, Tensor<std::int64_t, found>>);
  CHECK((y.size(0) == 3 && y(2) == 0.5f && values(2) == 7 && inverse(1) == 1 && few.values.size(0) == 3));
}
