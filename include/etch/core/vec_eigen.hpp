// The Eigen vector: Vec<T, L> over Eigen::Array<T, L, 1>, with Eigen's packet mathematics; portable, and the reference.
#pragma once

#include <etch/core/config.hpp>
#include <etch/core/vec_lanes.hpp>

#if defined(__GNUC__) && !defined(__clang__)  // g++ 12 takes the don't-care operands of AVX-512 intrinsics for mistakes
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include <Eigen/Core>
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

namespace etch {
inline namespace ETCH_ABI {
namespace simd {

namespace detail {
// A mask is int32 lanes of 0 or -1, as in the native form: compilers vectorise no loop that mixes bools with floats.
template <class T> using Lane = std::conditional_t<is_bool<T>, std::int32_t, T>;
template <class T, int L> inline constexpr bool split = false;  // Eigen takes any length
// Integers wrap: they are added and multiplied as unsigned of at least 32 bits.
template <class T, bool Float> struct arith { using type = T; };
template <class T> struct arith<T, false> { using type = typename sized<sizeof(T) < 4 ? 4 : sizeof(T)>::u; };
template <class T> using Arith = typename arith<T, is_float<T>>::type;
}  // namespace detail

/// L lanes of T (float, double, an integer, or bool), L a power of two. Mask<L>, the truth of L comparisons, is
/// Vec<bool, L>; in memory a bool is one byte, 0 or 1.
template <class T, int L> struct Vec {
  static_assert((L & (L - 1)) == 0, "etch: Vec: the number of lanes must be a power of two");
  using value_type = T;
  static constexpr int lanes = L;
  Eigen::Array<detail::Lane<T>, L, 1> v;
  ETCH_INLINE T operator[](int i) const { return static_cast<T>(v.data()[i]); }
};

namespace detail {
// f of each lane: everything but mathematics is such a loop, which compilers vectorise whole at -O2, where Eigen's
// expressions would leave comparison, selection, conversion and integers scalar.
template <class T, int L, class F> ETCH_INLINE Vec<T, L> lanewise(F f) {
  Vec<T, L> r;
  Lane<T>* out = r.v.data();
  for (int i = 0; i < L; ++i) out[i] = static_cast<Lane<T>>(f(i));
  return r;
}
template <class T, int L, class F> ETCH_INLINE Vec<T, L> lanewise(Vec<T, L> a, Vec<T, L> b, F f) {
  const Lane<T>*x = a.v.data(), *y = b.v.data();
  return lanewise<T, L>([=](int i) { return f(x[i], y[i]); });
}
}  // namespace detail

/// The first and the second half of the lanes, and their inverse.
template <class T, int L> ETCH_INLINE Vec<T, L / 2> lower(Vec<T, L> a) {
  return detail::lanewise<T, L / 2>([x = a.v.data()](int i) { return x[i]; });
}
template <class T, int L> ETCH_INLINE Vec<T, L / 2> upper(Vec<T, L> a) {
  return detail::lanewise<T, L / 2>([x = a.v.data()](int i) { return x[L / 2 + i]; });
}
template <class T, int L> ETCH_INLINE Vec<T, 2 * L> join(Vec<T, L> lo, Vec<T, L> hi) {
  Vec<T, 2 * L> r;
  for (int i = 0; i < L; ++i) r.v.data()[i] = lo.v.data()[i];
  for (int i = 0; i < L; ++i) r.v.data()[L + i] = hi.v.data()[i];
  return r;
}

// ---------------------------------------------------------------------------------------------- making and moving

/// Every lane x; start, start + 1, ...
template <class T, int L> ETCH_INLINE Vec<T, L> splat(detail::Same<T> x) {
  const auto lane = detail::is_bool<T> ? -static_cast<detail::Lane<T>>(x) : x;
  return detail::lanewise<T, L>([=](int) { return lane; });
}
template <class T, int L> ETCH_INLINE Vec<T, L> iota(detail::Same<T> start) {
  using A = detail::Arith<T>;
  return detail::lanewise<T, L>([=](int i) { return static_cast<A>(start) + static_cast<A>(i); });
}

/// p[0], p[stride], p[2 stride], ...
template <class T, int L> ETCH_INLINE Vec<T, L> gather(const T* p, std::ptrdiff_t stride) {
  return detail::lanewise<T, L>([=](int i) { return detail::is_bool<T> ? -p[i * stride] : p[i * stride]; });
}
/// The same with a stride known here.
template <int Stride, class T, int L> ETCH_INLINE Vec<T, L> gather_by(const T* p) { return gather<T, L>(p, Stride); }
/// p[0], p[2], ... and p[1], p[3], ...
template <class T, int L> ETCH_INLINE EvenOdd<T, L> load_pair(const T* p) { return {gather<T, L>(p, 2), gather<T, L>(p + 1, 2)}; }
/// a[0], b[0], a[1], b[1], ...
template <class T, int L> ETCH_INLINE void store_pair(T* p, Vec<T, L> a, Vec<T, L> b) {
  for (int i = 0; i < L; ++i) {
    p[2 * i] = a[i];
    p[2 * i + 1] = b[i];
  }
}
/// p[0], p[1], ...; p need not be aligned beyond what T asks.
template <class T, int L> ETCH_INLINE Vec<T, L> load(const T* p) {
  if constexpr (detail::is_bool<T>) return gather<T, L>(p, 1);
  else return {Eigen::Map<const Eigen::Array<T, L, 1>>(p)};
}
template <class T, int L> ETCH_INLINE void store(T* p, Vec<T, L> a) {
  for (int i = 0; i < L; ++i) p[i] = a[i];
}
template <int L> ETCH_INLINE void store_four(bool* p, Vec<bool, L> a, Vec<bool, L> b, Vec<bool, L> c, Vec<bool, L> d) { store(p, a), store(p + L, b), store(p + 2 * L, c), store(p + 3 * L, d); }
template <class T, int L> ETCH_INLINE void stream(T* p, Vec<T, L> a) { store(p, a); }
ETCH_INLINE void stream_end() {}
/// The first n >= 0 lanes from memory, zero in the others; nothing beyond p[n - 1] is touched.
template <class T, int L> ETCH_INLINE Vec<T, L> load_partial(const T* p, int n) {
  return gather_partial<T, L>(p, 1, n);
}
template <class T, int L> ETCH_INLINE void store_partial(T* p, Vec<T, L> a, int n) { scatter_partial(p, 1, a, n); }

/// a < b ? a : b and a > b ? a : b of floats, b where either is NaN.
template <class T, int L> ETCH_INLINE Vec<T, L> lesser(Vec<T, L> a, Vec<T, L> b) {
  return detail::lanewise(a, b, [](T x, T y) { return x < y ? x : y; });
}
template <class T, int L> ETCH_INLINE Vec<T, L> greater(Vec<T, L> a, Vec<T, L> b) {
  return detail::lanewise(a, b, [](T x, T y) { return x > y ? x : y; });
}

// ------------------------------------------------------------------------------------------------------- operators

#define ETCH_SIMD_OPERATOR(op)                                                                            \
  template <class T, int L> ETCH_INLINE Vec<T, L> operator op(Vec<T, L> a, Vec<T, L> b) {                 \
    using A = detail::Arith<detail::Lane<T>>;                                                             \
    return detail::lanewise(a, b, [](auto x, auto y) { return static_cast<A>(x) op static_cast<A>(y); }); \
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
  return detail::lanewise(a, b, [](T x, T y) { return x >> y; });
}
/// Division; of integers, towards zero, with x / 0 = 0.
template <class T, int L> ETCH_INLINE Vec<T, L> operator/(Vec<T, L> a, Vec<T, L> b) {
  if constexpr (detail::is_float<T>) return detail::lanewise(a, b, [](T x, T y) { return x / y; });
  else return detail::lanewise(a, b, [](T x, T y) { return detail::quotient(x, y); });
}
/// The remainder of integers with the sign of a, and x % 0 = x.
template <class T, int L> ETCH_INLINE Vec<T, L> operator%(Vec<T, L> a, Vec<T, L> b) {
  return detail::lanewise(a, b, [](T x, T y) { return detail::remainder(x, y); });
}

/// a b + c, of floats with one rounding where the compiler fuses.
/// x, rounded here: no compiler contracts the product that made it with a sum that follows.
template <class T, int L> ETCH_INLINE void settle([[maybe_unused]] Vec<T, L>& x) {
#if defined(__GNUC__) && !defined(__clang__) && !defined(__CUDA_ARCH__)
  if constexpr (detail::is_float<T>) __asm__("" : "+m"(x.v));
#endif
}
template <class T, int L> ETCH_INLINE Vec<T, L> fma(Vec<T, L> a, Vec<T, L> b, Vec<T, L> c) {
  using A = detail::Arith<T>;
  const T *x = a.v.data(), *y = b.v.data(), *z = c.v.data();
  return detail::lanewise<T, L>(
      [=](int i) { return static_cast<A>(x[i]) * static_cast<A>(y[i]) + static_cast<A>(z[i]); });
}
template <class T, int L> ETCH_INLINE Vec<T, L> operator-(Vec<T, L> a) {
  return detail::lanewise<T, L>([x = a.v.data()](int i) { return -static_cast<detail::Arith<T>>(x[i]); });
}
template <class T, int L> ETCH_INLINE Vec<T, L> operator~(Vec<T, L> a) {
  return detail::lanewise<T, L>([x = a.v.data()](int i) { return ~x[i]; });
}
template <int L> ETCH_INLINE Mask<L> operator!(Mask<L> a) { return ~a; }

#define ETCH_SIMD_COMPARE(op)                                                           \
  template <class T, int L> ETCH_INLINE Mask<L> operator op(Vec<T, L> a, Vec<T, L> b) { \
    const detail::Lane<T>*x = a.v.data(), *y = b.v.data();                              \
    return detail::lanewise<bool, L>([=](int i) { return x[i] op y[i] ? -1 : 0; });     \
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
  const detail::Lane<T>*x = a.v.data(), *y = b.v.data();
  return detail::lanewise<T, L>([=, t = m.v.data()](int i) { return t[i] != 0 ? x[i] : y[i]; });
}

// ------------------------------------------------------------------------------------------------------ conversion

/// The same bits as another type of the same size.
template <class To, class T, int L> ETCH_INLINE Vec<To, L> bit_cast(Vec<T, L> a) {
  static_assert(sizeof(To) == sizeof(T));
  return detail::lanewise<To, L>([x = a.v.data()](int i) { return __builtin_bit_cast(To, x[i]); });
}

/// The value as another type, as C++ converts it; a float out of an integer's range is unspecified, a number is true
/// when it is not zero, and true is 1.
template <class To, class T, int L> ETCH_INLINE Vec<To, L> convert(Vec<T, L> a) {
  if constexpr (std::is_same_v<To, T>) return a;
  else if constexpr (detail::is_bool<To>) return a != splat<T, L>(T(0));
  else if constexpr (detail::is_float<T> && sizeof(To) < 4) return convert<To>(convert<std::int32_t>(a));
  else if constexpr (detail::is_bool<T>) return detail::lanewise<To, L>([x = a.v.data()](int i) { return x[i] & 1; });
  else return detail::lanewise<To, L>([x = a.v.data()](int i) { return static_cast<To>(x[i]); });
}

// ------------------------------------------------------------------------------------------- Eigen's own mathematics

#define ETCH_SIMD_UNARY(name, eigen) \
  template <class T, int L> ETCH_INLINE Vec<T, L> name(Vec<T, L> a) { return {a.v.eigen()}; }
ETCH_SIMD_UNARY(floor, floor)
ETCH_SIMD_UNARY(ceil, ceil)
ETCH_SIMD_UNARY(round, rint)  // ties to even
ETCH_SIMD_UNARY(log, log)
ETCH_SIMD_UNARY(tanh, tanh)
ETCH_SIMD_UNARY(sin, sin)
ETCH_SIMD_UNARY(cos, cos)
#undef ETCH_SIMD_UNARY
/// e^x; zero where it would be subnormal, which Eigen 3.4 gives as the smallest normal number, at -inf too.
template <class T, int L> ETCH_INLINE Vec<T, L> exp(Vec<T, L> a) {
  const T low = sizeof(T) == 4 ? T(-87.3365) : T(-708.396);
  return select(a < splat<T, L>(low), splat<T, L>(0), Vec<T, L>{a.v.exp()});
}
/// The square root, exactly rounded; Eigen 3.4's is not, and gives NaN for infinity under AVX-512.
template <class T, int L> ETCH_INLINE Vec<T, L> sqrt(Vec<T, L> a) {
  if constexpr (sizeof(T) == 4) return detail::each([](T x) { return __builtin_sqrtf(x); }, a);
  else return detail::each([](T x) { return __builtin_sqrt(x); }, a);
}
/// Towards zero.
template <class T, int L> ETCH_INLINE Vec<T, L> trunc(Vec<T, L> a) {
  return select(a < splat<T, L>(0), ceil(a), floor(a));
}

}  // namespace simd
}  // namespace ETCH_ABI
}  // namespace etch
