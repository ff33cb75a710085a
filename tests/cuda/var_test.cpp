// Variables on a GPU collect the CPU's gradients there.
#include "wave.hpp"

using namespace etch;

TEST_CASE("backward: two variables, one of them twice, an input") {
  using W = Var<float, 5, 4>;
  W w = wave<Tensor<float, 5, 4>>();
  Var<float, 4> b = wave<Tensor<float, 4>>(2);
  const auto x = wave<Tensor<float, 3, 5>>(3);
  GpuVar<float, 5, 4> wg = w.to(gpu);
  GpuVar<float, 4> bg = b.to(gpu);
  const auto xg = x.to(gpu);
  device::tally() = {};
  for (int i = 0; i < 2; ++i) {
    const float here = backward(sum(square(tanh(matmul(x, w) + b))) + mean(w * w));
    const float there = backward(sum(square(tanh(matmul(xg, wg) + bg))) + mean(wg * wg));
    CHECK(std::abs(here - there) < 1e-5f);
  }
  CHECK(device::tally().of(own_route, detail::StepKind::fused) > 0);
  CHECK(difference(w.grad(), wg.grad().cpu()) < 1e-5);
  CHECK(difference(b.grad(), bg.grad().cpu()) < 1e-5);
  wg.zero_grad();
  CHECK(wg.grad()(2, 3) == 0);
  wg -= bg.grad() * 0.5f;  // a step by hand
  w -= b.grad() * 0.5f;
  CHECK(difference(w, wg.cpu()) < 1e-5);
}

TEST_CASE("hooks, and variables that want no gradient") {
  GpuVar<float, 3> a = wave<Tensor<float, 3>>().to(gpu), b = wave<Tensor<float, 3>>(2).to(gpu);
  const HookHandle hook = a.register_hook([](GpuTensor<float, 3>& g) { g = g * 3; });
  b.requires_grad_(false);
  backward(sum(a * b));
  CHECK(difference(Tensor(wave<Tensor<float, 3>>(6)), a.grad().cpu()) < 1e-6);
  CHECK(b.grad()(0) == 0);
  CHECK(!requires_grad(b * 2));
  CHECK(requires_grad(a * b));
  const GpuVar<float, 3> copy = a;
  CHECK(copy.data() != a.data());
  CHECK(copy.grad()(1) == a.grad()(1));
}
