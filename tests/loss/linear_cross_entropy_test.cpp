// linear_cross_entropy, against PyTorch's values.
#include <etch/etch.hpp>

#include <doctest/doctest.h>

using namespace etch;

namespace {
template <class T, auto... D>
Tensor<T, D...> numbers() {
  Tensor<T, D...> x;
  for (int i = 0; i < x.numel(); ++i) x.data()[i] = static_cast<T>(i % 5 * 0.3 - 0.4);
  return x;
}
const Tensor<float, 2, 3> x{{1, 2, 3}, {-1, 0, 1}};
const Tensor<std::int64_t, 2, 4> targets{{0, 1, 1, 0}, {1, 1, 0, 0}};
}  // namespace

TEST_CASE("linear_cross_entropy: outputs with several axes, a bias, weights of classes, smoothing") {
  const auto w = numbers<float, 2, 4, 3>();
  Tensor<float, 2, 4> b;
  for (int i = 0; i < 8; ++i) b.data()[i] = 0.1f * static_cast<float>(i);
  const Tensor<float, 2> c{0.5f, 2};
  CHECK(Tensor<float>(linear_cross_entropy(x, w, targets)).data()[0] == doctest::Approx(1.3903).epsilon(1e-4));
  CHECK(Tensor<float>(linear_cross_entropy(x, w, targets, linear_bias(b))).data()[0] == doctest::Approx(1.4405).epsilon(1e-4));
  CHECK(Tensor<float>(linear_cross_entropy(x, w, targets, linear_bias(b), c)).data()[0] == doctest::Approx(0.9663).epsilon(1e-4));
  CHECK(Tensor<float>(linear_cross_entropy<Reduction::sum, 1, 0.1>(x, w, targets, c)).data()[0] == doctest::Approx(3.8835).epsilon(1e-4));
}

TEST_CASE("linear_cross_entropy: one row of logits") {
  const Tensor<float, 3> one{1, 2, 3};
  CHECK(Tensor<float>(linear_cross_entropy(one, numbers<float, 4, 3>(), Tensor<std::int64_t>(2))).data()[0] == doctest::Approx(0.5273).epsilon(1e-4));
}
