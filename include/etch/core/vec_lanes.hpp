// What both forms of Vec share: traits of a lane, tails and strides in memory, and functions applied lane by lane.
#pragma once

#include <etch/core/config.hpp>

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

namespace etch {
inline namespace ETCH_ABI {
namespace simd {

template <class T, int L> struct Vec;
template <int L> using Mask = Vec<bool, L>;
template <class T, int L> struct EvenOdd { Vec<T, L> even, odd; };
template <class T, int L> ETCH_INLINE Vec<T, L> load(const T* p);
template <class T, int L> ETCH_INLINE void store(T* p, Vec<T, L> a);
template <class To, class T, int L> ETCH_INLINE Vec<To, L> convert(Vec<T, L> a);

namespace detail {
// The integers of a size.
template <std::size_t Bytes> struct sized;
template <> struct sized<1> {
  using i = std::int8_t;
  using u = std::uint8_t;
};
template <> struct sized<2> {
  using i = std::int16_t;
  using u = std::uint16_t;
};
template <> struct sized<4> {
  using i = std::int32_t;
  using u = std::uint32_t;
};
template <> struct sized<8> {
  using i = std::int64_t;
  using u = std::uint64_t;
};

template <class T> inline constexpr bool is_float = false;
template <> inline constexpr bool is_float<float> = true;
template <> inline constexpr bool is_float<double> = true;
template <class T> inline constexpr bool is_bool = false;
template <> inline constexpr bool is_bool<bool> = true;

template <class T> using Same = std::type_identity_t<T>;  // a parameter of this type is not deduced
template <class T> inline constexpr bool is_signed = T(-1) < T(0);
template <int L> using Index = std::make_integer_sequence<int, L>;

// Lane by lane through a scalar function: what has no vector form.
template <class F, class T, int L> ETCH_INLINE Vec<T, L> each(F f, Vec<T, L> a, Vec<T, L> b) {
  T x[L], y[L];
  store(x, a);
  store(y, b);
  for (int i = 0; i < L; ++i) x[i] = f(x[i], y[i]);
  return load<T, L>(x);
}
template <class F, class T, int L> ETCH_INLINE Vec<T, L> each(F f, Vec<T, L> a) {
  T x[L];
  store(x, a);
  for (int i = 0; i < L; ++i) x[i] = f(x[i]);
  return load<T, L>(x);
}

// Integer division is total, so that the idle lanes of a partial load cannot trap: x / 0 = 0 and x % 0 = x.
template <class T> ETCH_INLINE T quotient(T a, T b) {
  if (b == 0) return T(0);
  if constexpr (is_signed<T>) {
    if (b == T(-1)) return static_cast<T>(0 - static_cast<typename sized<sizeof(T)>::u>(a));
  }
  return static_cast<T>(a / b);
}
template <class T> ETCH_INLINE T remainder(T a, T b) {
  if (b == 0) return a;
  if constexpr (is_signed<T>) {
    if (b == T(-1)) return T(0);
  }
  return static_cast<T>(a % b);
}
}  // namespace detail

/// The strided load of the first n lanes, and strided stores.
template <class T, int L> ETCH_INLINE Vec<T, L> gather_partial(const T* p, std::ptrdiff_t stride, int n) {
  T lanes[L] = {};
  for (int i = 0; i < L && i < n; ++i) lanes[i] = p[i * stride];
  return load<T, L>(lanes);
}
template <class T, int L> ETCH_INLINE void scatter_partial(T* p, std::ptrdiff_t stride, Vec<T, L> a, int n) {
  T lanes[L];
  store(lanes, a);
  for (int i = 0; i < L && i < n; ++i) p[i * stride] = lanes[i];
}
template <class T, int L> ETCH_INLINE void scatter(T* p, std::ptrdiff_t stride, Vec<T, L> a) {
  if (stride == 2) {  // parts of complex numbers
    for (int i = 0; i < L; ++i) p[2 * i] = a[i];
  } else {
    for (int i = 0; i < L; ++i) p[i * stride] = a[i];
  }
}

}  // namespace simd
}  // namespace ETCH_ABI
}  // namespace etch
