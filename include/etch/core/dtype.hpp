// Element types: a value for each C++ type, its size, its PyTorch name, and promotion.
#pragma once

#include <etch/core/config.hpp>

#include <cstddef>
#include <cstdint>

namespace etch {
inline namespace ETCH_ABI {

/// The element type of a tensor, in the order of PyTorch's promotion lattice.
enum class DType : std::uint8_t { boolean, uint8, int8, int16, int32, int64, float32, float64 };

/// Bytes of one element.
constexpr std::size_t size_of(DType t) {
  switch (t) {
    case DType::boolean:
    case DType::uint8:
    case DType::int8: return 1;
    case DType::int16: return 2;
    case DType::int32:
    case DType::float32: return 4;
    case DType::int64:
    case DType::float64: return 8;
  }
  return 0;
}

/// PyTorch's name: "float32".
constexpr const char* name_of(DType t) {
  switch (t) {
    case DType::boolean: return "bool";
    case DType::uint8: return "uint8";
    case DType::int8: return "int8";
    case DType::int16: return "int16";
    case DType::int32: return "int32";
    case DType::int64: return "int64";
    case DType::float32: return "float32";
    case DType::float64: return "float64";
  }
  return "?";
}

constexpr bool is_floating(DType t) { return t == DType::float32 || t == DType::float64; }

namespace detail {
template <class T> struct dtype_tag;
template <> struct dtype_tag<bool> { static constexpr DType value = DType::boolean; };
template <> struct dtype_tag<std::uint8_t> { static constexpr DType value = DType::uint8; };
template <> struct dtype_tag<std::int8_t> { static constexpr DType value = DType::int8; };
template <> struct dtype_tag<std::int16_t> { static constexpr DType value = DType::int16; };
template <> struct dtype_tag<std::int32_t> { static constexpr DType value = DType::int32; };
template <> struct dtype_tag<std::int64_t> { static constexpr DType value = DType::int64; };
template <> struct dtype_tag<float> { static constexpr DType value = DType::float32; };
template <> struct dtype_tag<double> { static constexpr DType value = DType::float64; };
template <DType> struct tag_type;
template <> struct tag_type<DType::boolean> { using type = bool; };
template <> struct tag_type<DType::uint8> { using type = std::uint8_t; };
template <> struct tag_type<DType::int8> { using type = std::int8_t; };
template <> struct tag_type<DType::int16> { using type = std::int16_t; };
template <> struct tag_type<DType::int32> { using type = std::int32_t; };
template <> struct tag_type<DType::int64> { using type = std::int64_t; };
template <> struct tag_type<DType::float32> { using type = float; };
template <> struct tag_type<DType::float64> { using type = double; };
}  // namespace detail

/// The DType of a C++ element type, and back.
template <class T> inline constexpr DType dtype_of = detail::dtype_tag<T>::value;
template <DType D> using type_of = typename detail::tag_type<D>::type;

/// The common type of two operands, as PyTorch promotes tensors of equal rank.
constexpr DType promote(DType a, DType b) {
  if (a == b) return a;
  const DType low = a < b ? a : b, high = a < b ? b : a;
  if (low == DType::uint8 && high == DType::int8) return DType::int16;
  return high;
}

}  // namespace ETCH_ABI
}  // namespace etch
