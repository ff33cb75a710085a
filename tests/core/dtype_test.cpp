// The tables of PyTorch 2.13: promotion, casts, what a rank-0 tensor or a number brings, and the limits of types.
#include <doctest/doctest.h>

#include <etch/core/dtype_info.hpp>

using namespace etch;

namespace {
constexpr DType b = DType::boolean, u8 = DType::uint8, i8 = DType::int8, i16 = DType::int16, i32 = DType::int32, i64 = DType::int64, f16 = DType::float16, bf16 = DType::bfloat16,
                f32 = DType::float32, f64 = DType::float64, c64 = DType::complex64, c128 = DType::complex128;
constexpr DType all_of_them[] = {b, u8, i8, i16, i32, i64, f16, bf16, f32, f64, c64, c128};
constexpr int types = 12;
}  // namespace

TEST_CASE("promote_types is PyTorch's table") {
  constexpr DType want[types][types] = {
    {b, u8, i8, i16, i32, i64, f16, bf16, f32, f64, c64, c128},
    {u8, u8, i16, i16, i32, i64, f16, bf16, f32, f64, c64, c128},
    {i8, i16, i8, i16, i32, i64, f16, bf16, f32, f64, c64, c128},
    {i16, i16, i16, i16, i32, i64, f16, bf16, f32, f64, c64, c128},
    {i32, i32, i32, i32, i32, i64, f16, bf16, f32, f64, c64, c128},
    {i64, i64, i64, i64, i64, i64, f16, bf16, f32, f64, c64, c128},
    {f16, f16, f16, f16, f16, f16, f16, f32, f32, f64, c64, c128},
    {bf16, bf16, bf16, bf16, bf16, bf16, f32, bf16, f32, f64, c64, c128},
    {f32, f32, f32, f32, f32, f32, f32, f32, f32, f64, c64, c128},
    {f64, f64, f64, f64, f64, f64, f64, f64, f64, f64, c128, c128},
    {c64, c64, c64, c64, c64, c64, c64, c64, c64, c128, c64, c128},
    {c128, c128, c128, c128, c128, c128, c128, c128, c128, c128, c128, c128},
  };
  for (int i = 0; i < types; ++i)
    for (int j = 0; j < types; ++j) CHECK(promote_types(all_of_them[i], all_of_them[j]) == want[i][j]);
}

TEST_CASE("can_cast is PyTorch's table") {
  constexpr const char* want[] = {
    "111111111111",
    "011111111111",
    "011111111111",
    "011111111111",
    "011111111111",
    "011111111111",
    "000000111111",
    "000000111111",
    "000000111111",
    "000000111111",
    "000000000011",
    "000000000011",
  };
  for (int i = 0; i < types; ++i)
    for (int j = 0; j < types; ++j) CHECK(can_cast(all_of_them[i], all_of_them[j]) == (want[i][j] == '1'));
}

TEST_CASE("a tensor of rank 0 decides the category only") {
  constexpr DType want[types][types] = {
    {b, u8, i8, i16, i32, i64, f16, bf16, f32, f64, c64, c128},
    {u8, u8, u8, u8, u8, u8, f16, bf16, f32, f64, c64, c128},
    {i8, i8, i8, i8, i8, i8, f16, bf16, f32, f64, c64, c128},
    {i16, i16, i16, i16, i16, i16, f16, bf16, f32, f64, c64, c128},
    {i32, i32, i32, i32, i32, i32, f16, bf16, f32, f64, c64, c128},
    {i64, i64, i64, i64, i64, i64, f16, bf16, f32, f64, c64, c128},
    {f16, f16, f16, f16, f16, f16, f16, f16, f16, f16, c64, c64},
    {bf16, bf16, bf16, bf16, bf16, bf16, bf16, bf16, bf16, bf16, c64, c64},
    {f32, f32, f32, f32, f32, f32, f32, f32, f32, f32, c64, c64},
    {f64, f64, f64, f64, f64, f64, f64, f64, f64, f64, c128, c128},
    {c64, c64, c64, c64, c64, c64, c64, c64, c64, c64, c64, c64},
    {c128, c128, c128, c128, c128, c128, c128, c128, c128, c128, c128, c128},
  };  // where PyTorch has complex32 stands complex64
  for (int i = 0; i < types; ++i)
    for (int j = 0; j < types; ++j) {
      const DType d[] = {all_of_them[i], all_of_them[j]}, swapped[] = {d[1], d[0]};
      const Standing s[] = {Standing::tensor, Standing::scalar}, other[] = {s[1], s[0]};
      CHECK(result_type(d, s, 2) == want[i][j]);
      CHECK(result_type(swapped, other, 2) == want[i][j]);
    }
}

