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
  const auto before = step.loss_later();
  step.launch(b);
  CHECK((before.ready() && before.get() == -330 && step.loss_later().get() == step.loss()));
}

namespace {
inline constexpr struct Batch : dyn<5> {} batch{};
struct Small {
  nn::Conv2d<1, 3, 3, padding<1>> c1;
  nn::Conv2d<3, 4, 3> c2;
  nn::Linear<16, 3> fc;
  ETCH_MODULE(c1, c2, fc)
  constexpr auto forward(auto x) const { return fc(flatten<1>(max_pool2d<2>(relu(c2(max_pool2d<2>(relu(c1(x)))))))); }
};
template <auto N>
using Images = Tensor<float, N, 1, 12, 12>;
template <auto N>
using Labels = Tensor<std::int64_t, N>;
}  // namespace

TEST_CASE("a batch of images may have any number of them up to a bound") {
  const auto loss = [](auto& m, auto x, auto y) { return cross_entropy(m(x), y); };
  auto fixed = make<Small>(Generator{1}), bounded = make<Small>(Generator{1});
  auto step = train_step<Images<3>, Labels<3>>(fixed, loss, optim::SGD{.lr = 0.1});
  auto same = train_step<Images<batch>, Labels<batch>>(bounded, loss, optim::SGD{.lr = 0.1});
  Images<3> x;
  Labels<3> y;
  Images<batch> some_x(3);
  Labels<batch> some_y(3);
  for (int i = 0; i < 3 * 144; ++i) x.data()[i] = some_x.data()[i] = static_cast<float>((i * 37) % 101) / 101;
  for (int i = 0; i < 3; ++i) y.data()[i] = some_y.data()[i] = i;
  for (int i = 0; i < 3; ++i) CHECK(step(x, y) == doctest::Approx(same(some_x, some_y)).epsilon(1e-6));
}
