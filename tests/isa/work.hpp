// What both objects compute. The namespace is unnamed so that the two copies cannot be taken for each other.
#pragma once

#include <etch/etch.hpp>

#include <cmath>

namespace {

struct Net {
  etch::nn::Linear<20, 33> fc1;
  etch::nn::Linear<33, 7> fc2;
  ETCH_MODULE(fc1, fc2)
  constexpr auto forward(auto x) const { return fc2(etch::gelu(fc1(x))); }
};

/// A number that both objects must agree on, up to rounding: products, fused kernels, reductions, an optimizer, threads.
inline double work() {
  using namespace etch;
  Tensor<float, 50, 20> x;
  Tensor<std::int64_t, 50> y;
  for (int i = 0; i < 1000; ++i) x.data()[i] = static_cast<float>(std::sin(0.1 * i));
  for (int i = 0; i < 50; ++i) y(i) = i % 7;
  auto model = make<Net>(Generator{1});
  auto loss = [](auto& m, auto a, auto b) { return cross_entropy(m(a), b); };
  auto step = train_step(model, loss, optim::AdamW{.lr = 1e-3f}, x, y);
  float value = 0;
  for (int i = 0; i < 5; ++i) value = step(x, y);
  const Tensor p = softmax<0>(matmul(x, t(x)) * 0.1f);
  return static_cast<double>(value + sum(p * p).item());
}

}  // namespace
