// Convolutions and their gradients, read through windows: a training step of a small network with pools, against the CPU's.
#include "wave.hpp"

using namespace etch;

namespace {
struct Net {
  nn::Conv2d<2, 3, 3, padding<1>> first;
  nn::Conv2d<3, 4, 3, stride<2>> second;
  nn::Linear<16, 5> last;
  ETCH_MODULE(first, second, last)
  constexpr auto forward(auto x) const { return last(flatten<1>(relu(second(max_pool2d<2>(relu(first(x))))))); }
};
struct Loss {
  constexpr auto operator()(auto& m, auto x, auto y) const { return cross_entropy(m(x), y); }
};
}  // namespace

TEST_CASE("losses of a network of convolutions, no step of which the CPU runs but products") {
  const auto x = wave<Tensor<float, 6, 2, 10, 10>>();
  Tensor<std::int64_t, 6> y;
  for (int i = 0; i < 6; ++i) y(i) = i % 5;
  auto model = make<Net>(Generator{3});
  auto model_there = model.to(gpu);
  auto step = train_step(model, Loss{}, optim::SGD{.lr = 0.1f, .momentum = 0.9f}, x, y);
  auto there = train_step(model_there, Loss{}, optim::SGD{.lr = 0.1f, .momentum = 0.9f}, x.to(gpu), y.to(gpu));
  device::tally() = {};
  const auto xg = x.to(gpu);
  const auto yg = y.to(gpu);
  for (int i = 0; i < 8; ++i) CHECK(std::abs(step(x, y) - there(xg, yg)) < 2e-5f);
  CHECK(device::tally().of(own_route, detail::StepKind::window_dot) >= 8);
  CHECK(device::tally().of(device::Route::cpu) == device::tally().of(device::Route::cpu, detail::StepKind::dot));
  CHECK(std::abs(there.gradient()->last.bias.data()[2] - step.gradient().last.bias.data()[2]) < 1e-5f);
}

TEST_CASE("grouped, dilated and transposed ones") {
  std::int64_t ran = 0;
  const auto x = wave<Tensor<float, 2, 4, 9, 8>>();
  CHECK(both([](auto a, auto w, auto t) { return several(conv2d<groups<2>, dilation<2>, padding<1>>(a, w), conv_transpose2d<stride<2>>(a, t)); }, detail::StepKind::window_dot, ran, x,
             wave<Tensor<float, 6, 2, 3, 3>>(), wave<Tensor<float, 4, 3, 3, 2>>()) < 1e-6);
  CHECK(ran >= 1);
}

namespace {
struct Large {
  nn::Conv2d<3, 13, 3, padding<1>> first;
  nn::Conv2d<13, 6, 3, groups<1>, stride<2>> second;
  nn::Linear<600, 5> last;
  ETCH_MODULE(first, second, last)
  constexpr auto forward(auto x) const { return last(flatten<1>(relu(second(relu(first(x)))))); }
};
}  // namespace

TEST_CASE("more products than are summed in double: blocks of tiles on a GPU, the last ones partly filled") {
  std::int64_t ran = 0;
  CHECK(both([](auto a, auto w) { return several(conv2d<groups<2>, padding<1>>(a, w), sum(square(a))); }, detail::StepKind::window_dot, ran, wave<Tensor<float, 5, 6, 17, 19>>(), wave<Tensor<float, 14, 3, 3, 3>>()) < 1e-6);
  CHECK(ran >= 1);
  const auto x = wave<Tensor<float, 4, 3, 21, 21>>();
  const Tensor<std::int64_t, 4> y{0, 1, 2, 3};
  const auto model = make<Large>(Generator{4});
  auto step = train_step(model, Loss{}, optim::SGD{.lr = 0.05f}, x, y);
  auto there = train_step(model.to(gpu), Loss{}, optim::SGD{.lr = 0.05f}, x.to(gpu), y.to(gpu));
  const auto xg = x.to(gpu);
  const auto yg = y.to(gpu);
  for (int i = 0; i < 3; ++i) CHECK(std::abs(step(x, y) - there(xg, yg)) < 2e-5f);
  const auto& a = step.gradient();
  const auto b = there.gradient();
  CHECK(std::abs(a.first.weight.data()[100] - b->first.weight.data()[100]) < 1e-5f);
  CHECK(std::abs(a.second.weight.data()[600] - b->second.weight.data()[600]) < 1e-5f);
}
