// A fused kernel: a template over its own words, so equal kernels in any program are one function.
//
//   for each row:  row section 0; for each column: pass 0;  row section 1; for each column: pass 1;  ...
//
// Registers are plain arrays of vectors; every word names them by number, so all of it unrolls into straight code.
#pragma once

#include <etch/core/math.hpp>
#include <etch/core/rng.hpp>
#include <etch/core/vec.hpp>
#include <etch/core/vec_half.hpp>
#include <etch/cpu/copy_rows.hpp>
#include <etch/cpu/extremum.hpp>
#include <etch/cpu/transpose.hpp>
#include <etch/graph/table.hpp>
#include <etch/plan/types.hpp>

#include <limits>

namespace etch {
inline namespace ETCH_ABI {
namespace simd {
// The table's names for what core/ calls otherwise.
template <class T, int L> ETCH_INLINE Vec<T, L> maximum(Vec<T, L> a, Vec<T, L> b) { return max(a, b); }
template <class T, int L> ETCH_INLINE Vec<T, L> minimum(Vec<T, L> a, Vec<T, L> b) { return min(a, b); }
template <class T, int L> ETCH_INLINE Vec<T, L> reciprocal(Vec<T, L> a) { return splat<T, L>(T(1)) / a; }
template <class T, int L> ETCH_INLINE Vec<T, L> sign(Vec<T, L> a) {
  const auto zero = splat<T, L>(T(0)), one = splat<T, L>(T(1));
  return select(a > zero, one, select(a < zero, zero - one, zero));  // NaN has none
}
}  // namespace simd

namespace cpu {

using namespace etch::detail;  // the plan's names: what kernels are made from

using index_t = std::int64_t;

/// Everything a fused loop reads, filled once for a program: strides in bytes, the column's last.
struct FusedArgs {
  int dims = 0;                    ///< of the loop, the column included
  const index_t* extent = nullptr; ///< sizes, outermost first
  char* const* base = nullptr;     ///< of each slot
  const index_t* stride = nullptr; ///< slot * dims + dimension
  const index_t* chunk = nullptr;  ///< bytes between the partial results of two chunks, for each slot
  const Root* root = nullptr;      ///< of each slot
  const std::uint64_t* random = nullptr;  ///< seed and step
  int tile = -1;                   ///< the slot of a product's finished block
  bool plain = false;              ///< a first row begins at the slots' bases: none lies in a thread's scratch rows
};

/// One part of a fused loop.
struct FusedCall {
  const FusedArgs* args = nullptr;
  index_t row0 = 0, row1 = 0, col0 = 0, col1 = 0;
  int chunk = 0;
  char* scratch = nullptr;  ///< rows kept between passes
  char* tile = nullptr;     ///< the finished block of a product: element (row0, col0)
  index_t tile_row = 0;     ///< bytes from one row of it to the next
};

using Kernel = void (*)(const FusedCall&);

namespace detail {

struct Registers {
  int count[classes]{};
  int slots = 1;
  int lane_bytes = 4;
  int sections = 0;      ///< row sections; a columns section follows each but the last
  int row_begin[40]{}, column_begin[40]{}, section_end[40]{};
  int position[512]{};   ///< of each instruction among the words
  int instructions = 0;
  bool tile = false;     ///< works on the finished block of a product
  bool streams = false;  ///< has results that are stored past the caches
};

template <std::size_t N>
constexpr Registers survey(const std::uint64_t (&code)[N]) {
  Registers r;
  bool columns = false, narrow = false, wide = false;
  for (int w = 0; w < static_cast<int>(N); ++w) {
    const Instruction i = decode(code[w]);
    const int at = r.instructions;
    r.position[r.instructions++] = w;
    if (i.op == static_cast<std::uint8_t>(Word::row)) {
      if (r.sections > 0) r.section_end[r.sections - 1] = at;
      r.row_begin[r.sections] = at + 1;
      r.column_begin[r.sections++] = at + 1;
      columns = false;
      continue;
    }
    if (i.op == static_cast<std::uint8_t>(Word::columns)) {
      r.column_begin[r.sections - 1] = at + 1;
      columns = true;
      continue;
    }
    if (i.op == static_cast<std::uint8_t>(Word::number64)) ++w;
    if (!columns) r.column_begin[r.sections - 1] = at + 1;
    int& n = r.count[static_cast<int>(i.type)];
    n = i.d + 1 > n ? i.d + 1 : n;
    if (i.op == static_cast<std::uint8_t>(Word::load) && static_cast<Stride>(i.mode) == Stride::pair) n = i.b + 1 > n ? i.b + 1 : n;
    const bool memory = i.op == static_cast<std::uint8_t>(Word::load) || i.op == static_cast<std::uint8_t>(Word::store) ||
                        i.op == static_cast<std::uint8_t>(Word::accumulate) || i.op == static_cast<std::uint8_t>(Word::index);
    if (memory) r.slots = i.slot + 1 > r.slots ? i.slot + 1 : r.slots;
    r.streams = r.streams || (i.op == static_cast<std::uint8_t>(Word::store) && static_cast<Stride>(i.mode) == Stride::stream);
    r.tile = r.tile || (i.op == static_cast<std::uint8_t>(Word::load) && static_cast<Stride>(i.mode) == Stride::tile);
    wide = wide || (columns && (i.type == Class::f64 || i.type == Class::i64));
    narrow = narrow || (columns && (i.type == Class::f32 || i.type == Class::i32));
  }
  r.section_end[r.sections - 1] = r.instructions;
  r.lane_bytes = wide && !narrow ? 8 : 4;  // where both are, eight-byte lanes are two vectors and the others a whole one
  return r;
}

/// Whether a kernel only moves and joins truths: then its masks are the bytes that lie in memory.
template <std::size_t N>
constexpr bool is_boolean(const std::uint64_t (&code)[N]) {
  for (std::size_t w = 0; w < N; ++w) {
    const Instruction i = decode(code[w]);
    const auto word = static_cast<Word>(i.op);
    if (word == Word::row || word == Word::columns) continue;
    if (i.type != Class::mask) return false;
    const bool logical = i.op == static_cast<std::uint8_t>(Op::logical_and) || i.op == static_cast<std::uint8_t>(Op::logical_or) || i.op == static_cast<std::uint8_t>(Op::logical_xor) ||
                         i.op == static_cast<std::uint8_t>(Op::logical_not);
    const bool memory = (word == Word::load || word == Word::store) && i.memory == DType::boolean && (static_cast<Stride>(i.mode) == Stride::unit || static_cast<Stride>(i.mode) == Stride::splat);
    if (!memory && word != Word::number && !(logical && i.from == Class::mask)) return false;
  }
  return true;
}

/// The registers of one kernel, by class.
template <int L, class M = simd::Mask<L>>
struct File {
  using mask_type = M;
  simd::Vec<float, L>* f32;
  simd::Vec<double, L>* f64;
  simd::Vec<std::int32_t, L>* i32;
  simd::Vec<std::int64_t, L>* i64;
  M* mask;

  template <Class C>
  ETCH_INLINE auto& get(int i) const {
    if constexpr (C == Class::f32) return f32[i];
    else if constexpr (C == Class::f64) return f64[i];
    else if constexpr (C == Class::i32) return i32[i];
    else if constexpr (C == Class::i64) return i64[i];
    else return mask[i];
  }
};

template <Class C> struct element_of_class { using type = float; };
template <> struct element_of_class<Class::f64> { using type = double; };
template <> struct element_of_class<Class::i32> { using type = std::int32_t; };
template <> struct element_of_class<Class::i64> { using type = std::int64_t; };
template <> struct element_of_class<Class::mask> { using type = bool; };

/// Memory of type M as lanes of class C, and back.
template <Class C, class M, class V>
ETCH_INLINE auto from_memory(V v) {
  using T = typename element_of_class<C>::type;
  if constexpr (std::is_same_v<T, M>) return v;
  else if constexpr (etch::detail::is_half<M>) return simd::convert<T>(simd::widen<M>(v));
  else return simd::convert<T>(v);
}
template <class M, class V>
ETCH_INLINE auto to_memory(V v) {
  if constexpr (std::is_same_v<typename V::value_type, M>) return v;
  else if constexpr (etch::detail::is_half<M>) return simd::narrow<M>(simd::convert<float>(v));
  else return simd::convert<M>(v);
}

/// The reduction in bits 56-59 of a word: sum, prod, amax, amin.
template <int R, class V>
ETCH_INLINE V combine(V a, V b) {
  if constexpr (R == 0) return a + b;
  else if constexpr (R == 1) return a * b;
  else if constexpr (R == 2) return simd::max(a, b);
  else return simd::min(a, b);
}
/// The same of four more, one after another.
template <int R, class V>
ETCH_INLINE V combine_four(V a, V v0, V v1, V v2, V v3) {
  using T = typename V::value_type;
  if constexpr (R >= 2 && std::is_floating_point_v<T>) {  // an instruction each, and half of one to ask whether it is NaN; a NaN in `a` stays
    const auto among = simd::unordered(v0, v1) | simd::unordered(v2, v3);
    auto join = [](V x, V best) { return R == 2 ? simd::greater(x, best) : simd::lesser(x, best); };
    return simd::select(among, simd::splat<T, V::lanes>(std::numeric_limits<T>::quiet_NaN()), join(v3, join(v2, join(v1, join(v0, a)))));
  } else {
    return combine<R>(combine<R>(combine<R>(combine<R>(a, v0), v1), v2), v3);
  }
}
template <int R, class T>
constexpr T neutral() {
  using limits = std::numeric_limits<T>;
  if constexpr (R == 0) return T(0);
  else if constexpr (R == 1) return T(1);
  else if constexpr (R == 2) return limits::has_infinity ? T(-limits::infinity()) : limits::lowest();
  else return limits::has_infinity ? limits::infinity() : limits::max();
}

/// What takes an integer narrower than its register out of its range.
constexpr bool may_overflow(Op o) {
  return o == Op::neg || o == Op::abs || o == Op::add || o == Op::sub || o == Op::mul || o == Op::div || o == Op::pow || o == Op::special2;
}

/// What takes a cycle or two: a loop of little else is bound by its own overhead and by the latency of its sums.
constexpr bool is_light(std::uint64_t word) {
  const Instruction i = decode(word);
  if (i.op >= static_cast<std::uint8_t>(Op::count)) return i.op != static_cast<std::uint8_t>(Word::uniform);
  switch (static_cast<Op>(i.op)) {
    case Op::neg: case Op::abs: case Op::add: case Op::sub: case Op::mul: case Op::maximum: case Op::minimum: case Op::eq: case Op::ne: case Op::lt: case Op::le:
    case Op::gt: case Op::ge: case Op::logical_and: case Op::logical_or: case Op::logical_not: case Op::isnan: case Op::where: case Op::cast: return true;
    case Op::special1: case Op::special2: return is_cheap(static_cast<Special>(i.slot));
    default: return false;
  }
}

/// Where a kernel stands: its row's pointers and the element's number.
struct Place {
  char* const* p;            ///< of each slot, at column 0 of the row
  const index_t* stride;
  int dims;
  const std::uint64_t* random;
  index_t row;               ///< its number
  index_t first;             ///< the number of its first element
  index_t columns;           ///< of this call
};

/// One word of a boolean kernel: bytes of 0 and 1.
template <std::uint64_t W, int L, bool Row, bool Partial>
ETCH_INLINE void execute_bytes(simd::Vec<std::uint8_t, L>* r, const Place& at, index_t c, int n) {
  constexpr Instruction i = decode(W);
  constexpr auto word = static_cast<Word>(i.op);
  using B = std::uint8_t;
  if constexpr (word == Word::load) {
    const B* p = reinterpret_cast<const B*>(at.p[i.slot]);
    if constexpr (static_cast<Stride>(i.mode) == Stride::splat) r[i.d] = simd::splat<B, L>(*p);
    else if constexpr (Partial) r[i.d] = simd::load_partial<B, L>(p + c, n);
    else r[i.d] = simd::load<B, L>(p + c);
  } else if constexpr (word == Word::store) {
    B* p = reinterpret_cast<B*>(at.p[i.slot]);
    if constexpr (Row) *p = r[i.a][0];
    else if constexpr (Partial) simd::store_partial(p + c, r[i.a], n);
    else simd::store(p + c, r[i.a]);
  } else if constexpr (word == Word::number) {
    r[i.d] = simd::splat<B, L>(i.bits != 0 ? 1 : 0);
  } else if constexpr (i.op == static_cast<std::uint8_t>(Op::logical_not)) {
    r[i.d] = r[i.a] ^ simd::splat<B, L>(1);
  } else if constexpr (i.op == static_cast<std::uint8_t>(Op::logical_and)) {
    r[i.d] = r[i.a] & r[i.b];
  } else if constexpr (i.op == static_cast<std::uint8_t>(Op::logical_or)) {
    r[i.d] = r[i.a] | r[i.b];
  } else {
    r[i.d] = r[i.a] ^ r[i.b];
  }
}

/// An operation of the table on one or two vectors.
template <Op O, int S, class V>
ETCH_INLINE auto value_of(const V& a) {
  if constexpr (O == Op::special1) return op::special_row<static_cast<Special>(S)>::value(a);
#define ETCH_X(name) else if constexpr (O == Op::name) return op::name##_row::value(a);
  ETCH_UNARY_OPS(ETCH_X)
#undef ETCH_X
}
template <Op O, int S, class V>
ETCH_INLINE auto value_of(const V& a, const V& b) {
  if constexpr (O == Op::special2) return op::special_row<static_cast<Special>(S)>::value(a, b);
#define ETCH_X(name) else if constexpr (O == Op::name) return op::name##_row::value(a, b);
  ETCH_BINARY_OPS(ETCH_X)
#undef ETCH_X
}

/// One word of an operation, wherever it stands: whole vectors of registers.
template <std::uint64_t W, int L>
ETCH_INLINE void compute_word(const File<L>& r) {
  constexpr Instruction i = decode(W);
  constexpr Class C = i.type;
  constexpr Op o = static_cast<Op>(i.op);
  using T = typename element_of_class<C>::type;
  auto& d = r.template get<C>(i.d);
  if constexpr (o == Op::cast) {
    const auto& a = r.template get<i.from>(i.a);
    if constexpr (i.from == Class::mask) d = simd::select(a, simd::splat<T, L>(T(1)), simd::splat<T, L>(T(0)));
    else if constexpr (C == Class::mask) d = a != simd::splat<typename element_of_class<i.from>::type, L>(0);
    else {
      d = simd::convert<T>(a);
      using M = type_of<i.memory>;
      if constexpr (sizeof(M) < sizeof(T)) d = from_memory<C, M>(to_memory<M>(d));
    }
  } else if constexpr (o == Op::where) {
    d = simd::select(r.mask[i.a], r.template get<C>(i.b), r.template get<C>(i.c));
  } else if constexpr ((o >= Op::add && o <= Op::logical_xor) || o == Op::special2) {
    d = value_of<o, i.slot>(r.template get<i.from>(i.a), r.template get<i.from>(i.b));
  } else {
    d = value_of<o, i.slot>(r.template get<i.from>(i.a));
  }
  if constexpr (C == Class::f32 || C == Class::f64) simd::settle(d);
  if constexpr (C == Class::i32 && may_overflow(o)) {
    using M = type_of<i.memory>;
    if constexpr (sizeof(M) < sizeof(T)) d = simd::convert<T>(simd::convert<M>(d));
  }
}

/// What results are stored for: the next block of a product lies beside this one, or nothing reads them soon.
enum class Storing { plain, tile, stream };

/// One word that is no operation. Row: once a row, every lane the same. Partial: only the first n lanes are elements.
template <std::uint64_t W, std::uint64_t Raw, int L, bool Row, bool Partial, Storing How>
ETCH_INLINE void execute_word(const File<L>& r, const Place& at, index_t c, int n) {
  constexpr Instruction i = decode(W);
  constexpr Class C = i.type;
  using T = typename element_of_class<C>::type;
  constexpr auto word = static_cast<Word>(i.op);
  if constexpr (word == Word::load) {
    using M = type_of<i.memory>;
    using S = simd::Stored<M>;
    auto& d = r.template get<C>(i.d);
    const char* p = at.p[i.slot];
    constexpr auto mode = static_cast<Stride>(i.mode);
    if constexpr (mode == Stride::splat) {
      d = simd::splat<T, L>(static_cast<T>(*reinterpret_cast<const M*>(p)));
    } else if constexpr (mode == Stride::unit || mode == Stride::tile) {
      const S* q = reinterpret_cast<const S*>(p) + c;
      if constexpr (Partial) d = from_memory<C, M>(simd::load_partial<S, L>(q, n));
      else d = from_memory<C, M>(simd::load<S, L>(q));
    } else if constexpr (mode == Stride::pair) {
      auto& e = r.template get<C>(i.b);
      const S* q = reinterpret_cast<const S*>(p) + 2 * c;
      if constexpr (Partial) {
        d = from_memory<C, M>(simd::gather_partial<S, L>(q, 2, n));
        e = from_memory<C, M>(simd::gather_partial<S, L>(q + 1, 2, n));
      } else {
        const auto both = simd::load_pair<S, L>(q);
        d = from_memory<C, M>(both.even);
        e = from_memory<C, M>(both.odd);
      }
    } else if constexpr (mode == Stride::second || mode == Stride::backward) {
      constexpr int step = mode == Stride::second ? 2 : -1;
      const S* q = reinterpret_cast<const S*>(p) + c * step;
      if constexpr (Partial) d = from_memory<C, M>(simd::gather_partial<S, L>(q, step, n));
      else d = from_memory<C, M>(simd::gather_by<step, S, L>(q));
    } else {
      const index_t s = at.stride[i.slot * at.dims + at.dims - 1];
      const S* q = reinterpret_cast<const S*>(p + c * s);
      const index_t step = s / static_cast<index_t>(sizeof(S));
      if constexpr (Partial) d = from_memory<C, M>(simd::gather_partial<S, L>(q, step, n));
      else d = from_memory<C, M>(simd::gather<S, L>(q, step));
    }
  } else if constexpr (word == Word::index) {
    auto& d = r.template get<C>(i.d);
    const index_t start = reinterpret_cast<index_t>(at.p[i.slot]);
    if constexpr (static_cast<Stride>(i.mode) == Stride::splat) d = simd::splat<T, L>(static_cast<T>(start));
    else if constexpr (static_cast<Stride>(i.mode) == Stride::unit) d = simd::iota<T, L>(static_cast<T>(start + c));
    else {
      const index_t s = at.stride[i.slot * at.dims + at.dims - 1];
      d = simd::iota<T, L>(T(0)) * simd::splat<T, L>(static_cast<T>(s)) + simd::splat<T, L>(static_cast<T>(start + c * s));
    }
  } else if constexpr (word == Word::store) {
    using M = simd::Stored<type_of<i.memory>>;
    const auto v = to_memory<type_of<i.memory>>(r.template get<C>(i.a));
    char* p = at.p[i.slot];
    constexpr auto mode = static_cast<Stride>(i.mode);
    if constexpr (Row) {
      *reinterpret_cast<M*>(p) = v[0];
    } else if constexpr (mode == Stride::unit || mode == Stride::stream) {
      M* q = reinterpret_cast<M*>(p) + c;
      if constexpr (Partial) simd::store_partial(q, v, n);
      else if constexpr (mode == Stride::stream && How == Storing::stream) simd::stream(q, v);
      else simd::store(q, v);
      if constexpr (How == Storing::tile) __builtin_prefetch(q + at.columns, 1);
    } else if constexpr (mode == Stride::pair) {
      const auto w = to_memory<type_of<i.memory>>(r.template get<C>(i.b));
      M* q = reinterpret_cast<M*>(p) + 2 * c;
      if constexpr (Partial) {
        simd::scatter_partial(q, 2, v, n);
        simd::scatter_partial(q + 1, 2, w, n);
      } else {
        simd::store_pair(q, v, w);
      }
    } else {
      const index_t s = at.stride[i.slot * at.dims + at.dims - 1];
      M* q = reinterpret_cast<M*>(p + c * s);
      const index_t step = s / static_cast<index_t>(sizeof(M));
      if constexpr (Partial) simd::scatter_partial(q, step, v, n);
      else simd::scatter(q, step, v);
    }
  } else if constexpr (word == Word::number) {
    if constexpr (C == Class::mask) r.mask[i.d] = simd::splat<bool, L>(i.bits != 0);
    else if constexpr (C == Class::f32 || C == Class::f64) r.template get<C>(i.d) = simd::splat<T, L>(static_cast<T>(__builtin_bit_cast(float, i.bits)));
    else r.template get<C>(i.d) = simd::splat<T, L>(static_cast<T>(static_cast<std::int32_t>(i.bits)));
  } else if constexpr (word == Word::number64) {
    if constexpr (C == Class::i64) r.i64[i.d] = simd::splat<std::int64_t, L>(static_cast<std::int64_t>(Raw));
    else r.f64[i.d] = simd::splat<double, L>(__builtin_bit_cast(double, Raw));
  } else if constexpr (word == Word::uniform) {
    const std::uint64_t stream = at.random[0] ^ i.bits * 0x9E3779B97F4A7C15ULL;
    if constexpr (Row) r.template get<C>(i.d) = simd::splat<T, L>(simd::uniform<T, 1>(stream, at.random[1], static_cast<std::uint64_t>(at.row))[0]);
    else r.template get<C>(i.d) = simd::uniform<T, L>(stream, at.random[1], static_cast<std::uint64_t>(at.first + c));
  } else if constexpr (word == Word::initialise) {
    r.template get<C>(i.d) = simd::splat<T, L>(neutral<i.mode, T>());
  } else if constexpr (word == Word::reduce) {
    auto a = r.template get<C>(i.a);
    if constexpr (Partial) a = simd::select(simd::iota<std::int32_t, L>(0) < simd::splat<std::int32_t, L>(n), a, simd::splat<T, L>(neutral<i.mode, T>()));
    r.template get<C>(i.d) = combine<i.mode>(r.template get<C>(i.d), a);
  } else if constexpr (word == Word::finish) {
    auto& d = r.template get<C>(i.d);
    if constexpr (i.mode == 0) d = simd::splat<T, L>(simd::hsum(d));
    else if constexpr (i.mode == 1) d = simd::splat<T, L>(simd::hprod(d));
    else if constexpr (i.mode == 2) d = simd::splat<T, L>(simd::hmax(d));
    else d = simd::splat<T, L>(simd::hmin(d));
  } else if constexpr (word == Word::accumulate) {
    constexpr int R = static_cast<int>(i.memory);
    const auto a = r.template get<C>(i.a);
    T* p = reinterpret_cast<T*>(at.p[i.slot]);
    if constexpr (Row) {
      *p = combine<R>(simd::splat<T, 1>(*p), simd::splat<T, 1>(a[0]))[0];
    } else if constexpr (static_cast<Stride>(i.mode) == Stride::unit) {
      if constexpr (Partial) simd::store_partial(p + c, combine<R>(simd::load_partial<T, L>(p + c, n), a), n);
      else simd::store(p + c, combine<R>(simd::load<T, L>(p + c), a));
    } else {
      const index_t step = at.stride[i.slot * at.dims + at.dims - 1] / static_cast<index_t>(sizeof(T));
      if constexpr (Partial) simd::scatter_partial(p + c * step, step, combine<R>(simd::gather_partial<T, L>(p + c * step, step, n), a), n);
      else simd::scatter(p + c * step, step, combine<R>(simd::gather<T, L>(p + c * step, step), a));
    }
  }
}

template <std::uint64_t W, std::uint64_t Raw, int L, bool Row, bool Partial, Storing How, class M>
ETCH_INLINE void execute(const File<L, M>& r, const Place& at, index_t c, int n) {
  if constexpr (!std::is_same_v<M, simd::Mask<L>>) return execute_bytes<W, L, Row, Partial>(r.mask, at, c, n);
  else if constexpr ((W & 255) < static_cast<std::uint64_t>(Op::count)) compute_word<W, L>(r);
  else execute_word<W, Raw, L, Row, Partial, How>(r, at, c, n);
}

/// An index is counted in a pointer that begins at null, which pointer arithmetic does not allow.
ETCH_INLINE void move_pointer(char*& pointer, index_t by) {
  pointer = reinterpret_cast<char*>(reinterpret_cast<std::uintptr_t>(pointer) + static_cast<std::uintptr_t>(by));
}
/// Where a call begins: the index of its first row, the pointers of each slot there and their steps to the next row of the
/// innermost dimension; which slot is the tile, or -1.
/// Within the kernels it would cost the compiler as much as their loops.
ETCH_SHARED int begin_rows(const FusedCall& c, int slots, char** p, index_t* step, index_t* at) {
  const FusedArgs& a = *c.args;
  int tile = -1;
  index_t rest = c.row0;
  for (int d = a.dims - 2; d >= 0; --d) {
    at[d] = a.extent[d] > 0 && rest > 0 ? rest % a.extent[d] : 0;
    rest = a.extent[d] > 0 && rest > 0 ? rest / a.extent[d] : 0;
  }
  for (int s = 0; s < slots; ++s) {
    p[s] = a.root[s] == Root::scratch ? c.scratch + reinterpret_cast<index_t>(a.base[s]) : a.base[s] + c.chunk * a.chunk[s];
    step[s] = a.dims > 1 ? a.stride[s * a.dims + a.dims - 2] : 0;
    if (a.root[s] == Root::tile) {
      tile = s;
      step[s] = c.tile_row;
      p[s] = c.tile - c.col0 * a.stride[s * a.dims + a.dims - 1];
    } else if (c.row0 > 0) {
      for (int d = 0; d + 1 < a.dims; ++d) move_pointer(p[s], at[d] * a.stride[s * a.dims + d]);
    }
  }
  return tile;
}
/// Whether all a call does is the one row that begins at the slots' bases.
ETCH_INLINE bool is_one_row(const FusedCall& c) { return c.row1 == 1 && c.row0 == 0 && c.chunk == 0 && c.args->plain; }
/// Rows of the innermost of them that follow the one at this index.
ETCH_INLINE index_t rows_left(const FusedArgs& a, const index_t* at) { return a.dims > 1 ? a.extent[a.dims - 2] - at[a.dims - 2] - 1 : 0; }

/// The pointers of each slot, moved from row to row through the outer dimensions.
template <int Slots>
struct Cursor {
  char* p[Slots];
  index_t step[Slots];  ///< to the next row of the innermost dimension
  index_t at[max_rank];
  int tile;
  index_t left;         ///< rows of the innermost dimension that follow this one

  ETCH_INLINE Cursor(const FusedCall& c) {
    const FusedArgs& a = *c.args;
    if (is_one_row(c)) {
      left = 0;
      for (int s = 0; s < Slots; ++s) p[s] = a.base[s], step[s] = 0;
      if (a.tile >= 0) p[a.tile] = c.tile - c.col0 * a.stride[a.tile * a.dims + a.dims - 1];
    } else {
      tile = begin_rows(c, Slots, p, step, at);
      left = rows_left(a, at);
    }
  }
  ETCH_INLINE void next(const FusedCall& c) {
    if (__builtin_expect(--left < 0, 0)) return wrap(c);
    for (int s = 0; s < Slots; ++s) move_pointer(p[s], step[s]);
  }
  /// So many rows further, all of this row's innermost dimension.
  ETCH_INLINE void skip(index_t rows) {
    for (int s = 0; s < Slots; ++s) move_pointer(p[s], rows * step[s]);
    left -= rows;
  }
  /// Behind the last row of the innermost dimension: to its first, and one further in the dimensions around it.
  ETCH_INLINE void wrap(const FusedCall& c) {
    const FusedArgs& a = *c.args;
    int d = a.dims - 2;
    left = d >= 0 ? a.extent[d] - 1 : 0;
    for (bool wraps = true; wraps && d >= 0; --d) {
      wraps = d == a.dims - 2 || ++at[d] == a.extent[d];
      const index_t by = wraps ? 1 - a.extent[d] : 1;
      for (int s = 0; s < Slots; ++s)
        if (s != tile) move_pointer(p[s], by * a.stride[s * a.dims + d]);
      if (wraps) at[d] = 0;
    }
    if (tile >= 0) move_pointer(p[tile], c.tile_row);
  }
};

template <std::uint64_t... Code>
struct Fused {
  static constexpr std::uint64_t code[] = {Code...};
  static constexpr Registers regs = survey(code);
  static constexpr bool boolean = is_boolean(code);
  static constexpr int L = ETCH_VECTOR_BYTES / (boolean ? 1 : regs.lane_bytes);
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
  /// Whether a columns section sums, along the row or over rows, and does little else.
  template <int Begin, std::size_t... I>
  static constexpr bool is_light_sum(std::index_sequence<I...>) {
    constexpr auto word = [](std::size_t i) { return code[regs.position[Begin + static_cast<int>(i)]]; };
    return sizeof...(I) <= 8 && !regs.tile && (is_light(word(I)) && ...) && ((static_cast<Word>(word(I) & 255) == Word::reduce || static_cast<Word>(word(I) & 255) == Word::accumulate) || ...);
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

  /// Whether all a kernel does is to move elements of one type from one place to another.
  static constexpr bool moves() {
    if (regs.sections != 2 || regs.instructions != 2 + 3 || regs.column_begin[0] != 2 || regs.slots != 2) return false;
    const Instruction x = decode(code[regs.position[2]]), y = decode(code[regs.position[3]]);
    return x.op == static_cast<std::uint8_t>(Word::load) && y.op == static_cast<std::uint8_t>(Word::store) && y.a == x.d && x.type == y.type && x.memory == y.memory;
  }
  /// Whether those lie side by side here and there.
  static constexpr bool moves_rows() {
    return moves() && static_cast<Stride>(decode(code[regs.position[2]]).mode) == Stride::unit && static_cast<Stride>(decode(code[regs.position[3]]).mode) == Stride::unit;
  }
  static ETCH_INLINE void move_rows(const FusedCall& call) {
    constexpr Instruction x = decode(code[regs.position[2]]), y = decode(code[regs.position[3]]);
    constexpr index_t size = static_cast<index_t>(size_of(x.memory));
    if (call.row0 >= call.row1) return;
    Cursor<regs.slots> cursor(call);
    for (index_t row = call.row0;;) {
      const index_t n = cursor.left + 1 < call.row1 - row ? cursor.left + 1 : call.row1 - row;
      copy_rows(cursor.p[x.slot] + call.col0 * size, cursor.step[x.slot], cursor.p[y.slot] + call.col0 * size, cursor.step[y.slot], n, (call.col1 - call.col0) * size);
      if ((row += n) == call.row1) return;
      cursor.skip(n - 1);
      cursor.next(call);
    }
  }

  /// Whether all a kernel does is to move elements of four bytes from or to places that do not lie side by side.
  static constexpr bool moves_columns() {
    if (transpose_side == 0 || !moves()) return false;
    const Instruction x = decode(code[regs.position[2]]), y = decode(code[regs.position[3]]);
    const auto from = static_cast<Stride>(x.mode), to = static_cast<Stride>(y.mode);
    return ((x.type == Class::f32 && x.memory == DType::float32) || (x.type == Class::i32 && x.memory == DType::int32)) &&
           ((from == Stride::strided && to == Stride::unit) || (from == Stride::unit && to == Stride::strided));
  }
  /// A block of rows, where elements below each other lie side by side in the memory whose columns do not; whether that was done.
  static ETCH_INLINE bool move_block(const FusedCall& call, Cursor<regs.slots>& cursor) {
    constexpr index_t side = transpose_side, bytes = 4;
    constexpr Instruction x = decode(code[regs.position[2]]), y = decode(code[regs.position[3]]);
    constexpr bool gathers = static_cast<Stride>(x.mode) == Stride::strided;
    constexpr int far = gathers ? x.slot : y.slot, near = gathers ? y.slot : x.slot;
    if (cursor.step[far] != bytes || cursor.left + 1 < side || call.col1 - call.col0 < side) return false;
    const FusedArgs& a = *call.args;
    const index_t apart = a.stride[far * a.dims + a.dims - 1], row = cursor.step[near];
    char *const there = cursor.p[far], *const here = cursor.p[near];
    index_t c = call.col0;
    for (; c + side <= call.col1; c += side) {
      if constexpr (gathers) transpose_block(there + c * apart, apart, here + c * bytes, row);
      else transpose_block(here + c * bytes, row, there + c * apart, apart);
    }
    for (; c < call.col1; ++c)
      for (index_t k = 0; k < side; ++k) {
        char *const p = there + c * apart + k * bytes, *const q = here + k * row + c * bytes;
        if constexpr (gathers) __builtin_memcpy(q, p, bytes);
        else __builtin_memcpy(p, q, bytes);
      }
    cursor.skip(side - 1);
    return true;
  }

  template <bool Row, bool Partial, int Begin, Storing How = regs.tile ? Storing::tile : Storing::plain, std::size_t... I>
  static ETCH_INLINE void section(const Set& r, const Place& at, [[maybe_unused]] index_t c, [[maybe_unused]] int n, std::index_sequence<I...>) {
    (execute<code[regs.position[Begin + static_cast<int>(I)]],
             static_cast<Word>(code[regs.position[Begin + static_cast<int>(I)]] & 255) == Word::number64 ? code[regs.position[Begin + static_cast<int>(I)] + 1] : 0, L, Row, Partial, How>(r, at, c, n),
     ...);
  }

  static constexpr bool is_sum_over_rows(std::uint64_t w) { return static_cast<Word>(w & 255) == Word::accumulate; }
  /// Which word of a kernel that does little else sums over rows what lies side by side; -1 where there is none, or another result of a row.
  static constexpr int sum_over_rows() {
    if (regs.sections != 2 || regs.column_begin[0] != 2 || regs.section_end[0] - 2 > 8 || regs.section_end[1] - regs.row_begin[1] != 0 || boolean) return -1;
    int found = -1;
    for (int k = 2; k < regs.section_end[0]; ++k) {
      const std::uint64_t w = code[regs.position[k]];
      if (!is_light(w) || is_reduce_word(w) || (is_sum_over_rows(w) && (found >= 0 || static_cast<Stride>(decode(w).mode) != Stride::unit))) return -1;
      if (is_sum_over_rows(w)) found = k;
    }
    return found;
  }
  template <int K, bool Partial>
  static ETCH_INLINE void word_but_sum(const Set& r, const Place& at, index_t c, int n) {
    constexpr std::uint64_t w = code[regs.position[K]];
    if constexpr (!is_sum_over_rows(w)) execute<w, static_cast<Word>(w & 255) == Word::number64 ? code[regs.position[K] + 1] : 0, L, false, Partial, Storing::plain>(r, at, c, n);
  }
  static constexpr index_t together = 4;  ///< rows whose elements are summed before the sum is stored
  template <bool Partial, std::size_t... I>
  static ETCH_INLINE auto summand(const Set& r, const Place& at, index_t c, int n, std::index_sequence<I...>) {
    constexpr Instruction i = decode(code[regs.position[sum_over_rows()]]);
    (word_but_sum<2 + static_cast<int>(I), Partial>(r, at, c, n), ...);
    return r.template get<i.type>(i.a);
  }
  /// Some rows at once, if so many belong to the same sums.
  static ETCH_INLINE bool add_rows(const FusedCall& call, Cursor<regs.slots>& cursor, const Set& r, index_t row) {
    constexpr Instruction i = decode(code[regs.position[sum_over_rows()]]);
    using T = typename element_of_class<i.type>::type;
    using I = std::make_index_sequence<static_cast<std::size_t>(regs.section_end[0] - 2)>;
    if (cursor.left + 1 < together || cursor.step[i.slot] != 0) return false;
    const FusedArgs& a = *call.args;
    const index_t columns = a.extent[a.dims - 1];
    char* p[together][regs.slots];
    for (index_t k = 0; k < together; ++k)
      for (int s = 0; s < regs.slots; ++s) move_pointer(p[k][s] = cursor.p[s], k * cursor.step[s]);
    const auto at = [&](index_t k) { return Place{p[k], a.stride, a.dims, a.random, row + k, (row + k) * columns, call.col1 - call.col0}; };
    T* const to = reinterpret_cast<T*>(cursor.p[i.slot]);
    index_t c = call.col0;
    for (; c + L <= call.col1; c += L) {
      const auto v0 = summand<false>(r, at(0), c, L, I{}), v1 = summand<false>(r, at(1), c, L, I{}), v2 = summand<false>(r, at(2), c, L, I{}), v3 = summand<false>(r, at(3), c, L, I{});
      simd::store(to + c, combine_four<static_cast<int>(i.memory)>(simd::load<T, L>(to + c), v0, v1, v2, v3));
    }
    if (c < call.col1) {
      const int n = static_cast<int>(call.col1 - c);
      auto sum = simd::load_partial<T, L>(to + c, n);
      for (index_t k = 0; k < together; ++k) sum = combine<static_cast<int>(i.memory)>(sum, summand<true>(r, at(k), c, n, I{}));
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
    for (c += skipped; c + L <= last; c += L) section<false, false, Begin, Storing::stream>(r, at, c, L, all);
    return c;
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
          for (Bank& b : bank) {
            b.template take<column>(r);
            start<column>(b.file(), I{});
          }
          for (; c + 4 * L <= last; c += 4 * L) {
            section<false, false, column>(r, at, c, L, I{});
            section<false, false, column>(bank[0].file(), at, c + L, L, I{});
            section<false, false, column>(bank[1].file(), at, c + 2 * L, L, I{});
            section<false, false, column>(bank[2].file(), at, c + 3 * L, L, I{});
          }
          for (Bank& b : bank) finish<column>(r, b.file(), I{});
        }
      }
      if constexpr (regs.streams) c = stream<column>(r, at, c, last, I{});
      for (; c + L <= last; c += L) section<false, false, column>(r, at, c, L, I{});
      if (c < last) section<false, true, column>(r, at, c, static_cast<int>(last - c), I{});
    }
  }

  template <std::size_t... S>
  static ETCH_INLINE void rows(const FusedCall& call, std::index_sequence<S...>) {
    if (call.row0 >= call.row1) return;
    Cursor<regs.slots> cursor(call);
    const FusedArgs& a = *call.args;
    for (index_t row = call.row0;;) {
      if constexpr (moves_columns()) {
        while (row + transpose_side <= call.row1 && move_block(call, cursor)) {
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
      (stage<static_cast<int>(S)>(file, at, call), ...);
      if (++row == call.row1) return;
      cursor.next(call);
    }
  }
  static void run(const FusedCall& call) {
    if constexpr (moves_rows()) move_rows(call);
    else rows(call, std::make_index_sequence<static_cast<std::size_t>(regs.sections)>{});
    if constexpr (regs.streams) simd::stream_end();
  }
};

}  // namespace detail
}  // namespace cpu
}  // namespace ETCH_ABI
}  // namespace etch
