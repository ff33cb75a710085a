// L-BFGS on functions whose minimum is known, and against trajectories that PyTorch 2.13 wrote down.
#include "reference.hpp"

using namespace etch;
using optim::LBFGS;

namespace {

/// (1 - x0)^2 + 100 (x1 - x0^2)^2
struct Valley {
  Param<double, 2> x;
  ETCH_MODULE(x)
  constexpr auto forward(auto scale) const {
    const auto a = select_axis<0, 0>(x);
    const auto b = select_axis<0, 1>(x);
    return scale * (square(1 - a) + 100 * square(b - a * a));
  }
};
struct ValleyLoss {
  constexpr auto operator()(auto& m, auto x) const { return m(x); }
};

/// Where so many steps from (-1.2, 1) lead, and how often the loss was evaluated.
struct End {
  double x, y, first;
  std::int64_t evaluations;
};
End run(const LBFGS& optimizer, int steps) {
  auto model = make<Valley>();
  model->x.data()[0] = -1.2;
  model->x.data()[1] = 1;
  auto step = train_step<Tensor<double>>(model, ValleyLoss{}, optimizer);
  const Tensor<double> one{1.0};
  End end{};
  for (int i = 0; i < steps; ++i) {
    const double loss = step(one);
    if (i == 0) end.first = loss;
  }
  CHECK(step.steps() == steps);
  return {model->x.data()[0], model->x.data()[1], end.first, step.engine().func_evals()};
}

}  // namespace

TEST_CASE("a line search finds the end of a curved valley") {
  const End end = run({.tolerance_change = 1e-16, .line_search_fn = LBFGS::strong_wolfe}, 5);
  CHECK(end.first == doctest::Approx(24.2));
  CHECK(end.x == doctest::Approx(1).epsilon(1e-6));
  CHECK(end.y == doctest::Approx(1).epsilon(1e-6));
}

TEST_CASE("trajectories of PyTorch") {
  const End searched = run({.max_iter = 4, .line_search_fn = LBFGS::strong_wolfe}, 2);
  CHECK(searched.x == doctest::Approx(-0.9431278012083242).epsilon(1e-9));
  CHECK(searched.y == doctest::Approx(0.8529662725410918).epsilon(1e-9));
  CHECK(searched.evaluations == 10);
  const End fixed = run({.lr = 0.1, .max_iter = 6, .history_size = 2}, 3);
  CHECK(fixed.x == doctest::Approx(-1.0489094718657603).epsilon(1e-9));
  CHECK(fixed.y == doctest::Approx(1.0623392531462652).epsilon(1e-9));
  CHECK(fixed.evaluations == 18);
}

TEST_CASE("a step at the minimum evaluates once and stays") {
  auto model = make<Valley>();
  model->x.data()[0] = model->x.data()[1] = 1;
  auto step = train_step<Tensor<double>>(model, ValleyLoss{}, LBFGS{});
  CHECK(step(Tensor<double>{1.0}) == 0);
  CHECK(step.engine().func_evals() == 1);
  CHECK(model->x.data()[0] == 1);
}
