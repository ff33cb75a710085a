// An LSTM of 1 input and 32 hidden values: one step of one signal, and training on 16 signals of 64 samples.
#include <etch/etch.hpp>

#include "exact.hpp"
#include "facts.hpp"

namespace {

using namespace etch;

struct Effect {
  nn::LSTM<1, 32> lstm;
  nn::Linear<32, 1> out;
  ETCH_MODULE(lstm, out)
  constexpr auto forward(auto x) const { return out(lstm(x).template get<0>()); }
};

}  // namespace

int main(int argc, char** argv) {
  bench::Bench bench(argc, argv);
  cpu::set_num_threads(bench.threads());
  Tensor<float, 1, 1> sample;
  Tensor<float, 1, 32> h, c;
  Tensor<float, 64, 16, 1> x, y;
  bench::fill(sample.data(), 1, 0);
  bench::fill(h.data(), 32, 1);
  bench::fill(c.data(), 32, 2);
  bench::fill(x.data(), 64 * 16, 3);
  bench::fill(y.data(), 64 * 16, 4);

  const auto net = make<nn::LSTMCell<1, 32>>();
  auto cell = compile<Tensor<float, 1, 1>, Tensor<float, 1, 32>, Tensor<float, 1, 32>>(freeze(net));
  const auto error = [&] {
    const auto& [next_h, next_c] = cell(sample, h, c);
    const auto& w = net->weights;
    return bench::error_of_cell(next_h.data(), next_c.data(), bench::ExactLinear::of(w.weight_ih, w.bias_ih, 1), bench::ExactLinear::of(w.weight_hh, w.bias_hh, 32));
  };
  auto train = train_step(
      make<Effect>(), [](auto& net, auto in, auto out) { return mse_loss(net(in), out); }, optim::Adam{.lr = 1e-3}, x, y);
  bench.add("lstm_step", [&] { bench::keep(cell(sample, h, c)); }, {.flops = 2.0 * 33 * 128, .error = error});
  bench.add("lstm_train", [&] { bench::keep(train(x, y)); }, bench::facts_of(train));
  return bench.run();
}
