// A fused kernel: a template over its own words, so equal kernels in any program are one function.
//
//   for each row:  row section 0; for each column: pass 0;  row section 1; for each column: pass 1;  ...
#pragma once

#include <etch/cpu/cursor.hpp>
#include <etch/cpu/extremum.hpp>
#include <etch/cpu/halves.hpp>
#include <etch/cpu/move.hpp>
#include <etch/cpu/marks.hpp>
#include <etch/cpu/words.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace cpu {
namespace detail {

template <std::uint64_t... Code>
struct Fused {
  static constexpr std::uint64_t code[] = {Code...};
  static constexpr Registers regs = survey(code);
  static constexpr bool boolean = is_boolean(code);
  static constexpr bool halved = is_divider_bound(code, regs);
  static constexpr int L = ETCH_VECTOR_BYTES / (boolean ? 1 : regs.lane_bytes) / (halved ? 2 : 1);
  using MaskRegister = std::conditional_t<boolean, simd::Vec<std::uint8_t, L>, simd::Mask<L>>;
  using Set = File<L, MaskRegister>;

  static constexpr std::size_t count(Class c) { return regs.count[static_cast<int>(c)] > 0 ? static_cast<std::size_t>(regs.count[static_cast<int>(c)]) : 1; }
  /// Whether register n holds one value for the row before instruction `before`.
  static constexpr bool is_known(int before, Class c, int n) {
    for (int k = 0, s = 0; k < before; ++k) {
      while (s + 1 < regs.sections && k >= regs.row_begin[s + 1]) ++s;
      if (k >= regs.column_begin[s]) continue;
      const Instruction i = decode(code[regs.position[k]]);
      const bool writes = i.op < static_cast<std::uint8_t>(Word::row) && i.op != static_cast<std::uint8_t>(Word::store) && i.op != static_cast<std::uint8_t>(Word::accumulate);
      if (writes && i.type == c && i.d == n) return true;
    }
    return false;
  }
  /// All registers once more.
  struct Bank {
    simd::Vec<float, L> f32[count(Class::f32)];
    simd::Vec<double, L> f64[count(Class::f64)];
    simd::Vec<std::int32_t, L> i32[count(Class::i32)];
    simd::Vec<std::int64_t, L> i64[count(Class::i64)];
    MaskRegister mask[count(Class::mask)];
    ETCH_INLINE Set file() { return {f32, f64, i32, i64, mask}; }
    /// What is known before instruction `Before`.
    template <int Before>
    ETCH_INLINE void take(const Set& r) {
      take<Before, Class::f32>(r, std::make_index_sequence<count(Class::f32)>{});
      take<Before, Class::f64>(r, std::make_index_sequence<count(Class::f64)>{});
      take<Before, Class::i32>(r, std::make_index_sequence<count(Class::i32)>{});
      take<Before, Class::i64>(r, std::make_index_sequence<count(Class::i64)>{});
      take<Before, Class::mask>(r, std::make_index_sequence<count(Class::mask)>{});
    }
    template <int Before, Class C, std::size_t... N>
    ETCH_INLINE void take(const Set& r, std::index_sequence<N...>) {
      (take_one<is_known(Before, C, static_cast<int>(N)), C>(r, static_cast<int>(N)), ...);
    }
    template <bool Known, Class C>
    ETCH_INLINE void take_one(const Set& r, int n) {
      if constexpr (Known) file().template get<C>(n) = r.template get<C>(n);
    }
  };

