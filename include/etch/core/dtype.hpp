// Element types: a value for each C++ type, its size, its PyTorch name, and promotion.
#pragma once

#include <etch/core/complex.hpp>
#include <etch/core/config.hpp>
#include <etch/core/half.hpp>

#include <cstddef>
#include <cstdint>

namespace etch {
inline namespace ETCH_ABI {

/// The element type of a tensor, in the order of PyTorch's promotion lattice.
enum class DType : std::uint8_t { boolean, uint8, int8, int16, int32, int64, float16, bfloat16, float32, float64, complex64, complex128 };

/// Bytes of one element.
constexpr std::size_t size_of(DType t) {
  constexpr std::size_t sizes[] = {1, 1, 1, 2, 4, 8, 2, 2, 4, 8, 8, 16};
  return sizes[static_cast<int>(t)];
}

/// PyTorch's name: "float32".
constexpr const char* name_of(DType t) {
  constexpr const char* names[] = {"bool", "uint8", "int8", "int16", "int32", "int64", "float16", "bfloat16", "float32", "float64", "complex64", "complex128"};
  return names[static_cast<int>(t)];
}

/// Bools and integers; real numbers; complex numbers.
constexpr bool is_integral(DType t) { return t <= DType::int64; }
constexpr bool is_floating(DType t) { return t >= DType::float16 && t <= DType::float64; }
constexpr bool is_complex(DType t) { return t >= DType::complex64; }

/// The dtype of a complex number's parts, and of a number with such a part.
constexpr DType real_dtype(DType t) { return t == DType::complex64 ? DType::float32 : t == DType::complex128 ? DType::float64 : t; }
constexpr DType complex_dtype(DType t) { return t == DType::float64 || t == DType::complex128 ? DType::complex128 : DType::complex64; }

namespace detail {
template <class T> struct dtype_tag;
template <DType> struct tag_type;
#define ETCH_DTYPE(Type, name)                                                 \
  template <> struct dtype_tag<Type> { static constexpr DType value = DType::name; }; \
  template <> struct tag_type<DType::name> { using type = Type; };
ETCH_DTYPE(bool, boolean)
ETCH_DTYPE(std::uint8_t, uint8)
ETCH_DTYPE(std::int8_t, int8)
ETCH_DTYPE(std::int16_t, int16)
ETCH_DTYPE(std::int32_t, int32)
ETCH_DTYPE(std::int64_t, int64)
ETCH_DTYPE(half, float16)
ETCH_DTYPE(::etch::bfloat16, bfloat16)
ETCH_DTYPE(float, float32)
ETCH_DTYPE(double, float64)
ETCH_DTYPE(complex<float>, complex64)
ETCH_DTYPE(complex<double>, complex128)
#undef ETCH_DTYPE
}  // namespace detail

/// The DType of a C++ element type, and back.
template <class T> inline constexpr DType dtype_of = detail::dtype_tag<T>::value;
template <DType D> using type_of = typename detail::tag_type<D>::type;

/// The common type of two operands, as PyTorch promotes tensors of equal rank.
constexpr DType promote(DType a, DType b) {
  if (a == b) return a;
  const DType low = a < b ? a : b, high = a < b ? b : a;
  if (low == DType::uint8 && high == DType::int8) return DType::int16;
  if (low == DType::float16 && high == DType::bfloat16) return DType::float32;
  if (low == DType::float64 && is_complex(high)) return DType::complex128;
  return high;
}
constexpr DType promote_types(DType a, DType b) { return promote(a, b); }

/// Whether PyTorch lets a result of one dtype be written to a tensor of another: never from complex to real, from floating to
/// integer, or to bool.
constexpr bool can_cast(DType from, DType to) {
  if (is_complex(from) && !is_complex(to)) return false;
  if (is_floating(from) && is_integral(to) && to != DType::boolean) return false;
  return from == DType::boolean || to != DType::boolean;
}

/// What an operand brings to a promotion: its dtype, and what it is. Tensors with dimensions count before tensors of
/// rank 0, and those before numbers; what counts less decides the category (bool, integer, floating, complex) only.
enum class Standing : std::uint8_t { number, scalar, tensor };

/// The common dtype of `higher`, if its category is at least that of `lower`.
constexpr DType combine_categories(DType higher, DType lower) {
  if (is_complex(higher)) return higher;
  if (is_floating(higher)) return is_complex(lower) ? complex_dtype(higher) : higher;
  if (higher == DType::boolean || !is_integral(lower)) return promote(higher, lower);
  return higher;
}

/// The common dtype of operands, as torch.result_type; numbers come in the default dtypes: bool, int64, float32, complex64.
constexpr DType result_type(const DType* dtype, const Standing* standing, int count) {
  bool found = false;
  DType result = DType::boolean;
  for (int s = 2; s >= 0; --s) {
    bool any = false;
    DType of_level = DType::boolean;
    for (int i = 0; i < count; ++i) {
      if (static_cast<int>(standing[i]) != s) continue;
      DType d = dtype[i];
      if (s == 0) d = is_complex(d) ? DType::complex64 : is_floating(d) ? DType::float32 : d == DType::boolean ? d : DType::int64;
      of_level = any ? promote(of_level, d) : d;
      any = true;
    }
    if (!any) continue;
    result = found ? combine_categories(result, of_level) : of_level;
    found = true;
  }
  return result;
}

}  // namespace ETCH_ABI
}  // namespace etch
