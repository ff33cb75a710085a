// Elements by index along one axis, and back: `checked` makes indices safe, `gather` reads, `scatter` writes or reduces.
//
//   gather   y[i, j, k] = a[i, index[i, j, k], k]        scatter   y[i, index[i, j, k], k] op= a[i, j, k]
//
// One value after another, so that neither the result nor its rounding depends on the number of threads. Operands lie
// as they lie: a broadcast index has stride 0, and where it is one for a whole row, rows are copied.
#pragma once

#include <etch/core/complex.hpp>
#include <etch/cpu/machine.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace cpu {
namespace detail {

/// The rows (all axes but the last) of a loop over up to three operands, whose offsets it keeps, in elements.
template <int Operands>
struct RowWalk {
  index_t size[max_rank]{}, stride[Operands][max_rank]{}, at[max_rank]{}, offset[Operands]{};
  int rank = 1;
  index_t rows = 1, columns = 1;

  /// `dims` sizes of the step; the operands are accesses of these numbers. Along `axis` operand `still` does not move.
  ETCH_NOINLINE RowWalk(const Machine& m, const Step& s, const int (&access)[Operands], int still, int axis) {
    const int dims = s.dims - 1;
    rank = dims > 0 ? dims : 1;
    size[0] = 1;
    for (int k = 0; k < dims; ++k) {
      size[k] = m.size(s.dim[k]);
      for (int i = 0; i < Operands; ++i) stride[i][k] = i == still && k == axis ? 0 : m.stride(access[i], k);
    }
    for (int k = 0; k + 1 < rank; ++k) rows *= size[k];
    columns = size[rank - 1];
  }
  index_t step(int operand) const { return stride[operand][rank - 1]; }
  ETCH_NOINLINE void next() {
    for (int k = rank - 2; k >= 0; --k) {
      for (int i = 0; i < Operands; ++i) offset[i] += stride[i][k];
      if (++at[k] < size[k]) return;
      for (int i = 0; i < Operands; ++i) offset[i] -= stride[i][k] * size[k];
      at[k] = 0;
    }
  }
};

/// Names the first index of a step that lies outside: kernels that have met one look for it once more, so that none counts positions.
[[noreturn]] ETCH_COLD inline void refuse_index(const Machine& machine, const Step& step, int access, bool wraps, index_t size, int axis) {
  const auto* const from = reinterpret_cast<const std::int64_t*>(machine.pointer(access));
  long position = 0;
  RowWalk<1> walk(machine, step, {access}, -1, 0);
  for (index_t r = 0; r < walk.rows; ++r, walk.next())
    for (index_t c = 0; c < walk.columns; ++c, ++position) {
      const std::int64_t given = from[walk.offset[0] + c * walk.step(0)], i = given < 0 && wraps ? given + size : given;
      if (i < 0 || i >= size)
        fail("index", "an index must lie within its dimension", Message{} << "got " << static_cast<long>(given) << " at position " << position << " for size " << static_cast<long>(size) << " of axis " << axis);
    }
  fail("index", "an index must lie within its dimension");  // another thread has changed it
}

/// What a step that looks up along an axis knows of its indices: whether they are checked already, and whether they count from the end.
struct IndexRule {
  bool checks, wraps;
  int axis;
  index_t size;
  const Machine* machine;  ///< of the step, whose second access the indices are
  const Step* step;

