// Clipping gradients by every norm, number by number, of tensors and of a training step.
#include <etch/etch.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

using namespace etch;
namespace utils = etch::nn::utils;

namespace {
struct Line {
  Param<double, 3> w;
  Param<double, 2> v;
  ETCH_MODULE(w, v)
  constexpr auto forward(auto x, auto y) const { return sum(w * x) + sum(v * y); }
};
}  // namespace

TEST_CASE("norms of several tensors") {
  Tensor<float, 2, 2> a{{1, -2}, {0, 2}};
  Tensor<float, 1> b{-4};
  const auto g = utils::gradients(a, b);
  CHECK(utils::get_total_norm(g) == doctest::Approx(5));
  CHECK(utils::get_total_norm(g, 1) == 9);
  CHECK(utils::get_total_norm(g, std::numeric_limits<double>::infinity()) == 4);
  CHECK(utils::get_total_norm(g, 3) == doctest::Approx(std::cbrt(1 + 8 + 8 + 64)));
  CHECK(utils::clip_grad_norm_(g, 10) == doctest::Approx(5));
  CHECK(a(0, 1) == -2);
  CHECK(utils::clip_grad_norm_(g, 1) == doctest::Approx(5));
  CHECK(a(0, 1) == doctest::Approx(-0.4));
  CHECK(b(0) == doctest::Approx(-0.8));
  utils::clip_grad_value_(g, 0.5);
  CHECK(b(0) == -0.5f);
  CHECK(a(1, 1) == doctest::Approx(0.4));
  CHECK(a(1, 0) == 0);
}

TEST_CASE("a NaN clips everything to NaN, or is an error") {
  Tensor<double, 2> a{1, std::numeric_limits<double>::quiet_NaN()};
  CHECK_THROWS_WITH(utils::clip_grad_norm_(utils::gradients(a), 1, 2, true), "etch: clip_grad_norm_: the norm of the gradients must be finite");
  CHECK(a(0) == 1);
  utils::clip_grad_norm_(utils::gradients(a), 1);
  CHECK(std::isnan(a(0)));
}

TEST_CASE("of a training step, between backward and update") {
  auto model = make<Line>();
  const Tensor<double, 3> x{2, 0, 1};
  const Tensor<double, 2> y{2, 0};
  auto step = train_step(model, [](auto& m, auto a, auto b) { return m(a, b); }, optim::SGD{.lr = 1}, x, y);
  step.backward(x, y);
  CHECK(utils::get_total_norm(step) == doctest::Approx(3));
  CHECK(utils::clip_grad_norm_(step, 1.5) == doctest::Approx(3));
  step.update();
  CHECK(model->w.data()[0] == doctest::Approx(-1));
  CHECK(model->v.data()[0] == doctest::Approx(-1));
  step.backward(x, y);
  utils::clip_grad_value_(step, 1);
  step.update();
  CHECK(model->w.data()[0] == doctest::Approx(-2));
}
