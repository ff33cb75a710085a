// Modules that are not trained: neither gradients nor steps touch them, and what lies before them is trained through them.
#include <etch/etch.hpp>
#include <etch/model/names.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <string>

using namespace etch;

namespace {
template <class Middle>
struct Net {
  nn::Linear<3, 4> first;
  Middle middle;
  nn::Linear<4, 2> last;
  ETCH_MODULE(first, middle, last)
  constexpr auto forward(auto x) const { return last(middle(tanh(first(x)))); }
};
using Block = nn::Repeat<nn::Linear<4, 4>, 4>;
using Plain = Net<Block>;
using Fixed = Net<nn::Frozen<Block>>;
constexpr auto loss = [](auto& m, auto x) { return mean(square(m(x))); };
const Tensor<float, 5, 3> x = randn<float, 5, 3>(Generator{3});

template <class A, class B>
bool same(const A& a, const B& b) {
  return std::memcmp(&a, &b, sizeof(a)) == 0;
}
template <class Optimizer>
void trains_the_rest(const Optimizer& optimizer) {
  auto before = make<Plain>(Generator{1});
  auto model = make<Fixed>(Generator{1});
  REQUIRE(same(before->middle, model->middle.module));
  auto step = train_step(model, loss, optimizer, x);
  auto reference = train_step(before, loss, optim::SGD{}, x);
  CHECK(step.backward(x) == reference.backward(x));
  CHECK(same(step.gradient().first, reference.gradient().first));
  CHECK(same(step.gradient().last, reference.gradient().last));
  for (int i = 0; i < 3; ++i) step(x);
  CHECK(same(before->middle, model->middle.module));
  CHECK_FALSE(same(before->first, model->first));
  CHECK_FALSE(same(before->last, model->last));
}
}  // namespace

TEST_CASE("frozen parameters have no gradient and stay, weight decay or not") {
  trains_the_rest(optim::AdamW{.lr = 0.1, .weight_decay = 0.5});
  trains_the_rest(optim::Adafactor{.lr = 0.1, .weight_decay = 0.5});
}
TEST_CASE("what lies around them is updated exactly") {
  auto model = make<Fixed>(Generator{1});
  auto step = train_step(model, loss, optim::SGD{.lr = 0.5, .momentum = 0.9}, x);
  const auto copy = model.clone();
  step.backward(x);
  step.update();
  const auto moved = [](const auto& now, const auto& before, const auto& gradient) {
    for (int i = 0; i < now.numel(); ++i) CHECK(now.data()[i] == doctest::Approx(before.data()[i] - 0.5f * gradient.data()[i]));
  };
  moved(model->first.weight, copy->first.weight, step.gradient().first.weight);
  moved(model->first.bias, copy->first.bias, step.gradient().first.bias);
  moved(model->last.weight, copy->last.weight, step.gradient().last.weight);
  moved(model->last.bias, copy->last.bias, step.gradient().last.bias);
  CHECK(same(model->middle, copy->middle));
}
TEST_CASE("with gradients clipped together") {
  auto model = make<Fixed>(Generator{1});
  const auto copy = model.clone();
  auto step = train_step(model, loss, optim::clip_grad_norm(optim::SGD{.lr = 1}, 0.01), x);
  step(x);
  double square = 0;
  const auto add = [&](const auto& now, const auto& before) {
    for (int i = 0; i < now.numel(); ++i) square += std::pow(static_cast<double>(now.data()[i] - before.data()[i]), 2);
  };
  add(model->first.weight, copy->first.weight), add(model->first.bias, copy->first.bias);
  add(model->last.weight, copy->last.weight), add(model->last.bias, copy->last.bias);
  CHECK(std::sqrt(square) == doctest::Approx(0.01).epsilon(1e-3));
  CHECK(same(model->middle, copy->middle));
}
TEST_CASE("in groups") { trains_the_rest(optim::param_groups(optim::SGD{.lr = 0.1, .weight_decay = 0.5}, optim::group("last", optim::SGD{.lr = 0.2}))); }
TEST_CASE("their names are the module's") {
  std::string names;
  each_named_tensor(*make<Fixed>(), [&](const char* name, auto&) { names += std::string(name) + " "; });
  CHECK(names.find("middle.0.weight middle.0.bias middle.1.weight ") != std::string::npos);
  CHECK(layout<Fixed>.parameters == 4);
}