  IndexRule(const Step& s, index_t axis_size, const Machine* m = nullptr)
      : checks((s.arg >> 32 & 1) != 0), wraps((s.arg >> 33 & 1) != 0), axis(static_cast<int>(s.arg >> 40 & 255)), size(axis_size), machine(m), step(&s) {}
  /// What is added to an index below 0.
  index_t more() const { return wraps ? size : 0; }
  static ETCH_INLINE index_t at(std::int64_t i, index_t more) { return i + (i >> 63 & more); }
  /// What a place must be below, as an unsigned number; no bound where the indices were checked before.
  std::uint64_t bound(bool asked) const { return checks && asked ? static_cast<std::uint64_t>(size) : ~std::uint64_t{0}; }
  /// The place that an index names; ends the program where there is none.
  ETCH_INLINE index_t place(std::int64_t i, index_t more, std::uint64_t below) const {
    const index_t p = at(i, more);
    if (__builtin_expect(static_cast<std::uint64_t>(p) >= below, 0)) refuse_index(*machine, *step, step->access + 1, wraps, size, axis);
    return p;
  }
  /// Calls use(c, place) for each of the indices i[c * by], one after another; four that lie within are asked once.
  template <class Use>
  ETCH_INLINE void each(const std::int64_t* i, index_t count, index_t by, std::uint64_t below, Use use) const {
    const index_t extra = more();
    index_t c = 0;
    if (by == 1 && below == ~std::uint64_t{0} && extra == 0) {
      for (; c < count; ++c) use(c, i[c]);
    } else if (by == 1) {
      const auto last = simd::splat<std::int64_t, 4>(static_cast<std::int64_t>((below - 1) & ~std::uint64_t{0} >> 1)), zero = simd::splat<std::int64_t, 4>(0);
      for (; c + 4 <= count; c += 4) {
        const auto four = simd::load<std::int64_t, 4>(i + c);
        if (__builtin_expect(!any((four | (last - four)) < zero), 1)) {
          for (index_t k = 0; k < 4; ++k) use(c + k, i[c + k]);
        } else {
          for (index_t k = 0; k < 4; ++k) use(c + k, place(i[c + k], extra, below));
        }
      }
    }
    for (; c < count; ++c) use(c, place(i[c * by], extra, below));
  }
};

/// [sizes.., size of the axis]; accesses index, out.
inline void run_checked(Machine& machine, int s) {
  const Step& step = machine.step(s);
  const index_t size = machine.size(step.dim[step.dims - 1]);
  const bool wraps = (step.arg >> 8 & 1) != 0;
  const auto* from = reinterpret_cast<const std::int64_t*>(machine.pointer(step.access));
  auto* to = reinterpret_cast<std::int64_t*>(machine.pointer(step.access + 1));
  RowWalk<1> walk(machine, step, {step.access}, -1, 0);
  for (index_t r = 0; r < walk.rows; ++r, walk.next()) {
    if (walk.step(0) == 1) {  // side by side, and most often all of them right: the sign of `outside` says so
      using U = std::uint64_t;
      const std::int64_t* const row = from + walk.offset[0];
      const std::int64_t more = wraps ? size : 0;
      U outside = 0;
      for (index_t c = 0; c < walk.columns; ++c) {
        const std::int64_t i = row[c] + (row[c] < 0 ? more : 0);
        outside |= static_cast<U>(i) | (static_cast<U>(size) - 1 - static_cast<U>(i));
        to[c] = i;
      }
      if (outside >> 63 == 0) {
        to += walk.columns;
        continue;
      }
    }
    for (index_t c = 0; c < walk.columns; ++c) {
      const std::int64_t given = from[walk.offset[0] + c * walk.step(0)], i = given < 0 && wraps ? given + size : given;
      if (i < 0 || i >= size) refuse_index(machine, step, step.access, wraps, size, static_cast<int>(step.arg & 255));
      *to++ = i;
    }
  }
}

/// Says what is wrong with the value `v`.
[[noreturn]] ETCH_COLD inline void refuse_value(Demand rule, const char* asker, double v, long position, long size) {
  Message m;
  const auto said = [&](auto got) -> Message& { return m << "got " << got << " at position " << position; };
  if (rule == Demand::target) fail("loss", "a target must be one of the classes", said(static_cast<long>(v)) << " for " << size << " classes, in " << asker);
  if (rule == Demand::label) fail("loss", "a target must be one of the classes, or -1", said(static_cast<long>(v)) << " for " << size << " classes, in " << asker);
  if (rule == Demand::probability) fail("loss", "a probability must lie between 0 and 1", said(v) << ", in " << asker);
  if (rule == Demand::length) fail("pack_padded_sequence", "a length must lie between 1 and the number of steps", said(static_cast<long>(v)) << " for " << size << " steps");
  if (rule == Demand::quantile) fail("quantile", "q must lie between 0 and 1", said(v));
  if (rule == Demand::weights) fail("cov", "weights must not be negative", said(v));
  fail("loss", "a variance must not be negative", said(v) << ", in " << asker);
}

/// The same of any values, which are passed on; a NaN is no class, probability or length. They are few: compiled for size.
template <class T>
ETCH_COLD void run_demand(Machine& machine, int s) {
  const Step& step = machine.step(s);
  const index_t size = machine.size(step.dim[step.dims - 1]);
  const auto rule = static_cast<Demand>(step.arg >> 48 & 255);
  const T* from = reinterpret_cast<const T*>(machine.pointer(step.access));
  T* to = reinterpret_cast<T*>(machine.pointer(step.access + 1));
  const double least = rule == Demand::label ? -1 : rule == Demand::length ? 1 : 0, end = static_cast<double>(size);
  const double most = rule == Demand::probability || rule == Demand::quantile ? 1 : rule == Demand::length ? end : rule == Demand::target || rule == Demand::label ? end - 1 : __builtin_huge_val();
  const bool may_be_nan = rule == Demand::weights || rule == Demand::variance;
  long position = 0;
  RowWalk<1> walk(machine, step, {step.access}, -1, 0);
  for (index_t r = 0; r < walk.rows; ++r, walk.next())
    for (index_t c = 0; c < walk.columns; ++c, ++position) {
      const T x = from[walk.offset[0] + c * walk.step(0)];
      *to++ = x;
      const auto v = static_cast<double>(x);
      if (!(v >= least && v <= most) && !(may_be_nan && v != v)) refuse_value(rule, asker_names[step.arg >> 56], v, position, static_cast<long>(size));
    }
}

/// What moves elements of so many bytes, of whatever type.
template <std::size_t Bytes>
struct moved {
  struct type {
    unsigned char byte[Bytes];
  };
};
template <> struct moved<4> { typedef std::uint32_t type __attribute__((may_alias)); };
template <> struct moved<8> { typedef std::uint64_t type __attribute__((may_alias)); };

/// As many as an instruction gathers, L at a time, up to the first index that does not simply lie within; returns how many.
template <int L, class Element>
ETCH_INLINE index_t gather_floats([[maybe_unused]] const std::int64_t* i, [[maybe_unused]] index_t columns, [[maybe_unused]] index_t next, [[maybe_unused]] std::uint64_t below,
                                  [[maybe_unused]] const IndexRule& rule, [[maybe_unused]] const Element* from, [[maybe_unused]] index_t by, [[maybe_unused]] index_t along, [[maybe_unused]] Element* to) {
  index_t c = 0;
#if !defined(ETCH_CPU_EIGEN) && !defined(__CUDACC__)
  if constexpr (requires(const Element* p, simd::detail::Wide<std::int64_t, L> at) { simd::x86::gather(p, at); }) {
    if (next != 1 || (below == ~std::uint64_t{0} && rule.more() != 0)) return 0;
    using V = simd::Vec<std::int64_t, L>;
    const V last = simd::splat<std::int64_t, L>(static_cast<std::int64_t>((below - 1) & ~std::uint64_t{0} >> 1)), zero = simd::splat<std::int64_t, L>(0);
    V start = simd::iota<std::int64_t, L>(0) * simd::splat<std::int64_t, L>(by);
    const V further = simd::splat<std::int64_t, L>(L * by);
    for (; c + L <= columns; c += L, start = start + further) {
      const V at = simd::load<std::int64_t, L>(i + c);
      if (__builtin_expect(any((at | (last - at)) < zero), 0)) return c;
      const auto found = simd::x86::gather(from, (simd::detail::Wide<std::int64_t, L>)(at * simd::splat<std::int64_t, L>(along) + start).v);
      std::memcpy(to + c, &found, sizeof found);
    }
  }
#endif
  return c;
}

/// [sizes.., size of the axis where it checks]; accesses a, index, out. `Bytes` an element.
template <std::size_t Bytes>
void run_gather(Machine& machine, int s) {
  using Element = typename moved<Bytes>::type;
  const Step& step = machine.step(s);
  const int axis = static_cast<int>(step.arg & 255);
  const IndexRule rule(step, machine.size(step.dim[step.dims - 1]), &machine);
  const auto* a = reinterpret_cast<const Element*>(machine.pointer(step.access));
  const auto* index = reinterpret_cast<const std::int64_t*>(machine.pointer(step.access + 1));
  auto* to = reinterpret_cast<Element*>(machine.pointer(step.access + 2));
  const index_t along = machine.stride(step.access, axis);
  RowWalk<2> walk(machine, step, {step.access, step.access + 1}, 0, axis);
  const index_t more = rule.more();
  if (walk.rank == 2 && walk.columns > 0 && walk.step(0) == 1 && walk.step(1) == 0) {  // rows of a matrix
    const index_t down = walk.stride[0][0], further = walk.stride[1][0], columns = walk.columns;
    const std::uint64_t below = rule.bound(true);
    for (index_t r = 0; r < walk.rows; ++r) std::memcpy(to + r * columns, a + r * down + rule.place(index[r * further], more, below) * along, static_cast<std::size_t>(columns) * Bytes);
    return;
  }
  const std::int64_t* checked = nullptr;  // the row of indices that was looked at last: broadcast ones are the same for all rows
  for (index_t r = 0; r < walk.rows; ++r, walk.next()) {
    const Element* from = a + walk.offset[0];
    const std::int64_t* i = index + walk.offset[1];
    const std::uint64_t below = rule.bound(i != checked);
    checked = i;
    const index_t columns = walk.columns, by = walk.step(0), next = walk.step(1);
    if (columns > 0 && next == 0) {
      const Element* const row = from + rule.place(i[0], more, below) * along;
      if (by == 1) std::memcpy(to, row, static_cast<std::size_t>(columns) * Bytes);
      else
        for (index_t c = 0; c < columns; ++c) to[c] = row[c * by];
    } else if (along == 1 && by == 0) {
      rule.each(i, columns, next, below, [=](index_t c, index_t place) { to[c] = from[place]; });
    } else {
      index_t c = 0;
      if constexpr (Bytes == 4) c = gather_floats<8>(i, columns, next, below, rule, from, by, along, to);
      rule.each(i + c * next, columns - c, next, below, [=](index_t e, index_t place) { to[c + e] = from[(c + e) * by + place * along]; });
    }
    to += walk.columns;
  }
}

/// y[c] = combine(y[c], x[c]), whole vectors where that is known for them; returns how many.
template <class T, class Combine>
ETCH_INLINE index_t combine_vectors([[maybe_unused]] T* y, [[maybe_unused]] const T* x, [[maybe_unused]] index_t columns, [[maybe_unused]] Combine combine) {
  index_t c = 0;
  if constexpr (constexpr int L = ETCH_VECTOR_BYTES / static_cast<int>(sizeof(T)); std::is_floating_point_v<T> && requires(simd::Vec<T, L> v) { combine(v, v); }) {
    for (; c + 2 * L <= columns; c += 2 * L) {
      const auto a = combine(simd::load<T, L>(y + c), simd::load<T, L>(x + c)), b = combine(simd::load<T, L>(y + c + L), simd::load<T, L>(x + c + L));
      simd::store(y + c, a);
      simd::store(y + c + L, b);
    }
  }
  return c;
}

/// [sizes of index.., elements of the result]; accesses base, index, a, out (dense).
template <class T>
void run_scatter(Machine& machine, int s) {
  const Step& step = machine.step(s);
  const int axis = static_cast<int>(step.arg & 255), rank = step.dims - 1;
  const Op op = static_cast<Op>(step.arg >> 8 & 255);
  T* const to = reinterpret_cast<T*>(machine.pointer(step.access + 3));
  const T* const base = reinterpret_cast<const T*>(machine.pointer(step.access));
  index_t axis_size = 1, copied = 0;  // elements of the base that are there
  const index_t count = machine.size(step.dim[rank]);
  {  // the base, whose sizes are the quotients of the result's strides
    index_t size[max_rank]{}, at[max_rank]{}, above = count, from = 0;
    bool dense = true;
    for (int k = 0; k < rank; ++k) {
      size[k] = above / machine.stride(step.access + 3, k);
      if (k == axis) axis_size = size[k];
      above = machine.stride(step.access + 3, k);
      dense = dense && (size[k] == 1 || machine.stride(step.access, k) == above);
    }
    for (; copied < count && !dense; ++copied) {
      to[copied] = base[from];
      for (int k = rank - 1; k >= 0; --k) {
        from += machine.stride(step.access, k);
        if (++at[k] < size[k]) break;
        from -= machine.stride(step.access, k) * size[k];
        at[k] = 0;
      }
    }
  }
  const auto copy = [&](index_t end) {  // dense ones row by row, just before the row is written to: it is in the cache then
    if (end <= copied) return;
    std::memcpy(static_cast<void*>(to + copied), base + copied, static_cast<std::size_t>(end - copied) * sizeof(T));
    copied = end;
  };
  const auto* const index = reinterpret_cast<const std::int64_t*>(machine.pointer(step.access + 1));
  const T* const a = reinterpret_cast<const T*>(machine.pointer(step.access + 2));
  const index_t along = rank > 0 ? machine.stride(step.access + 3, axis) : 0;
  const IndexRule rule(step, axis_size, &machine);
  RowWalk<3> walk(machine, step, {step.access + 3, step.access + 1, step.access + 2}, 0, axis);
  const index_t more = rule.more();
  const bool row_by_row = axis == rank - 1;
  if (!row_by_row) copy(count);
  const std::uint64_t below = rule.bound(true);
  auto each = [&](auto combine) {
    for (index_t r = 0; r < walk.rows; ++r, walk.next()) {
      if (row_by_row) copy(walk.offset[0] + axis_size);
      T* const row = to + walk.offset[0];
      const std::int64_t* const i = index + walk.offset[1];
      const T* const from = a + walk.offset[2];
      const index_t columns = walk.columns, by = walk.step(0), next = walk.step(1), from_by = walk.step(2);
      if (next == 0 && columns > 0) {
        T* ETCH_RESTRICT const y = row + rule.place(i[0], more, below) * along;
        if (by == 1 && from_by == 1)  // a row to a row
          for (index_t c = combine_vectors(y, from, columns, combine); c < columns; ++c) y[c] = static_cast<T>(combine(y[c], from[c]));
        else
          for (index_t c = 0; c < columns; ++c) y[c * by] = static_cast<T>(combine(y[c * by], from[c * from_by]));
      } else if (along == 1 && by == 0 && from_by == 1) {
        rule.each(i, columns, next, below, [=](index_t c, index_t place) { row[place] = static_cast<T>(combine(row[place], from[c])); });
      } else if (along == 1 && by == 0 && from_by == 0) {  // counts
        rule.each(i, columns, next, below, [=, one = columns > 0 ? from[0] : T()](index_t, index_t place) { row[place] = static_cast<T>(combine(row[place], one)); });
      } else {
        rule.each(i, columns, next, below, [=](index_t c, index_t place) {
          T& y = row[c * by + place * along];
          y = static_cast<T>(combine(y, from[c * from_by]));
        });
      }
    }
    copy(count);
  };
  switch (op) {  // halves and complex extrema never come here
    case Op::sum: return each([](auto y, auto x) { return y + x; });
    case Op::prod: return each([](auto y, auto x) { return y * x; });
    default: break;
  }
  if constexpr (!etch::detail::is_complex_type<T>) {
    if (op == Op::amax) return each([](T y, T x) { return x > y || x != x ? x : y; });
    if (op == Op::amin) return each([](T y, T x) { return x < y || x != x ? x : y; });
  }
  each([](T, T x) { return x; });
}

}  // namespace detail
}  // namespace cpu
}  // namespace ETCH_ABI
}  // namespace etch
