// One number everywhere but in one column of each row, as one_hot: rows are filled together, then the marks are set.
//
//   y[i, j] = k[i] == j ? mark : fill
#pragma once

#include <etch/cpu/crossing.hpp>
#include <etch/cpu/cursor.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace cpu {
namespace detail {

/// Whether a kernel is that: of a row it reads an integer, of a column its number, which only one comparison asks for.
constexpr bool is_marking(const std::uint64_t* code, const Registers& regs) {
  if (regs.sections != 2 || regs.section_end[0] - regs.column_begin[0] > 8 || regs.section_end[1] != regs.row_begin[1]) return false;
  const Columns columns{code, &regs, regs.column_begin[0], regs.section_end[0]}, row{code, &regs, regs.row_begin[0], regs.column_begin[0] - 1};
  const int place = columns.crossing();
  if (place < 0 || (columns.at(place).op != static_cast<std::uint8_t>(Op::eq) && columns.at(place).op != static_cast<std::uint8_t>(Op::ne))) return false;
  auto is = [](const Instruction& i, Word w) { return i.op == static_cast<std::uint8_t>(w); };
  // what a row begins with: numbers, and one integer that is loaded and perhaps cast
  for (int k = row.begin; k < row.end; ++k) {
    const Instruction i = row.at(k);
    const bool whole = i.type == Class::i32 || i.type == Class::i64;
    const bool loads = is(i, Word::load) && whole && static_cast<Stride>(i.mode) == Stride::splat, casts = i.op == static_cast<std::uint8_t>(Op::cast) && whole && (i.from == Class::i32 || i.from == Class::i64);
    if (!is(i, Word::number) && !is(i, Word::number64) && (!(loads || casts) || size_of(i.memory) < 4)) return false;
  }
  // the columns: their number, the comparison, choices between numbers, a store
  for (int k = columns.begin; k < columns.end; ++k) {
    const Instruction i = columns.at(k);
    if (is(i, Word::index)) {
      if (static_cast<Stride>(i.mode) != Stride::unit || k + 1 != place) return false;
    } else if (is(i, Word::store)) {
      if (k + 1 != columns.end || static_cast<Stride>(i.mode) != Stride::unit) return false;
    } else if (k != place) {
      const bool chooses = i.op == static_cast<std::uint8_t>(Op::where), casts = i.op == static_cast<std::uint8_t>(Op::cast);
      auto is_number = [&](int n) {
        const int w = columns.writer(k, i.type, n), v = row.writer(row.end, i.type, n);
        return w > place || (w < 0 && v >= 0 && (is(row.at(v), Word::number) || is(row.at(v), Word::number64)));
      };
      if (casts ? columns.writer(k, i.from, i.a) < place : !chooses || columns.writer(k, Class::mask, i.a) < place || !is_number(i.b) || !is_number(i.c)) return false;
    }
  }
  return is(columns.at(columns.end - 1), Word::store) && columns.writer(columns.end - 1, columns.at(columns.end - 1).type, columns.at(columns.end - 1).a) >= place;
}

template <class Kernel>
struct Marks {
  using Set = typename Kernel::Set;
  static constexpr Columns columns{Kernel::code, &Kernel::regs, Kernel::regs.column_begin[0], Kernel::regs.section_end[0]};
  static constexpr Columns row{Kernel::code, &Kernel::regs, Kernel::regs.row_begin[0], Kernel::regs.column_begin[0] - 1};
  using At = Crossing<Kernel, columns.begin, columns.end>;
  static constexpr Instruction compared = columns.at(At::place), index = columns.at(At::place - 1), stored = columns.at(columns.end - 1);
  using M = simd::Stored<type_of<stored.memory>>;

  /// A register of a row as one number, `k` rows further.
  template <int Before, Class C, int N>
  static ETCH_INLINE std::int64_t number(const Cursor<Kernel::regs.slots>& cursor, index_t k) {
    constexpr int w = row.writer(Before, C, N);
    if constexpr (w < 0) return 0;
    else {
      constexpr Instruction i = row.at(w);
      std::int64_t v = 0;
      if constexpr (i.op == static_cast<std::uint8_t>(Word::load)) v = static_cast<std::int64_t>(*reinterpret_cast<const type_of<i.memory>*>(cursor.p[i.slot] + k * cursor.step[i.slot]));
      else if constexpr (i.op == static_cast<std::uint8_t>(Op::cast)) v = number<w, i.from, i.a>(cursor, k);
      else if constexpr (i.op == static_cast<std::uint8_t>(Word::number)) v = static_cast<std::int32_t>(i.bits);
      else v = static_cast<std::int64_t>(Kernel::code[Kernel::regs.position[w] + 1]);
      return C == Class::i32 ? static_cast<std::int32_t>(v) : v;
    }
  }
  /// What is stored where the comparison has this truth.
  template <bool Equal, std::size_t... I>
  static ETCH_INLINE M value(const Set& r, const Place& at, std::index_sequence<I...>) {
    constexpr bool truth = Equal == (compared.op == static_cast<std::uint8_t>(Op::eq));
    (At::template run_one<columns.begin + static_cast<int>(I), truth>(r, at, 0), ...);
    return static_cast<M>(to_memory<type_of<stored.memory>>(r.template get<stored.type>(stored.a))[0]);
  }
  static ETCH_INLINE void fill(M* to, index_t count, M v) {
    for (index_t i = 0; i < count; ++i) to[i] = v;
  }
  /// All rows of a call, whose numbers are in the registers.
  static ETCH_INLINE void run(const FusedCall& call, Cursor<Kernel::regs.slots>& cursor, const Set& r, const Place& at) {
    using I = std::make_index_sequence<static_cast<std::size_t>(columns.end - columns.begin - 1)>;
    const M other = value<false>(r, at, I{}), mark = value<true>(r, at, I{});
    const index_t width = call.col1 - call.col0, bytes = width * static_cast<index_t>(sizeof(M)), together = bytes > 0 && bytes < 65536 ? 65536 / bytes : 1;
    for (index_t first = call.row0;;) {
      const index_t here = cursor.left + 1 < call.row1 - first ? cursor.left + 1 : call.row1 - first, n = here < together ? here : together;
      char* const to = cursor.p[stored.slot];
      const index_t step = cursor.step[stored.slot];
      if (step == bytes || n == 1) fill(reinterpret_cast<M*>(to) + call.col0, n * width, other);
      else
        for (index_t k = 0; k < n; ++k) fill(reinterpret_cast<M*>(to + k * step) + call.col0, width, other);
      for (index_t k = 0; k < n; ++k) {
        constexpr bool left = columns.writer(At::place, compared.from, compared.a) >= 0;  // of the comparison, the column's number
        const std::int64_t begin = reinterpret_cast<index_t>(cursor.p[index.slot]) + k * cursor.step[index.slot];
        const std::uint64_t c = static_cast<std::uint64_t>(number<row.end, compared.from, left ? compared.b : compared.a>(cursor, k)) - static_cast<std::uint64_t>(begin);
        if (c - static_cast<std::uint64_t>(call.col0) < static_cast<std::uint64_t>(width)) reinterpret_cast<M*>(to + k * step)[c] = mark;
      }
      if ((first += n) == call.row1) return;
      cursor.skip(n - 1);
      cursor.next(call);
    }
  }
};

}  // namespace detail
}  // namespace cpu
}  // namespace ETCH_ABI
}  // namespace etch
