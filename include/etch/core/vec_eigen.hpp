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

/// L lanes of T (float, double, an integer, or bool), L a power of two. Mask<L>, the truth of L comparisons, is
/// Vec<bool, L>; in memory a bool is one byte, 0 or 1.
template <class T, int L> struct Vec {
  static_assert((L & (L - 1)) == 0, "etch: Vec: the number of lanes must be a power of two");
  using value_type = T;
  static constexpr int lanes = L;
  Eigen::Array<T, L, 1> v;
  ETCH_INLINE T operator[](int i) const { return v[i]; }
};

namespace detail {
template <class T, int L> inline constexpr bool split = false;  // Eigen takes any length
template <class T> using Wrapping = typename sized<sizeof(T) < 4 ? 4 : sizeof(T)>::u;

// What Eigen's arrays lack, such as shifts, as a loop over lanes.
template <class R, int L, class F> ETCH_INLINE Vec<R, L> lanewise(F f) {
  Vec<R, L> r;
  for (int i = 0; i < L; ++i) r.v[i] = static_cast<R>(f(i));
  return r;
}
}  // namespace detail

/// The first and the second half of the lanes, and their inverse.
template <class T, int L> ETCH_INLINE Vec<T, L / 2> lower(Vec<T, L> a) { return {a.v.template head<L / 2>()}; }
template <class T, int L> ETCH_INLINE Vec<T, L / 2> upper(Vec<T, L> a) { return {a.v.template tail<L / 2>()}; }
template <class T, int L> ETCH_INLINE Vec<T, 2 * L> join(Vec<T, L> lo, Vec<T, L> hi) {
  Vec<T, 2 * L> r;
  r.v.template head<L>() = lo.v;
  r.v.template tail<L>() = hi.v;
  return r;
}

// ---------------------------------------------------------------------------------------------- making and moving

/// Every lane x; start, start + 1, ...
template <class T, int L> ETCH_INLINE Vec<T, L> splat(detail::Same<T> x) {
  return {Eigen::Array<T, L, 1>::Constant(x)};
}
template <class T, int L> ETCH_INLINE Vec<T, L> iota(detail::Same<T> start) {
  using A = std::conditional_t<detail::is_float<T>, T, detail::Wrapping<T>>;
  return detail::lanewise<T, L>([=](int i) { return static_cast<A>(start) + static_cast<A>(i); });
}

/// p[0], p[1], ...; p need not be aligned beyond what T asks.
template <class T, int L> ETCH_INLINE Vec<T, L> load(const T* p) {
  return {Eigen::Map<const Eigen::Array<T, L, 1>>(p)};
}
template <class T, int L> ETCH_INLINE void store(T* p, Vec<T, L> a) { Eigen::Map<Eigen::Array<T, L, 1>>{p} = a.v; }

/// The first n lanes from memory, zero in the others; nothing beyond p[n - 1] is touched.
template <class T, int L> ETCH_INLINE Vec<T, L> load_partial(const T* p, int n) {
  return detail::lanewise<T, L>([=](int i) { return i < n ? p[i] : T(0); });
}
template <class T, int L> ETCH_INLINE void store_partial(T* p, Vec<T, L> a, int n) { scatter_partial(p, 1, a, n); }

/// p[0], p[stride], p[2 stride], ...
template <class T, int L> ETCH_INLINE Vec<T, L> gather(const T* p, std::ptrdiff_t stride) {
  return detail::lanewise<T, L>([=](int i) { return p[i * stride]; });
}

// ------------------------------------------------------------------------------------------------------- operators

// Integers wrap: they are added and multiplied as unsigned of at least 32 bits.
#define ETCH_SIMD_OPERATOR(op)                                                            \
  template <class T, int L> ETCH_INLINE Vec<T, L> operator op(Vec<T, L> a, Vec<T, L> b) { \
    using U = detail::Wrapping<T>;                                                        \
    if constexpr (detail::is_float<T>) return {a.v op b.v};                               \
    else return {(a.v.template cast<U>() op b.v.template cast<U>()).template cast<T>()};  \
  }
ETCH_SIMD_OPERATOR(+)
ETCH_SIMD_OPERATOR(-)
ETCH_SIMD_OPERATOR(*)
#undef ETCH_SIMD_OPERATOR
#define ETCH_SIMD_OPERATOR(op)                                                            \
  template <class T, int L> ETCH_INLINE Vec<T, L> operator op(Vec<T, L> a, Vec<T, L> b) { \
    return detail::lanewise<T, L>([&](int i) { return a.v[i] op b.v[i]; });               \
  }
