// The native vector: Vec<T, L> over GCC vector extensions; wider than a register, it is two halves, recursively.
#pragma once

#include <etch/core/config.hpp>
#include <etch/core/vec_lanes.hpp>
#include <etch/core/vec_x86.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace simd {
namespace detail {

// What a lane holds: a bool is an int32 of 0 or -1, whatever was compared, so that every mask of L lanes is one type.
template <class T> struct lane_of { using type = T; };
template <> struct lane_of<bool> { using type = std::int32_t; };
template <class T> using Lane = typename lane_of<T>::type;

template <class T, int L> struct raw { typedef T type __attribute__((vector_size(sizeof(T) * L))); };
template <class T> struct raw<T, 1> { using type = T; };
template <class T, int L> using Raw = typename raw<T, L>::type;

// The same at any address, over memory of any type.
template <class T, int L> struct loose {
  typedef T type __attribute__((vector_size(sizeof(T) * L), aligned(alignof(T)), may_alias));
};
template <class T> struct loose<T, 1> { using type = T; };
template <class T, int L> using Loose = typename loose<T, L>::type;

// Integers wrap: they are added and multiplied as unsigned, and a scalar as at least 32 bits so that nothing promotes
// to int.
template <class T, int L, bool Float> struct arith { using type = Raw<T, L>; };
template <class T, int L> struct arith<T, L, false> { using type = Raw<typename sized<sizeof(T)>::u, L>; };
template <class T> struct arith<T, 1, false> { using type = typename sized<sizeof(T) < 4 ? 4 : sizeof(T)>::u; };
template <class T, int L> using Arith = typename arith<Lane<T>, L, is_float<T>>::type;

// The same bits as int or long long, as the masked moves want them.
template <class T, int L> struct wide { using type = x86::none; };
template <class T, int L>
requires(L > 1 && sizeof(T) == 4) struct wide<T, L> {
  using type = Raw<int, L>;
};
template <class T, int L>
requires(L > 1 && sizeof(T) == 8) struct wide<T, L> {
  using type = Raw<long long, L>;
};
template <class T, int L> using Wide = typename wide<T, L>::type;

#if defined(__CUDA_ARCH__)  // a GPU has no vectors: halves down to single lanes
template <class T, int L> inline constexpr bool split = L > 1;
#else
template <class T, int L> inline constexpr bool split = L > 1 && sizeof(Lane<T>) * L > ETCH_VECTOR_BYTES;
#endif
}  // namespace detail

/// L lanes of T (float, double, an integer, or bool), L a power of two; one lane is a plain scalar. Mask<L>, the truth
/// of L comparisons, is Vec<bool, L>; in memory a bool is one byte, 0 or 1.
template <class T, int L> struct Vec {
  static_assert((L & (L - 1)) == 0, "etch: Vec: the number of lanes must be a power of two");
  using value_type = T;
  static constexpr int lanes = L;
  detail::Raw<detail::Lane<T>, L> v;
  ETCH_INLINE T operator[](int i) const {
    if constexpr (L == 1) return static_cast<void>(i), static_cast<T>(v);
    else return static_cast<T>(v[i]);
  }
};
template <class T, int L>
requires detail::split<T, L>
struct Vec<T, L> {
  using value_type = T;
  static constexpr int lanes = L;
  Vec<T, L / 2> lo, hi;
  ETCH_INLINE T operator[](int i) const { return i < L / 2 ? lo[i] : hi[i - L / 2]; }
};

namespace detail {
template <int Offset, class T, int L, int... I>
ETCH_INLINE Vec<T, L / 2> half(Vec<T, L> a, std::integer_sequence<int, I...>) {
  if constexpr (L == 2) return {a.v[Offset]};
#if defined(__CUDACC__)  // nvcc drops the expansion of a pack in a builtin's arguments
  else return {Raw<Lane<T>, L / 2>{a.v[Offset + I]...}};
#else
  else return {__builtin_shufflevector(a.v, a.v, (Offset + I)...)};
#endif
}
template <class T, int L, int... I>
ETCH_INLINE Vec<T, 2 * L> joined(Vec<T, L> a, Vec<T, L> b, std::integer_sequence<int, I...>) {
  if constexpr (L == 1) return {Raw<Lane<T>, 2>{a.v, b.v}};
#if defined(__CUDACC__)
  else return {Raw<Lane<T>, 2 * L>{(I < L ? a.v[I % L] : b.v[I % L])...}};
#else
  else return {__builtin_shufflevector(a.v, b.v, I...)};
#endif
}
}  // namespace detail

