// A training step of an LSTM of two layers over STEPS steps: the compiler takes as long for 512 as for 8.
#include <etch/etch.hpp>

using namespace etch;

#ifndef STEPS
#define STEPS 8
#endif

struct Tagger {
  nn::LSTM<8, 16, RecurrentOptions{.num_layers = 2}> lstm;
  nn::Linear<16, 3> out;
  ETCH_MODULE(lstm, out)
  constexpr auto forward(auto x) const { return out(lstm(x).template get<0>()); }
};

int main() {
  auto model = make<Tagger>(Generator{0});
  auto loss = [](auto& m, auto x, auto y) { return mse_loss(m(x), y); };
  const Tensor<float, STEPS, 4, 8> x = randn<float, STEPS, 4, 8>();
  const Tensor<float, STEPS, 4, 3> y = randn<float, STEPS, 4, 3>();
  auto step = train_step(model, loss, optim::Adam{}, x, y);
  return step(x, y) < 100 ? 0 : 1;
}
