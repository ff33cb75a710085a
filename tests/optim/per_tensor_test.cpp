// One program for each shape: equal shapes share it, and every parameter has its own states.
#include <etch/etch.hpp>

#include <doctest/doctest.h>

using namespace etch;

namespace {

struct Layers {
  nn::Linear<4, 4, false> a, b;
  nn::Linear<4, 2, false> c;
  ETCH_MODULE(a, b, c)
  constexpr auto forward(auto x) const { return c(tanh(b(tanh(a(x))))); }
};
constexpr auto loss = [](auto& m, auto x, auto y) { return mse_loss(m(x), y); };

}  // namespace

TEST_CASE("parameters of one shape share a program and no state") {
  const auto& plans = optim::detail::TensorPlanner<Layers, optim::Muon>::plans;
  CHECK(plans.of[1].first == 0);
  CHECK(plans.of[2].first == 2);
  CHECK((plans.of[0].view == plans.of[1].view));
  CHECK((plans.of[0].view != plans.of[2].view));

  auto model = make<Layers>(Generator{2});
  const Tensor<float, 6, 4> x = randn<float, 6, 4>(Generator{3});
  const Tensor<float, 6, 2> y = ones<float, 6, 2>();
  auto step = train_step(model, loss, optim::Muon{.lr = 0.02, .weight_decay = 0}, x, y);
  const float first = step(x, y);
  const void* memory[3] = {};
  int states = 0;
  const auto& g = step.gradient();
  const float* const gradients[] = {g.a.weight.data(), g.b.weight.data(), g.c.weight.data()};
  step.engine().each_state(step.optimizer(), [&](int tensor, const char* name, int rank, const int* size, void* data) {
    CHECK(tensor == states);
    CHECK(std::strcmp(name, "momentum_buffer") == 0);
    CHECK(rank == 2);
    for (int i = 0; i < size[0] * size[1]; ++i)
      CHECK(static_cast<float*>(data)[i] == doctest::Approx(0.05f * gradients[tensor][i]).epsilon(1e-5));
    memory[states++] = data;
  });
  CHECK(states == 3);
  CHECK(memory[0] != memory[1]);
  float last = first;
  for (int i = 0; i < 60; ++i) last = step(x, y);
  CHECK(last < 0.6f * first);
}
