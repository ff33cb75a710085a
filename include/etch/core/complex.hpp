// complex<T>: a real and an imaginary part side by side in memory, as std::complex and PyTorch keep them.
#pragma once

#include <etch/core/config.hpp>

#include <type_traits>

namespace etch {
inline namespace ETCH_ABI {

/// A complex number of float or double. <complex> costs each file 0.1 s, so this is a type of its own that converts
/// from and to std::complex. `complex(re, im)` of tensors is a tensor (ops/complex.hpp).
template <class T>
struct complex {
  static_assert(std::is_floating_point_v<T>, "etch: complex: the parts must be float or double");
  using value_type = T;
  T re = 0, im = 0;

  constexpr complex() = default;
  template <class R>
    requires std::is_arithmetic_v<R>
  constexpr complex(R real) : re(static_cast<T>(real)) {}
  constexpr complex(std::type_identity_t<T> real, std::type_identity_t<T> imag) : re(real), im(imag) {}
  /// From std::complex and the like.
  template <class C>
    requires requires(const C& c) { static_cast<T>(c.real()), static_cast<T>(c.imag()); }
  constexpr complex(const C& c) : re(static_cast<T>(c.real())), im(static_cast<T>(c.imag())) {}
  template <class C>
    requires requires { typename C::value_type; C(T(), T()).real(); }
  constexpr operator C() const { return C(re, im); }

  constexpr T real() const { return re; }
  constexpr T imag() const { return im; }
  constexpr bool operator==(const complex&) const = default;

  friend constexpr complex operator-(complex a) { return {-a.re, -a.im}; }
  friend constexpr complex operator+(complex a, complex b) { return {a.re + b.re, a.im + b.im}; }
  friend constexpr complex operator-(complex a, complex b) { return {a.re - b.re, a.im - b.im}; }
  friend constexpr complex operator*(complex a, complex b) { return {a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re}; }
};
template <class T>
  requires std::is_floating_point_v<T>
complex(T, T) -> complex<T>;

using complex64 = complex<float>;
using complex128 = complex<double>;
using cfloat = complex64;
using cdouble = complex128;

namespace detail {
template <class T> inline constexpr bool is_complex_type = false;
template <class T> inline constexpr bool is_complex_type<complex<T>> = true;
template <class T> struct real_type_of { using type = T; };
template <class T> struct real_type_of<complex<T>> { using type = T; };
template <class T> using real_type = typename real_type_of<T>::type;
}  // namespace detail

}  // namespace ETCH_ABI
}  // namespace etch
