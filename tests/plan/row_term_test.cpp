// Epilogues that a kernel may apply to registers, by their words.
#include <etch/plan/row_term.hpp>

#include <doctest/doctest.h>

using namespace etch;
using namespace etch::detail;

namespace {
constexpr std::uint64_t word(Word w) { return encode({.op = static_cast<std::uint8_t>(w)}); }
constexpr std::uint64_t load(int d, int slot, Stride mode) { return encode({.op = static_cast<std::uint8_t>(Word::load), .d = d, .slot = slot, .mode = static_cast<int>(mode)}); }
constexpr std::uint64_t number(int d, std::uint32_t bits) { return encode({.op = static_cast<std::uint8_t>(Word::number), .d = d, .bits = bits}); }
constexpr std::uint64_t add(int d, int a, int b) { return encode({.op = static_cast<std::uint8_t>(Op::add), .d = d, .a = a, .b = b}); }
constexpr std::uint64_t greater(int d, int a, int b) { return encode({.op = static_cast<std::uint8_t>(Op::gt), .type = Class::mask, .d = d, .a = a, .b = b}); }
constexpr std::uint64_t where(int d, int a, int b, int c) { return encode({.op = static_cast<std::uint8_t>(Op::where), .from = Class::mask, .d = d, .a = a, .b = b, .c = c}); }
constexpr std::uint64_t store(int a) { return encode({.op = static_cast<std::uint8_t>(Word::store), .a = a, .mode = static_cast<int>(Stride::unit)}); }
template <int N>
constexpr RowTerm of(const std::uint64_t (&words)[N]) {
  return row_term(words, N);
}
}  // namespace

TEST_CASE("a number of the row is added, and what is positive kept") {
  constexpr RowTerm r = of({word(Word::row), load(0, 2, Stride::splat), number(1, 0), word(Word::columns), load(2, 1, Stride::tile), add(3, 2, 0), greater(0, 3, 1), where(4, 0, 3, 1), store(4), word(Word::row)});
  CHECK((r.rectifies && r.adds && r.slot == 2));
  const RowTerm same = RowTerm::of(r.arg() | 2);
  CHECK((same.rectifies && same.adds && same.slot == 2));
  constexpr RowTerm plain = of({number(1, 0), word(Word::columns), load(2, 1, Stride::tile), greater(0, 2, 1), where(4, 0, 2, 1), store(4)});
  CHECK((plain.rectifies && !plain.adds));
}

TEST_CASE("anything else is no such epilogue") {
  CHECK(!of({load(0, 2, Stride::splat), load(2, 1, Stride::tile), add(3, 2, 0), store(3)}).rectifies);                                                       // no ReLU
  CHECK(!of({number(1, 0x3f800000), load(2, 1, Stride::tile), greater(0, 2, 1), where(4, 0, 2, 1), store(4)}).rectifies);                                    // above 1
  CHECK(!of({load(0, 2, Stride::unit), number(1, 0), load(2, 1, Stride::tile), add(3, 2, 0), greater(0, 3, 1), where(4, 0, 3, 1), store(4)}).rectifies);     // of the column
  CHECK(!of({load(0, 2, Stride::splat), number(1, 0), load(2, 1, Stride::tile), add(3, 2, 0), greater(0, 3, 1), where(4, 0, 2, 1), store(4)}).rectifies);    // another number is kept
  CHECK(!of({load(0, 2, Stride::splat), number(1, 0), load(2, 1, Stride::tile), greater(0, 2, 1), where(4, 0, 2, 1), add(5, 4, 0), store(5)}).rectifies);    // added afterwards
  CHECK(!of({number(1, 0), load(2, 1, Stride::tile), greater(0, 2, 1), where(4, 0, 2, 1), store(4), store(4)}).rectifies);                                   // two results
  CHECK(RowTerm{}.arg() == 0);
}
