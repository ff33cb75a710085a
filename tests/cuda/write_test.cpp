// What is written from outside a program: elements through a view, of every size; gradients that add up.
#include <etch/cuda/write.hpp>

#include <doctest/doctest.h>

#include <complex>

using namespace etch;

TEST_CASE_TEMPLATE("a dense block goes where a view has its elements", T, std::int8_t, std::int16_t, float, double, std::complex<double>) {
  T block[24]{}, expected[24]{}, dense[6];
  for (int i = 0; i < 6; ++i) dense[i] = static_cast<T>(static_cast<float>(i + 1));
  const detail::Strided view{2, 3, {2, 3}, {10, -1}};  // backwards along rows
  for (int i = 0; i < 2; ++i)
    for (int j = 0; j < 3; ++j) expected[3 + 10 * i - j] = dense[3 * i + j];
  device::store(view, block, dense, sizeof(T));
  for (int i = 0; i < 24; ++i) CHECK(block[i] == expected[i]);
}

TEST_CASE("sums of floats, doubles and halves") {
  float sum[3] = {1, 2, 3};
  const float more[3] = {0.5f, -2, 4};
  device::for_each(3, device::AddElement{DType::float32, sum, more});
  CHECK((sum[0] == 1.5f && sum[1] == 0 && sum[2] == 7));
  etch::half low[1] = {static_cast<etch::half>(1.5f)};
  const etch::half other[1] = {static_cast<etch::half>(0.25f)};
  device::for_each(1, device::AddElement{DType::float16, low, other});
  CHECK(static_cast<float>(low[0]) == 1.75f);
}