  static constexpr bool is_reduce_word(std::uint64_t w) { return static_cast<Word>(w & 255) == Word::reduce; }
  static constexpr bool is_sum_over_rows(std::uint64_t w) { return static_cast<Word>(w & 255) == Word::accumulate; }
  /// Whether a columns section sums, along the row or over rows, and does little else.
  template <int Begin, std::size_t... I>
  static constexpr bool is_light_sum(std::index_sequence<I...>) {
    constexpr auto word = [](std::size_t i) { return code[regs.position[Begin + static_cast<int>(i)]]; };
    return sizeof...(I) <= 8 && !regs.tile && (is_light(word(I)) && ...) && ((is_reduce_word(word(I)) || is_sum_over_rows(word(I))) || ...);
  }
  /// Whether a columns section is so short that a loop over vectors is mostly the loop.
  template <int Begin, std::size_t... I>
  static constexpr bool is_light_map(std::index_sequence<I...>) {
    constexpr auto word = [](std::size_t i) { return code[regs.position[Begin + static_cast<int>(i)]]; };
    return sizeof...(I) <= 16 && !regs.tile && (is_light(word(I)) && ...) && !(is_reduce_word(word(I)) || ...);
  }
  /// Whether a columns section computes one result, whatever of, and lets it be read later.
  template <int Begin, std::size_t... I>
  static constexpr bool is_single_map(std::index_sequence<I...>) {
    constexpr auto word = [](std::size_t i) { return static_cast<Word>(code[regs.position[Begin + static_cast<int>(i)]] & 255); };
    return !regs.tile && !regs.streams && ((word(I) != Word::reduce && word(I) != Word::accumulate) && ...) && (0 + ... + (word(I) == Word::store)) == 1;
  }
  /// Fetches the lines that `Count` vectors from column c on are loaded from (Word::load) or stored to (Word::store).
  template <Word Which, std::uint64_t W, int Count>
  static ETCH_INLINE void fetch_word([[maybe_unused]] const Place& at, [[maybe_unused]] index_t c) {
    constexpr Instruction i = decode(W);
    if constexpr (i.op == static_cast<std::uint8_t>(Which) && static_cast<Stride>(i.mode) == Stride::unit) {
      constexpr index_t size = static_cast<index_t>(size_of(i.memory));
      for (index_t byte = 0; byte < Count * L * size; byte += 64) __builtin_prefetch(at.p[i.slot] + c * size + byte, Which == Word::store);
    }
  }
  template <Word Which, int Begin, int Count, std::size_t... I>
  static ETCH_INLINE void fetch(const Place& at, index_t c, std::index_sequence<I...>) {
    (fetch_word<Which, code[regs.position[Begin + static_cast<int>(I)]], Count>(at, c), ...);
  }
  /// Whether a columns section is several functions of one another: longer a chain than the processor sees beyond.
  template <int Begin, std::size_t... I>
  static constexpr bool is_deep_map(std::index_sequence<I...>) {
    constexpr auto word = [](std::size_t i) { return code[regs.position[Begin + static_cast<int>(i)]]; };
    constexpr auto is_function = [](std::uint64_t w) { return (w & 255) == static_cast<std::uint64_t>(Op::sigmoid) || (w & 255) == static_cast<std::uint64_t>(Op::tanh) || (w & 255) == static_cast<std::uint64_t>(Op::exp); };
    return (0 + ... + is_function(word(I))) >= 3 && !regs.tile && !(is_reduce_word(word(I)) || ...);
  }
  /// Two vectors at once, word by word.
  template <int Begin, std::size_t... I>
  static ETCH_INLINE void both(const Set& r, const Set& other, const Place& at, index_t c, std::index_sequence<I...>) {
    ((section<false, false, Begin + static_cast<int>(I)>(r, at, c, L, std::index_sequence<0>{}), section<false, false, Begin + static_cast<int>(I)>(other, at, c + L, L, std::index_sequence<0>{})), ...);
  }
  /// Whether a columns section does little, and ends with storing a truth, its only result.
  template <int Begin, std::size_t... I>
  static constexpr bool is_light_truth(std::index_sequence<I...>) {
    constexpr auto word = [](std::size_t i) { return code[regs.position[Begin + static_cast<int>(i)]]; };
    constexpr auto is_store = [](std::uint64_t w) { return static_cast<Word>(w & 255) == Word::store; };
    constexpr Instruction y = decode(word(sizeof...(I) - 1));
    return sizeof...(I) <= 8 && !boolean && !regs.tile && (is_light(word(I)) && ...) && !((is_reduce_word(word(I)) || is_sum_over_rows(word(I))) || ...) && (0 + ... + is_store(word(I))) == 1 &&
           is_store(word(sizeof...(I) - 1)) && y.type == Class::mask && y.memory == DType::boolean && static_cast<Stride>(y.mode) == Stride::unit;
  }
  /// The sums of a bank begin neutral, and end in those of the first registers.
  template <std::uint64_t W>
  static ETCH_INLINE void start_word(const Set& r) {
    if constexpr (is_reduce_word(W)) {
      constexpr Instruction i = decode(W);
      using T = typename element_of_class<i.type>::type;
      r.template get<i.type>(i.d) = simd::splat<T, L>(neutral<i.mode, T>());
    }
  }
  template <std::uint64_t W>
  static ETCH_INLINE void finish_word(const Set& r, const Set& other) {
    if constexpr (is_reduce_word(W)) {
      constexpr Instruction i = decode(W);
      r.template get<i.type>(i.d) = combine<i.mode>(r.template get<i.type>(i.d), other.template get<i.type>(i.d));
    }
  }
  template <int Begin, std::size_t... I>
  static ETCH_INLINE void start(const Set& r, std::index_sequence<I...>) {
    (start_word<code[regs.position[Begin + static_cast<int>(I)]]>(r), ...);
  }
  template <int Begin, std::size_t... I>
  static ETCH_INLINE void finish(const Set& r, const Set& other, std::index_sequence<I...>) {
    (finish_word<code[regs.position[Begin + static_cast<int>(I)]]>(r, other), ...);
  }

