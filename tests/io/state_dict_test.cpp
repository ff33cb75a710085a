// Models by name: PyTorch's names, and what is saved is loaded.
#include <etch/etch.hpp>
#include <etch/io/state_dict.hpp>
#include <etch/nn/activation.hpp>
#include <etch/nn/linear.hpp>
#include <etch/nn/repeat.hpp>
#include <etch/nn/sequential.hpp>

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

}  // namespace
