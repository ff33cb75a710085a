// Modules that only change shapes.
#include <etch/etch.hpp>

#include <doctest/doctest.h>

using namespace etch;

TEST_CASE("Flatten, Unflatten and Identity keep every element in its place") {
  Tensor<float, 2, 3, 4> x;
  for (int i = 0; i < 24; ++i) x.data()[i] = static_cast<float>(i);
  const Tensor<float, 2, 12> flat = make<nn::Flatten<>>()(x);
  const Tensor<float, 2, 3, 2, 2> split = make<nn::Unflatten<2, 2, 2>>()(x);
  const Tensor<float, 2, 3, 4> same = make<nn::Identity>()(x);
  for (int i = 0; i < 24; ++i) {
    CHECK(flat.data()[i] == x.data()[i]);
    CHECK(split.data()[i] == x.data()[i]);
    CHECK(same.data()[i] == x.data()[i]);
  }
}
