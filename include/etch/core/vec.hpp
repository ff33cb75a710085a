// The vector every CPU kernel is written over: Vec<T, L>, L lanes of T, native or Eigen; and what follows from its
// parts.
#pragma once

#include <etch/core/config.hpp>

#if defined(ETCH_CPU_EIGEN)
#include <etch/core/vec_eigen.hpp>
#else
#include <etch/core/vec_native.hpp>
#endif

namespace etch {
inline namespace ETCH_ABI {
namespace simd {

// A number beside a vector stands for the vector full of it.
#define ETCH_SIMD_MIXED(op)                                                                \
  template <class T, int L> ETCH_INLINE auto operator op(Vec<T, L> a, detail::Same<T> b) { \
    return a op splat<T, L>(b);                                                            \
  }                                                                                        \
  template <class T, int L> ETCH_INLINE auto operator op(detail::Same<T> a, Vec<T, L> b) { return splat<T, L>(a) op b; }
ETCH_SIMD_MIXED(+)
ETCH_SIMD_MIXED(-)
ETCH_SIMD_MIXED(*)
ETCH_SIMD_MIXED(/)
ETCH_SIMD_MIXED(%)
ETCH_SIMD_MIXED(&)
ETCH_SIMD_MIXED(|)
ETCH_SIMD_MIXED(^)
ETCH_SIMD_MIXED(<<)
ETCH_SIMD_MIXED(>>)
ETCH_SIMD_MIXED(<)
ETCH_SIMD_MIXED(<=)
ETCH_SIMD_MIXED(>)
ETCH_SIMD_MIXED(>=)
ETCH_SIMD_MIXED(==)
ETCH_SIMD_MIXED(!=)
#undef ETCH_SIMD_MIXED

/// a b + c with a number for c or for b and c.
template <class T, int L> ETCH_INLINE Vec<T, L> fma(Vec<T, L> a, Vec<T, L> b, detail::Same<T> c) {
  return fma(a, b, splat<T, L>(c));
}
template <class T, int L> ETCH_INLINE Vec<T, L> fma(Vec<T, L> a, detail::Same<T> b, Vec<T, L> c) {
  return fma(a, splat<T, L>(b), c);
}

/// Whether either is NaN: one instruction on x86.
template <class T, int L> ETCH_INLINE Mask<L> unordered(Vec<T, L> a, Vec<T, L> b) {
#if !defined(ETCH_CPU_EIGEN)
  if constexpr (sizeof(T) == 4 && requires { x86::unordered(a.v, b.v); }) return {x86::unordered(a.v, b.v)};  // clang would take doubles, too
#endif
  return (a != a) | (b != b);
}

/// `a`, but NaN where one of four others is.
template <class T, int L> ETCH_INLINE Vec<T, L> nan_where_any(Vec<T, L> a, Vec<T, L> v0, Vec<T, L> v1, Vec<T, L> v2, Vec<T, L> v3) {
#if !defined(ETCH_CPU_EIGEN)
  if constexpr (requires { x86::nan_where_any(a.v, v0.v, v1.v, v2.v, v3.v); }) return {x86::nan_where_any(a.v, v0.v, v1.v, v2.v, v3.v)};
  else
#endif
  return select(unordered(v0, v1) | unordered(v2, v3), splat<T, L>(static_cast<T>(__builtin_nan(""))), a);
}

/// The smaller and the larger; NaN where either is NaN, as PyTorch's minimum and maximum.
template <class T, int L> ETCH_INLINE Vec<T, L> min(Vec<T, L> a, Vec<T, L> b) {
  if constexpr (detail::is_float<T>) return select(b != b, b, lesser(b, a));  // a where a is NaN; the test of b folds away where b is a constant
  else if constexpr (std::is_same_v<T, std::int32_t>) return lesser(a, b);
  else return select(a >= b, b, a);
}
template <class T, int L> ETCH_INLINE Vec<T, L> max(Vec<T, L> a, Vec<T, L> b) {
  if constexpr (detail::is_float<T>) return select(b != b, b, greater(b, a));
  else if constexpr (std::is_same_v<T, std::int32_t>) return greater(a, b);
  else return select(a <= b, b, a);
}

/// |a|; the smallest signed integer stays itself.
template <class T, int L> ETCH_INLINE Vec<T, L> abs(Vec<T, L> a) {
  if constexpr (detail::is_float<T>) {
    using U = typename detail::sized<sizeof(T)>::u;
    return bit_cast<T>(bit_cast<U>(a) & static_cast<U>(~U(0) >> 1));
  } else if constexpr (T(-1) < T(0)) {
    return select(a < T(0), -a, a);
  } else {
    return a;
  }
}

// ------------------------------------------------------------------------------------------------------ reductions

namespace detail {
// Lane i meets lane i + L/2, and so on down: one order for every instruction set.
template <class T, int L, class F> ETCH_INLINE T fold(Vec<T, L> a, F f) {
  if constexpr (L == 1) return a[0];
  else return fold(f(lower(a), upper(a)), f);
}
}  // namespace detail

/// The sum, product, largest (NaN if any is) and smallest of the lanes, as a tree whose order never varies.
template <class T, int L> ETCH_INLINE T hsum(Vec<T, L> a) {
  return detail::fold(a, [](auto x, auto y) { return x + y; });
}
#if !defined(__CUDACC__) && !defined(ETCH_CPU_EIGEN)
namespace detail {
// 2 N vectors become N, whose halves or neighbouring lanes are joined; unrolled here, because compilers leave the loop and its memory at -O2.
template <int N, class T, int L, int... I> ETCH_INLINE void sum_pairs(Vec<T, L> (&a)[L], std::integer_sequence<int, I...>) {
  constexpr int part = L * int(sizeof(T)) > 16 ? 16 / int(sizeof(T)) : L;
  ((a[I] = pair_sums<(N * part > L / 2 ? part : -part)>(a[2 * I], a[2 * I + 1], Index<L>{})), ...);
  if constexpr (N > 1) sum_pairs<N / 2>(a, std::make_integer_sequence<int, N / 2>{});
}
}  // namespace detail
#endif

/// The sums of L vectors as one, each as a tree; `a` is used up.
template <class T, int L> ETCH_INLINE Vec<T, L> hsums(Vec<T, L> (&a)[L]) {
#if !defined(__CUDACC__) && !defined(ETCH_CPU_EIGEN)
  if constexpr (L > 1 && !detail::split<T, L>) {
    detail::sum_pairs<L / 2>(a, std::make_integer_sequence<int, L / 2>{});
    return a[0];
  } else
#endif
  {
    T sum[L];
    ETCH_UNROLL for (int i = 0; i < L; ++i) sum[i] = hsum(a[i]);
    return load<T, L>(sum);
  }
}
/// Of floats the last eight lanes as doubles: a product of two partial ones may leave the range of floats where that of all does not, and one that
/// is no normal number takes a hundred cycles.
template <class T, int L> ETCH_INLINE T hprod(Vec<T, L> a) {
  const auto product = [](auto x, auto y) { return x * y; };
#if !defined(__CUDACC__)
  if constexpr (std::is_same_v<T, float> && L > 8) return hprod(lower(a) * upper(a));
  else if constexpr (std::is_same_v<T, float> && L > 1) return static_cast<float>(detail::fold(convert<double>(a), product));
  else
#endif
  return detail::fold(a, product);
}
template <class T, int L> ETCH_INLINE T hmax(Vec<T, L> a) {
  return detail::fold(a, [](auto x, auto y) { return max(x, y); });
}
template <class T, int L> ETCH_INLINE T hmin(Vec<T, L> a) {
  return detail::fold(a, [](auto x, auto y) { return min(x, y); });
}

/// Whether any, or every, lane is true.
template <int L> ETCH_INLINE bool any(Mask<L> a) {
#if !defined(ETCH_CPU_EIGEN)
  if constexpr (requires { x86::signs(a.v); }) return x86::signs(a.v) != 0;
#endif
  if constexpr (detail::split<bool, L>) return any(lower(a) | upper(a));
  else return detail::fold(a, [](auto x, auto y) { return x | y; });
}
template <int L> ETCH_INLINE bool all(Mask<L> a) {
#if !defined(ETCH_CPU_EIGEN)
  if constexpr (requires { x86::signs(a.v); }) return x86::signs(a.v) == (1 << L) - 1;
#endif
  if constexpr (detail::split<bool, L>) return all(lower(a) & upper(a));
  else return detail::fold(a, [](auto x, auto y) { return x & y; });
}

}  // namespace simd
}  // namespace ETCH_ABI
}  // namespace etch
