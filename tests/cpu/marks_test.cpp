// One number everywhere but in one column of each row: marks in rows of every length, outside of all columns, of several dtypes.
#include <etch/etch.hpp>

#include <doctest/doctest.h>
#include <matrix.hpp>

using namespace etch;
using test::wrong;

namespace {
template <class F, class X>
constexpr bool is_marked() {
  using Spec = etch::detail::EvalSpec<decltype(F{}(std::declval<const X&>()))>;
  constexpr auto regs = cpu::detail::survey(Compiled<Spec>::plan.word);
  return cpu::detail::is_marking(Compiled<Spec>::plan.word, regs);
}
}  // namespace

TEST_CASE("one_hot of many classes") {
  Tensor<std::int64_t, 3, 70> k;
  for (int i = 0; i < 210; ++i) k.data()[i] = i * 37 % 140;
  const Tensor y = one_hot<140>(k);
  const Tensor z = to<float>(one_hot<140>(k)) * 3.f;
  static_assert(is_marked<decltype([](const auto& a) { return a == iota_like<1>(Tensor<float, 5, 9>()); }), Tensor<std::int64_t, 5, 1>>());
  int differ = 0;
  for (int i = 0; i < 210; ++i)
    for (int j = 0; j < 140; ++j) {
      differ += y.data()[i * 140 + j] != (k.data()[i] == j);
      differ += z.data()[i * 140 + j] != (k.data()[i] == j ? 3.f : 0.f);
    }
  CHECK(differ == 0);
}

TEST_CASE("marks in short rows, in parts of rows that lie apart, outside of all columns, of several dtypes") {
  const Tensor<std::int64_t, 200, 1> k = (iota_like<0>(Tensor<std::int64_t, 200, 1>()) * 7) % 13 - 2;
  Tensor<float, 200, 20> wide = full<float, 200, 20>(9.f);
  wide(every, Slice<3, 13>{}) = where(iota_like<1>(new_zeros<200, 10>(k)) == k, 2.f, -1.f);
  CHECK(wrong(wide, [&](int i, int j) { return j < 3 || j >= 13 ? 9.f : j - 3 == k(i, 0) ? 2.f : -1.f; }) == 0);
  const Tensor unlike = k != iota_like<1>(new_zeros<200, 10>(k));
  CHECK(wrong(unlike, [&](int i, int j) { return k(i, 0) != j; }) == 0);
  const Tensor small = to<std::uint8_t>(to<std::int32_t>(k) == iota_like<1, std::int32_t>(new_zeros<200, 10>(k)));
  CHECK(wrong(small, [&](int i, int j) { return k(i, 0) == j; }) == 0);
  const Tensor sevenths = to<half>(k == iota_like<1>(new_zeros<200, 10>(k)));
  CHECK(wrong(sevenths, [&](int i, int j) { return static_cast<float>(k(i, 0) == j); }) == 0);
}