ETCH_SIMD_OPERATOR(&)
ETCH_SIMD_OPERATOR(|)
ETCH_SIMD_OPERATOR(^)
ETCH_SIMD_OPERATOR(>>)  // arithmetic for signed integers, logical for unsigned
#undef ETCH_SIMD_OPERATOR
template <class T, int L> ETCH_INLINE Vec<T, L> operator<<(Vec<T, L> a, Vec<T, L> b) {
  return detail::lanewise<T, L>([&](int i) { return static_cast<detail::Wrapping<T>>(a.v[i]) << b.v[i]; });
}

/// Division; of integers, towards zero, with x / 0 = 0.
template <class T, int L> ETCH_INLINE Vec<T, L> operator/(Vec<T, L> a, Vec<T, L> b) {
  if constexpr (detail::is_float<T>) return {a.v / b.v};
  else return detail::lanewise<T, L>([&](int i) { return detail::quotient(a.v[i], b.v[i]); });
}
/// The remainder of integers with the sign of a, and x % 0 = x.
template <class T, int L> ETCH_INLINE Vec<T, L> operator%(Vec<T, L> a, Vec<T, L> b) {
  return detail::lanewise<T, L>([&](int i) { return detail::remainder(a.v[i], b.v[i]); });
}

template <class T, int L> ETCH_INLINE Vec<T, L> operator-(Vec<T, L> a) {
  if constexpr (detail::is_float<T>) return {-a.v};
  else return splat<T, L>(0) - a;
}
template <class T, int L> ETCH_INLINE Vec<T, L> operator~(Vec<T, L> a) {
  if constexpr (detail::is_bool<T>) return {!a.v};
  else return detail::lanewise<T, L>([&](int i) { return ~a.v[i]; });
}
template <int L> ETCH_INLINE Mask<L> operator!(Mask<L> a) { return {!a.v}; }

#define ETCH_SIMD_COMPARE(op) \
  template <class T, int L> ETCH_INLINE Mask<L> operator op(Vec<T, L> a, Vec<T, L> b) { return {a.v op b.v}; }
ETCH_SIMD_COMPARE(<)
ETCH_SIMD_COMPARE(<=)
ETCH_SIMD_COMPARE(>)
ETCH_SIMD_COMPARE(>=)
ETCH_SIMD_COMPARE(==)
ETCH_SIMD_COMPARE(!=)
#undef ETCH_SIMD_COMPARE

/// a b + c, of floats with one rounding where the compiler fuses.
template <class T, int L> ETCH_INLINE Vec<T, L> fma(Vec<T, L> a, Vec<T, L> b, Vec<T, L> c) {
  if constexpr (detail::is_float<T>) return {a.v * b.v + c.v};
  else return a * b + c;
}

/// m ? a : b in each lane.
template <class T, int L> ETCH_INLINE Vec<T, L> select(Mask<L> m, Vec<T, L> a, Vec<T, L> b) {
  return {m.v.select(a.v, b.v)};
}

// ------------------------------------------------------------------------------------------------------ conversion

/// The same bits as another type of the same size.
template <class To, class T, int L> ETCH_INLINE Vec<To, L> bit_cast(Vec<T, L> a) {
  static_assert(sizeof(To) == sizeof(T));
  Vec<To, L> r;
  __builtin_memcpy(r.v.data(), a.v.data(), sizeof(T) * L);
  return r;
}

/// The value as another type, as C++ converts it; a float out of an integer's range is unspecified, a number is true
/// when it is not zero, and true is 1.
template <class To, class T, int L> ETCH_INLINE Vec<To, L> convert(Vec<T, L> a) {
  if constexpr (std::is_same_v<To, T>) return a;
  else if constexpr (detail::is_bool<To>) return a != splat<T, L>(T(0));
  else if constexpr (detail::is_float<T> && sizeof(To) < 4) return convert<To>(convert<std::int32_t>(a));
  else return {a.v.template cast<To>()};
}

// ------------------------------------------------------------------------------------------- Eigen's own mathematics

#define ETCH_SIMD_UNARY(name, eigen) \
  template <class T, int L> ETCH_INLINE Vec<T, L> name(Vec<T, L> a) { return {a.v.eigen()}; }
ETCH_SIMD_UNARY(sqrt, sqrt)
ETCH_SIMD_UNARY(floor, floor)
ETCH_SIMD_UNARY(ceil, ceil)
ETCH_SIMD_UNARY(round, rint)  // ties to even
ETCH_SIMD_UNARY(exp, exp)
ETCH_SIMD_UNARY(log, log)
ETCH_SIMD_UNARY(tanh, tanh)
ETCH_SIMD_UNARY(sin, sin)
ETCH_SIMD_UNARY(cos, cos)
#undef ETCH_SIMD_UNARY
/// Towards zero.
template <class T, int L> ETCH_INLINE Vec<T, L> trunc(Vec<T, L> a) {
  return select(a < splat<T, L>(0), ceil(a), floor(a));
}

}  // namespace simd
}  // namespace ETCH_ABI
}  // namespace etch
