// Layers with computed weights as they are made, before and after a step; what PyTorch computes with them is in io/torch_models_test.cpp.
#include <etch/etch.hpp>
#include <etch/model/names.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <string>

using namespace etch;

namespace {
using Weighed = nn::WeightNorm<nn::Embedding<3, 2>, 1>;
using Bounded = nn::SpectralNorm<nn::Linear<2, 2>>;
constexpr auto loss = [](auto& m, auto x) { return sum(square(m(x))); };
template <class M>
std::string names(const M& model) {
  std::string all;
  each_named_tensor(*model, [&](const char* name, auto&) { all += std::string(name) + " "; });
  return all;
}
}  // namespace

TEST_CASE("weight_norm leaves a new layer as it is, then its lengths and directions are trained") {
  const auto plain = make<nn::Embedding<3, 2>>(Generator{2});
  const auto model = make<Weighed>(Generator{2});
  CHECK(names(model) == "parametrizations.weight.original1 parametrizations.weight.original0 ");
  const Tensor<std::int64_t, 4> ids{2, 0, 1, 1};
  const Tensor a = plain(ids), b = model(ids);
  for (int i = 0; i < 8; ++i) CHECK(b.data()[i] == doctest::Approx(a.data()[i]));
  for (int c = 0; c < 2; ++c) {
    double square = 0;
    for (int r = 0; r < 3; ++r) square += std::pow(static_cast<double>(plain->weight.data()[2 * r + c]), 2);
    CHECK(model->length.data()[c] == doctest::Approx(std::sqrt(square)));
  }
  auto step = train_step(model, loss, optim::SGD{.lr = 0.05}, ids);
  const float before = step(ids);
  for (int i = 0; i < 20; ++i) step(ids);
  CHECK(step(ids) < 0.5f * before);
}

TEST_CASE("spectral_norm: the largest singular value is 1; vectors move in training only") {
  const auto model = make<Bounded>(Generator{4});
  CHECK(names(model) == "parametrizations.weight.original bias parametrizations.weight.0._u parametrizations.weight.0._v ");
  nn::init::zeros_(model->layer.bias);
  const Tensor<float, 2, 2> one = eye<float, 2>();
  const Tensor w = model(one);  // of the weight: its transpose
  const double a = static_cast<double>(w(0, 0)), b = static_cast<double>(w(0, 1)), c = static_cast<double>(w(1, 0)), d = static_cast<double>(w(1, 1));
  const double squares = a * a + b * b + c * c + d * d, det = a * d - b * c;
  CHECK(std::sqrt((squares + std::sqrt(squares * squares - 4 * det * det)) / 2) == doctest::Approx(1).epsilon(1e-3));
  const Tensor<float, 2> u = model->u * 1.f;
  const Tensor again = model(one);
  CHECK(again(0, 0) == w(0, 0));
  CHECK(model->u.data()[0] == u(0));
  nn::init::ones_(model->u);
  auto step = train_step(model, loss, optim::SGD{.lr = 0}, one);
  for (int i = 0; i < 30; ++i) step(one);
  for (int i = 0; i < 2; ++i) CHECK(std::fabs(model->u.data()[i]) == doctest::Approx(std::fabs(u(i))).epsilon(1e-2));
}