  /// Whether a columns section is the largest or smallest of elements that lie side by side, and nothing else.
  static constexpr bool is_extremum(int begin, int end) {
    if (end - begin != 2) return false;
    const Instruction x = decode(code[regs.position[begin]]), r = decode(code[regs.position[begin + 1]]);
    const bool lies = x.op == static_cast<std::uint8_t>(Word::load) && static_cast<Stride>(x.mode) == Stride::unit &&
                      ((x.type == Class::f32 && x.memory == DType::float32) || (x.type == Class::f64 && x.memory == DType::float64));
    return lies && is_reduce_word(code[regs.position[begin + 1]]) && r.a == x.d && r.mode >= 2;
  }

  /// Whether the next row of what word k names is fetched meanwhile, in a kernel of several passes over a row, of which the first would wait
  /// for all of it: an operand's by the pass that loads it again, a result's by the one that stores it.
  static constexpr bool is_ahead(int k) {
    const Instruction i = decode(code[regs.position[k]]);
    const auto word = static_cast<Word>(i.op);
    if (regs.sections < 3 || regs.tile || (word != Word::load && word != Word::store) || static_cast<Stride>(i.mode) != Stride::unit) return false;
    int s = 0, loads = 0, stores = 0;
    while (k >= regs.section_end[s]) ++s;
    for (int m = 0; m < regs.instructions; ++m) {
      const Instruction j = decode(code[regs.position[m]]);
      if (j.slot != i.slot) continue;
      loads += j.op == static_cast<std::uint8_t>(Word::load) && (word == Word::store || m < regs.column_begin[s]);
      stores += j.op == static_cast<std::uint8_t>(Word::store);
    }
    return word == Word::load ? loads > 0 && stores == 0 : loads == 0;
  }
  static constexpr std::uint64_t word_at(int k) { return code[regs.position[k]]; }
  /// The bits that belong to word k.
  static constexpr std::uint64_t raw_at(int k) { return static_cast<Word>(word_at(k) & 255) == Word::number64 ? code[regs.position[k] + 1] : 0; }
  /// Whether word k is an operation: the same function for rows, for vectors and for parts of one.
  static constexpr bool computes(int k) { return !boolean && is_operation(word_at(k)); }
  static constexpr Storing storing(Storing how, bool row, int k) { return computes(k) ? Storing::plain : how == Storing::plain && !row && is_ahead(k) ? Storing::ahead : how; }
  template <bool Row, bool Partial, int Begin, Storing How = regs.tile ? Storing::tile : Storing::plain, std::size_t... I>
  static ETCH_INLINE void section(const Set& r, const Place& at, [[maybe_unused]] index_t c, [[maybe_unused]] int n, std::index_sequence<I...>) {
    (execute<word_at(Begin + static_cast<int>(I)), raw_at(Begin + static_cast<int>(I)), L, Row && !computes(Begin + static_cast<int>(I)), Partial && !computes(Begin + static_cast<int>(I)),
             storing(How, Row, Begin + static_cast<int>(I))>(r, at, c, n),
     ...);
  }

