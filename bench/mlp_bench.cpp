// Training steps of small networks, whole: forward, loss, backward, Adam; and the smallest one's answer to one input.
#include <etch/etch.hpp>
#include <etch/loss/cross_entropy.hpp>
#include <etch/loss/mse_loss.hpp>
#include <etch/nn/linear.hpp>
#include <etch/optim/adam.hpp>

#include "exact.hpp"
#include "facts.hpp"

namespace {

using namespace etch;

/// 784-256-128-10 with ReLU.
struct Mlp {
  nn::Linear<784, 256> fc1;
  nn::Linear<256, 128> fc2;
  nn::Linear<128, 10> fc3;
  ETCH_MODULE(fc1, fc2, fc3)
  constexpr auto forward(auto x) const { return fc3(relu(fc2(relu(fc1(x))))); }
};

/// 4-64-64-2 with tanh.
struct TinyMlp {
  nn::Linear<4, 64> fc1;
  nn::Linear<64, 64> fc2;
  nn::Linear<64, 2> fc3;
  ETCH_MODULE(fc1, fc2, fc3)
  constexpr auto forward(auto x) const { return fc3(tanh(fc2(tanh(fc1(x))))); }
};

}  // namespace

int main(int argc, char** argv) {
  bench::Bench bench(argc, argv);
  cpu::set_num_threads(bench.threads());
  Tensor<float, 64, 784> images;
  Tensor<std::int64_t, 64> classes;
  Tensor<float, 32, 4> x;
  Tensor<float, 32, 2> y;
  Tensor<float, 1, 4> one;
  bench::fill(images.data(), 64 * 784, 0);
  bench::fill(x.data(), 32 * 4, 1);
  bench::fill(y.data(), 32 * 2, 2);
  bench::fill(one.data(), 4, 3);
  for (int i = 0; i < 64; ++i) classes(i) = bench::label(static_cast<std::size_t>(i), 10);

  auto mlp = train_step(
      make<Mlp>(), [](auto& net, auto in, auto out) { return cross_entropy(net(in), out); }, optim::Adam{.lr = 1e-3},
      images, classes);
  auto tiny = train_step(
      make<TinyMlp>(), [](auto& net, auto in, auto out) { return mse_loss(net(in), out); }, optim::Adam{.lr = 1e-3}, x,
      y);
  const auto net = make<TinyMlp>();
  auto infer = compile<Tensor<float, 1, 4>>(freeze(net));

  bench.add("mlp_train", [&] { bench::keep(mlp(images, classes)); }, bench::facts_of(mlp));
  bench.add("mlp_tiny_train", [&] { bench::keep(tiny(x, y)); }, bench::facts_of(tiny));
  const auto exact = [](const auto& layer, std::size_t in) { return bench::ExactLinear::of(layer.weight, layer.bias, in); };
  const auto error = [&] { return bench::error_of_answer(infer(one).data(), exact(net->fc1, 4), exact(net->fc2, 64), exact(net->fc3, 64)); };
  bench.add("mlp_tiny_infer", [&] { bench::keep(infer(one)); }, {.flops = 2.0 * (4 * 64 + 64 * 64 + 64 * 2), .error = error});
  return bench.run();
}
