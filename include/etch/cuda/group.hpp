// A fused group at one lane: what one thread of either realisation does, the CPU's kernel words executed over numbers.
//
//   alone         one thread does a whole element, row or part             (Thrust)
//   in a team     the threads of a block share the columns of each row and reduce together     (__global__)
//
// It is a template over the group's words as the CPU's kernel is, so equal groups of any programs are one function.
#pragma once

#include <etch/cpu/fused.hpp>
#include <etch/cuda/system.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace device {
using namespace etch::detail;  // the plan's names

using cpu::FusedArgs;
using cpu::FusedCall;
using cpu::index_t;


/// A thread that shares its row with no other; where it shares a row's stores with others, only one of them leads. `Fours`: it does neighbouring
/// elements together.
template <bool Fours>
struct Single {
  static constexpr bool in_fours = Fours;
  bool leader = true;
  ETCH_INLINE bool leads() const { return leader; }
  ETCH_INLINE index_t lane() const { return 0; }
  ETCH_INLINE index_t lanes() const { return 1; }
  ETCH_INLINE void sync() const {}
  template <int R, class V>
  ETCH_INLINE V all(V v) const {
    return v;
  }
};

using Alone = Single<false>;

/// How the work of a group may be divided.
enum class Division : std::uint8_t {
  elements,  ///< every element by itself
  rows,      ///< a row ends in a reduction, or hands values from pass to pass
  parts,     ///< accumulators over rows: the plan's parts, combined in order
};

template <std::uint64_t... Code>
struct Group {
  static constexpr std::uint64_t code[] = {Code...};
  static constexpr cpu::detail::Registers regs = cpu::detail::survey(code);

  static constexpr bool has(Word word) {
    for (int k = 0; k < regs.instructions; ++k)
      if (static_cast<Word>(code[regs.position[k]] & 255) == word) return true;
    return false;
  }
  /// Whether a value of a row, not of an element, is accumulated.
  static constexpr bool row_accumulates = [] {
    for (int k = 0, section = 0; k < regs.instructions; ++k) {
      while (section + 1 < regs.sections && k >= regs.row_begin[section + 1]) ++section;
      if (k < regs.column_begin[section] && static_cast<Word>(code[regs.position[k]] & 255) == Word::accumulate) return true;
    }
    return false;
  }();
  static constexpr Division division = has(Word::accumulate) ? Division::parts : regs.sections > 2 || has(Word::reduce) ? Division::rows : Division::elements;

  /// Its registers, one lane each.
  struct Bank {
    static constexpr int count(Class c) { return regs.count[static_cast<int>(c)] > 0 ? regs.count[static_cast<int>(c)] : 1; }
    simd::Vec<float, 1> f32[count(Class::f32)];
    simd::Vec<double, 1> f64[count(Class::f64)];
    simd::Vec<std::int32_t, 1> i32[count(Class::i32)];
    simd::Vec<std::int64_t, 1> i64[count(Class::i64)];
    simd::Mask<1> mask[count(Class::mask)];
    ETCH_INLINE cpu::detail::File<1> file() { return {f32, f64, i32, i64, mask}; }
  };

  // ---- four neighbouring elements by one thread: each in a bank of its own, what lies side by side in memory as one piece ----
  static constexpr int four = 4;
  template <class S>
  struct alignas(four * sizeof(S) < 16 ? four * sizeof(S) : 16) Piece {
    S of[four];
  };
  static constexpr bool is_piece(std::uint64_t w) {
    const Instruction i = decode(w);
    const auto kind = static_cast<Word>(i.op);
    const auto mode = static_cast<Stride>(i.mode);
    return (kind == Word::load && (mode == Stride::unit || mode == Stride::tile)) || (kind == Word::store && (mode == Stride::unit || mode == Stride::stream));
  }
  /// Whether that pays: there are pieces, and four times the registers and the code are few.
  static constexpr bool in_fours = [] {
    int cost = 0, registers = 0;
    bool pieces = false;
    for (int k = 0; k < regs.instructions; ++k) {
      const std::uint64_t w = code[regs.position[k]];
      cost += cpu::detail::is_light(w) ? 1 : 8;
      pieces = pieces || is_piece(w);
    }
    for (int c = 0; c < classes; ++c) registers += regs.count[c];
    return pieces && cost <= 64 && registers <= 24;
  }();
  template <std::uint64_t W>
  static ETCH_INLINE std::uintptr_t odd_bytes(const cpu::detail::Place& at) {
    if constexpr (is_piece(W)) return reinterpret_cast<std::uintptr_t>(at.p[decode(W).slot]) % alignof(Piece<simd::Stored<type_of<decode(W).memory>>>);
    else return 0;
  }
  template <int Begin, std::size_t... I>
  static ETCH_INLINE std::uintptr_t odd_bytes(const cpu::detail::Place& at, std::index_sequence<I...>) {
    return (std::uintptr_t{0} | ... | odd_bytes<code[regs.position[Begin + static_cast<int>(I)]]>(at));
  }
  /// Whether all pieces of a row lie as one load or store wants them.
  static ETCH_INLINE bool is_aligned(const cpu::detail::Place& at) { return odd_bytes<0>(at, std::make_index_sequence<static_cast<std::size_t>(regs.instructions)>{}) == 0; }