  /// Which word of a kernel that does little else sums over rows what lies side by side; -1 where there is none, or another result of a row.
  static constexpr int sum_over_rows() {
    const int begin = regs.column_begin[0];
    if (regs.sections != 2 || begin < 2 || regs.section_end[0] - begin > 8 || regs.section_end[1] - regs.row_begin[1] != 0 || boolean) return -1;
    for (int k = regs.row_begin[0]; k + 1 < begin; ++k) {
      const auto word = static_cast<Word>(code[regs.position[k]] & 255);
      if (word != Word::number && word != Word::index) return -1;
    }
    int found = -1;
    for (int k = begin; k < regs.section_end[0]; ++k) {
      const std::uint64_t w = code[regs.position[k]];
      if (!is_light(w) || is_reduce_word(w) || (is_sum_over_rows(w) && (found >= 0 || static_cast<Stride>(decode(w).mode) != Stride::unit))) return -1;
      if (is_sum_over_rows(w)) found = k;
    }
    return found;
  }
  /// Whether what is known for a row is not the same for all: its number.
  static constexpr bool names_row() {
    for (int k = regs.row_begin[0]; k < regs.column_begin[0]; ++k)
      if (static_cast<Word>(code[regs.position[k]] & 255) == Word::index) return true;
    return false;
  }
  template <int K, bool Partial>
  static ETCH_INLINE void word_but_sum(const Set& r, const Place& at, index_t c, int n) {
    if constexpr (!is_sum_over_rows(word_at(K))) execute<word_at(K), raw_at(K), L, false, Partial && !computes(K), Storing::plain>(r, at, c, n);
  }
  static constexpr index_t together = 4;  ///< rows whose elements are summed before the sum is stored
  template <bool Partial, std::size_t... I>
  static ETCH_INLINE auto summand(const Set& r, const Place& at, index_t c, int n, std::index_sequence<I...>) {
    constexpr Instruction i = decode(code[regs.position[sum_over_rows()]]);
    (word_but_sum<regs.column_begin[0] + static_cast<int>(I), Partial>(r, at, c, n), ...);
    return r.template get<i.type>(i.a);
  }
  /// Some rows at once, if so many belong to the same sums.
  static ETCH_INLINE bool add_rows(const FusedCall& call, Cursor<regs.slots>& cursor, const Set& r, index_t row) {
    constexpr Instruction i = decode(code[regs.position[sum_over_rows()]]);
    using T = typename element_of_class<i.type>::type;
    using I = std::make_index_sequence<static_cast<std::size_t>(regs.section_end[0] - regs.column_begin[0])>;
    if (cursor.left + 1 < together || cursor.step[i.slot] != 0) return false;
    const FusedArgs& a = *call.args;
    const index_t columns = a.extent[a.dims - 1];
    char* p[together][regs.slots];
    for (index_t k = 0; k < together; ++k)
      for (int s = 0; s < regs.slots; ++s) move_pointer(p[k][s] = cursor.p[s], k * cursor.step[s]);
    const auto at = [&](index_t k) { return Place{p[k], a.stride, a.dims, a.random, row + k, (row + k) * columns, call.col1 - call.col0}; };
    T* const to = reinterpret_cast<T*>(cursor.p[i.slot]);
    const auto begin = [&](index_t k) { section<true, false, regs.row_begin[0]>(r, at(k), 0, 1, std::make_index_sequence<static_cast<std::size_t>(regs.column_begin[0] - 1 - regs.row_begin[0])>{}); };
    const auto value = [&](index_t k, index_t c) {
      if constexpr (names_row()) begin(k);
      return summand<false>(r, at(k), c, L, I{});
    };
    index_t c = call.col0;
    begin(0);
    for (; c + L <= call.col1; c += L) {
      const auto v0 = value(0, c), v1 = value(1, c), v2 = value(2, c), v3 = value(3, c);
      simd::store(to + c, combine_four<static_cast<int>(i.memory)>(simd::load<T, L>(to + c), v0, v1, v2, v3));
    }
    if (c < call.col1) {
      const int n = static_cast<int>(call.col1 - c);
      auto sum = simd::load_partial<T, L>(to + c, n);
      for (index_t k = 0; k < together; ++k) {
        begin(k);
        sum = combine<static_cast<int>(i.memory)>(sum, summand<true>(r, at(k), c, n, I{}));
      }
      simd::store_partial(to + c, sum, n);
    }
    cursor.skip(together - 1);
    return true;
  }

