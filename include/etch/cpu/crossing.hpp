// Where a row compares nothing but the numbers of its columns, as a triangle (j <= i) or one_hot (j == k): the truth changes once or
// twice in a row, so that on either side of that whole vectors are copied or filled and nothing is compared.
//
//   d(c) = a(c) - b(c) rises or falls by 1 a column: one truth before d's zero, one at it, one behind it
#pragma once

#include <etch/cpu/words.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace cpu {
namespace detail {

/// The instructions that run for each column, while they are looked through.
struct Columns {
  const std::uint64_t* code;
  const Registers* regs;
  int begin, end;

  static constexpr int unknown = 1000;
  constexpr std::uint64_t word(int k) const { return code[regs->position[k]]; }
  constexpr Instruction at(int k) const { return decode(word(k)); }
  /// Which of them wrote a register last before instruction k; -1 where it is known before the columns.
  constexpr int writer(int k, Class c, int n) const {
    while (--k >= begin) {
      const Instruction i = at(k);
      const bool pair = i.op == static_cast<std::uint8_t>(Word::load) && static_cast<Stride>(i.mode) == Stride::pair && i.b == n;
      if (i.op != static_cast<std::uint8_t>(Word::store) && i.type == c && (i.d == n || pair)) return k;
    }
    return -1;
  }
  /// By how much an integer register grows from column to column.
  constexpr int slope(int k, Class c, int n) const {
    const int w = writer(k, c, n);
    if (w < 0) return 0;
    const Instruction i = at(w);
    if (i.op == static_cast<std::uint8_t>(Word::index)) return static_cast<Stride>(i.mode) == Stride::unit ? 1 : static_cast<Stride>(i.mode) == Stride::splat ? 0 : unknown;
    const bool adds = i.op == static_cast<std::uint8_t>(Op::add), subtracts = i.op == static_cast<std::uint8_t>(Op::sub);
    if ((!adds && !subtracts) || size_of(i.memory) < 4) return unknown;
    const int a = slope(w, c, i.a), b = slope(w, c, i.b);
    return a == unknown || b == unknown ? unknown : adds ? a + b : a - b;
  }
  constexpr int slope_between(int k) const {
    const Instruction i = at(k);
    const int a = slope(k, i.from, i.a), b = slope(k, i.from, i.b);
    return a == unknown || b == unknown ? unknown : a - b;
  }
  /// The comparison whose truth changes with the column alone, in a section that does little else; -1 where there is none.
  constexpr int crossing() const {
    int found = -1;
    if (end - begin > 10) return -1;
    for (int k = begin; k < end; ++k) {
      const Instruction i = at(k);
      const auto w = static_cast<Word>(i.op);
      const bool joins = w == Word::reduce || w == Word::accumulate, elsewhere = (w == Word::load || w == Word::store) && (static_cast<Stride>(i.mode) == Stride::tile || static_cast<Stride>(i.mode) == Stride::stream);
      if (!is_light(word(k)) || joins || elsewhere || w == Word::number64) return -1;
      const bool compares = i.op >= static_cast<std::uint8_t>(Op::eq) && i.op <= static_cast<std::uint8_t>(Op::ge) && (i.from == Class::i32 || i.from == Class::i64);
      if (found < 0 && compares && (slope_between(k) == 1 || slope_between(k) == -1)) found = k;
    }
    return found;
  }
};

/// Whether numbers compare so, whose difference has this sign.
constexpr bool truth_of(Op o, int sign) {
  switch (o) {
    case Op::eq: return sign == 0;
    case Op::ne: return sign != 0;
    case Op::lt: return sign < 0;
    case Op::le: return sign <= 0;
    case Op::gt: return sign > 0;
    default: return sign >= 0;
  }
}

/// The columns of a kernel that has such a comparison, in instructions [Begin, End).
template <class Kernel, int Begin, int End>
struct Crossing {
  using Set = typename Kernel::Set;
  static constexpr int L = Kernel::L;
  static constexpr Columns columns{Kernel::code, &Kernel::regs, Begin, End};
  static constexpr int place = columns.crossing();

