// How a fused loop is cut: into parts that threads share, into blocks of columns that a cache holds.
#pragma once

#include <etch/plan/lower.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace detail {

/// Whether a loop reads or writes along its columns so many bytes apart, or more.
template <int N>
constexpr bool lies_apart(const Planning<N>& p, const PlanDraft<N>& out, const Step& s, std::int64_t least) {
  for (int i = 0; i < s.accesses; ++i) {
    const Access& a = out.access[s.access + i];
    if (a.root == Root::iota || a.root == Root::scratch) continue;
    const std::int64_t bytes = p.z.capacity(a.stride[s.loop_dims - 1]) * a.size;
    if (bytes >= least || bytes <= -least) return true;
  }
  return false;
}
/// Columns at a time for a loop that reads or writes along them a cache line or more apart, as a transposition does; 0: all of them.
/// Only where nothing is done once a row but reading.
template <int N>
constexpr int block_of(const Planning<N>& p, const PlanDraft<N>& out, const Step& s, std::int64_t rows, std::int64_t columns) {
  constexpr int block = 64;
  bool within_row = true;
  if (!lies_apart(p, out, s, 64) || rows == 1 || columns <= block || s.kind != StepKind::fused || s.combines > 0) return 0;
  for (int i = s.code; i < s.code + s.words; ++i) {
    const Instruction w = decode(out.word[i]);
    const auto word = static_cast<Word>(w.op);
    if (word == Word::number64) ++i;
    if (word == Word::columns) within_row = false;
    if (word == Word::row) within_row = true;
    if (word == Word::finish || word == Word::reduce || word == Word::accumulate || (word == Word::store && within_row)) return 0;
  }
  return block;
}

/// How many independent parts a fused loop has: enough to share, large enough to pay, never dependent on threads.
template <int N>
constexpr void divide(Planning<N>& p, PlanDraft<N>& out, Step& s) {
  std::int64_t rows = 1;
  for (int i = 0; i + 1 < s.loop_dims; ++i) rows *= p.z.capacity(s.loop[i]);
  const std::int64_t columns = p.z.capacity(s.loop[s.loop_dims - 1]);
  std::int64_t words = s.words;
  const bool scattered = columns <= 64 && lies_apart(p, out, s, 64);  // each element from a cache line of its own, and no blocks of columns
  const std::int64_t work = rows * columns * words * (scattered ? 8 : 1);
  std::int64_t chunks = 1;
  while (chunks < 16 && chunks * (1 << 18) < work) chunks *= 2;  // of 5 to 10 us; as many for each of two, four, eight threads
  s.by_column = rows < chunks || (rows < 8 * chunks && chunks > 1 && lies_apart(p, out, s, 17));  // further than the next element: few rows are turned together
  bool row_work = false;  // reductions along the row cannot be divided by columns, unless they end in an accumulator
  for (int i = s.code; i < s.code + s.words; ++i) {
    const Instruction w = decode(out.word[i]);
    if (w.op == static_cast<std::uint8_t>(Word::number64)) ++i;
    if (w.op == static_cast<std::uint8_t>(Word::finish)) row_work = true;
  }
  if (s.by_column && row_work) {
    bool only_accumulates = rows == 1;
    for (int i = s.code; only_accumulates && i < s.code + s.words; ++i) {
      const Instruction w = decode(out.word[i]);
      if (w.op == static_cast<std::uint8_t>(Word::number64)) {
        ++i;
        continue;
      }
      if (w.op != static_cast<std::uint8_t>(Word::finish)) continue;
      const Instruction after = decode(out.word[i + 1]);
      only_accumulates = after.op == static_cast<std::uint8_t>(Word::accumulate);
    }
    if (!only_accumulates) {
      chunks = 1;
      s.by_column = false;
    }
  }
  if (!s.by_column && rows < chunks) chunks = rows < 1 ? 1 : rows;
  if (s.by_column && columns < chunks * 64) chunks = 1;
  s.chunks = static_cast<int>(chunks);
  s.flops = rows * columns * words;
  s.block = block_of(p, out, s, rows, columns);
}

}  // namespace detail
}  // namespace ETCH_ABI
}  // namespace etch
