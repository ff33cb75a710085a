// Training states in files: a resumed run is the run that was not interrupted, also where PyTorch began it.
#include <etch/etch.hpp>
#include <etch/io/training_state.hpp>

#include <doctest/doctest.h>

#include <cstring>
#include <string>

#include <unistd.h>

using namespace etch;

namespace {

struct Net {
  nn::Linear<3, 4> fc1;
  nn::Linear<4, 2> fc2;
  ETCH_MODULE(fc1, fc2)
  constexpr auto forward(auto x) const { return fc2(tanh(fc1(x))); }
};

struct Loss {
  constexpr auto operator()(auto& net, auto x, auto y) const { return mse_loss(net(x), y); }
};

struct TemporaryFile {
  std::string path = "/tmp/etch-training-state-" + std::to_string(::getpid()) + ".safetensors";
  ~TemporaryFile() { ::unlink(path.c_str()); }
};

template <class F>
std::string error_of(F f) {
  try {
    f();
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}

bool same(const Model<Net>& a, const Model<Net>& b) { return std::memcmp(a.data(), b.data(), sizeof(Net)) == 0; }

Tensor<float, 5, 3> inputs() {
  Tensor<float, 5, 3> x;
  for (int i = 0; i < 15; ++i) x.data()[i] = 0.3f * static_cast<float>(i % 7) - 1;
  return x;
}
Tensor<float, 5, 2> targets() {
  Tensor<float, 5, 2> y;
  for (int i = 0; i < 10; ++i) y.data()[i] = 0.5f * static_cast<float>(i % 3);
  return y;
}

/// The optimizer of tools/optimizer_state.py, but for the options that its file brings.
auto nadam() {
  return optim::param_groups(optim::NAdam{.lr = 1, .betas = {0.5, 0.5}}, optim::group("fc2", optim::NAdam{.weight_decay = 0.5}));
}

TEST_CASE("a resumed run is the run that was not interrupted") {
  const TemporaryFile file;
  const auto x = inputs();
  const auto y = targets();
  const auto straight = make<Net>(), resumed = make<Net>(Generator{9});
  auto first = train_step(straight, Loss{}, optim::AdamW{.lr = 1e-2}, x, y);
  for (int i = 0; i < 5; ++i) first(x, y);
  save(first, file.path);
  auto second = train_step(resumed, Loss{}, optim::AdamW{.lr = 1e-2}, x, y);
  load(second, file.path);
  CHECK(second.steps() == 5);
  for (int i = 0; i < 5; ++i) CHECK(first(x, y) == second(x, y));
  CHECK(same(straight, resumed));

  const auto model = make<Net>(Generator{4});
  load(model, file.path);  // the model alone, without the optimizer
  CHECK(!same(model, straight));
  load(second, file.path);
  CHECK(same(model, resumed));
}

TEST_CASE("options, rates and steps are in the file") {
  const TemporaryFile file;
  const auto x = inputs();
  const auto y = targets();
  const auto a = make<Net>(), b = make<Net>(Generator{9});
  auto first = train_step(a, Loss{}, optim::SGD{.lr = 0.1, .momentum = 0.9, .nesterov = true}, x, y);
  auto plan = optim::schedule(first.optimizer(), optim::SequentialLR({2}, optim::LinearLR{}, optim::CosineAnnealingLR{.T_max = 9}));
  for (int i = 0; i < 3; ++i) first(x, y), plan.step();
  save(first, file.path);
  auto second = train_step(b, Loss{}, optim::SGD{}, x, y);
  auto again = optim::schedule(second.optimizer(), optim::SequentialLR({2}, optim::LinearLR{}, optim::CosineAnnealingLR{.T_max = 9}));
  load(second, file.path);
  CHECK(second.optimizer().nesterov);
  CHECK(second.optimizer().lr == first.optimizer().lr);
  save(plan, file.path);
  load(again, file.path);
  for (int i = 0; i < 3; ++i) {
    first(x, y), plan.step();
    second(x, y), again.step();
  }
  CHECK(second.optimizer().lr == first.optimizer().lr);
  CHECK(same(a, b));
}

TEST_CASE("a training that PyTorch began goes on in groups") {
  const TemporaryFile file;
  const auto x = inputs();
  const auto y = targets();
  const auto net = make<Net>(Generator{3}), after = make<Net>(), alone = make<Net>();
  auto step = train_step(net, Loss{}, nadam(), x, y);
  step(x, y);
  load(step, "tests/data/optimizer_state.safetensors");
  CHECK(step.steps() == 3);
  CHECK(step.optimizer()[0].lr == 0.02);
  CHECK(step.optimizer()[1].lr == 0.05);
  CHECK(step.optimizer()[1].betas[1] == 0.99);
  CHECK(step.optimizer()[0].weight_decay == 0);
  CHECK(step.optimizer()[1].weight_decay == 0.1);
  CHECK(step.optimizer()[0].mu_product == step.optimizer()[1].mu_product);
  load(alone, "tests/data/optimizer_state.safetensors");
  CHECK(same(alone, net));

  save(step, file.path);  // and once more through a file of etch's
  const auto other = make<Net>(Generator{4});
  auto resumed = train_step(other, Loss{}, nadam(), x, y);
  load(resumed, file.path);
  for (int i = 0; i < 3; ++i) CHECK(step(x, y) == resumed(x, y));
  CHECK(same(net, other));

  load(after, "tests/data/optimizer_state_after.safetensors");
  const StateDict found = state_dict(net), expected = state_dict(after);
  for (std::size_t i = 0; i < found.size(); ++i)
    for (int k = 0; k < (found[i].rank == 2 ? 8 : 2); ++k)
      CHECK(static_cast<float*>(found[i].data)[k] == doctest::Approx(static_cast<float*>(expected[i].data)[k]).epsilon(1e-5));
}

TEST_CASE("options that a file brings are checked before anything is read") {
  const TemporaryFile file;
  const auto x = inputs();
  const auto y = targets();
  const auto a = make<Net>(), b = make<Net>(Generator{9}), before = b.clone();
  auto step = train_step(a, Loss{}, optim::SGD{}, x, y);
  step.optimizer().lr = -1;
  save(step, file.path);
  auto other = train_step(b, Loss{}, optim::SGD{.lr = 0.5}, x, y);
  CHECK(error_of([&] { load(other, file.path); }) == "etch: optim: an option must not be negative; got lr = -1");
  CHECK(other.optimizer().lr == 0.5);
  CHECK(same(b, before));
}

TEST_CASE("an averaged model has PyTorch's names") {
  const TemporaryFile file;
  const auto a = make<Net>(Generator{1}), b = make<Net>(Generator{2});
  optim::AveragedModel mean(a), other(b);
  mean.update_parameters(a);
  mean.update_parameters(b);
  save(mean, file.path);
  load(other, file.path);
  CHECK(other.n_averaged() == 2);
  CHECK(same(mean.module(), other.module()));
  CHECK(io::SafetensorsFile(file.path.c_str()).find("module.fc1.weight") != nullptr);
}

TEST_CASE("a model's file is no training state") {
  const TemporaryFile file;
  const auto model = make<Net>();
  save(model, file.path);
  auto step = train_step<Tensor<float, 5, 3>, Tensor<float, 5, 2>>(model, Loss{}, optim::AdamW{});
  const std::string error = error_of([&] { load(step, file.path); });
  CHECK(error.find("etch: load: file must hold a training state; found neither etch.steps nor optimizer.param_groups in ") == 0);
}

}  // namespace