/// The first and the second half of the lanes, and their inverse.
template <class T, int L> ETCH_INLINE Vec<T, L / 2> lower(Vec<T, L> a) {
  if constexpr (detail::split<T, L>) return a.lo;
  else return detail::half<0>(a, detail::Index<L / 2>{});
}
template <class T, int L> ETCH_INLINE Vec<T, L / 2> upper(Vec<T, L> a) {
  if constexpr (detail::split<T, L>) return a.hi;
  else return detail::half<L / 2>(a, detail::Index<L / 2>{});
}
template <class T, int L> ETCH_INLINE Vec<T, 2 * L> join(Vec<T, L> lo, Vec<T, L> hi) {
  if constexpr (detail::split<T, 2 * L>) return {lo, hi};
  else return detail::joined(lo, hi, detail::Index<2 * L>{});
}

// ---------------------------------------------------------------------------------------------- making and moving

/// Every lane x.
template <class T, int L> ETCH_INLINE Vec<T, L> splat(detail::Same<T> x) {
  using E = detail::Lane<T>;
  if constexpr (detail::split<T, L>) return {splat<T, L / 2>(x), splat<T, L / 2>(x)};
  else if constexpr (detail::is_bool<T>) return {detail::Raw<E, L>{} - static_cast<E>(x)};
  else if constexpr (L == 1) return {x};
  else if constexpr (detail::is_float<T>) return {x - detail::Raw<E, L>{}};  // x - 0 keeps the sign of a zero
  else return {x + detail::Raw<E, L>{}};
}

namespace detail {
template <class T, int L, int... I>
ETCH_INLINE Vec<T, L> strided(const T* p, std::ptrdiff_t stride, std::integer_sequence<int, I...>) {
  if constexpr (is_bool<T>) return {Raw<std::int32_t, L>{-static_cast<std::int32_t>(p[I * stride])...}};
  else return {Raw<T, L>{p[I * stride]...}};
}
#if !defined(__CUDACC__)
// Every second element and elements backwards: what complex numbers and flips read. Nothing beyond the last is touched.
template <class T, int L, int... I>
ETCH_INLINE Vec<T, L> every_other(const T* p, std::integer_sequence<int, I...>) {
  if constexpr (L < 4) {
    return {__builtin_shufflevector(load<T, L>(p).v, load<T, L>(p + L - 1).v, (2 * I < L ? 2 * I : 2 * I + 1)...)};
  } else {  // half vectors, so that no element changes its half of the register
    constexpr int H = L / 2;
    const auto a = join(load<T, H>(p), load<T, H>(p + L)), b = join(load<T, H>(p + H - 1), load<T, H>(p + L + H - 1));
    return {__builtin_shufflevector(a.v, b.v, (I % H < H / 2 ? I / H * H + 2 * (I % H) : L + I / H * H + 2 * (I % H - H / 2) + 1)...)};
  }
}
template <class T, int L, int... I>
ETCH_INLINE Vec<T, L> backwards(const T* p, std::integer_sequence<int, I...>) {
  const auto a = load<T, L>(p - (L - 1)).v;
  return {__builtin_shufflevector(a, a, (L - 1 - I)...)};
}
// Sums of neighbours, of a and then of b: neighbouring elements within each `Block` of them, so that no element changes its part of
// the register, or (Block < 0) neighbouring parts of -Block elements.
template <int Block, int Odd, int L> constexpr int neighbour(int i) {
  if (Block > 0) return Odd + i / Block * Block + (i % Block < Block / 2 ? 2 * (i % Block) : L + 2 * (i % Block - Block / 2));
  const int part = i / -Block;
  return (2 * part + Odd) * -Block + i % -Block;  // parts of b follow those of a
}
template <int Block, class T, int L, int... I>
ETCH_INLINE Vec<T, L> pair_sums(Vec<T, L> a, Vec<T, L> b, std::integer_sequence<int, I...>) {
  return {__builtin_shufflevector(a.v, b.v, neighbour<Block, 0, L>(I)...) + __builtin_shufflevector(a.v, b.v, neighbour<Block, 1, L>(I)...)};
}
// Of quarters 0 and 2 in a, 1 and 3 in b: no element changes its half of the register.
template <int Odd, class T, int L, int... I>
ETCH_INLINE Vec<T, L> alternate(Vec<T, L> a, Vec<T, L> b, std::integer_sequence<int, I...>) {
  constexpr int H = L / 2;
  return {__builtin_shufflevector(a.v, b.v, (Odd + I / H * H + (I % H < H / 2 ? 2 * (I % H) : L + 2 * (I % H - H / 2)))...)};
}
template <int From, class T, int L, int... I>
ETCH_INLINE Vec<T, L> interleaved(Vec<T, L> a, Vec<T, L> b, std::integer_sequence<int, I...>) {
  return {__builtin_shufflevector(a.v, b.v, (From + I / 2 + (I % 2 != 0 ? L : 0))...)};
}
#endif
template <class T, int L, int... I> ETCH_INLINE Vec<T, L> counted(T start, std::integer_sequence<int, I...>) {
  using A = Arith<T, L>;
  if constexpr (L == 1) return {start};
  else return {(Raw<T, L>)((A)splat<T, L>(start).v + (A)Raw<T, L>{static_cast<T>(I)...})};
}
}  // namespace detail