  static constexpr bool is_streamed(std::uint64_t w) { return static_cast<Word>(w & 255) == Word::store && static_cast<Stride>(w >> 56 & 15) == Stride::stream; }
  /// The elements from column c on to where a streamed result lies at a whole vector; -1 of other words.
  template <std::uint64_t W>
  static ETCH_INLINE index_t to_boundary(const Place& at, index_t c) {
    if constexpr (!is_streamed(W)) return -1;
    else {
      constexpr index_t size = static_cast<index_t>(size_of(decode(W).memory));
      const index_t past = reinterpret_cast<index_t>(at.p[decode(W).slot] + c * size) % (L * size);
      return (L * size - past) % (L * size) / size;
    }
  }
  /// Columns in whole vectors past the caches, as far as all streamed results reach vectors' boundaries together; up to there a part of one.
  template <int Begin, std::size_t... I>
  static ETCH_INLINE index_t stream(const Set& r, const Place& at, index_t c, index_t last, std::index_sequence<I...> all) {
    index_t skipped = -1;
    bool together = true;
    const auto meet = [&](index_t n) {
      together = together && (n < 0 || skipped < 0 || n == skipped);
      skipped = n < 0 ? skipped : n;
    };
    (meet(to_boundary<code[regs.position[Begin + static_cast<int>(I)]]>(at, c)), ...);
    if (!together || skipped < 0 || last - c < skipped + L) return c;
    if (skipped > 0) section<false, true, Begin>(r, at, c, static_cast<int>(skipped), all);
    for (c += skipped; c + L <= last; c += L) {
      fetch<Word::load, Begin, 1>(at, c + 1024, all);  // a loop of many instructions would else wait for one line after another
      section<false, false, Begin, Storing::stream>(r, at, c, L, all);
    }
    return c;
  }

