// Loss scaling: steps that are not finite are left out and counted by nobody, the scale follows PyTorch's rule, and small gradients survive float16.
#include <etch/etch.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

using namespace etch;
using optim::GradScaler;
using optim::scaled;

namespace {
struct Line {
  Param<float, 2, 3> weight;
  ModuleBuffer<float, 2> count;
  ETCH_MODULE(weight, count)
  constexpr auto forward(auto x) const { return matmul(x, t(weight)); }
};
struct Loss {
  constexpr auto operator()(auto& m, auto x) const { return sum(m(x)); }
};
using X = Tensor<float, 4, 3>;

X batch(int i) {
  X x;
  for (int k = 0; k < 12; ++k) x.data()[k] = static_cast<float>(std::sin(0.7 * k + i));
  return x;
}
}  // namespace

TEST_CASE("the scale grows after finite steps and shrinks after others") {
  GradScaler s{.init_scale = 8, .growth_factor = 4, .backoff_factor = 0.25, .growth_interval = 2};
  CHECK(s.get_scale() == 8);
  s.update(false);
  CHECK(s.get_scale() == 8);
  s.update(false);
  CHECK(s.get_scale() == 32);
  s.update(false);
  s.update(true);
  CHECK(s.get_scale() == 8);
  s.update(false);  // the count began anew
  CHECK(s.get_scale() == 8);
  s.update(false);
  CHECK(s.get_scale() == 32);
  GradScaler large{.init_scale = 0x1p127, .growth_interval = 1};
  large.update(false);
  CHECK(large.get_scale() == 0x1p127);  // a float holds no more
  GradScaler off{.enabled = false};
  off.update(true);
  CHECK(off.get_scale() == 1);
  CHECK_THROWS_WITH(train_step<X>(make<Line>(), Loss{}, scaled(optim::SGD{}, GradScaler{.growth_factor = 1})), "etch: optim::GradScaler: growth_factor must be above 1; got growth_factor = 1");
}

TEST_CASE("a step that is not finite changes nothing, and Adam does not count it") {
  auto model = make<Line>(), other = make<Line>();
  for (int i = 0; i < 6; ++i) model->weight.data()[i] = other->weight.data()[i] = 0.1f * static_cast<float>(i);
  model->count.data()[1] = 5;
  auto step = train_step<X>(model, Loss{}, scaled(optim::Adam{.lr = 0.1}, GradScaler{.init_scale = 1024, .growth_interval = 100}));
  auto plain = train_step<X>(other, Loss{}, optim::Adam{.lr = 0.1});
  for (int i = 0; i < 6; ++i) {
    X x = batch(i);
    if (i == 2) x(1, 1) = std::numeric_limits<float>::infinity();
    if (i == 4) x(0, 2) = std::numeric_limits<float>::quiet_NaN();
    const float loss = step(x);
    if (i == 2 || i == 4) continue;
    CHECK(loss == plain(x));  // not scaled
    for (int k = 0; k < 6; ++k) CHECK(model->weight.data()[k] == doctest::Approx(other->weight.data()[k]).epsilon(1e-6));
  }
  CHECK(step.optimizer().scaler.get_scale() == 256);
  CHECK(step.optimizer().scaler.skipped == 2);
  CHECK(model->count.data()[1] == 5);
  step.optimizer().lr = 0;  // the optimizer's own fields
  const float before = model->weight.data()[0];
  step(batch(0));
  CHECK(model->weight.data()[0] == before);
}

TEST_CASE("gradients too small for float16 are there with a scale") {
  const auto tiny = [](auto& m, auto x) { return sum(m(x)) * 1e-8f; };
  const auto moved = [&](auto optimizer) {
    auto model = make<Line>();
    auto step = train_step<X>(model, autocast<half>(tiny), optimizer);
    step(batch(0));
    return model->weight.data()[0];
  };
  const float expected = -static_cast<float>(static_cast<double>(batch(0)(0, 0) + batch(0)(1, 0) + batch(0)(2, 0) + batch(0)(3, 0)));
  CHECK(moved(optim::SGD{.lr = 1e8}) == 0);
  CHECK(moved(scaled(optim::SGD{.lr = 1e8})) == doctest::Approx(expected).epsilon(2e-3));
}
