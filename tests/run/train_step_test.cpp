// Gradients added over several batches, and states that a step keeps.
#include <etch/etch.hpp>

#include <doctest/doctest.h>

using namespace etch;

namespace {
struct Weighted {
  Param<double, 4> w;
  ETCH_MODULE(w)
  constexpr auto forward(auto x) const { return sum(w * x); }
};
}  // namespace

TEST_CASE("accumulated gradients are those of the sum of the losses") {
  auto model = make<Weighted>();
  const Tensor<double, 4> a{1, 2, 3, 4}, b{10, 20, 30, 40};
  auto step = train_step(model, [](auto& m, auto x) { return m(x); }, optim::SGD{.lr = 1}, a);
  step.backward(b);
  step.zero_grad();
  CHECK(step.gradient().w.data()[1] == 0);
  step.accumulate(a);
  step.accumulate(b);
  CHECK(step.gradient().w.data()[3] == 44);
  step.update();
  CHECK(step.steps() == 1);
  CHECK(model->w.data()[2] == -33);
  CHECK(step.backward(a) == -330);  // overwrites
  CHECK(step.gradient().w.data()[3] == 4);
}