  /// The one power of a columns section whose exponent is one number for the row, or a cast of one: its word, or -1.
  struct Power {
    int word = -1, cast = -1;
  };
  static constexpr Power power(int begin, int end) {
    Power found;
    for (int k = begin; k < end; ++k) {
      const Instruction i = decode(word_at(k));
      if (i.op != static_cast<std::uint8_t>(Op::pow)) continue;
      if (found.word >= 0 || regs.tile || i.type != Class::f32) return {};
      found.word = k;
      if (is_known(begin, Class::f32, i.b)) continue;
      for (int m = begin; m < k; ++m) {
        const Instruction from = decode(word_at(m));
        if (from.type == Class::f32 && from.d == i.b) found.cast = from.op == static_cast<std::uint8_t>(Op::cast) && is_known(begin, from.from, from.a) ? m : -1;
      }
      if (found.cast < 0) return {};
    }
    return found;
  }
  /// Whole vectors from column c on; returns where they end. Exponent: what a power's is known to be, 2 or 3, or 0.
  template <int Begin, int Exponent, std::size_t... I>
  static ETCH_INLINE index_t vectors(const Set& r, const Place& at, index_t c, index_t last, [[maybe_unused]] bool many, std::index_sequence<I...> all) {
    for (; c + L <= last; c += L) {
      if constexpr (ETCH_VECTOR_BYTES == 64 && !halved && is_single_map<Begin>(all) && !is_light_map<Begin>(all)) {  // halves of lines wait for none
        if (many) fetch<Word::store, Begin, 1>(at, c + 8 * L, all);
      }
      if constexpr (Exponent == 0) section<false, false, Begin>(r, at, c, L, all);
      else (word_or_power<Begin + static_cast<int>(I), Exponent>(r, at, c), ...);
    }
    return c;
  }
  template <int K, int Exponent>
  static ETCH_INLINE void word_or_power(const Set& r, const Place& at, index_t c) {
    constexpr Instruction i = decode(word_at(K));
    if constexpr (i.op == static_cast<std::uint8_t>(Op::pow)) {
      const auto x = r.f32[i.a];
      r.f32[i.d] = Exponent == 2 ? x * x : x * x * x;
      simd::settle(r.f32[i.d]);
    } else {
      section<false, false, K>(r, at, c, L, std::index_sequence<0>{});
    }
  }

  template <int S>
  static ETCH_INLINE void stage(const Set& r, const Place& at, const FusedCall& call) {
    constexpr int row = regs.row_begin[S], column = regs.column_begin[S], end = regs.section_end[S];
    // a section marker sits between the two parts where there are columns
    constexpr int row_end = S + 1 == regs.sections ? column : column - 1;
    section<true, false, row>(r, at, 0, 1, std::make_index_sequence<static_cast<std::size_t>(row_end > row ? row_end - row : 0)>{});
    if constexpr (S + 1 < regs.sections && end > column) {
      using I = std::make_index_sequence<static_cast<std::size_t>(end - column)>;
      const index_t last = call.col1;
      index_t c = call.col0;
      if constexpr (is_extremum(column, end)) {
        constexpr Instruction x = decode(code[regs.position[column]]), i = decode(code[regs.position[column + 1]]);
        auto& best = r.template get<i.type>(i.d);
        best = extremum<i.mode == 2>(reinterpret_cast<const typename element_of_class<i.type>::type*>(at.p[x.slot]) + c, last - c, best);
        c += (last - c) / L * L;
      } else if constexpr (is_light_sum<column>(I{})) {  // four vectors at a time, each with sums of its own
        if (last - c >= 8 * L) {
          Bank bank[3];
          ETCH_UNROLL for (Bank& b : bank) {
            b.template take<column>(r);
            start<column>(b.file(), I{});
          }
          for (; c + 4 * L <= last; c += 4 * L) {
            section<false, false, column>(r, at, c, L, I{});
            section<false, false, column>(bank[0].file(), at, c + L, L, I{});
            section<false, false, column>(bank[1].file(), at, c + 2 * L, L, I{});
            section<false, false, column>(bank[2].file(), at, c + 3 * L, L, I{});
          }
          ETCH_UNROLL for (Bank& b : bank) finish<column>(r, b.file(), I{});
        }
      } else if constexpr (is_light_truth<column>(I{})) {  // four vectors of numbers make one of bytes
        if (last - c >= 4 * L) {
          constexpr Instruction y = decode(code[regs.position[end - 1]]);
          using Before = std::make_index_sequence<static_cast<std::size_t>(end - column - 1)>;
          Bank bank[3];
          ETCH_UNROLL for (Bank& b : bank) b.template take<column>(r);
          for (; c + 4 * L <= last; c += 4 * L) {
            section<false, false, column>(r, at, c, L, Before{});
            section<false, false, column>(bank[0].file(), at, c + L, L, Before{});
            section<false, false, column>(bank[1].file(), at, c + 2 * L, L, Before{});
            section<false, false, column>(bank[2].file(), at, c + 3 * L, L, Before{});
            simd::store_four(reinterpret_cast<bool*>(at.p[y.slot]) + c, r.mask[y.a], bank[0].mask[y.a], bank[1].mask[y.a], bank[2].mask[y.a]);
          }
        }
      }
      if constexpr (regs.streams && !regs.tile) c = stream<column>(r, at, c, last, I{});
      else if constexpr (Columns{code, &regs, column, end}.crossing() >= 0) c = Crossing<Fused, column, end>::run(r, at, c, last);
      // of two vectors: one of five instructions takes 1.7 times as long (Zen 3) where it crosses a line of the code's cache
      [[maybe_unused]] const bool many = (call.row1 - call.row0) * (last - call.col0) >= 4096;  // then stores of whole lines would each wait for one from the second cache
      if constexpr (Halves<Fused, column, end>::applies()) c = Halves<Fused, column, end>::run(at, c, last, many);
      if constexpr (is_light_map<column>(I{})) {
        for (; c + 2 * L <= last; c += 2 * L) {
          if (many) fetch<Word::store, column, 2>(at, c + 8 * L, I{});
          section<false, false, column>(r, at, c, L, I{});
          section<false, false, column>(r, at, c + L, L, I{});
        }
      }
      if constexpr (is_deep_map<column>(I{})) {
        Bank bank;
        bank.template take<column>(r);
        for (; c + 2 * L <= last; c += 2 * L) both<column>(r, bank.file(), at, c, I{});
      }
      if constexpr (constexpr Power p = power(column, end); p.word >= 0) {  // asked once a row, not once a vector
        if constexpr (p.cast >= 0) section<false, false, p.cast>(r, at, c, L, std::index_sequence<0>{});
        const float y = r.f32[decode(word_at(p.word)).b][0];
        if (y == 2.0F) c = vectors<column, 2>(r, at, c, last, many, I{});
        else if (y == 3.0F) c = vectors<column, 3>(r, at, c, last, many, I{});
      }
      c = vectors<column, 0>(r, at, c, last, many, I{});
      if (c < last) section<false, true, column>(r, at, c, static_cast<int>(last - c), I{});
    }
  }

