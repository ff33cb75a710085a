// What is stored as a narrow type is rounded once, by the store; what is read as well is rounded where it is made.
#include <program.hpp>

using namespace etch;
using namespace etch::detail;
using namespace test;

namespace {
/// How many instructions of the only step round what they compute.
template <class P>
constexpr int roundings() {
  static_assert(P::plan.steps == 1);
  int n = 0;
  for (int w = 0; w < P::plan.words; ++w) {
    const Instruction i = decode(P::plan.word[w]);
    if (i.op == static_cast<std::uint8_t>(Word::number64)) ++w;
    else n += i.op < static_cast<std::uint8_t>(Op::count) && (i.type == Class::f32 || i.type == Class::i32) && size_of(i.memory) < 4;
  }
  return n;
}
}  // namespace

TEST_CASE("halves") {
  using X = F<100>;
  static_assert(roundings<Code<decltype([](auto x) { return to<half>(x); }), X>>() == 0);
  static_assert(roundings<Code<decltype([](auto x) { return to<float>(to<half>(x)); }), X>>() == 1);
  static_assert(roundings<Code<decltype([](auto x) { return results(to<half>(x), to<float>(to<half>(x)) + 1.f); }), X>>() == 1);
  const auto x = filled<X>(-70000, 70000);
  const Tensor y = to<half>(x);
  const Tensor z = to<float>(to<bfloat16>(x));
  for (int i = 0; i < 100; ++i) {
    CHECK(y(i).bits == half(x(i)).bits);
    CHECK(z(i) == static_cast<float>(bfloat16(x(i))));
  }
}

TEST_CASE("small integers wrap, once") {
  using X = Tensor<std::int8_t, 70>;
  static_assert(roundings<Code<decltype([](auto x) { return x * x; }), X>>() == 0);
  static_assert(roundings<Code<decltype([](auto x) { return x * x > 0; }), X>>() == 1);
  static_assert(roundings<Code<decltype([](auto x) { return to<std::uint8_t>(x); }), Tensor<std::int32_t, 70>>>() == 0);
  X x;
  for (int i = 0; i < 70; ++i) x(i) = static_cast<std::int8_t>(i * 3 - 100);
  const Tensor square = x * x;
  const Tensor more = x * x + x > 0;
  const Tensor low = to<std::uint8_t>(to<std::int32_t>(x) * 1000);
  for (int i = 0; i < 70; ++i) {
    CHECK(square(i) == static_cast<std::int8_t>(x(i) * x(i)));
    CHECK(more(i) == (static_cast<std::int8_t>(static_cast<std::int8_t>(x(i) * x(i)) + x(i)) > 0));
    CHECK(low(i) == static_cast<std::uint8_t>(x(i) * 1000));
  }
}