  /// A register before instruction K, computed as one number; `fits` says whether no part of it has wrapped around.
  template <int K, Class C, int N>
  static ETCH_INLINE std::int64_t value(const Set& r, const Place& at, index_t c, bool& fits) {
    constexpr int w = columns.writer(K, C, N);
    std::int64_t v = 0;
    if constexpr (w < 0) {
      v = r.template get<C>(N)[0];
    } else {
      constexpr Instruction i = columns.at(w);
      if constexpr (i.op == static_cast<std::uint8_t>(Word::index)) v = reinterpret_cast<index_t>(at.p[i.slot]) + (static_cast<Stride>(i.mode) == Stride::unit ? c : 0);
      else if constexpr (i.op == static_cast<std::uint8_t>(Op::add)) v = value<w, C, i.a>(r, at, c, fits) + value<w, C, i.b>(r, at, c, fits);
      else v = value<w, C, i.a>(r, at, c, fits) - value<w, C, i.b>(r, at, c, fits);
    }
    fits = fits && v == static_cast<std::int32_t>(v);
    return fits ? v : 0;
  }
  /// Instruction K of a whole vector; `Truth` 0 and 1 where that of the comparison is known.
  template <int K, int Truth>
  static ETCH_INLINE void run_one(const Set& r, const Place& at, index_t c) {
    constexpr std::uint64_t w = columns.word(K);
    if constexpr (K == place && Truth < 2) r.mask[decode(w).d] = simd::splat<bool, L>(Truth == 1);
    else execute<w, 0, L, false, false, Storing::plain>(r, at, c, L);
  }
  /// Whole vectors that begin before `end`, and end before `last`.
  template <int Truth, std::size_t... I>
  static ETCH_INLINE index_t until(const Set& r, const Place& at, index_t c, index_t end, index_t last, std::index_sequence<I...>) {
    end = end < last - L + 1 ? end : last - L + 1;
    if constexpr (Truth < 2) {
      for (; c + 3 * L < end; c += 4 * L) {
        (run_one<Begin + static_cast<int>(I), Truth>(r, at, c), ...);
        (run_one<Begin + static_cast<int>(I), Truth>(r, at, c + L), ...);
        (run_one<Begin + static_cast<int>(I), Truth>(r, at, c + 2 * L), ...);
        (run_one<Begin + static_cast<int>(I), Truth>(r, at, c + 3 * L), ...);
      }
    }
    for (; c < end; c += L) (run_one<Begin + static_cast<int>(I), Truth>(r, at, c), ...);
    return c;
  }
  static ETCH_INLINE index_t difference(const Set& r, const Place& at, index_t c, bool& fits) {
    constexpr Instruction i = columns.at(place);
    return value<place, i.from, i.a>(r, at, c, fits) - value<place, i.from, i.b>(r, at, c, fits);
  }
  /// Columns in whole vectors up to `last`, where there are some; returns where they end. (No lambdas: registers would stay in memory.)
  static ETCH_INLINE index_t run(const Set& r, const Place& at, index_t c, index_t last) {
    if (last - c < 4 * L) return c;
    constexpr auto op = static_cast<Op>(columns.at(place).op);
    constexpr bool rises = columns.slope_between(place) == 1;
    constexpr bool first = truth_of(op, rises ? -1 : 1), equal = truth_of(op, 0), behind = truth_of(op, rises ? 1 : -1);
    bool fits = true;
    const index_t d = difference(r, at, c, fits);
    static_cast<void>(difference(r, at, last - 1, fits));  // whether it wraps around between here and there
    if (!fits) return c;
    const index_t zero = rises ? c - d : c + d, begin = zero + (equal == first ? 1 : 0), end = zero + (equal == behind ? 0 : 1);
    using I = std::make_index_sequence<static_cast<std::size_t>(End - Begin)>;
    c = until<first>(r, at, c, begin - L + 1, last, I{});
    c = until<2>(r, at, c, end, last, I{});
    return until<behind>(r, at, c, last, last, I{});
  }
};

}  // namespace detail
}  // namespace cpu
}  // namespace ETCH_ABI
}  // namespace etch