/// start, start + 1, ...
template <class T, int L> ETCH_INLINE Vec<T, L> iota(detail::Same<T> start) {
  if constexpr (detail::split<T, L>)
    return {iota<T, L / 2>(start), iota<T, L / 2>(static_cast<T>(start + static_cast<T>(L / 2)))};
  else return detail::counted<T, L>(start, detail::Index<L>{});
}

/// p[0], p[1], ...; p need not be aligned beyond what T asks.
template <class T, int L> ETCH_INLINE Vec<T, L> load(const T* p) {
  if constexpr (detail::is_bool<T>) {
    return convert<bool>(load<std::uint8_t, L>(reinterpret_cast<const std::uint8_t*>(p)));
  } else if constexpr (detail::split<T, L>) {
    return {load<T, L / 2>(p), load<T, L / 2>(p + L / 2)};
  } else {
    return {*reinterpret_cast<const detail::Loose<T, L>*>(p)};
  }
}
template <class T, int L> ETCH_INLINE void store(T* p, Vec<T, L> a) {
  if constexpr (detail::is_bool<T>) store(reinterpret_cast<std::uint8_t*>(p), convert<std::uint8_t>(a));
  else if constexpr (detail::split<T, L>) store(p, a.lo), store(p + L / 2, a.hi);
  else *reinterpret_cast<detail::Loose<T, L>*>(p) = a.v;
}

/// Four of them side by side.
template <int L> ETCH_INLINE void store_four(bool* p, Vec<bool, L> a, Vec<bool, L> b, Vec<bool, L> c, Vec<bool, L> d) {
  if constexpr (requires { x86::narrow_bytes(a.v, b.v, c.v, d.v); }) {
    store(reinterpret_cast<std::uint8_t*>(p), Vec<std::uint8_t, 4 * L>{x86::narrow_bytes(a.v, b.v, c.v, d.v)} & splat<std::uint8_t, 4 * L>(1));
  } else {
    store(p, a), store(p + L, b), store(p + 2 * L, c), store(p + 3 * L, d);
  }
}

/// As `store` past the caches, where the target can; p lies at a multiple of the vector's size. After the last one: `stream_end`.
template <class T, int L> ETCH_INLINE void stream(T* p, Vec<T, L> a) {
  using W = detail::Wide<T, L>;
  if constexpr (detail::split<T, L>) stream(p, a.lo), stream(p + L / 2, a.hi);
  else if constexpr (L > 1 && sizeof(T) >= 4 && requires { x86::stream(p, W{}); }) x86::stream(p, (W)a.v);
  else store(p, a);
}
ETCH_INLINE void stream_end() {
#if defined(__x86_64__) && !defined(__CUDA_ARCH__)
  x86::stream_end();
#endif
}

