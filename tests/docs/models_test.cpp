// The code of docs/models.md.
#include <etch/etch.hpp>
#include <etch/io.hpp>

#include <doctest/doctest.h>

#include <cstdio>

using namespace etch;

namespace {

struct Mlp {
  nn::Linear<4, 16> fc1;
  nn::Dropout<0.1> drop;
  nn::Sequential<nn::ReLU, nn::Linear<16, 2>> head;
  ETCH_MODULE(fc1, drop, head)
  constexpr auto forward(auto x) const { return head(drop(fc1(x))); }
};

using Images = Tensor<float, 8, 4>;
using Labels = Tensor<std::int64_t, 8>;

/// Class 1 where the first number is positive.
void draw(Images& x, Labels& y, Generator& generator) {
  x = randn<float, 8, 4>(generator);
  y = to<std::int64_t>(select_axis<1, 0>(x) > 0);
}

constexpr auto loss = [](auto& model, auto x, auto y) { return cross_entropy(model(x), y); };

}  // namespace

TEST_CASE("making, training, saving") {
  Generator generator{1};
  Images x;
  Labels y;
  const std::string mlp = "/tmp/etch-docs-mlp.safetensors", state = "/tmp/etch-docs-state.safetensors";

  auto model = make<Mlp>(Generator{0});
  auto step = train_step<Images, Labels>(model, loss, optim::AdamW{.lr = 1e-2});
  static_assert(step.arena_bytes < 64 << 10);

  float first = 0, last = 0;
  for (int i = 0; i < 200; ++i) {
    draw(x, y, generator);
    step.optimizer().lr = 1e-2 * (1 - i / 200.0);  // a number of the step: nothing is compiled again
    last = step(x, y);
    if (i == 0) first = last;
  }
  CHECK(last < first / 2);

  save(model, mlp);   // "fc1.weight", "fc1.bias", "head.1.weight", "head.1.bias", as a state_dict has them
  save(step, state);  // these, the optimizer's states and options, and the number of steps

  auto other = make<Mlp>();
  load(other, mlp);
  auto resumed = train_step<Images, Labels>(other, loss, optim::AdamW{.lr = 1e-2});
  load(resumed, state);
  resumed.optimizer() = step.optimizer();
  CHECK(resumed(x, y) == step(x, y));  // bit for bit

  std::remove(mlp.c_str());
  std::remove(state.c_str());
}

TEST_CASE("using a model") {
  auto model = make<Mlp>(Generator{0});
  Images x = ones<float, 8, 4>();

  Tensor scores = softmax<1>(model(x));   // eval mode; the model is one node of the expression
  auto program = compile<Images>(model);  // made once, called often
  auto answer = compile<Images>(freeze(model));  // of a copy, whose weights are laid out once
  CHECK(argmax<1>(program(x)).rank == argmax<1>(answer(x)).rank);

  Tensor w = model->fc1.weight * 1.f;   // a parameter is an operand
  nn::init::zeros_(model->fc1.weight);  // and can be written
  auto copy = model.clone();            // its own parameters; `auto same = model` shares them
  nn::init::ones_(copy->fc1.weight);
  CHECK(sum(model->fc1.weight).item() == 0);
  CHECK(sum(copy->fc1.weight).item() == 64);
  CHECK(w.size(0) == 16);
  CHECK(sum(scores).item() == doctest::Approx(8));
}

TEST_CASE("gradients apart from updates") {
  auto model = make<Mlp>(Generator{0});
  Images x = ones<float, 8, 4>();
  Labels y;
  auto step = train_step(model, loss, optim::clip_grad_norm(optim::SGD{.lr = 0.1, .momentum = 0.9}, 1.0), x, y);

  float l = step.backward(x, y);          // the loss; the gradient is computed and stays
  const Mlp& gradient = step.gradient();  // an object of the model's type
  Tensor g = gradient.fc1.bias * 1.f;
  step.update();  // the optimizer's part
  CHECK(l > 0);
  CHECK(sum(abs(g)).item() > 0);
}

TEST_CASE("several batches to an update") {
  auto model = make<Mlp>(Generator{0});
  Generator generator{2};
  Images x;
  Labels y;
  draw(x, y, generator);
  auto step = train_step(model, loss, optim::SGD{.lr = 0.1}, x, y);
  step.zero_grad();
  step.accumulate(x, y);
  step.accumulate(x, y);  // its gradient is added to the one there is
  double norm = nn::utils::clip_grad_norm_(step, 1.0);
  step.update();
  CHECK(norm > 0);
  CHECK(step.steps() == 1);
}

namespace {
struct Curve {
  nn::Linear<1, 8> fc1;
  nn::Linear<8, 1> fc2;
  ETCH_MODULE(fc1, fc2)
  constexpr auto forward(auto x) const { return fc2(tanh(fc1(x))); }
};
constexpr auto residual = [](auto& model, auto x) {
  auto u = [&](auto x) { return sum(model(x)); };
  auto du = [&](auto x) { return sum(grad(u)(x)); };
  auto equation = grad(du)(x) + 9.f * sin(3.f * x);
  auto ends = model(slice<0, 0, 1>(x)) + model(slice<0, 31, 32>(x));
  return mean(square(equation)) + 10.f * sum(square(ends));
};
}  // namespace

TEST_CASE("derivatives in a loss") {
  Tensor<float, 32, 1> x;
  for (int i = 0; i < 32; ++i) x(i, 0) = static_cast<float>(i) / 31 * 3.14159265f;
  auto model = make<Curve>(Generator{0});
  auto step = train_step(model, residual, optim::Adam{.lr = 2e-2}, x);
  const float first = step(x);
  for (int i = 0; i < 400; ++i) step(x);
  CHECK(step(x) < 0.1f * first);
}

TEST_CASE("groups, schedules, averages") {
  auto model = make<Mlp>(Generator{0});
  Generator generator{2};
  Images x;
  Labels y;
  draw(x, y, generator);

  auto groups = optim::param_groups(
      optim::AdamW{.lr = 1e-2},
      optim::group([](const optim::Parameter& p) { return p.rank < 2; }, optim::AdamW{.lr = 1e-2, .weight_decay = 0}),
      optim::group("head", optim::AdamW{.lr = 2e-2}));
  auto step = train_step(model, loss, groups, x, y);
  auto warm_up = optim::LinearLR{.start_factor = 0.1, .total_iters = 5};
  auto scheduler = optim::schedule(step.optimizer(), optim::SequentialLR({5}, warm_up, optim::CosineAnnealingLR{.T_max = 45}));
  optim::AveragedModel mean(model, 0.9);  // an exponential moving average; without 0.9 the plain mean
  for (int epoch = 0; epoch < 50; ++epoch) {
    step(x, y);
    scheduler.step();
    mean.update_parameters(model);
  }
  Tensor smooth = mean(x);
  CHECK(sum(argmax<1>(smooth) == y).item() >= 6);
  CHECK(scheduler.get_last_lr(2) < 1e-3);
}
