// Models that PyTorch saved (tools/state_dicts.py): they load, compute what they computed there, and are saved as they were.
#include <etch/etch.hpp>
#include <etch/io.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include <unistd.h>

using namespace etch;

namespace {

struct LeNet {
  nn::Conv2d<1, 6, 5, padding<2>> conv1;
  nn::Conv2d<6, 16, 5> conv2;
  nn::Linear<64, 32> fc1;
  nn::Linear<32, 20> fc2;
  nn::Linear<20, 10> fc3;
  ETCH_MODULE(conv1, conv2, fc1, fc2, fc3)
  constexpr auto forward(auto x) const {
    const auto parts = max_pool2d<2>(relu(conv2(max_pool2d<2>(relu(conv1(x))))));
    return fc3(relu(fc2(relu(fc1(flatten<1>(parts))))));
  }
};

struct ResidualBlock {
  nn::Conv2d<6, 12, 3, stride<2>, padding<1>, no_bias> conv1;
  nn::BatchNorm2d<12> bn1;
  nn::Conv2d<12, 12, 3, padding<1>, no_bias> conv2;
  nn::BatchNorm2d<12> bn2;
  nn::Sequential<nn::Conv2d<6, 12, 1, stride<2>, no_bias>, nn::BatchNorm2d<12>> downsample;
  ETCH_MODULE(conv1, bn1, conv2, bn2, downsample)
  constexpr auto forward(auto x) const { return relu(bn2(conv2(relu(bn1(conv1(x))))) + downsample(x)); }
};

struct Tagger {
  nn::LSTM<6, 8, RecurrentOptions{.num_layers = 2, .bidirectional = true}> lstm;
  nn::Linear<16, 3> out;
  ETCH_MODULE(lstm, out)
  constexpr auto forward(auto x) const { return out(lstm(x).template get<0>()); }
};

using Encoder = nn::TransformerEncoder<nn::TransformerEncoderLayer<16, 4, TransformerOptions{.dim_feedforward = 24, .dropout = 0}>, 2>;

using Parametrized = nn::Sequential<nn::SpectralNorm<nn::Conv2d<2, 4, 3, no_bias>, 2>, nn::Tanh, nn::SpectralNorm<nn::ConvTranspose2d<4, 3, 2, stride<2>>>, nn::Flatten<>, nn::WeightNorm<nn::Linear<48, 5>>, nn::Tanh,
                                    nn::WeightNorm<nn::Linear<5, 6, false>, 1>, nn::WeightNorm<nn::Linear<6, 2>, nn::all_axes>>;

constexpr auto weighted_sum = [](auto& m, auto x, auto dy) { return sum(m(x) * dy); };

struct SavedFile {
  std::string path;
  explicit SavedFile(const std::string& name) {
    const char* keep = std::getenv("ETCH_KEEP_FILES");
    path = (keep != nullptr ? keep : "/tmp") + ("/torch_" + name) + (keep != nullptr ? "" : "-" + std::to_string(::getpid())) + ".safetensors";
  }
  ~SavedFile() {
    if (std::getenv("ETCH_KEEP_FILES") == nullptr) ::unlink(path.c_str());
  }
};

/// A tensor of a file, as its bytes.
std::vector<char> bytes_of(const io::SafetensorsFile& file, const io::StoredTensor& tensor) {
  std::vector<char> bytes(tensor.end - tensor.begin);
  file.read(io::Entry{tensor.name, tensor.dtype, tensor.shape.data(), static_cast<int>(tensor.shape.size()), bytes.data()});
  return bytes;
}
std::vector<float> floats_of(const io::SafetensorsFile& file, const std::string& name) {
  const io::StoredTensor* tensor = file.find(name);
  REQUIRE_MESSAGE(tensor != nullptr, name);
  const std::vector<char> bytes = bytes_of(file, *tensor);
  std::vector<float> values(bytes.size() / sizeof(float));
  std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

/// The largest difference, relative where numbers are above 1.
double difference(const float* found, const std::vector<float>& expected) {
  double worst = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const double e = static_cast<double>(expected[i]), d = std::fabs(static_cast<double>(found[i]) - e) / std::fmax(1, std::fabs(e));
    worst = d <= worst ? worst : d;  // a NaN is the worst
  }
  return worst;
}

/// The same names, shapes, dtypes and bytes, in whatever order.
void check_same(const io::SafetensorsFile& found, const io::SafetensorsFile& expected) {
  CHECK(found.tensors().size() == expected.tensors().size());
  for (const io::StoredTensor& tensor : expected.tensors()) {
    const io::StoredTensor* other = found.find(tensor.name);
    REQUIRE_MESSAGE(other != nullptr, tensor.name);
    CHECK_MESSAGE(other->shape == tensor.shape, tensor.name);
    CHECK_MESSAGE(other->stored == tensor.stored, tensor.name);
    CHECK_MESSAGE(bytes_of(found, *other) == bytes_of(expected, tensor), tensor.name);
  }
}

template <class M, class X, class Y>
void check(const std::string& name) {
  const std::string path = "tests/data/torch_" + name;
  const io::SafetensorsFile saved((path + ".safetensors").c_str()), run((path + "_run.safetensors").c_str());
  const auto model = make<M>(Generator{1});
  load(model, path + ".safetensors");

  X x;
  Y dy;
  const std::vector<float> input = floats_of(run, "x"), direction = floats_of(run, "dy");
  REQUIRE(input.size() == static_cast<std::size_t>(x.numel()));
  REQUIRE(direction.size() == static_cast<std::size_t>(dy.numel()));
  std::memcpy(x.data(), input.data(), input.size() * sizeof(float));
  std::memcpy(dy.data(), direction.data(), direction.size() * sizeof(float));
  const Y y = model(x);
  CHECK(difference(y.data(), floats_of(run, "y")) <= 1e-5);

  const SavedFile back(name);
  save(model, back.path);
  check_same(io::SafetensorsFile(back.path.c_str()), saved);

  auto step = train_step<X, Y>(model, weighted_sum, optim::SGD{});
  const float loss = step.backward(x, dy);
  CHECK(difference(&loss, floats_of(run, "loss")) <= 1e-5);
  int gradients = 0;
  each_named_tensor(step.gradient(), [&](const char* key, auto& tensor) {
    if constexpr (std::remove_cvref_t<decltype(tensor)>::role == Role::parameter) {
      ++gradients;
      const std::vector<float> expected = floats_of(run, std::string("grad.") + key);
      REQUIRE(expected.size() == static_cast<std::size_t>(tensor.numel()));
      CHECK_MESSAGE(difference(tensor.data(), expected) <= 1e-4, key);
    }
  });
  CHECK(gradients == layout<M>.parameters);

  // what training did to the buffers
  for (const StateEntry& tensor : state_dict(model)) {
    const io::StoredTensor* after = run.find("after." + tensor.name);
    if (after == nullptr) continue;
    if (tensor.dtype == DType::int64)
      CHECK_MESSAGE(std::memcmp(tensor.data, bytes_of(run, *after).data(), sizeof(std::int64_t)) == 0, tensor.name);
    else
      CHECK_MESSAGE(difference(static_cast<const float*>(tensor.data), floats_of(run, "after." + tensor.name)) <= 1e-5, tensor.name);
  }
}

TEST_CASE("LeNet") { check<LeNet, Tensor<float, 4, 1, 16, 16>, Tensor<float, 4, 10>>("lenet"); }
TEST_CASE("a residual block, with running statistics") { check<ResidualBlock, Tensor<float, 3, 6, 8, 8>, Tensor<float, 3, 12, 4, 4>>("residual"); }
TEST_CASE("a bidirectional LSTM of two layers") { check<Tagger, Tensor<float, 7, 3, 6>, Tensor<float, 7, 3, 3>>("lstm"); }
TEST_CASE("a transformer encoder of two layers") { check<Encoder, Tensor<float, 5, 2, 16>, Tensor<float, 5, 2, 16>>("encoder"); }
TEST_CASE("layers with computed weights") { check<Parametrized, Tensor<float, 3, 2, 4, 4>, Tensor<float, 3, 2>>("parametrized"); }

}  // namespace

TEST_CASE("weight_norm's older names, weight_g and weight_v, are read as well") {
  using Net = nn::Sequential<nn::WeightNorm<nn::Linear<3, 2>>, nn::Tanh>;
  const auto saved = make<Net>(Generator{1}), model = make<Net>(Generator{2});
  SavedFile file("older_names");
  StateDict state = state_dict(saved);
  for (StateEntry& entry : state) {
    if (entry.name == "0.parametrizations.weight.original0") entry.name = "0.weight_g";
    if (entry.name == "0.parametrizations.weight.original1") entry.name = "0.weight_v";
  }
  io::write_safetensors(file.path.c_str(), io::detail::entries_of(state));
  load(model, file.path);
  CHECK(std::memcmp(model.data(), saved.data(), sizeof(Net)) == 0);
  state[0].name = "0.weight_x";
  io::write_safetensors(file.path.c_str(), io::detail::entries_of(state));
  CHECK_THROWS_AS(load(model, file.path), Error);
}