/// The first n >= 0 lanes from memory, zero in the others; nothing beyond p[n - 1] is touched.
template <class T, int L> ETCH_INLINE Vec<T, L> load_partial(const T* p, int n) {
  using W = detail::Wide<T, L>;
  if constexpr (detail::split<T, L> && !detail::is_bool<T>) {
    if (n <= L / 2) return {load_partial<T, L / 2>(p, n), splat<T, L / 2>(0)};
    return {load<T, L / 2>(p), load_partial<T, L / 2>(p + L / 2, n - L / 2)};
  } else if constexpr (!detail::is_bool<T> && requires { x86::load_first(p, n, W{}); }) {
    return {(detail::Raw<T, L>)x86::load_first(p, n, W{})};
  } else {
    T lanes[L] = {};
    for (int i = 0; i < L && i < n; ++i) lanes[i] = p[i];
    return load<T, L>(lanes);
  }
}
template <class T, int L> ETCH_INLINE void store_partial(T* p, Vec<T, L> a, int n) {
  using W = detail::Wide<T, L>;
  if constexpr (detail::split<T, L> && !detail::is_bool<T>) {
    store_partial(p, a.lo, n);
    if (n > L / 2) store_partial(p + L / 2, a.hi, n - L / 2);
  } else if constexpr (!detail::is_bool<T> && requires { x86::store_first(p, n, W{}); }) {
    x86::store_first(p, n, (W)a.v);
  } else {
    T lanes[L];
    store(lanes, a);
    for (int i = 0; i < L && i < n; ++i) p[i] = lanes[i];
  }
}

/// p[0], p[stride], p[2 stride], ...
template <class T, int L> ETCH_INLINE Vec<T, L> gather(const T* p, std::ptrdiff_t stride) {
  if constexpr (detail::split<T, L>) return {gather<T, L / 2>(p, stride), gather<T, L / 2>(p + L / 2 * stride, stride)};
#if !defined(__CUDACC__)
  else if constexpr (sizeof(T) == 4 && requires { x86::gather(static_cast<const void*>(p), detail::Wide<T, L>{}); }) {
    if (__builtin_expect(stride != static_cast<std::int16_t>(stride), 0)) return detail::strided<T, L>(p, stride, detail::Index<L>{});
    return {(detail::Raw<T, L>)x86::gather(static_cast<const void*>(p), iota<std::int32_t, L>(0).v * static_cast<std::int32_t>(stride))};
  }
#endif
  else return detail::strided<T, L>(p, stride, detail::Index<L>{});
}
/// The same with a stride known here: 2 and -1 are whole vectors and a shuffle.
template <int Stride, class T, int L> ETCH_INLINE Vec<T, L> gather_by(const T* p) {
  if constexpr (detail::split<T, L>) return {gather_by<Stride, T, L / 2>(p), gather_by<Stride, T, L / 2>(p + L / 2 * Stride)};
#if !defined(__CUDACC__)
  else if constexpr (L > 1 && sizeof(T) >= 4 && Stride == 2) return detail::every_other<T, L>(p, detail::Index<L>{});
  else if constexpr (L > 1 && sizeof(T) >= 4 && Stride == -1) return detail::backwards<T, L>(p, detail::Index<L>{});
#endif
  else return gather<T, L>(p, Stride);
}
/// p[0], p[2], ... and p[1], p[3], ...
template <class T, int L> ETCH_INLINE EvenOdd<T, L> load_pair(const T* p) {
  if constexpr (detail::split<T, L>) {
    const auto a = load_pair<T, L / 2>(p), b = load_pair<T, L / 2>(p + L);
    return {{a.even, b.even}, {a.odd, b.odd}};
#if !defined(__CUDACC__)
  } else if constexpr (std::is_same_v<T, float> && requires { x86::pick(detail::Wide<T, L>{}, detail::Raw<T, L>{}, detail::Raw<T, L>{}); }) {
    const auto a = load<T, L>(p), b = load<T, L>(p + L);
    const auto even = iota<std::int32_t, L>(0) + iota<std::int32_t, L>(0);
    return {{x86::pick(even.v, a.v, b.v)}, {x86::pick((even + splat<std::int32_t, L>(1)).v, a.v, b.v)}};
  } else if constexpr (L >= 4 && !detail::is_bool<T>) {
    constexpr int H = L / 2;
    const auto a = join(load<T, H>(p), load<T, H>(p + L)), b = join(load<T, H>(p + H), load<T, H>(p + L + H));
    return {detail::alternate<0>(a, b, detail::Index<L>{}), detail::alternate<1>(a, b, detail::Index<L>{})};
#endif
  } else {
    return {gather<T, L>(p, 2), gather<T, L>(p + 1, 2)};
  }
}
/// a[0], b[0], a[1], b[1], ...
template <class T, int L> ETCH_INLINE void store_pair(T* p, Vec<T, L> a, Vec<T, L> b) {
  if constexpr (detail::split<T, L>) {
    store_pair(p, a.lo, b.lo);
    store_pair(p + L, a.hi, b.hi);
#if !defined(__CUDACC__)
  } else if constexpr (L > 1 && !detail::is_bool<T>) {
    store(p, detail::interleaved<0>(a, b, detail::Index<L>{}));
    store(p + L, detail::interleaved<L / 2>(a, b, detail::Index<L>{}));
#endif
  } else {
    for (int i = 0; i < L; ++i) {
      p[2 * i] = a[i];
      p[2 * i + 1] = b[i];
    }
  }
}
// ------------------------------------------------------------------------------------------------------- operators

