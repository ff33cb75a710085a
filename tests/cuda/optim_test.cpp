// Optimizers of more than one pass run where the model is: the CPU's losses, no step of the CPU's but products.
#include <cmath>

#include "wave.hpp"

using namespace etch;
using optim::group;

namespace {
struct Net {
  nn::Linear<20, 12> fc1;
  ModuleBuffer<float, 3> count;
  nn::Linear<12, 7> fc2;
  ETCH_MODULE(fc1, count, fc2)
  constexpr auto forward(auto x) const { return fc2(tanh(fc1(x))); }
};
struct Loss {
  constexpr auto operator()(auto& m, auto x, auto y) const { return cross_entropy(m(x), y); }
};
using X = Tensor<float, 16, 20>;
using Y = Tensor<std::int64_t, 16>;

Y targets() {
  Y y;
  for (int i = 0; i < 16; ++i) y(i) = i * 5 % 7;
  return y;
}

/// The largest difference of the losses of some steps, and whether only products ran the CPU's kernels.
template <class Optimizer, class F = Loss>
double apart(const Optimizer& optimizer, int steps = 6, F loss = {}) {
  const X x = wave<X>(2);
  const Y y = targets();
  auto model = make<Net>(Generator{1});
  model->count.data()[2] = 9;
  auto there = model.to(gpu);
  auto step = train_step(model, loss, optimizer, x, y);
  auto step_there = train_step(there, loss, optimizer, x.to(gpu), y.to(gpu));
  double worst = 0;
  device::tally() = {};
  for (int i = 0; i < steps; ++i) worst = std::fmax(worst, std::abs(static_cast<double>(step(x, y)) - static_cast<double>(step_there(x.to(gpu), y.to(gpu)))));
  const device::Tally& t = device::tally();
  if (t.of(device::Route::cpu) != t.of(device::Route::cpu, detail::StepKind::dot)) worst = 1e3;
  if (there.cpu()->count.data()[2] != 9) worst = 1e3;  // a buffer is no parameter
  return worst;
}
}  // namespace

TEST_CASE("an optimizer that looks at shapes, groups of parameters, LBFGS") {
  CHECK(apart(optim::Adafactor{.lr = 1e-2}) < 2e-5);
  CHECK(apart(optim::SparseAdam{.lr = 1e-2}) < 2e-5);
  const auto vectors = [](const optim::Parameter& p) { return p.rank < 2; };
  CHECK(apart(optim::param_groups(optim::Muon{.lr = 1e-2}, group(vectors, optim::AdamW{.lr = 1e-2}))) < 2e-3);  // in bfloat16
  CHECK(apart(optim::LBFGS{.lr = 0.5, .max_iter = 4}, 3) < 1e-4);
}

TEST_CASE("float16 with a scaled loss") {
  const optim::GradScaler scaler{.init_scale = 0x1p20, .growth_interval = 2};  // too large at first: steps are left out until it is not
  CHECK(apart(optim::scaled(optim::SGD{.lr = 0.1}, scaler), 8, autocast<etch::half>(Loss{})) < 1e-3);
}

TEST_CASE("gradients of several batches add up there") {
  const X x = wave<X>(2), other = wave<X>(-1);
  const Y y = targets();
  auto model = make<Net>(Generator{1});
  auto step = train_step(model, Loss{}, optim::SGD{.lr = 0.1}, x, y);
  auto there = train_step(model.to(gpu), Loss{}, optim::SGD{.lr = 0.1}, x.to(gpu), y.to(gpu));
  for (int i = 0; i < 2; ++i) {
    step.zero_grad();
    there.zero_grad();
    CHECK(std::abs(step.accumulate(x, y) - there.accumulate(x.to(gpu), y.to(gpu))) < 1e-5f);
    CHECK(std::abs(step.accumulate(other, y) - there.accumulate(other.to(gpu), y.to(gpu))) < 1e-5f);
    step.update();
    there.update();
  }
  CHECK(std::abs(step(x, y) - there(x.to(gpu), y.to(gpu))) < 1e-5f);
}
