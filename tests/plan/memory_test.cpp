// Where buffers lie: a fused loop's result where an operand of its ends, and the same numbers as elsewhere.
#include <program.hpp>

using namespace etch;
using namespace etch::detail;
using namespace test;

namespace {
/// How many pieces of the arena a program of X has; scans are no fused loops, so what goes into them and comes out lies in memory.
template <class X, class Function>
constexpr int buffers(Function) {
  using P = Code<Function, X>;
  static_assert(P::plan.valid);
  int n = 0;
  for (int i = 0; i < P::plan.buffers; ++i) n += P::plan.buffer[i].last >= 0;
  return n;
}
}  // namespace

TEST_CASE("a result lies where an operand ends") {
  constexpr auto ends = [](auto x) { return cumsum<0>(cumsum<0>(x) * 2 + 1); };
  static_assert(buffers<F<64, 32>>(ends) == 1);
  static_assert(Code<decltype(ends), F<64, 32>>::arena_bytes == 64 * 32 * 4);
  check(ends, filled<F<64, 32>>());
}

TEST_CASE("an operand that is wanted later stays") {
  constexpr auto lives = [](auto x) {
    const auto y = cumsum<0>(x);
    return cumsum<0>(y * 2 + 1) + cumsum<1>(y);
  };
  static_assert(buffers<F<64, 32>>(lives) > 1);
  check(lives, filled<F<64, 32>>());
}

TEST_CASE("an operand that a row reads twice, rows that end within a line, elements in another order") {
  constexpr auto centred = [](auto x) {
    const auto y = cumsum<0>(x);
    return cumsum<0>(y - sum_keepdim<1>(y));
  };
  static_assert(buffers<F<8, 16>>(centred) == 1);
  static_assert(buffers<F<8, 17>>(centred) == 2);
  check(centred, filled<F<8, 16>>());
  check(centred, filled<F<8, 17>>());
  constexpr auto turned = [](auto x) {
    const auto y = cumsum<0>(x);
    return cumsum<0>(y + transpose<0, 1>(y));
  };
  static_assert(buffers<F<32, 32>>(turned) == 2);
  check(turned, filled<F<32, 32>>());
}