  template <std::uint64_t W, std::uint64_t Raw, class Team>
  static ETCH_INLINE void word_of_four(Bank (&bank)[four], const cpu::detail::Place& at, index_t c, const Team& team) {
    if constexpr (is_piece(W)) {
      constexpr Instruction i = decode(W);
      using M = type_of<i.memory>;
      using S = simd::Stored<M>;
      auto* const p = reinterpret_cast<Piece<S>*>(reinterpret_cast<S*>(at.p[i.slot]) + c);
      if constexpr (static_cast<Word>(i.op) == Word::load) {
        const Piece<S> piece = *p;
        ETCH_UNROLL for (int k = 0; k < four; ++k) bank[k].file().template get<i.type>(i.d) = cpu::detail::from_memory<i.type, M>(simd::load<S, 1>(piece.of + k));
      } else {
        Piece<S> piece;
        ETCH_UNROLL for (int k = 0; k < four; ++k) simd::store(piece.of + k, cpu::detail::to_memory<M>(bank[k].file().template get<i.type>(i.a)));
        *p = piece;
      }
    } else {
      ETCH_UNROLL for (int k = 0; k < four; ++k) word<W, Raw, false>(bank[k].file(), at, c + k, team);
    }
  }
  template <int Begin, class Team, std::size_t... I>
  static ETCH_INLINE void section_of_four(Bank (&bank)[four], const cpu::detail::Place& at, index_t c, const Team& team, std::index_sequence<I...>) {
    (word_of_four<code[regs.position[Begin + static_cast<int>(I)]], raw_of(Begin + static_cast<int>(I))>(bank, at, c, team), ...);
  }
  /// The columns of a row that are whole fours; returns where they end. Sums are joined to `total`.
  template <int Begin, bool Reduces, class Team, std::size_t... I>
  static ETCH_INLINE index_t fours(const Bank& row, const cpu::detail::File<1>& total, const cpu::detail::Place& at, const FusedCall& call, const Team& team, std::index_sequence<I...> words) {
    const index_t end = call.col0 + (call.col1 - call.col0) / four * four;
    Bank bank[four] = {row, row, row, row};
    if constexpr (Reduces) ETCH_UNROLL for (int k = 0; k < four; ++k) start<Begin>(bank[k].file(), words);
    int open = 0;
    for (index_t c = call.col0 + four * team.lane(); c < end; c += four * team.lanes()) {
      section_of_four<Begin>(bank, at, c, team, words);
      if constexpr (Reduces) {
        if (++open < 64) continue;
        ETCH_UNROLL for (int k = 0; k < four; ++k) close<Begin>(total, bank[k].file(), words);
        open = 0;
      }
    }
    if constexpr (Reduces) ETCH_UNROLL for (int k = 0; k < four; ++k) close<Begin>(total, bank[k].file(), words);
    return end;
  }