#define ETCH_SIMD_OPERATOR(op)                                                            \
  template <class T, int L> ETCH_INLINE Vec<T, L> operator op(Vec<T, L> a, Vec<T, L> b) { \
    if constexpr (detail::split<T, L>) {                                                  \
      return {a.lo op b.lo, a.hi op b.hi};                                                \
    } else {                                                                              \
      using A = detail::Arith<T, L>;                                                      \
      return {(detail::Raw<detail::Lane<T>, L>)((A)a.v op(A) b.v)};                       \
    }                                                                                     \
  }
ETCH_SIMD_OPERATOR(+)
ETCH_SIMD_OPERATOR(-)
ETCH_SIMD_OPERATOR(*)
ETCH_SIMD_OPERATOR(&)
ETCH_SIMD_OPERATOR(|)
ETCH_SIMD_OPERATOR(^)
ETCH_SIMD_OPERATOR(<<)
#undef ETCH_SIMD_OPERATOR

/// Arithmetic for signed integers, logical for unsigned.
template <class T, int L> ETCH_INLINE Vec<T, L> operator>>(Vec<T, L> a, Vec<T, L> b) {
  if constexpr (detail::split<T, L>) return {a.lo >> b.lo, a.hi >> b.hi};
  else return {(detail::Raw<T, L>)(a.v >> b.v)};
}

namespace detail {
template <class R> using Element = typename std::remove_cvref<decltype(R{}[0])>::type;
// The same values in the type To, for raw vectors. g++ needs help: it doubles the width of a lane in one instruction
// only when told, and quadruples it well only in two steps.
template <class To, class From> ETCH_INLINE To cast(From a) {
  using E = Element<From>;
  constexpr bool doubled = is_float<E> == is_float<Element<To>> && sizeof(To) == 2 * sizeof(From);
  if constexpr (doubled && requires { x86::widen(a); }) {
    return (To)x86::widen(a);
  } else if constexpr (is_float<E> && __is_same(Element<To>, std::int64_t) && requires { x86::whole(a); }) {
    return (To)x86::whole(a);
  } else if constexpr (__is_same(Element<To>, double) && requires { x86::doubles(a); }) {
    return (To)x86::doubles(a);
  } else if constexpr (sizeof(E) == 1 && __is_same(Element<To>, std::int32_t) && requires { x86::widen_bytes(a); }) {
    return (To)x86::widen_bytes(a);
  } else if constexpr (__is_same(E, std::int32_t) && sizeof(Element<To>) == 1 && requires { x86::narrow_bytes(a); }) {
    return (To)x86::narrow_bytes(a);
  } else if constexpr (sizeof(E) == 1 && sizeof(Element<To>) == 4) {
    using Middle = std::conditional_t<(E(-1) < E(0)), std::int16_t, std::uint16_t>;
    return __builtin_convertvector(__builtin_convertvector(a, Raw<Middle, sizeof(From)>), To);
  } else {
    return __builtin_convertvector(a, To);
  }
}
}  // namespace detail

/// Division; of integers, towards zero, with x / 0 = 0.
template <class T, int L> ETCH_INLINE Vec<T, L> operator/(Vec<T, L> a, Vec<T, L> b) {
  if constexpr (!detail::is_float<T>) return detail::each([](T x, T y) { return detail::quotient(x, y); }, a, b);
  else if constexpr (detail::split<T, L>) return {a.lo / b.lo, a.hi / b.hi};
  else return {a.v / b.v};
}
/// The remainder of integers with the sign of a, and x % 0 = x.
template <class T, int L> ETCH_INLINE Vec<T, L> operator%(Vec<T, L> a, Vec<T, L> b) {
  return detail::each([](T x, T y) { return detail::remainder(x, y); }, a, b);
}

