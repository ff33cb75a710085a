// Models by name: PyTorch's names, what is saved is loaded, and a resumed run is the run that was not interrupted.
#include <etch/etch.hpp>
#include <etch/io/state_dict.hpp>
#include <etch/loss/mse_loss.hpp>
#include <etch/nn/activation.hpp>
#include <etch/nn/linear.hpp>
#include <etch/nn/repeat.hpp>
#include <etch/nn/sequential.hpp>
#include <etch/optim/adam.hpp>

#include <doctest/doctest.h>

#include <cstring>
#include <string>

#include <unistd.h>

using namespace etch;

namespace {

struct Net {
  nn::Linear<3, 4> fc1;
  nn::Repeat<nn::Linear<4, 4, false>, 2> blocks;
  nn::Sequential<nn::Tanh, nn::Linear<4, 2>> head;
  ETCH_MODULE(fc1, blocks, head)
  constexpr auto forward(auto x) const { return head(blocks(fc1(x))); }
};

struct Loss {
  constexpr auto operator()(auto& net, auto x, auto y) const { return mse_loss(net(x), y); }
};

struct TemporaryFile {
  std::string path = "/tmp/etch-state-dict-" + std::to_string(::getpid()) + ".safetensors";
  ~TemporaryFile() { ::unlink(path.c_str()); }
};

std::string names_of(const StateDict& state) {
  std::string names;
  for (const StateEntry& tensor : state) names += tensor.name + ' ';
  return names;
}

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

TEST_CASE("names and shapes are those of PyTorch") {
  const auto model = make<Net>();
  const StateDict state = state_dict(model);
  CHECK(names_of(state) == "fc1.weight fc1.bias blocks.0.weight blocks.1.weight head.1.weight head.1.bias ");
  REQUIRE(state[0].rank == 2);
  CHECK(state[0].shape[0] == 4);
  CHECK(state[0].shape[1] == 3);
  CHECK(state[3].data == model->blocks[1].weight.data());
  for (int i = 0; i < layout<Net>.tensors; ++i)
    CHECK(static_cast<char*>(state[static_cast<std::size_t>(i)].data) - static_cast<char*>(model.data()) ==
          static_cast<std::ptrdiff_t>(layout<Net>.tensor[i].offset));
}

TEST_CASE("a saved model is loaded") {
  const TemporaryFile file;
  const auto a = make<Net>(Generator{1}), b = make<Net>(Generator{2});
  CHECK(!same(a, b));
  save(a, file.path);
  load(b, file.path);
  CHECK(same(a, b));
}

TEST_CASE("a file of another model is refused by name, and nothing is loaded") {
  const TemporaryFile file;
  const auto small = make<nn::Sequential<nn::Linear<3, 4>>>();
  save(small, file.path);
  const auto net = make<Net>(Generator{3}), before = net.clone();
  const std::string error = error_of([&] { load(net, file.path); });
  CHECK(error.find("etch: load: entry fc1.weight of shape (4, 3) must be in the file") == 0);
  CHECK(same(net, before));
}

TEST_CASE("a resumed run is the run that was not interrupted") {
  const TemporaryFile file;
  const auto x = inputs();
  Tensor<float, 5, 2> y;
  y(0, 0) = y(3, 1) = 1;
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

TEST_CASE("a model's file is no training state") {
  const TemporaryFile file;
  const auto model = make<Net>();
  save(model, file.path);
  auto step = train_step<Tensor<float, 5, 3>, Tensor<float, 5, 2>>(model, Loss{}, optim::AdamW{});
  const std::string error = error_of([&] { load(step, file.path); });
  CHECK(error.find("etch: load: file must hold a training state; found no etch.steps in ") == 0);
}

}  // namespace