  /// What follows a word that needs 64 bits more.
  static constexpr std::uint64_t raw_of(int k) { return static_cast<Word>(code[regs.position[k]] & 255) == Word::number64 ? code[regs.position[k] + 1] : 0; }
  template <std::uint64_t W, std::uint64_t Raw, bool Row, class Team>
  static ETCH_INLINE void word(const cpu::detail::File<1>& r, const cpu::detail::Place& at, index_t c, [[maybe_unused]] const Team& team) {
    constexpr Instruction i = decode(W);
    constexpr auto kind = static_cast<Word>(i.op);
    if constexpr (Row && kind == Word::finish) {
      auto& d = r.template get<i.type>(i.d);
      d = team.template all<i.mode>(d);
    } else if constexpr (Row && (kind == Word::accumulate || kind == Word::store)) {
      if (team.leads()) cpu::detail::execute<W, Raw, 1, true, false, cpu::detail::Storing::plain>(r, at, c, 1);
    } else {
      cpu::detail::execute<W, Raw, 1, Row, false, cpu::detail::Storing::plain>(r, at, c, 1);
    }
  }
  template <bool Row, int Begin, class Team, std::size_t... I>
  static ETCH_INLINE void section(const cpu::detail::File<1>& r, const cpu::detail::Place& at, [[maybe_unused]] index_t c, [[maybe_unused]] const Team& team, std::index_sequence<I...>) {
    (word<code[regs.position[Begin + static_cast<int>(I)]], raw_of(Begin + static_cast<int>(I)), Row>(r, at, c, team), ...);
  }
  // Sums along a row are closed every 64 elements and added up: one lane would lose digits over long rows otherwise.
  static constexpr bool is_reduce(std::uint64_t w) { return static_cast<Word>(w & 255) == Word::reduce; }
  template <std::uint64_t W>
  static ETCH_INLINE void start_word(const cpu::detail::File<1>& r) {
    if constexpr (is_reduce(W)) {
      constexpr Instruction i = decode(W);
      using T = typename cpu::detail::element_of_class<i.type>::type;
      r.template get<i.type>(i.d) = simd::splat<T, 1>(cpu::detail::neutral<i.mode, T>());
    }
  }
  template <std::uint64_t W>
  static ETCH_INLINE void close_word(const cpu::detail::File<1>& to, const cpu::detail::File<1>& from) {
    if constexpr (is_reduce(W)) {
      constexpr Instruction i = decode(W);
      to.template get<i.type>(i.d) = cpu::detail::combine<i.mode>(to.template get<i.type>(i.d), from.template get<i.type>(i.d));
      start_word<W>(from);
    }
  }
  template <int Begin, std::size_t... I>
  static ETCH_INLINE void start(const cpu::detail::File<1>& r, std::index_sequence<I...>) {
    (start_word<code[regs.position[Begin + static_cast<int>(I)]]>(r), ...);
  }
  template <int Begin, std::size_t... I>
  static ETCH_INLINE void close(const cpu::detail::File<1>& to, const cpu::detail::File<1>& from, std::index_sequence<I...>) {
    (close_word<code[regs.position[Begin + static_cast<int>(I)]]>(to, from), ...);
  }
  template <int Begin, std::size_t... I>
  static constexpr bool reduces(std::index_sequence<I...>) {
    return (is_reduce(code[regs.position[Begin + static_cast<int>(I)]]) || ...);
  }

  template <int S, class Team>
  static ETCH_INLINE void stage(Bank& row_bank, const cpu::detail::Place& at, const FusedCall& call, const Team& team, [[maybe_unused]] bool aligned) {
    const cpu::detail::File<1> r = row_bank.file();
    constexpr int row = regs.row_begin[S], column = regs.column_begin[S], end = regs.section_end[S];
    constexpr int row_end = S + 1 == regs.sections ? column : column - 1;  // a marker sits between the two parts
    section<true, row>(r, at, 0, team, std::make_index_sequence<static_cast<std::size_t>(row_end > row ? row_end - row : 0)>{});
    if constexpr (S + 1 < regs.sections && end > column) {
      using I = std::make_index_sequence<static_cast<std::size_t>(end - column)>;
      constexpr bool sums = reduces<column>(I{}), takes_fours = in_fours && Team::in_fours && !has(Word::accumulate);
      index_t from = call.col0;
      if constexpr (sums) {
        Bank bank;
        const cpu::detail::File<1> total = bank.file();
        start<column>(total, I{});
        if constexpr (takes_fours) {
          if (aligned) from = fours<column, true>(row_bank, total, at, call, team, I{});
        }
        int open = 0;
        for (index_t c = from + team.lane(); c < call.col1; c += team.lanes()) {
          section<false, column>(r, at, c, team, I{});
          if (++open < 64) continue;
          close<column>(total, r, I{});
          open = 0;
        }
        close<column>(r, total, I{});
      } else {
        if constexpr (takes_fours) {
          if (aligned) from = fours<column, false>(row_bank, r, at, call, team, I{});
        }
        for (index_t c = from + team.lane(); c < call.col1; c += team.lanes()) section<false, column>(r, at, c, team, I{});
      }
    }
  }
  template <class Team, std::size_t... S>
  static ETCH_INLINE void rows(const FusedCall& call, const Team& team, std::index_sequence<S...>) {
    if (call.row0 >= call.row1) return;
    cpu::detail::Cursor<regs.slots> cursor(call);
    const FusedArgs& a = *call.args;
    for (index_t row = call.row0;;) {
      Bank bank;
      const cpu::detail::Place at{cursor.p, a.stride, a.dims, a.random, row, row * a.extent[a.dims - 1], call.col1 - call.col0};
      bool aligned = false;
      if constexpr (Team::in_fours && in_fours) aligned = is_aligned(at);
      (stage<static_cast<int>(S)>(bank, at, call, team, aligned), ...);
      if (++row == call.row1) return;
      cursor.next(call);
    }
  }
  /// The rows and columns of one call.
  template <class Team>
  static ETCH_INLINE void run(const FusedCall& call, const Team& team) {
    rows(call, team, std::make_index_sequence<static_cast<std::size_t>(regs.sections)>{});
  }
};

