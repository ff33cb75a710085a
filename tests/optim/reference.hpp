// An optimizer against its formulas in plain C++: the gradient of sum(p * x) is x, so a test chooses it.
#pragma once

#include <etch/etch.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>

inline constexpr int numbers = 23;

struct Numbers {
  etch::Param<double, numbers> p;
  ETCH_MODULE(p)
  constexpr auto forward(auto x) const { return sum(p * x); }
  void reset_parameters(etch::Generator& g) { etch::nn::init::normal_(p, g); }
};
struct NumbersLoss {
  constexpr auto operator()(auto& m, auto x) const { return m(x); }
};

/// Ten steps of `optimizer`, changed by `change(optimizer, step)` before each, give what `expected` does to each
/// number: `expected(optimizer, step, p, g, state)` updates one number and its state.
template <class Optimizer, class Change, class Expected>
void check_optimizer(Optimizer optimizer, Change change, Expected expected) {
  using namespace etch;
  auto model = make<Numbers>(Generator{1});
  Tensor<double, numbers> p, x;
  std::memcpy(p.data(), model->p.data(), numbers * sizeof(double));
  auto step = train_step(model, NumbersLoss{}, optimizer, x);
  double state[numbers][3] = {}, worst = 0;
  Generator g{2};
  for (int t = 1; t <= 10; ++t) {
    nn::init::normal_(x, g);
    change(step.optimizer(), t);
    step(x);
    for (int i = 0; i < numbers; ++i) {
      expected(step.optimizer(), t, p(i), x(i), state[i]);
      worst = std::fmax(worst, std::fabs(model->p.data()[i] - p(i)));
    }
  }
  CHECK(worst < 1e-13);
}
