// The program of docs/plan.md: what became of a training step.
//
// test:
#include <etch/etch.hpp>
#include <etch/tools/print_plan.hpp>

using namespace etch;

struct Mlp {
  nn::Linear<784, 256> fc1;
  nn::Linear<256, 10> fc2;
  ETCH_MODULE(fc1, fc2)
  constexpr auto forward(auto x) const { return fc2(relu(fc1(x))); }
};

int main() {
  auto model = make<Mlp>(Generator{0});
  auto loss = [](auto& m, auto x, auto y) { return cross_entropy(m(x), y); };
  auto step = train_step<Tensor<float, 64, 784>, Tensor<std::int64_t, 64>>(model, loss, optim::AdamW{.lr = 1e-3});
  print_plan(step);
  static_assert(step.arena_bytes < 512 << 10);
}
