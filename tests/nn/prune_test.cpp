// Pruning: masks as PyTorch's torch.nn.utils.prune makes them, values and gradients behind them, names in files.
#include <etch/etch.hpp>
#include <etch/model/names.hpp>

#include <doctest/doctest.h>

#include <cstring>
#include <string>

using namespace etch;
namespace prune = etch::nn::utils::prune;

namespace {
using Layer = nn::Pruned<nn::Linear<4, 3>>;
constexpr auto loss = [](auto& m, auto x) { return sum(square(m(x))); };

template <class M>
void set(M& weight, std::initializer_list<float> values) {
  int i = 0;
  for (const float v : values) weight.data()[i++] = v;
}
template <class M>
std::string mask(const M& m) {
  std::string s;
  for (int i = 0; i < m.mask.numel(); ++i) s += m.mask.data()[i] != 0 ? '1' : '0';
  return s;
}
template <class M>
int zeros_of(const M& m) {
  int n = 0;
  for (const char c : mask(m)) n += c == '0';
  return n;
}
}  // namespace

TEST_CASE("one pruning after another, as PyTorch does it") {
  const auto m = make<Layer>(Generator{1});
  std::string names;
  each_named_tensor(*m, [&](const char* name, auto&) { names += std::string(name) + " "; });
  CHECK(names == "weight_orig bias weight_mask ");
  CHECK(mask(*m) == "111111111111");
  set(m->layer.weight, {1, -2, 3, 0.5f, -0.1f, 4, -5, 0.2f, 0.3f, -0.7f, 0.9f, -6});
  set(m->layer.bias, {1, 2, 3});
  prune::l1_unstructured(*m, 0.25);
  CHECK(mask(*m) == "111101100111");
  prune::l1_unstructured(*m, 0.3);  // of the nine that are left
  CHECK(mask(*m) == "111001100001");
  prune::ln_structured<1>(*m, 1);
  CHECK(mask(*m) == "011001100001");
  prune::ln_structured<0>(*m, 0.4, 1);
  CHECK(mask(*m) == "000001100001");

  const Tensor<float, 2, 4> x{{1, 2, 3, 4}, {5, 6, 7, 8}};
  const Tensor<float, 2, 3> y = m(x);
  const float expected[] = {1, -5, -21, 1, -9, -45};
  for (int i = 0; i < 6; ++i) CHECK(y.data()[i] == expected[i]);
  auto step = train_step(m, loss, optim::AdamW{.lr = 0.1}, x);
  step.backward(x);
  const float gradient[] = {0, 0, 0, 0, 0, -128, -156, 0, 0, 0, 0, -888};
  for (int i = 0; i < 12; ++i) CHECK(step.gradient().layer.weight.data()[i] == gradient[i]);
  step.update();
  CHECK(mask(*m) == "000001100001");  // a buffer

  const auto plain = prune::remove(*m);
  const Tensor<float, 2, 3> after = m(x), same = plain(x);
  CHECK(std::memcmp(after.data(), same.data(), 24) == 0);
}

TEST_CASE("several layers together") {
  const auto a = make<nn::Pruned<nn::Linear<2, 2>>>();
  const auto b = make<nn::Pruned<nn::Linear<3, 1>>>();
  set(a->layer.weight, {1, 0.2f, 0.3f, 4});
  set(b->layer.weight, {0.25f, 5, -0.1f});
  prune::global_unstructured(0.4, *a, *b);
  CHECK((mask(*a) == "1011" && mask(*b) == "010"));
}

TEST_CASE("by lot, and by a mask of one's own") {
  Generator g{3};
  const auto m = make<Layer>(g);
  prune::random_unstructured(*m, 5, g);
  CHECK(zeros_of(*m) == 5);
  prune::random_unstructured(*m, 7, g);
  CHECK(zeros_of(*m) == 12);
  CHECK_THROWS_WITH_AS(prune::l1_unstructured(*m, 1), "etch: prune: there must be as many left as are pruned; got 1 of 0", Error);
  CHECK_THROWS_WITH_AS(prune::l1_unstructured(*m, 1.5), "etch: prune: a share must lie between 0 and 1; got 1.500000", Error);
  const auto rows = make<Layer>(g);
  prune::random_structured<0>(*rows, 2, g);
  CHECK(zeros_of(*rows) == 8);
  const auto own = make<Layer>(g);
  prune::custom_from_mask(*own, Tensor<bool, 3, 4>{{1, 1, 1, 1}, {0, 1, 0, 1}, {1, 1, 1, 1}});
  prune::custom_from_mask(*own, Tensor<bool, 3, 4>{{0, 1, 1, 1}, {1, 1, 1, 1}, {1, 1, 1, 1}});
  CHECK(mask(*own) == "011101011111");
}

TEST_CASE("of a convolution, along its channels") {
  const auto m = make<nn::Pruned<nn::Conv2d<2, 3, 2, no_bias>>>(Generator{4});
  for (int i = 0; i < 24; ++i) m->layer.weight.data()[i] = static_cast<float>(i + 1);
  prune::ln_structured<1>(*m, 0.5);  // of two input channels the first is the smaller
  CHECK(mask(*m) == "000011110000111100001111");
}
