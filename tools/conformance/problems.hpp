// What optimizers and schedulers are run on: three problems of known numbers, and the rates of parameter groups.
#pragma once

#include <etch/etch.hpp>

namespace conformance {

using namespace etch;

/// Where models are trained.
#if defined(CONFORMANCE_DEVICE)
template <class X>
auto placed(const X& x) {
  return x.to(gpu);
}
template <class M>
Model<M> read(const Model<M, Gpu>& model) {
  return model.cpu();
}
#else
template <class X>
const X& placed(const X& x) {
  return x;
}
template <class M>
const Model<M>& read(const Model<M>& model) {
  return model;
}
#endif
template <class M>
const M* at(const Model<M>& gradient) {
  return static_cast<const M*>(gradient.data());
}
template <class M>
const M* at(const M& gradient) {
  return &gradient;
}

/// 0.5 x^T A x - b^T x
struct Quadratic {
  Param<double, 4> x;
  ETCH_MODULE(x)
  constexpr auto forward(auto a, auto b) const { return 0.5 * sum(x * matmul(a, x)) - sum(b * x); }
  using A = Tensor<double, 4, 4>;
  using B = Tensor<double, 4>;
  static A a() { return {{4, 1, 0, 0.5}, {1, 3, 0.25, 0}, {0, 0.25, 2, -0.5}, {0.5, 0, -0.5, 1}}; }
  static B b() { return {1, -2, 0.5, 3}; }
};
/// (1 - x0)^2 + 100 (x1 - x0^2)^2
struct Rosenbrock {
  Param<double, 2> x;
  ETCH_MODULE(x)
  constexpr auto forward(auto a, auto b) const { return square(sum(b * (a - x))) + 100 * square(sum((1 - b) * x) - square(sum(b * x))); }
  using A = Tensor<double, 2>;
  using B = Tensor<double, 2>;
  static A a() { return {1, 1}; }
  static B b() { return {1, 0}; }
};
/// 0.5 sum(D (x - C)^2)
struct MatrixQuadratic {
  Param<double, 3, 4> x;
  ETCH_MODULE(x)
  constexpr auto forward(auto a, auto b) const { return 0.5 * sum(a * square(x - b)); }
  using A = Tensor<double, 3, 4>;
  using B = Tensor<double, 3, 4>;
  static A a() { return {{1, 2, 0.5, 4}, {3, 1, 0.25, 2}, {0.5, 1.5, 2.5, 1}}; }
  static B b() { return {{0.5, -1, 2, 0}, {1, 0.25, -0.5, -2}, {3, 1, 0, -1.5}}; }
};

struct ProblemLoss {
  constexpr auto operator()(auto& m, auto a, auto b) const { return m(a, b); }
};

template <class Problem, class P>
struct Trajectory;
/// Five steps: the parameters (row 0 the start), loss and gradient before each step.
template <class Problem, auto... D>
struct Trajectory<Problem, Tensor<double, D...>> {
  Tensor<double, 6, D...> params;
  Tensor<double, 5> loss;
  Tensor<double, 5, D...> gradient;

  template <class Optimizer>
  Trajectory(const Tensor<double, D...>& start, const Optimizer& optimizer) {
    auto model = make<Problem>();
    const std::size_t n = static_cast<std::size_t>(start.numel());
    std::memcpy(model->x.data(), start.data(), n * sizeof(double));
    const auto trained = placed(model);
    const auto a = placed(Problem::a());
    const auto b = placed(Problem::b());
    auto step = train_step(trained, ProblemLoss{}, optimizer, a, b);
    std::memcpy(params.data(), start.data(), n * sizeof(double));
    for (std::size_t i = 0; i < 5; ++i) {
      loss.data()[i] = step.backward(a, b);
      std::memcpy(gradient.data() + i * n, at(step.gradient())->x.data(), n * sizeof(double));
      step(a, b);
      std::memcpy(params.data() + (i + 1) * n, read(trained)->x.data(), n * sizeof(double));
    }
  }
};
template <class Problem, auto... D, class Optimizer>
Trajectory<Problem, Tensor<double, D...>> trajectory(const Tensor<double, D...>& start, const Optimizer& optimizer) {
  return {start, optimizer};
}

/// The rates of parameter groups under a schedule: row 0 when it is bound, row i after its i-th step.
template <int Rows, int Groups>
struct RateTable {
  Tensor<double, Rows, Groups> lr, momentum;

  template <class Optimizer, class Schedule>
  RateTable(Optimizer groups, const Schedule& schedule, const double* metrics = nullptr) {
    auto scheduler = optim::schedule(groups, schedule);
    for (int i = 0; i < Rows; ++i) {
      if constexpr (std::is_same_v<Schedule, optim::ReduceLROnPlateau>) {
        if (i > 0) scheduler.step(metrics[i - 1]);
      } else {
        if (i > 0) scheduler.step();
      }
      for (int g = 0; g < Groups; ++g) {
        lr(i, g) = scheduler.get_last_lr(g);
        momentum(i, g) = groups[g].momentum;
      }
    }
  }
};

/// A model of one weight, for averages.
template <class T, auto... D>
struct OneWeight {
  Param<T, D...> weight;
  ETCH_MODULE(weight)
  constexpr auto forward(auto x) const { return x * weight; }
};
/// The mean of the weights w[0], w[1], ..., or the moving one with a decay.
template <class T, auto N, auto... D>
Tensor<T, D...> averaged(const Tensor<T, N, D...>& weights, double decay) {
  auto model = make<OneWeight<T, D...>>();
  auto mean = decay > 0 ? optim::AveragedModel(model, decay) : optim::AveragedModel(model);
  Tensor<T, D...> result;
  const std::size_t n = static_cast<std::size_t>(result.numel());
  for (std::size_t i = 0; i < static_cast<std::size_t>(N); ++i) {
    std::memcpy(model->weight.data(), weights.data() + i * n, n * sizeof(T));
    mean.update_parameters(model);
  }
  std::memcpy(result.data(), mean.module()->weight.data(), n * sizeof(T));
  return result;
}

}  // namespace conformance