/// a b + c, of floats with one rounding where the target has a fused instruction.
template <class T, int L> ETCH_INLINE Vec<T, L> fma(Vec<T, L> a, Vec<T, L> b, Vec<T, L> c) {
  if constexpr (detail::split<T, L>) return {fma(a.lo, b.lo, c.lo), fma(a.hi, b.hi, c.hi)};
  else if constexpr (detail::is_float<T>) return {a.v * b.v + c.v};
  else return a * b + c;
}

/// x, rounded here: GCC would else contract the product that made it with a sum that follows, in one place and not in
/// another, and a value computed twice would be two values.
template <class T, int L> ETCH_INLINE void settle(Vec<T, L>& x) {
  if constexpr (detail::split<T, L>) {
    settle(x.lo);
    settle(x.hi);
  } else if constexpr (detail::is_float<T>) {
#if defined(__GNUC__) && !defined(__clang__) && !defined(__CUDA_ARCH__) && (defined(__x86_64__) || defined(__i386__))
    __asm__("" : "+v"(x.v));
#elif defined(__GNUC__) && !defined(__clang__) && !defined(__CUDA_ARCH__) && defined(__aarch64__)
    __asm__("" : "+w"(x.v));
#endif
  }
}

template <class T, int L> ETCH_INLINE Vec<T, L> operator-(Vec<T, L> a) {
  using A = detail::Arith<T, L>;
  if constexpr (detail::split<T, L>) return {-a.lo, -a.hi};
  else return {(detail::Raw<T, L>)(-(A)a.v)};
}
template <class T, int L> ETCH_INLINE Vec<T, L> operator~(Vec<T, L> a) {
  if constexpr (detail::split<T, L>) return {~a.lo, ~a.hi};
  else return {(detail::Raw<detail::Lane<T>, L>)(~a.v)};
}
template <int L> ETCH_INLINE Mask<L> operator!(Mask<L> a) { return ~a; }

#define ETCH_SIMD_COMPARE(op)                                                                             \
  template <class T, int L> ETCH_INLINE Mask<L> operator op(Vec<T, L> a, Vec<T, L> b) {                   \
    if constexpr (detail::split<T, L> || detail::split<bool, L>)                                          \
      return join(lower(a) op lower(b), upper(a) op upper(b));                                            \
    else if constexpr (L == 1) return {-static_cast<std::int32_t>(a.v op b.v)};                           \
    else if constexpr (sizeof(detail::Lane<T>) == 4) return {(detail::Raw<std::int32_t, L>)(a.v op b.v)}; \
    else return {__builtin_convertvector(a.v op b.v, detail::Raw<std::int32_t, L>)};                      \
  }
ETCH_SIMD_COMPARE(<)
ETCH_SIMD_COMPARE(<=)
ETCH_SIMD_COMPARE(>)
ETCH_SIMD_COMPARE(>=)
ETCH_SIMD_COMPARE(==)
ETCH_SIMD_COMPARE(!=)
#undef ETCH_SIMD_COMPARE

/// m ? a : b in each lane.
template <class T, int L> ETCH_INLINE Vec<T, L> select(Mask<L> m, Vec<T, L> a, Vec<T, L> b) {
  using I = detail::Raw<typename detail::sized<sizeof(detail::Lane<T>)>::i, L>;
  if constexpr (detail::split<T, L> || detail::split<bool, L>)
    return join(select(lower(m), lower(a), lower(b)), select(upper(m), upper(a), upper(b)));
  else if constexpr (L == 1 || sizeof(detail::Lane<T>) == 4) return {m.v ? a.v : b.v};
  else return {detail::cast<I>(m.v) ? a.v : b.v};
}

