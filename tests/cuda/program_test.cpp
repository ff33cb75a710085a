// What <etch/cuda.hpp> adds to programs: several results, one number, and loops, whose bodies run where the program does.
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

namespace {
struct Net {
  nn::LSTM<3, 8> lstm;
  nn::Linear<8, 2> last;
  ETCH_MODULE(lstm, last)
  constexpr auto forward(auto x) const { return last(lstm(x).template get<0>()); }
};
struct Loss {
  constexpr auto operator()(auto& m, auto x, auto y) const { return mse_loss(m(x), y); }
};
}  // namespace

TEST_CASE("an LSTM's training step: a loop forwards, a loop back, and the products and groups in them") {
  const auto x = wave<Tensor<float, 12, 4, 3>>();
  const auto y = wave<Tensor<float, 12, 4, 2>>(0.5);
  const auto xg = x.to(gpu);
  const auto yg = y.to(gpu);
  auto model = make<Net>(Generator{2});
  auto model_there = model.to(gpu);
  auto step = train_step(model, Loss{}, optim::Adam{.lr = 1e-2f}, x, y);
  auto there = train_step(model_there, Loss{}, optim::Adam{.lr = 1e-2f}, xg, yg);
  device::tally() = {};
  for (int i = 0; i < 6; ++i) CHECK(std::abs(step(x, y) - there(xg, yg)) < 1e-5f);
  using detail::StepKind;
  CHECK(device::tally().of(device::Route::program, StepKind::loop) == 12);
  CHECK(device::tally().of(device::Route::thrust, StepKind::fused) >= 6 * 12);
  CHECK(device::tally().of(device::Route::cpu) == device::tally().of(device::Route::cpu, StepKind::dot));
}