TEST_CASE("a number decides the category only, and comes in the default dtype") {
  constexpr DType numbers[] = {b, i64, f64, c128};  // as C++ and Python hold them
  constexpr DType want[types][4] = {
    {b, i64, f32, c64},
    {u8, u8, f32, c64},
    {i8, i8, f32, c64},
    {i16, i16, f32, c64},
    {i32, i32, f32, c64},
    {i64, i64, f32, c64},
    {f16, f16, f16, c64},
    {bf16, bf16, bf16, c64},
    {f32, f32, f32, c64},
    {f64, f64, f64, c128},
    {c64, c64, c64, c64},
    {c128, c128, c128, c128},
  };
  for (int i = 0; i < types; ++i)
    for (int j = 0; j < 4; ++j) {
      const DType d[] = {all_of_them[i], numbers[j]};
      const Standing tensor[] = {Standing::tensor, Standing::number}, scalar[] = {Standing::scalar, Standing::number};
      CHECK(result_type(d, tensor, 2) == want[i][j]);
      CHECK(result_type(d, scalar, 2) == want[i][j]);
    }
}

TEST_CASE("sizes, names and kinds") {
  const std::size_t sizes[] = {1, 1, 1, 2, 4, 8, 2, 2, 4, 8, 8, 16};
  for (int i = 0; i < types; ++i) {
    const DType d = all_of_them[i];
    CHECK(size_of(d) == sizes[i]);
    CHECK(is_integral(d) == (i < 6));
    CHECK(is_floating(d) == (i >= 6 && i < 10));
    CHECK(is_complex(d) == (i >= 10));
  }
  CHECK(doctest::String(name_of(bf16)) == "bfloat16");
  CHECK(doctest::String(name_of(c128)) == "complex128");
  CHECK(real_dtype(c128) == f64);
  CHECK(complex_dtype(f64) == c128);
  CHECK(complex_dtype(f16) == c64);
  static_assert(sizeof(half) == 2 && sizeof(bfloat16) == 2 && sizeof(complex<float>) == 8 && sizeof(complex<double>) == 16);
  static_assert(std::is_trivially_copyable_v<half> && std::is_trivially_copyable_v<complex<double>>);
  static_assert(dtype_of<half> == f16 && std::is_same_v<type_of<c64>, complex<float>>);
}

TEST_CASE("finfo and iinfo are PyTorch's") {
  static_assert(finfo<half>::bits == 16 && finfo<half>::eps == 0.0009765625 && finfo<half>::max == 65504 && finfo<half>::min == -65504);
  static_assert(finfo<half>::tiny == 6.103515625e-05 && finfo<half>::resolution == 0.001);
  static_assert(finfo<bfloat16>::eps == 0.0078125 && finfo<bfloat16>::max == 3.3895313892515355e+38 && finfo<bfloat16>::min == -finfo<bfloat16>::max);
  static_assert(finfo<bfloat16>::smallest_normal == 1.1754943508222875e-38 && finfo<bfloat16>::resolution == 0.01);
  static_assert(finfo<float>::bits == 32 && finfo<float>::eps == 1.1920928955078125e-07 && finfo<float>::max == 3.4028234663852886e+38 && finfo<float>::resolution == 1e-6);
  static_assert(finfo<double>::bits == 64 && finfo<double>::tiny == 2.2250738585072014e-308 && finfo<double>::resolution == 1e-15);
  static_assert(finfo<complex<float>>::eps == finfo<float>::eps);
  static_assert(iinfo<std::int8_t>::min == -128 && iinfo<std::uint8_t>::max == 255 && iinfo<std::int64_t>::bits == 64 && iinfo<std::int32_t>::max == 2147483647);
  CHECK(doctest::String(finfo<half>::dtype) == "float16");
}
