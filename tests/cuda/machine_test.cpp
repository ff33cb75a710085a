// Plans through Thrust against the same plans on the CPU: fused loops, rows, accumulators, programs, training.
#include <cmath>

#include "wave.hpp"

using namespace etch;

TEST_CASE("elements: a chain of functions, broadcasts, views and integers") {
  const auto x = wave<Tensor<float, 13, 37>>(3), y = wave<Tensor<float, 13, 37>>(2);
  const auto b = wave<Tensor<float, 37>>();
  const auto xg = x.to(gpu), yg = y.to(gpu);
  const auto bg = b.to(gpu);
  CHECK(difference(x, xg.to(Cpu{})) == 0);

  device::tally() = {};
  const Tensor here = tanh(x * y + 1.f) / (1.f + exp(-x)) + b;
  GpuTensor there = tanh(xg * yg + 1.f) / (1.f + exp(-xg)) + bg;
  CHECK(difference(here, there.cpu()) < 1e-6);
  CHECK(device::tally().of(own_route, detail::StepKind::fused) == 1);
  CHECK(device::tally().of(device::Route::cpu) == 0);

  const Tensor turned = t(x) * 2;
  CHECK(difference(turned, GpuTensor(t(xg) * 2).cpu()) == 0);
  const Tensor<std::int64_t, 13, 37> whole = to<std::int64_t>(floor(x * 10));
  GpuTensor<std::int64_t, 13, 37> whole_there = to<std::int64_t>(floor(xg * 10));
  CHECK(difference(whole, whole_there.cpu()) == 0);
  there = there * 2 + there;  // reads what it is assigned to
  CHECK(difference(Tensor(here * 3), there.cpu()) < 1e-6);
}

TEST_CASE("rows and accumulators: softmax, layer norm, sums along every axis") {
  const auto x = wave<Tensor<float, 70, 130>>(3);
  const auto xg = x.to(gpu);
  device::tally() = {};
  CHECK(difference(Tensor(softmax<1>(x)), GpuTensor(softmax<1>(xg)).cpu()) < 1e-6);
  CHECK(difference(Tensor(layer_norm<ints<130>>(x)), GpuTensor(layer_norm<ints<130>>(xg)).cpu()) < 1e-5);
  CHECK(difference(Tensor(sum<0>(x * x)), GpuTensor(sum<0>(xg * xg)).cpu()) < 1e-6);
  CHECK(difference(Tensor(amax<1>(x)), GpuTensor(amax<1>(xg)).cpu()) == 0);
  CHECK(difference(Tensor(amin<0>(x)), GpuTensor(amin<0>(xg)).cpu()) == 0);
  CHECK(difference(Tensor(mean(x * x)), GpuTensor(mean(xg * xg)).cpu()) < 1e-6);
  CHECK(device::tally().of(own_route, detail::StepKind::fused) >= 6);
  CHECK(device::tally().of(device::Route::cpu) == 0);

  const auto big = wave<Tensor<float, 700, 900>>();  // large enough for the plan to divide it
  const auto big_there = big.to(gpu);
  CHECK(difference(Tensor(sum<0>(exp(big))), GpuTensor(sum<0>(exp(big_there))).cpu()) < 1e-5);
  double exact = 0;
  for (int i = 0; i < 630000; ++i) exact += std::exp(static_cast<double>(big.data()[i]));
  const float total = GpuTensor(sum(exp(big_there))).item();
  CHECK(std::abs(total - exact) / exact < (64 + 39375 / 64 + 16) * 0x1p-24);  // 16 parts of 39375 elements, closed every 64
}

TEST_CASE("programs: several results, random numbers, bounded sizes, an index out of range") {
  const auto x = wave<Tensor<float, 9, 40>>();
  auto f = [](auto a) { return several(sum<1>(a * 2), cumsum<1>(a)); };
  auto here = compile<Tensor<float, 9, 40>>(f);
  auto there = compile<GpuTensor<float, 9, 40>>(f);
  const auto& p = here(x);
  const auto& q = there(x.to(gpu));
  CHECK(difference(p.get<0>(), q.get<0>().cpu()) < 1e-6);
  CHECK(difference(p.get<1>(), q.get<1>().cpu()) == 0);

  auto drop = [](auto a) { return a * rand_like(a); };
  auto drop_here = compile<Tensor<float, 9, 40>>(drop);
  auto drop_there = compile<GpuTensor<float, 9, 40>>(drop);
  drop_here.random = {7, 3};
  drop_there.random = {7, 3};
  CHECK(difference(drop_here(x), drop_there(x.to(gpu)).cpu()) == 0);
}

namespace {
struct Net {
  nn::Linear<20, 33> fc1;
  nn::Linear<33, 7> fc2;
  ETCH_MODULE(fc1, fc2)
  constexpr auto forward(auto x) const { return fc2(gelu(fc1(x))); }
};
struct Loss {
  constexpr auto operator()(auto& m, auto x, auto y) const { return cross_entropy(m(x), y); }
};
Tensor<float, 33, 20> weight_of(const Model<Net>& m) {
  return from_blob<float, 33, 20>(static_cast<float*>(m.data()));
}
}  // namespace

TEST_CASE("a training step gives the CPU's losses and parameters, and a model its results") {
  const auto x = wave<Tensor<float, 50, 20>>();
  Tensor<std::int64_t, 50> y;
  for (int i = 0; i < 50; ++i) y(i) = i % 7;
  const auto xg = x.to(gpu);
  const auto yg = y.to(gpu);

  auto model = make<Net>(Generator{1});
  auto model_there = model.to(gpu);
  auto step = train_step(model, Loss{}, optim::AdamW{.lr = 1e-2f}, x, y);
  auto step_there = train_step(model_there, Loss{}, optim::AdamW{.lr = 1e-2f}, xg, yg);
  device::tally() = {};
  for (int i = 0; i < 20; ++i) {
    const float a = step(x, y), b = step_there(xg, yg);
    CHECK(std::abs(a - b) < 2e-5f);
  }
  using detail::StepKind;
  const device::Tally& t = device::tally();
  CHECK(t.of(own_route, StepKind::fused) >= 40);
  CHECK(t.of(device::Route::cpu) == t.of(device::Route::cpu, StepKind::dot));  // products alone run the CPU's kernels
  const Model<Net> back = model_there.cpu();
  CHECK(difference(weight_of(model), weight_of(back)) < 1e-3);
  CHECK(difference(Tensor(back(x)), GpuTensor(model_there(xg)).cpu()) < 1e-5);
}