  /// The call, or the one row of so many columns that it is known to be: then nothing is counted or moved.
  template <int Columns>
  static ETCH_INLINE decltype(auto) known(const FusedCall& call) {
    if constexpr (Columns == 0) return (call);
    else {
      if (!call.args->plain) __builtin_unreachable();
      return FusedCall{call.args, 0, 1, 0, Columns};
    }
  }
  template <int Columns, std::size_t... S>
  static ETCH_INLINE void rows(const FusedCall& given) {
    const FusedCall& call = known<Columns>(given);
    if (call.row0 >= call.row1) return;
    Cursor<regs.slots> cursor(call);
    const FusedArgs& a = *call.args;
    for (index_t row = call.row0;;) {
      if constexpr (Move<Fused>::columns()) {
        while (row + transpose_side <= call.row1 && Move<Fused>::block(call, cursor)) {
          if ((row += transpose_side) == call.row1) return;
          cursor.next(call);
        }
      }
      simd::Vec<float, L> f32[count(Class::f32)];
      simd::Vec<double, L> f64[count(Class::f64)];
      simd::Vec<std::int32_t, L> i32[count(Class::i32)];
      simd::Vec<std::int64_t, L> i64[count(Class::i64)];
      MaskRegister mask[count(Class::mask)];
      const Set file{f32, f64, i32, i64, mask};
      if constexpr (sum_over_rows() >= 0) {
        if (row + together <= call.row1 && add_rows(call, cursor, file, row)) {
          if ((row += together) == call.row1) return;
          cursor.next(call);
          continue;
        }
      }
      const Place at{cursor.p, a.stride, a.dims, a.random, row, row * a.extent[a.dims - 1], call.col1 - call.col0};
      if constexpr (is_marking(code, regs)) {
        section<true, false, regs.row_begin[0]>(file, at, 0, 1, std::make_index_sequence<static_cast<std::size_t>(regs.column_begin[0] - 1 - regs.row_begin[0])>{});
        return Marks<Fused>::run(call, cursor, file, at);
      }
      (stage<static_cast<int>(S)>(file, at, call), ...);
      if (++row == call.row1) return;
      cursor.next(call);
    }
  }
  /// Whether each element of a product's block becomes one of the results, whatever the others are.
  static constexpr bool is_tile_map() {
    if (!regs.tile || regs.sections != 2 || regs.section_end[1] != regs.row_begin[1] || boolean) return false;
    for (int k = 0; k < regs.instructions; ++k) {
      const auto word = static_cast<Word>(code[regs.position[k]] & 255);
      if (word == Word::accumulate || word == Word::reduce || word == Word::initialise || word == Word::finish) return false;
    }
    return true;
  }
  static constexpr int tile_slot() {
    for (int k = 0; k < regs.instructions; ++k) {
      const Instruction i = decode(code[regs.position[k]]);
      if (static_cast<Word>(i.op) == Word::load && static_cast<Stride>(i.mode) == Stride::tile) return i.slot;
    }
    return -1;
  }
  /// The whole of a block of one row, known to the compiler: no pointer moves, nothing is fetched.
  template <int Columns>
  static ETCH_INLINE void run_row(const FusedArgs& a, char* tile) {
    if constexpr (is_tile_map()) {  // one pass, which keeps no rows between passes
      using First = std::make_index_sequence<static_cast<std::size_t>(regs.column_begin[0] - 1 - regs.row_begin[0])>;
      using Each = std::make_index_sequence<static_cast<std::size_t>(regs.section_end[0] - regs.column_begin[0])>;
      char* p[regs.slots];
      for (int s = 0; s < regs.slots; ++s) p[s] = s == tile_slot() ? tile : a.base[s];
      simd::Vec<float, L> f32[count(Class::f32)];
      simd::Vec<double, L> f64[count(Class::f64)];
      simd::Vec<std::int32_t, L> i32[count(Class::i32)];
      simd::Vec<std::int64_t, L> i64[count(Class::i64)];
      MaskRegister mask[count(Class::mask)];
      const Set file{f32, f64, i32, i64, mask};
      const Place at{p, a.stride, a.dims, a.random, 0, 0, Columns};
      section<true, false, regs.row_begin[0], Storing::plain>(file, at, 0, 1, First{});
      constexpr int whole = Columns / L * L;
      for (index_t c = 0; c < whole; c += L) section<false, false, regs.column_begin[0], Storing::plain>(file, at, c, L, Each{});
      if constexpr (whole < Columns) section<false, true, regs.column_begin[0], Storing::plain>(file, at, whole, Columns - whole, Each{});
    } else {
      FusedCall call{&a, 0, 1, 0, Columns};
      call.tile = tile;
      kernel<>(call);
    }
  }
  template <int Columns, std::size_t... S>
  static void stream_rows(const FusedCall& call) {
    rows<Columns, S...>(call);
    simd::stream_end();
  }
  template <int Columns>
  static void move_rows(const FusedCall& call) {
    Move<Fused>::run(known<Columns>(call));
    if constexpr (regs.streams) simd::stream_end();
  }
  template <int Columns, std::size_t... S>
  static constexpr Kernel name_kernel(std::index_sequence<S...>) {
    if constexpr (Move<Fused>::rows()) return move_rows<Columns>;
    else if constexpr (regs.streams) return stream_rows<Columns, S...>;
    else return rows<Columns, S...>;
  }
  /// The loop as a function. Columns: of one row that begins at the slots' bases (`columns_of_row`), or 0.
  template <int Columns = 0>
  static constexpr Kernel kernel = name_kernel<Columns>(std::make_index_sequence<static_cast<std::size_t>(regs.sections)>{});
};

}  // namespace detail
}  // namespace cpu
}  // namespace ETCH_ABI
}  // namespace etch
