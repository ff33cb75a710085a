// Distances as modules are the functions.
#include <etch/etch.hpp>

#include <doctest/doctest.h>

using namespace etch;

TEST_CASE("distances as modules are the functions") {
  const Tensor<double, 2, 3> x{{1, 2, 3}, {4, 5, 6}}, y{{1, 0, 2}, {4, 5, 7}};
  const Tensor<double, 2, 1> d = make<nn::PairwiseDistance<1.0, 0.0, true>>()(x, y);
  const Tensor<double, 2> c = make<nn::CosineSimilarity<>>()(x, y), e = cosine_similarity(x, y);
  CHECK(d(0, 0) == 3);
  CHECK(c(1) == e(1));
}
