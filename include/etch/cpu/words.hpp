// The words of fused kernels: what they need of registers, and what each of them does to a vector of elements.
//
// Registers are plain arrays of vectors; every word names them by number, so all of it unrolls into straight code.
#pragma once

#include <etch/core/math.hpp>
#include <etch/core/rng.hpp>
#include <etch/core/vec.hpp>
#include <etch/core/vec_half.hpp>
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

using namespace etch::detail;

using index_t = std::int64_t;

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
    auto join = [](V x, V best) { return R == 2 ? simd::greater(x, best) : simd::lesser(x, best); };
    return simd::nan_where_any(join(v3, join(v2, join(v1, join(v0, a)))), v0, v1, v2, v3);
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

/// What ends with no product, so that no sum can swallow one: its value need not be settled.
constexpr bool is_settled(Op o) {
  return o == Op::add || o == Op::sub || o == Op::neg || o == Op::abs || o == Op::where || o == Op::maximum || o == Op::minimum;
}

/// What takes a cycle or two: a loop of little else is bound by its own overhead and by the latency of its sums.
constexpr bool is_light(std::uint64_t word) {
  const Instruction i = decode(word);
  if (i.op >= static_cast<std::uint8_t>(Op::count)) return i.op != static_cast<std::uint8_t>(Word::uniform);
  switch (static_cast<Op>(i.op)) {
    case Op::neg: case Op::abs: case Op::sign: case Op::floor: case Op::ceil: case Op::round: case Op::trunc: case Op::add: case Op::sub: case Op::mul:
    case Op::maximum: case Op::minimum: case Op::eq: case Op::ne: case Op::lt: case Op::le: case Op::gt: case Op::ge: case Op::logical_and: case Op::logical_or:
    case Op::logical_not: case Op::isnan: case Op::where: case Op::cast: return true;
    case Op::special1: case Op::special2: return is_cheap(static_cast<Special>(i.slot));
    default: return false;
  }
}

/// Whether a kernel of floats does little but divide: vectors of 32 bytes are divided as fast as twice as long ones, at a higher clock.
template <std::size_t N>
constexpr bool is_divider_bound(const std::uint64_t (&code)[N], const Registers& r) {
  if (ETCH_VECTOR_BYTES != 64 || r.tile || r.streams) return false;
  bool divides = false;
  for (int k = 0; k < r.instructions; ++k) {
    const Instruction i = decode(code[r.position[k]]);
    const auto word = static_cast<Word>(i.op);
    const bool division = i.op == static_cast<std::uint8_t>(Op::div) || i.op == static_cast<std::uint8_t>(Op::reciprocal);
    const bool memory = word == Word::load || word == Word::store, marker = word == Word::row || word == Word::columns;
    if (!marker && word != Word::number && (i.type != Class::f32 || (memory && i.memory != DType::float32))) return false;
    if (!marker && !memory && word != Word::number && !division) return false;
    divides = divides || division;
  }
  return divides;
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

/// What results are stored for: the next block of a product lies beside this one, or nothing reads them soon. `ahead`: the next row is
/// fetched, of results and of operands.
enum class Storing { plain, tile, stream, ahead };

/// Whether a word is an operation of the table.
constexpr bool is_operation(std::uint64_t word) { return (word & 255) < static_cast<std::uint64_t>(Op::count); }

// execute does one word. Row: once a row, every lane the same. Partial: only the first n lanes are elements. Overloads, and not one function that
// calls another: the compiler works through each level of inlining again.

/// One word of a boolean kernel: bytes of 0 and 1.
template <std::uint64_t W, std::uint64_t, int L, bool Row, bool Partial, Storing>
ETCH_INLINE void execute(const File<L, simd::Vec<std::uint8_t, L>>& file, const Place& at, index_t c, int n) {
  simd::Vec<std::uint8_t, L>* const r = file.mask;
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

/// One word of an operation: whole vectors of registers, wherever it stands.
template <std::uint64_t W, std::uint64_t, int L, bool, bool, Storing>
  requires(is_operation(W))
ETCH_INLINE void execute(const File<L>& r, const Place&, index_t, int) {
  constexpr Instruction i = decode(W);
  constexpr Class C = i.type;
  constexpr Op o = static_cast<Op>(i.op);
  using T = typename element_of_class<C>::type;
  auto& d = r.template get<C>(i.d);
  if constexpr (o == Op::cast) {
    const auto& a = r.template get<i.from>(i.a);
    if constexpr (i.from == Class::mask && std::is_integral_v<T>) d = simd::convert<T>(a);
    else if constexpr (i.from == Class::mask) d = simd::select(a, simd::splat<T, L>(T(1)), simd::splat<T, L>(T(0)));
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
  if constexpr ((C == Class::f32 || C == Class::f64) && !is_settled(o)) simd::settle(d);
  if constexpr (C == Class::i32 && may_overflow(o)) {
    using M = type_of<i.memory>;
    if constexpr (sizeof(M) < sizeof(T)) d = simd::convert<T>(simd::convert<M>(d));
  }
}

/// One word that is no operation.
template <std::uint64_t W, std::uint64_t Raw, int L, bool Row, bool Partial, Storing How>
  requires(!is_operation(W))
ETCH_INLINE void execute(const File<L>& r, const Place& at, index_t c, int n) {
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
      if constexpr (How == Storing::ahead) __builtin_prefetch(q + at.columns, 0);
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
      else if constexpr (mode == Stride::stream && How == Storing::tile) reinterpret_cast<index_t>(q) % (L * static_cast<index_t>(sizeof(M))) == 0 ? simd::stream(q, v) : simd::store(q, v);
      else simd::store(q, v);
      if constexpr (mode != Stride::stream && (How == Storing::tile || How == Storing::ahead)) __builtin_prefetch(q + at.columns, 1);
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

}  // namespace detail
}  // namespace cpu
}  // namespace ETCH_ABI
}  // namespace etch
