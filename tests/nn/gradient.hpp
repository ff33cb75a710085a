// Gradients of layers against central differences, in double: of every parameter and of what the layer is given.
#pragma once

#include <etch/etch.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>

/// Its first argument, as a tracer of the second's program.
struct first_fn {
  constexpr auto operator()(auto x, auto) const { return x; }
};

/// A layer whose input, x [D...], is a parameter too: a call with weights w gives layer(x) * w.
template <class Layer, auto... D>
struct Probe {
  etch::Param<double, D...> x;
  Layer layer;
  ETCH_MODULE(x, layer)
  constexpr auto forward(auto w) const { return layer(etch::apply<first_fn>(x, w)) * w; }
  void reset_parameters(etch::Generator& g) { etch::nn::init::normal_(x, g); }
};

/// The gradient of `loss(model, inputs...)` is what central differences say, to `tolerance` times the largest of them.
template <class M, class Loss, class... X>
void check_gradient(Loss loss, const X&... inputs) {
  using namespace etch;
  constexpr double tolerance = 1e-7, h = 1e-5;
  auto model = make<M>(Generator{5});
  auto step = train_step(model, loss, optim::SGD{}, inputs...);
  step.backward(inputs...);
  const Model<M> gradient = model.clone();
  std::memcpy(gradient.data(), &step.gradient(), sizeof(M));
  double* const values = static_cast<double*>(model.data());
  const double* const found = static_cast<const double*>(gradient.data());
  double largest = 0, worst = 0;
  const auto at = [&](std::size_t i, double value) {
    values[i] = value;
    step.set_steps(0);  // the same random numbers
    return step.backward(inputs...);
  };
  for (const TensorInfo& t : layout<M>.tensor) {
    for (std::size_t i = t.offset / sizeof(double), end = i + static_cast<std::size_t>(t.count); i < end; ++i) {
      const double value = values[i];
      const double expected = (at(i, value + h) - at(i, value - h)) / (2 * h);
      values[i] = value;
      largest = std::fmax(largest, std::fabs(expected));
      worst = std::fmax(worst, std::fabs(expected - found[i]));
    }
  }
  CHECK(largest > 0);
  CHECK(worst <= tolerance * std::fmax(1.0, largest));
}
