// What <etch/cuda.hpp> adds to programs: several results, one number, and loops, whose bodies run where the program does.
#include "mixed.hpp"
#include "wave.hpp"

using namespace etch;

TEST_CASE("eval, functions with several results, one number") {
  const auto x = wave<Tensor<float, 5, 7>>(3);
  const auto xg = x.to(gpu);
  auto [m, v] = eval(mean<1>(xg), sum<0>(xg));
  CHECK(difference(m.cpu(), Tensor(mean<1>(x))) < 1e-6);
  CHECK(difference(v.cpu(), Tensor(sum<0>(x))) < 1e-6);
  CHECK(std::abs(sum(xg * xg).item() - sum(x * x).item()) < 1e-4f);
}

TEST_CASE("a training step with windows, pools, attention and a loop forwards and back: the CPU's losses, no step of the CPU's but products") {
  Tensor<float, 4, 2, 10, 10> x;
  Tensor<std::int64_t, 4> y;
  for (int i = 0; i < 800; ++i) x.data()[i] = static_cast<float>(std::sin(0.1 * i));
  for (int i = 0; i < 4; ++i) y(i) = i;
  const auto xg = x.to(gpu);
  const auto yg = y.to(gpu);
  auto model = make<Mixed>(Generator{1});
  auto step = train_step(model, MixedLoss{}, optim::Adam{.lr = 1e-2f}, x, y);
  auto there = train_step(model.clone().to(gpu), MixedLoss{}, optim::Adam{.lr = 1e-2f}, xg, yg);
  device::tally() = {};
  for (int i = 0; i < 20; ++i) CHECK(std::abs(step(x, y) - there(xg, yg)) < 1e-4f);
  using detail::StepKind;
  const device::Tally& t = device::tally();
  CHECK(t.of(device::Route::program, StepKind::loop) == 40);
  CHECK(t.of(own_route, StepKind::attention_grad) == 20);
  CHECK(t.of(own_route, StepKind::window_dot) >= 20);
  CHECK(t.of(device::Route::cpu) == t.of(device::Route::cpu, StepKind::dot));
}

TEST_CASE("losses that are read later, while later steps run") {
  Tensor<float, 4, 2, 10, 10> x;
  Tensor<std::int64_t, 4> y;
  for (int i = 0; i < 800; ++i) x.data()[i] = static_cast<float>(std::sin(0.1 * i));
  for (int i = 0; i < 4; ++i) y(i) = i;
  const auto xg = x.to(gpu);
  const auto yg = y.to(gpu);
  const auto model = make<Mixed>(Generator{1});
  auto now = train_step(model.clone().to(gpu), MixedLoss{}, optim::Adam{.lr = 1e-2f}, xg, yg);
  auto later = train_step(model.clone().to(gpu), MixedLoss{}, optim::Adam{.lr = 1e-2f}, xg, yg);
  for (int i = 0; i < 3; ++i) {
    later.launch(xg, yg);
    const auto first = later.loss_later();
    later.launch(xg, yg);
    const auto second = later.loss_later();
    CHECK(first.get() == now(xg, yg));
    CHECK(second.get() == now(xg, yg));
    CHECK((first.ready() && second.ready() && second.get() == later.loss()));
  }
}

TEST_CASE("random numbers of a loop's body are the CPU's, in each row others") {
  const auto f = [](auto x) {
    const auto r = scan([](auto c, auto row) { const auto keep = rand_like(row); return several(c + sum(keep), row * keep); }, sum(x) * 0.f, x);
    return several(r.template get<0>(), r.template get<1>());
  };
  const Tensor<float, 3, 64> x = ones<float, 3, 64>();
  manual_seed(7);
  auto [sum_here, rows_here] = eval(f(x).get<0>(), f(x).get<1>());
  manual_seed(7);
  auto [sum_there, rows_there] = eval(f(x.to(gpu)).get<0>(), f(x.to(gpu)).get<1>());
  CHECK(difference(rows_there.cpu(), rows_here) == 0);
  CHECK(rows_here(0, 5) != rows_here(1, 5));
  CHECK(std::abs(sum_there.cpu().item() - sum_here.item()) < 1e-4f);
}