/// How many rows and columns a group loops over, and into how many parts the plan divides them.
struct Extent {
  index_t rows = 1, columns = 1;
  int parts = 1;
  bool by_column = false;
};
/// Part `p` of them, in whole cache lines where columns are divided.
ETCH_INLINE void take_part(FusedCall& c, const Extent& e, index_t p) {
  c.row1 = e.rows;
  c.col1 = e.columns;
  c.chunk = static_cast<int>(p);
  if (e.parts > 1 && e.by_column) {
    const index_t lines = (e.columns + 63) / 64;
    c.col0 = lines * p / e.parts * 64;
    c.col1 = p + 1 == e.parts ? e.columns : lines * (p + 1) / e.parts * 64;
  } else if (e.parts > 1) {
    c.row0 = e.rows * p / e.parts;
    c.row1 = e.rows * (p + 1) / e.parts;
  }
}

/// The finished product that an epilogue reads.
struct TileView {
  char* data = nullptr;
  index_t row = 0;       ///< bytes from one row to the next
  index_t element = 0;   ///< bytes of one
  /// At the first row and column of a call.
  ETCH_INLINE void point(FusedCall& call) const {
    call.tile = data + call.row0 * row + call.col0 * element;
    call.tile_row = row;
  }
};

/// Element i of a group, for Thrust, or neighbours i * each and those behind it: in rows of `across` such.
template <std::uint64_t... Code>
struct ElementOf {
  FusedArgs args;
  index_t columns;
  TileView tile;
  ETCH_INLINE void operator()(index_t i) const { run<1, Alone>(i, columns); }
  template <int Each, class Team>
  ETCH_INLINE void run(index_t i, index_t across) const {
    const bool narrow = (static_cast<std::uint64_t>(i | across) >> 32) == 0;  // divided in a fraction of the time
    FusedCall call;
    call.args = &args;
    call.row0 = i < across ? 0 : narrow ? static_cast<std::uint32_t>(i) / static_cast<std::uint32_t>(across) : i / across;
    call.row1 = call.row0 + 1;
    call.col0 = (i - call.row0 * across) * Each;
    call.col1 = call.col0 + Each < columns ? call.col0 + Each : columns;
    if constexpr (Group<Code...>::regs.tile) tile.point(call);
    Group<Code...>::run(call, Team{call.col0 == 0});
  }
};

/// Part p of a group, with scratch rows of its own, for Thrust.
template <std::uint64_t... Code>
struct PartOf {
  FusedArgs args;
  Extent extent;
  char* scratch;
  index_t scratch_bytes;
  TileView tile;
  ETCH_INLINE void operator()(index_t p) const {
    FusedCall call;
    call.args = &args;
    take_part(call, extent, p);
    call.scratch = scratch + p * scratch_bytes;
    tile.point(call);
    Group<Code...>::run(call, Alone{});
  }
};

}  // namespace device
}  // namespace ETCH_ABI
}  // namespace etch