/// a < b ? a : b and a > b ? a : b of floats, b where either is NaN: one instruction on x86.
template <class T, int L> ETCH_INLINE Vec<T, L> lesser(Vec<T, L> a, Vec<T, L> b) {
  if constexpr (detail::split<T, L>) return {lesser(a.lo, b.lo), lesser(a.hi, b.hi)};
  else if constexpr (requires { x86::least(a.v, b.v); }) return {x86::least(a.v, b.v)};
  else return {a.v < b.v ? a.v : b.v};
}
template <class T, int L> ETCH_INLINE Vec<T, L> greater(Vec<T, L> a, Vec<T, L> b) {
  if constexpr (detail::split<T, L>) return {greater(a.lo, b.lo), greater(a.hi, b.hi)};
  else if constexpr (requires { x86::most(a.v, b.v); }) return {x86::most(a.v, b.v)};
  else return {a.v > b.v ? a.v : b.v};
}

// ------------------------------------------------------------------------------------------------------ conversion

/// The same bits as another type of the same size.
template <class To, class T, int L> ETCH_INLINE Vec<To, L> bit_cast(Vec<T, L> a) {
  static_assert(sizeof(To) == sizeof(T));
  if constexpr (detail::split<T, L>) return {bit_cast<To>(a.lo), bit_cast<To>(a.hi)};
  else if constexpr (L == 1) return {__builtin_bit_cast(To, a.v)};
  else return {(detail::Raw<To, L>)a.v};
}

/// The value as another type, as C++ converts it; a float out of an integer's range is unspecified, a number is true
/// when it is not zero, and true is 1.
template <class To, class T, int L> ETCH_INLINE Vec<To, L> convert(Vec<T, L> a) {
  using I = std::int32_t;
  using U = std::uint32_t;
  constexpr bool narrow_to = sizeof(To) < 4, narrow = sizeof(detail::Lane<T>) < 4;
  if constexpr (__is_same(To, T)) return a;
  else if constexpr (detail::is_bool<To>) return a != splat<T, L>(T(0));
  // Narrow integers by way of int32: what C++ says, and what the compilers have good code for.
  else if constexpr (narrow_to && !narrow && !__is_same(detail::Lane<T>, I)) return convert<To>(convert<I>(a));
  else if constexpr (narrow && !narrow_to && !__is_same(To, I) && !__is_same(To, U)) return convert<To>(convert<I>(a));
  else if constexpr (detail::split<T, L> || detail::split<To, L>)
    return join(convert<To>(lower(a)), convert<To>(upper(a)));
  else if constexpr (detail::is_bool<T>) return convert<To>(Vec<I, L>{a.v & 1});
  else if constexpr (L == 1) return {static_cast<To>(a.v)};
  else return {detail::cast<detail::Raw<To, L>>(a.v)};
}

// -------------------------------------------------------------------------------------- square roots and rounding

#define ETCH_SIMD_UNARY(name, raw, builtin)                                                       \
  template <class T, int L> ETCH_INLINE Vec<T, L> name(Vec<T, L> a) {                             \
    if constexpr (detail::split<T, L>) return {name(a.lo), name(a.hi)};                           \
    else if constexpr (requires { raw(a.v); }) return {raw(a.v)};                                 \
    else if constexpr (sizeof(T) == 4) return detail::each([](T x) { return builtin##f(x); }, a); \
    else return detail::each([](T x) { return builtin(x); }, a);                                  \
  }
/// The square root, exactly rounded.
ETCH_SIMD_UNARY(sqrt, x86::root, __builtin_sqrt)
/// The integer below, above, towards zero, and nearest with ties to even.
ETCH_SIMD_UNARY(floor, x86::round<x86::down>, __builtin_floor)
ETCH_SIMD_UNARY(ceil, x86::round<x86::up>, __builtin_ceil)
ETCH_SIMD_UNARY(trunc, x86::round<x86::to_zero>, __builtin_trunc)
ETCH_SIMD_UNARY(round, x86::round<x86::nearest>, __builtin_rint)
#undef ETCH_SIMD_UNARY

namespace detail {
template <class T, int L> constexpr bool scales() {
  if constexpr (split<T, L>) return scales<T, L / 2>();
  else return requires(Raw<T, L> a) {
      x86::scale(a, a);
    };
}
// a 2^n for an integral n, in one instruction, where there is one.
template <class T, int L>
requires(scales<T, L>()) ETCH_INLINE Vec<T, L> scale_native(Vec<T, L> a, Vec<T, L> n) {
  if constexpr (split<T, L>) return {scale_native(a.lo, n.lo), scale_native(a.hi, n.hi)};
  else return {x86::scale(a.v, n.v)};
}
}  // namespace detail

}  // namespace simd
}  // namespace ETCH_ABI
}  // namespace etch
