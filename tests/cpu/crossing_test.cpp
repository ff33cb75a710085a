// Rows whose numbers of columns are compared: every boundary at every place of a vector, truths from either side, numbers that wrap around.
#include <etch/etch.hpp>
#include <etch/ops/bitwise.hpp>

#include <doctest/doctest.h>
#include <matrix.hpp>

#include <cmath>
#include <cstring>
#include <limits>

using namespace etch;
using test::wrong;

namespace {
template <class T, auto... D>
Tensor<T, D...> numbered() {
  Tensor<T, D...> x;
  for (std::int64_t i = 0; i < x.numel(); ++i) x.data()[i] = static_cast<T>(i % 119 + 1);
  return x;
}
/// Whether the only step of an expression over X compares nothing but at boundaries.
template <class F, class X>
constexpr bool is_split() {
  using Spec = etch::detail::EvalSpec<decltype(F{}(std::declval<const X&>()))>;
  constexpr const auto& plan = Compiled<Spec>::plan;
  static_assert(plan.steps == 1);
  constexpr auto regs = cpu::detail::survey(plan.word);
  return cpu::detail::Columns{plan.word, &regs, regs.column_begin[0], regs.section_end[0]}.crossing() >= 0;
}
}  // namespace

TEST_CASE("triangles of rows of several vectors, of every dtype") {
  constexpr int R = 150, C = 101;
  auto each = []<class T>(T) {
    const auto x = numbered<T, R, C>();
    const Tensor low = tril(x), up = triu<-40>(x), most = tril<30>(x), none = triu<200>(x);
    CHECK(wrong(low, [&](int i, int j) { return j <= i ? x(i, j) : T(0); }) == 0);
    CHECK(wrong(up, [&](int i, int j) { return j - i >= -40 ? x(i, j) : T(0); }) == 0);
    CHECK(wrong(most, [&](int i, int j) { return j - i <= 30 ? x(i, j) : T(0); }) == 0);
    CHECK(wrong(none, [](int, int) { return T(0); }) == 0);
  };
  each(float{}), each(double{}), each(std::int64_t{}), each(std::uint8_t{}), each(bool{}), each(half{});
  auto y = numbered<float, R, C>();
  y = tril(y) * 2.f;  // over what it reads
  const auto x = numbered<float, R, C>();
  CHECK(wrong(y, [&](int i, int j) { return j <= i ? 2 * x(i, j) : 0.f; }) == 0);
  static_assert(is_split<decltype([](const auto& a) { return tril(a); }), Tensor<float, R, C>>());
  static_assert(is_split<decltype([](const auto& a) { return triu<3>(a) + 1.f; }), Tensor<double, R, C>>());
  static_assert(!is_split<decltype([](const auto& a) { return where(a > 0.f, a, 0.f); }), Tensor<float, R, C>>());
}

TEST_CASE("zeros, minus zeros and NaN pass through as they are") {
  auto x = numbered<float, 1, 130>();
  x(0, 0) = -0.f;
  x(0, 1) = std::numeric_limits<float>::quiet_NaN();
  x(0, 129) = std::numeric_limits<float>::quiet_NaN();
  const Tensor low = tril<64>(x);
  CHECK(std::signbit(low(0, 0)));
  CHECK(low(0, 1) != low(0, 1));
  CHECK(low(0, 129) == 0);
}

TEST_CASE("each comparison with a number of each row, rising and falling, out of the row and out of range") {
  constexpr int R = 9, C = 133;
  constexpr std::int64_t least = std::numeric_limits<std::int64_t>::min(), most = std::numeric_limits<std::int64_t>::max();
  const Tensor<std::int64_t, R, 1> n{{least}, {-3000000000}, {-5}, {0}, {64}, {97}, {132}, {4000000000}, {most}};
  const auto x = numbered<float, R, C>();
  auto each = [&](auto compare, auto same) {
    const Tensor y = where(compare(iota_like<1>(x), n), x, 0.f);
    const Tensor z = where(compare(n, iota_like<1>(x)), 1.f, x);
    CHECK(wrong(y, [&](int i, int j) { return same(std::int64_t(j), n(i, 0)) ? x(i, j) : 0.f; }) == 0);
    CHECK(wrong(z, [&](int i, int j) { return same(n(i, 0), std::int64_t(j)) ? 1.f : x(i, j); }) == 0);
  };
  each([](auto a, auto b) { return a < b; }, [](auto a, auto b) { return a < b; });
  each([](auto a, auto b) { return a <= b; }, [](auto a, auto b) { return a <= b; });
  each([](auto a, auto b) { return a > b; }, [](auto a, auto b) { return a > b; });
  each([](auto a, auto b) { return a >= b; }, [](auto a, auto b) { return a >= b; });
  each([](auto a, auto b) { return a == b; }, [](auto a, auto b) { return a == b; });
  each([](auto a, auto b) { return a != b; }, [](auto a, auto b) { return a != b; });
  const Tensor<std::int32_t> far(2147483600);
  const Tensor w = where(iota_like<1, std::int32_t>(x) + far < 0, x, 0.f);  // wraps around at column 48
  CHECK(wrong(w, [&](int i, int j) { return j >= 48 ? x(i, j) : 0.f; }) == 0);
}

TEST_CASE("truths of four vectors at once, and of what is left") {
  auto each = []<class T>(T) {
    auto lengths = [](auto x) {
      const auto y = x;
      x.data()[3] = T(50);
      if constexpr (std::numeric_limits<T>::has_quiet_NaN) x.data()[4] = std::numeric_limits<T>::quiet_NaN();
      const Tensor same = x == y;
      const Tensor more = x > T(30);
      const Tensor not_number = isnan(x);
      const Tensor less = logical_and(x < T(90), y != T(7));
      int differ = 0;
      for (std::int64_t i = 0; i < x.numel(); ++i) {
        const auto a = x.data()[i], b = y.data()[i];
        differ += same.data()[i] != (a == b) || more.data()[i] != (a > T(30)) || not_number.data()[i] != (a != a) || less.data()[i] != (a < T(90) && b != T(7));
        unsigned char byte;
        std::memcpy(&byte, same.data() + i, 1);
        differ += byte > 1;
      }
      CHECK(differ == 0);
    };
    lengths(numbered<T, 205>());
    lengths(numbered<T, 3, 37>());
    lengths(numbered<T, 31>());
  };
  each(float{}), each(double{}), each(std::int32_t{}), each(std::int64_t{}), each(std::int8_t{});
}
