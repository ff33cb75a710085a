// Linear: y = x W^T + b for any leading axes, PyTorch's initial range, gradients.
#include <cmath>

#include "gradient.hpp"

using namespace etch;

namespace {

struct Named : dim<3> {};
inline constexpr Named named{};

struct Product {
  constexpr auto operator()(auto& m, auto w) const { return sum(m(w)); }
};

}  // namespace

TEST_CASE("linear multiplies by the transposed weight and adds the bias") {
  auto layer = make<nn::Linear<3, 2>>();
  CHECK(layer->weight.size(0) == 2);
  CHECK(layer->weight.size(1) == 3);
  const float weight[] = {1, 2, 3, -1, 0, 1}, bias[] = {10, 20};
  std::memcpy(layer->weight.data(), weight, sizeof(weight));
  std::memcpy(layer->bias.data(), bias, sizeof(bias));
  Tensor<float, 2, 3> x{{1, 1, 1}, {2, 0, -1}};
  Tensor<float, 2, 2> y = layer(x);
  CHECK(y(0, 0) == 16);
  CHECK(y(0, 1) == 20);
  CHECK(y(1, 0) == 9);
  CHECK(y(1, 1) == 17);
  Tensor<float, 3> vector{1, 1, 1};
  Tensor<float, 2> row = layer(vector);
  CHECK(row(1) == 20);
  Tensor<float, 1, 2, 3> batch;
  std::memcpy(batch.data(), x.data(), sizeof(weight));
  Tensor<float, 1, 2, 2> z = layer(batch);
  CHECK(z(0, 1, 1) == 17);
}

TEST_CASE("linear without bias has one parameter") {
  static_assert(layout<nn::Linear<3, 2, false>>.tensors == 1);
  static_assert(layout<nn::Linear<3, 2>>.tensors == 2);
  static_assert(detail::lists_every_member<nn::Linear<3, 2, false>>());
  auto layer = make<nn::Linear<3, 1, false>>();
  nn::init::ones_(layer->weight);
  Tensor<float, 3> x{1, 2, 3};
  Tensor<float, 1> y = layer(x);
  CHECK(y(0) == 6);
}

TEST_CASE("linear keeps a named size and its leading axes") {
  auto layer = make<nn::Linear<named, 2>>();
  Tensor<float, 5, named> x;
  Tensor y = layer(x);
  static_assert(std::is_same_v<decltype(y), Tensor<float, 5, 2>>);
  CHECK(y(4, 1) == layer->bias.data()[1]);
}

TEST_CASE("linear starts as PyTorch's: uniform within 1 / sqrt(in)") {
  auto layer = make<nn::Linear<64, 100>>(Generator{2});
  double largest = 0, sum = 0;
  for (int i = 0; i < 6400; ++i) {
    largest = std::fmax(largest, std::fabs(layer->weight.data()[i]));
    sum += layer->weight.data()[i];
  }
  CHECK(largest <= 0.125);
  CHECK(largest > 0.124);
  CHECK(std::fabs(sum / 6400) < 0.005);
  for (int i = 0; i < 100; ++i) CHECK(std::fabs(layer->bias.data()[i]) <= 0.125f);
}

TEST_CASE("linear sends gradients to input, weight and bias") {
  Tensor<double, 2, 4, 5> w;
  Generator g{1};
  nn::init::normal_(w, g);
  check_gradient<Probe<nn::Linear<3, 5, true, double>, 2, 4, 3>>(Product{}, w);
}
