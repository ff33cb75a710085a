// What vector extensions cannot say on x86, as overloads over raw vectors: rounding, roots, 2^n, widening, partial
// memory.
#pragma once

#include <etch/core/config.hpp>

#include <cstdint>

namespace etch {
inline namespace ETCH_ABI {
namespace simd {
namespace x86 {

enum Rounding { nearest = 8, down = 9, up = 10, to_zero = 11 };  // 8: raise no inexact

// Overloads that match nothing, so that a `requires` can ask for what the target lacks.
struct none {};
template <Rounding> void round(none);
void root(none);
void widen(none);
void scale(none, none);
void least(none, none);  // the second where either is NaN
void most(none, none);
void signs(none);  // of all lanes, as bits
void gather(none, none);  // floats, or what has their size, at p + 4 i
void nan_where_any(none, none, none, none, none);
void unordered(none, none);  // whether either is NaN
void pick(none, none, none);   // lane i of two registers side by side
void reciprocal_guess(none);   // within 2^-14 of 1 / a
void fused(none, none, none);  // a b + c with one rounding, whatever the compiler makes of a sum
void product(none, none);  // of the low 32 bits of each lane
bool any_above(none, int);  // whether a lane is above b, both as unsigned
void load_first(none, int, none);
void store_first(none, int, none);
void widen_half(none);
void narrow_half(none);
void widen_bytes(none);
void narrow_bytes(none);
void narrow_bytes(none, none, none, none);
void whole(none);  // as 64-bit integers, cut off
void doubles(none);  // of 32-bit integers
void stream(none, none);  // a store past the caches, aligned

#if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__))
// The compilers' builtins and not <immintrin.h>, which costs 0.2 s of compile time. clang spells the pointers of the
// narrower masked moves as vectors.
template <class T, int L> struct register_of { typedef T type __attribute__((vector_size(sizeof(T) * L))); };
template <class T, int L> using Register = typename register_of<T, L>::type;
using f32x4 = Register<float, 4>;
using f64x2 = Register<double, 2>;
using i32x4 = Register<int, 4>;
using i64x2 = Register<long long, 2>;
using f32x8 = Register<float, 8>;
using f64x4 = Register<double, 4>;
using i32x8 = Register<int, 8>;
using i64x4 = Register<long long, 4>;
using f32x16 = Register<float, 16>;
using f64x8 = Register<double, 8>;
using i32x16 = Register<int, 16>;
using i64x8 = Register<long long, 8>;

#if defined(__clang__)
template <class V> ETCH_INLINE V whole_root(V a) { return __builtin_elementwise_sqrt(a); }
template <class V> ETCH_INLINE V root(V a) { return whole_root(a); }
#else
ETCH_INLINE f32x4 root(f32x4 a) { return __builtin_ia32_sqrtps(a); }
ETCH_INLINE f64x2 root(f64x2 a) { return __builtin_ia32_sqrtpd(a); }
ETCH_INLINE i64x2 product(i64x2 a, i64x2 b) { return __builtin_ia32_pmuludq128((i32x4)a, (i32x4)b); }
#endif

#if defined(__clang__)
template <class V> ETCH_INLINE void stream(void* p, V a) { __builtin_nontemporal_store(a, static_cast<V*>(p)); }
#else
ETCH_INLINE void stream(void* p, i32x4 a) { __builtin_ia32_movntdq(static_cast<i64x2*>(p), (i64x2)a); }
ETCH_INLINE void stream(void* p, i64x2 a) { __builtin_ia32_movntdq(static_cast<i64x2*>(p), a); }
#if defined(__AVX__)
ETCH_INLINE void stream(void* p, i32x8 a) { __builtin_ia32_movntdq256(static_cast<i64x4*>(p), (i64x4)a); }
ETCH_INLINE void stream(void* p, i64x4 a) { __builtin_ia32_movntdq256(static_cast<i64x4*>(p), a); }
#endif
#if defined(__AVX512F__)
ETCH_INLINE void stream(void* p, i32x16 a) { __builtin_ia32_movntdq512(static_cast<i64x8*>(p), (i64x8)a); }
ETCH_INLINE void stream(void* p, i64x8 a) { __builtin_ia32_movntdq512(static_cast<i64x8*>(p), a); }
#endif
#endif
/// Orders them before what follows, for other threads.
ETCH_INLINE void stream_end() { __builtin_ia32_sfence(); }

// Of four vectors of 0 and -1, side by side.
using u8x16 = Register<std::uint8_t, 16>;
ETCH_INLINE u8x16 narrow_bytes(i32x4 a, i32x4 b, i32x4 c, i32x4 d) {
  return (u8x16)__builtin_ia32_packsswb128(__builtin_ia32_packssdw128(a, b), __builtin_ia32_packssdw128(c, d));
}
#if defined(__AVX2__)
using u8x32 = Register<std::uint8_t, 32>;
ETCH_INLINE u8x32 narrow_bytes(i32x8 a, i32x8 b, i32x8 c, i32x8 d) {
  const auto all = (i32x8)__builtin_ia32_packsswb256(__builtin_ia32_packssdw256(a, b), __builtin_ia32_packssdw256(c, d));  // both halves for themselves
  return (u8x32)__builtin_shufflevector(all, all, 0, 4, 1, 5, 2, 6, 3, 7);
}
#endif

ETCH_INLINE int signs(i32x4 a) { return __builtin_ia32_movmskps((f32x4)a); }
ETCH_INLINE f32x4 least(f32x4 a, f32x4 b) { return __builtin_ia32_minps(a, b); }
ETCH_INLINE f64x2 least(f64x2 a, f64x2 b) { return __builtin_ia32_minpd(a, b); }
ETCH_INLINE f32x4 most(f32x4 a, f32x4 b) { return __builtin_ia32_maxps(a, b); }
ETCH_INLINE f64x2 most(f64x2 a, f64x2 b) { return __builtin_ia32_maxpd(a, b); }

#if defined(__SSE4_1__)
template <Rounding R> ETCH_INLINE f32x4 round(f32x4 a) { return __builtin_ia32_roundps(a, R); }
template <Rounding R> ETCH_INLINE f64x2 round(f64x2 a) { return __builtin_ia32_roundpd(a, R); }
#endif

#if defined(__AVX__)
template <Rounding R> ETCH_INLINE f32x8 round(f32x8 a) { return __builtin_ia32_roundps256(a, R); }
template <Rounding R> ETCH_INLINE f64x4 round(f64x4 a) { return __builtin_ia32_roundpd256(a, R); }
ETCH_INLINE int signs(i32x8 a) { return __builtin_ia32_movmskps256((f32x8)a); }
ETCH_INLINE i32x8 unordered(f32x8 a, f32x8 b) { return (i32x8)__builtin_ia32_cmpps256(a, b, 3); }
ETCH_INLINE f32x8 least(f32x8 a, f32x8 b) { return __builtin_ia32_minps256(a, b); }
ETCH_INLINE f64x4 least(f64x4 a, f64x4 b) { return __builtin_ia32_minpd256(a, b); }
ETCH_INLINE f32x8 most(f32x8 a, f32x8 b) { return __builtin_ia32_maxps256(a, b); }
ETCH_INLINE f64x4 most(f64x4 a, f64x4 b) { return __builtin_ia32_maxpd256(a, b); }
#if !defined(__clang__)
ETCH_INLINE f32x8 root(f32x8 a) { return __builtin_ia32_sqrtps256(a); }
ETCH_INLINE f64x4 root(f64x4 a) { return __builtin_ia32_sqrtpd256(a); }
ETCH_INLINE f64x4 widen(f32x4 a) { return __builtin_ia32_cvtps2pd256(a); }
#endif
#endif

#if defined(__FMA__) && defined(__AVX2__)
#if defined(__clang__)
template <class V> ETCH_INLINE V fused(V a, V b, V c) { return __builtin_elementwise_fma(a, b, c); }
#else
ETCH_INLINE f32x4 fused(f32x4 a, f32x4 b, f32x4 c) { return __builtin_ia32_vfmaddps(a, b, c); }
ETCH_INLINE f32x8 fused(f32x8 a, f32x8 b, f32x8 c) { return __builtin_ia32_vfmaddps256(a, b, c); }
#if defined(__AVX512F__)
ETCH_INLINE f32x16 fused(f32x16 a, f32x16 b, f32x16 c) { return __builtin_ia32_vfmaddps512_mask(a, b, c, static_cast<unsigned short>(-1), 4); }
#endif
#endif
#endif

#if defined(__AVX2__)
#if !defined(__clang__)
ETCH_INLINE i64x4 product(i64x4 a, i64x4 b) { return __builtin_ia32_pmuludq256((i32x8)a, (i32x8)b); }
ETCH_INLINE i64x4 widen(i32x4 a) { return __builtin_ia32_pmovsxdq256(a); }
#endif
#if !defined(__clang__)
// Bytes as ints, and the lowest byte of each int.
ETCH_INLINE i32x8 widen_bytes(Register<std::uint8_t, 8> a) { return __builtin_ia32_pmovzxbd256((Register<char, 16>)i64x2{(long long)a, 0}); }
ETCH_INLINE i32x8 widen_bytes(Register<std::int8_t, 8> a) { return __builtin_ia32_pmovsxbd256((Register<char, 16>)i64x2{(long long)a, 0}); }
ETCH_INLINE long long narrow_bytes(i32x8 a) {
  a &= 255;
  const auto pairs = __builtin_ia32_packusdw128(__builtin_shufflevector(a, a, 0, 1, 2, 3), __builtin_shufflevector(a, a, 4, 5, 6, 7));
  return ((i64x2)__builtin_ia32_packuswb128(pairs, pairs))[0];
}
#endif
#if !defined(__AVX512DQ__)
// By way of 32 bits, whose least number says that some lane does not fit: then one by one.
template <class V> ETCH_INLINE i64x4 whole_of(V a, i32x4 small) {
  if (__builtin_expect(signs(small == (-2147483647 - 1)), 0)) return __builtin_convertvector(a, i64x4);
#if defined(__clang__)
  return __builtin_convertvector(small, i64x4);
#else
  return __builtin_ia32_pmovsxdq256(small);
#endif
}
ETCH_INLINE i64x4 whole(f32x4 a) { return whole_of(a, (i32x4)__builtin_ia32_cvttps2dq(a)); }
ETCH_INLINE i64x4 whole(f64x4 a) { return whole_of(a, (i32x4)__builtin_ia32_cvttpd2dq256(a)); }
#endif
#if !defined(__AVX512VL__)
ETCH_INLINE i32x8 partial(i32x8 n) { return i32x8{0, 1, 2, 3, 4, 5, 6, 7} < n; }
ETCH_INLINE i64x4 partial(i64x4 n) { return i64x4{0, 1, 2, 3} < n; }
ETCH_INLINE i32x8 load_first(const void* p, int n, i32x8) {
  return __builtin_ia32_maskloadd256(static_cast<const i32x8*>(p), partial(n - i32x8{}));
}
ETCH_INLINE i64x4 load_first(const void* p, int n, i64x4) {
  return __builtin_ia32_maskloadq256(static_cast<const i64x4*>(p), partial(n - i64x4{}));
}
// In halves, not by a masked store: that takes an AMD core a dozen cycles, as long as twelve whole vectors.
template <class V> struct loose_of { typedef V type __attribute__((aligned(1), may_alias)); };
template <class V> ETCH_INLINE void store_as(void* p, V a) { *static_cast<typename loose_of<V>::type*>(p) = a; }
ETCH_INLINE void store_first(void* p, int n, i64x4 a) {
  char* to = static_cast<char*>(p);
  i64x2 rest = __builtin_shufflevector(a, a, 0, 1);
  if (n >= 4) return store_as(to, a);
  if (n & 2) {
    store_as(to, rest);
    to += 16;
    rest = __builtin_shufflevector(a, a, 2, 3);
  }
  if (n & 1) store_as(to, static_cast<long long>(rest[0]));
}
ETCH_INLINE void store_first(void* p, int n, i32x8 a) {
  char* to = static_cast<char*>(p);
  i32x4 rest = __builtin_shufflevector(a, a, 0, 1, 2, 3);
  if (n >= 8) return store_as(to, a);
  if (n & 4) {
    store_as(to, rest);
    to += 16;
    rest = __builtin_shufflevector(a, a, 4, 5, 6, 7);
  }
  if (n & 2) {
    store_as(to, static_cast<long long>(((i64x2)rest)[0]));
    to += 8;
    rest = __builtin_shufflevector(rest, rest, 2, 3, 2, 3);
  }
  if (n & 1) store_as(to, rest[0]);
}
#endif
#endif

#if defined(__AVX512F__) && defined(__AVX512DQ__) && defined(__AVX512VL__)
ETCH_INLINE std::uint8_t all8() { return 0xff; }
ETCH_INLINE std::uint16_t all16() { return 0xffff; }
ETCH_INLINE int signs(i32x16 a) { return static_cast<int>(__builtin_ia32_cvtd2mask512(a)); }
template <Rounding R> ETCH_INLINE f32x16 round(f32x16 a) { return __builtin_ia32_rndscaleps_mask(a, R, a, all16(), 4); }
template <Rounding R> ETCH_INLINE f64x8 round(f64x8 a) { return __builtin_ia32_rndscalepd_mask(a, R, a, all8(), 4); }
#if !defined(__clang__)
ETCH_INLINE f64x8 root(f64x8 a) { return __builtin_ia32_sqrtpd512_mask(a, a, all8(), 4); }
ETCH_INLINE f64x8 widen(f32x8 a) { return __builtin_ia32_cvtps2pd512_mask(a, f64x8{}, all8(), 4); }
ETCH_INLINE i64x8 product(i64x8 a, i64x8 b) {
  return __builtin_ia32_pmuludq512_mask((i32x16)a, (i32x16)b, i64x8{}, all8());
}
ETCH_INLINE i64x8 widen(i32x8 a) { return __builtin_ia32_pmovsxdq512_mask(a, i64x8{}, all8()); }
ETCH_INLINE i32x16 widen(Register<std::int16_t, 16> a) { return __builtin_ia32_pmovsxwd512_mask(a, i32x16{}, all16()); }
ETCH_INLINE i32x16 widen_bytes(u8x16 a) { return __builtin_ia32_pmovzxbd512_mask((Register<char, 16>)a, i32x16{}, all16()); }
ETCH_INLINE i32x16 widen_bytes(Register<std::int8_t, 16> a) { return __builtin_ia32_pmovsxbd512_mask((Register<char, 16>)a, i32x16{}, all16()); }
ETCH_INLINE Register<char, 16> narrow_bytes(i32x16 a) { return __builtin_ia32_pmovdb512_mask(a, Register<char, 16>{}, all16()); }
ETCH_INLINE f64x8 doubles(i32x8 a) { return __builtin_ia32_cvtdq2pd512_mask(a, f64x8{}, all8()); }
ETCH_INLINE i64x8 whole(f32x8 a) { return __builtin_ia32_cvttps2qq512_mask(a, i64x8{}, all8(), 4); }
#endif

#if defined(__clang__)
ETCH_INLINE f32x16 least(f32x16 a, f32x16 b) { return __builtin_ia32_minps512(a, b, 4); }
ETCH_INLINE f64x8 least(f64x8 a, f64x8 b) { return __builtin_ia32_minpd512(a, b, 4); }
ETCH_INLINE f32x16 most(f32x16 a, f32x16 b) { return __builtin_ia32_maxps512(a, b, 4); }
ETCH_INLINE f64x8 most(f64x8 a, f64x8 b) { return __builtin_ia32_maxpd512(a, b, 4); }
ETCH_INLINE f32x16 pick(i32x16 i, f32x16 a, f32x16 b) { return __builtin_ia32_vpermi2varps512(a, i, b); }
ETCH_INLINE f64x8 pick(i64x8 i, f64x8 a, f64x8 b) { return __builtin_ia32_vpermi2varpd512(a, i, b); }
#else
ETCH_INLINE f32x16 least(f32x16 a, f32x16 b) { return __builtin_ia32_minps512_mask(a, b, a, all16(), 4); }
ETCH_INLINE f64x8 least(f64x8 a, f64x8 b) { return __builtin_ia32_minpd512_mask(a, b, a, all8(), 4); }
ETCH_INLINE f32x16 most(f32x16 a, f32x16 b) { return __builtin_ia32_maxps512_mask(a, b, a, all16(), 4); }
ETCH_INLINE f64x8 most(f64x8 a, f64x8 b) { return __builtin_ia32_maxpd512_mask(a, b, a, all8(), 4); }
ETCH_INLINE i32x16 least(i32x16 a, i32x16 b) { return __builtin_ia32_pminsd512_mask(a, b, a, all16()); }
ETCH_INLINE i32x16 most(i32x16 a, i32x16 b) { return __builtin_ia32_pmaxsd512_mask(a, b, a, all16()); }
ETCH_INLINE f32x16 pick(i32x16 i, f32x16 a, f32x16 b) { return __builtin_ia32_vpermt2varps512_mask(i, a, b, all16()); }
ETCH_INLINE f64x8 pick(i64x8 i, f64x8 a, f64x8 b) { return __builtin_ia32_vpermt2varpd512_mask(i, a, b, all8()); }
#endif
ETCH_INLINE f32x16 nan_where_any(f32x16 a, f32x16 v0, f32x16 v1, f32x16 v2, f32x16 v3) {  // a union of masks that compilers keep in mask registers
  const int among = __builtin_ia32_cmpps512_mask(v0, v1, 3, all16(), 4) | __builtin_ia32_cmpps512_mask(v2, v3, 3, all16(), 4);
#if defined(__clang__)
  return __builtin_ia32_selectps_512(static_cast<std::uint16_t>(among), (f32x16)(i32x16{} + 0x7fc00000), a);
#else
  return __builtin_ia32_blendmps_512_mask(a, (f32x16)(i32x16{} + 0x7fc00000), static_cast<std::uint16_t>(among));
#endif
}
ETCH_INLINE f32x16 reciprocal_guess(f32x16 a) { return __builtin_ia32_rcp14ps512_mask(a, a, all16()); }
#if !defined(__clang__)
ETCH_INLINE f32x16 whole_root(f32x16 a) { return __builtin_ia32_sqrtps512_mask(a, a, all16(), 4); }
#endif
#if defined(__CUDACC__)  // nvcc 13 crashes on the other one
ETCH_INLINE f32x16 root(f32x16 a) { return whole_root(a); }
#else
ETCH_INLINE bool any_above(i32x16 a, int b) { return __builtin_ia32_ucmpd512_mask(a, i32x16{} + b, 6, all16()) != 0; }
// Exactly rounded in half the time of vsqrtps: g -> sqrt(a) and h -> 1 / (2 sqrt(a)) together, then what g^2 lacks of a, which is exact
// from 2^-76 on. Compared with vsqrtps for every float.
ETCH_INLINE f32x16 root(f32x16 a) {
  constexpr int least = (127 - 76) << 23, top = 0x7f800000;
  if (__builtin_expect(any_above((i32x16)a - least, top - least - 1), 0)) return whole_root(a);
  const f32x16 y = __builtin_ia32_rsqrt14ps512_mask(a, a, all16()), g = a * y, h = 0.5F * y, e = fused(-h, g, 0.5F - f32x16{}), near = fused(g, e, g);
  return fused(fused(-near, near, a), fused(h, e, h), near);
}
#endif

// a 2^n with the right overflow and subnormals.
ETCH_INLINE f32x16 scale(f32x16 a, f32x16 n) { return __builtin_ia32_scalefps512_mask(a, n, a, all16(), 4); }
ETCH_INLINE f64x8 scale(f64x8 a, f64x8 n) { return __builtin_ia32_scalefpd512_mask(a, n, a, all8(), 4); }
ETCH_INLINE f32x8 scale(f32x8 a, f32x8 n) { return __builtin_ia32_scalefps256_mask(a, n, a, all8()); }
ETCH_INLINE f64x4 scale(f64x4 a, f64x4 n) { return __builtin_ia32_scalefpd256_mask(a, n, a, all8()); }
ETCH_INLINE f32x4 scale(f32x4 a, f32x4 n) { return __builtin_ia32_scalefps128_mask(a, n, a, all8()); }
ETCH_INLINE f64x2 scale(f64x2 a, f64x2 n) { return __builtin_ia32_scalefpd128_mask(a, n, a, all8()); }

// The first n lanes, as bits.
ETCH_INLINE std::uint16_t first(int n) { return static_cast<std::uint16_t>(n >= 16 ? 0xffff : (1 << n) - 1); }
ETCH_INLINE std::uint8_t first8(int n) { return static_cast<std::uint8_t>(n >= 8 ? 0xff : (1 << n) - 1); }
ETCH_INLINE f32x16 gather(const void* p, i32x16 at) { return __builtin_ia32_gathersiv16sf(f32x16{}, p, at, all16(), 4); }
ETCH_INLINE f32x8 gather(const void* p, i64x8 at) { return __builtin_ia32_gatherdiv16sf(f32x8{}, p, at, all8(), 4); }
#if defined(__clang__)
#define ETCH_X86_MEMORY(p, Scalar, V, Const) static_cast<Const V*>(p)
#else
#define ETCH_X86_MEMORY(p, Scalar, V, Const) static_cast<Const Scalar*>(p)
#endif
#define ETCH_X86_PARTIAL(V, Scalar, builtin)                                                          \
  ETCH_INLINE V load_first(const void* p, int n, V) {                                                 \
    return __builtin_ia32_load##builtin##_mask(ETCH_X86_MEMORY(p, Scalar, V, const), V{}, first8(n)); \
  }                                                                                                   \
  ETCH_INLINE void store_first(void* p, int n, V a) {                                                 \
    __builtin_ia32_store##builtin##_mask(ETCH_X86_MEMORY(p, Scalar, V, ), a, first8(n));              \
  }
ETCH_X86_PARTIAL(i32x4, int, dqusi128)
ETCH_X86_PARTIAL(i64x2, long long, dqudi128)
ETCH_X86_PARTIAL(i32x8, int, dqusi256)
ETCH_X86_PARTIAL(i64x4, long long, dqudi256)
#undef ETCH_X86_PARTIAL
#undef ETCH_X86_MEMORY
ETCH_INLINE i32x16 load_first(const void* p, int n, i32x16) {
  return __builtin_ia32_loaddqusi512_mask(static_cast<const int*>(p), i32x16{}, first(n));
}
ETCH_INLINE i64x8 load_first(const void* p, int n, i64x8) {
  return __builtin_ia32_loaddqudi512_mask(static_cast<const long long*>(p), i64x8{}, first8(n));
}
ETCH_INLINE void store_first(void* p, int n, i32x16 a) {
  __builtin_ia32_storedqusi512_mask(static_cast<int*>(p), a, first(n));
}
ETCH_INLINE void store_first(void* p, int n, i64x8 a) {
  __builtin_ia32_storedqudi512_mask(static_cast<long long*>(p), a, first8(n));
}
#endif

#if defined(__AVX512FP16__) && defined(__AVX512F__) && defined(__AVX512DQ__) && defined(__AVX512VL__)
using f16x32 = Register<_Float16, 32>;
#endif

#if defined(__F16C__)
using u16x8 = Register<std::uint16_t, 8>;
using u16x16 = Register<std::uint16_t, 16>;
using i16x8 = Register<short, 8>;
using i16x16 = Register<short, 16>;
ETCH_INLINE f32x8 widen_half(u16x8 a) { return __builtin_ia32_vcvtph2ps256((i16x8)a); }
ETCH_INLINE u16x8 narrow_half(f32x8 a) { return (u16x8)__builtin_ia32_vcvtps2ph256(a, 0); }
#if defined(__AVX512F__) && defined(__AVX512DQ__) && defined(__AVX512VL__)
ETCH_INLINE f32x16 widen_half(u16x16 a) { return __builtin_ia32_vcvtph2ps512_mask((i16x16)a, f32x16{}, all16(), 4); }
ETCH_INLINE u16x16 narrow_half(f32x16 a) { return (u16x16)__builtin_ia32_vcvtps2ph512_mask(a, 0, i16x16{}, all16()); }
#endif
#endif

#endif  // __x86_64__

}  // namespace x86
}  // namespace simd
}  // namespace ETCH_ABI
}  // namespace etch
