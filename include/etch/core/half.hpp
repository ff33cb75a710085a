// half (float16) and bfloat16: numbers that are stored in two bytes and computed with as float.
//
//   half      sign | 5 bits of exponent | 10 of mantissa        bfloat16  the upper half of a float
//
// A conversion to them rounds to nearest, ties to even, and overflows to infinity. There is no arithmetic on them:
// C++ converts both sides to float, as the kernels do.
#pragma once

#include <etch/core/config.hpp>

#include <cstdint>
#include <limits>
#include <type_traits>

namespace etch {
inline namespace ETCH_ABI {
namespace detail {

constexpr float float_from_half(std::uint16_t half) {
  const std::uint32_t sign = (half & 0x8000u) << 16, exponent = half >> 10 & 31u, mantissa = half & 0x3FFu;
  if (exponent == 31) return __builtin_bit_cast(float, sign | 0x7F800000u | mantissa << 13);
  if (exponent != 0) return __builtin_bit_cast(float, sign | (exponent + 112) << 23 | mantissa << 13);
  const float value = static_cast<float>(mantissa) * 0x1p-24f;  // subnormal
  return sign != 0 ? -value : value;
}
constexpr std::uint16_t half_from_float(float value) {
  const std::uint32_t bits = __builtin_bit_cast(std::uint32_t, value), sign = bits >> 16 & 0x8000u, a = bits & 0x7FFFFFFFu;
  std::uint32_t r = 0;
  if (a > 0x7F800000u) r = 0x7E00u;
  else if (a >= 0x47800000u) r = 0x7C00u;  // 65536; what rounds up to it gets there below
  else if (a >= 0x38800000u) r = (a - 0x38000000u + 0xFFFu + (a >> 13 & 1u)) >> 13;
  else r = __builtin_bit_cast(std::uint32_t, __builtin_bit_cast(float, a) + 0.5f) - 0x3F000000u;  // subnormal: the sum rounds
  return static_cast<std::uint16_t>(sign | r);
}
constexpr float float_from_bfloat16(std::uint16_t bits) { return __builtin_bit_cast(float, static_cast<std::uint32_t>(bits) << 16); }
constexpr std::uint16_t bfloat16_from_float(float value) {
  const std::uint32_t bits = __builtin_bit_cast(std::uint32_t, value);
  if (value != value) return 0x7FC0u;
  return static_cast<std::uint16_t>((bits + 0x7FFFu + (bits >> 16 & 1u)) >> 16);
}

}  // namespace detail

/// torch.float16.
struct half {
  std::uint16_t bits = 0;
  constexpr half() = default;
  template <class T>
    requires std::is_arithmetic_v<T>
  constexpr half(T value) : bits(detail::half_from_float(static_cast<float>(value))) {}
  constexpr operator float() const { return detail::float_from_half(bits); }
};

/// torch.bfloat16.
struct bfloat16 {
  std::uint16_t bits = 0;
  constexpr bfloat16() = default;
  template <class T>
    requires std::is_arithmetic_v<T>
  constexpr bfloat16(T value) : bits(detail::bfloat16_from_float(static_cast<float>(value))) {}
  constexpr operator float() const { return detail::float_from_bfloat16(bits); }
};

using float16 = half;

namespace detail {
template <class T> inline constexpr bool is_half = std::is_same_v<T, half> || std::is_same_v<T, bfloat16>;
template <class T>
constexpr T from_bits(int bits) {
  T r;
  r.bits = static_cast<std::uint16_t>(bits);
  return r;
}
template <class T, int Digits, int Min, int Max, int Lowest, int Epsilon, int Infinity, int Nan>
struct half_limits {
  static constexpr bool is_specialized = true, is_signed = true, is_integer = false, is_exact = false, has_infinity = true, has_quiet_NaN = true;
  static constexpr int digits = Digits, radix = 2;
  static constexpr T min() { return from_bits<T>(Min); }
  static constexpr T max() { return from_bits<T>(Max); }
  static constexpr T lowest() { return from_bits<T>(Lowest); }
  static constexpr T epsilon() { return from_bits<T>(Epsilon); }
  static constexpr T infinity() { return from_bits<T>(Infinity); }
  static constexpr T quiet_NaN() { return from_bits<T>(Nan); }
};
}  // namespace detail

}  // namespace ETCH_ABI
}  // namespace etch

template <>
struct std::numeric_limits<etch::half> : etch::detail::half_limits<etch::half, 11, 0x0400, 0x7BFF, 0xFBFF, 0x1400, 0x7C00, 0x7E00> {};
template <>
struct std::numeric_limits<etch::bfloat16> : etch::detail::half_limits<etch::bfloat16, 8, 0x0080, 0x7F7F, 0xFF7F, 0x3C00, 0x7F80, 0x7FC0> {};
