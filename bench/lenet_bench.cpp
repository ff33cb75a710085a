// One training step of LeNet-5, the model of examples/lenet: 64 images of 28 x 28, cross-entropy, Adam.
#include "../examples/lenet/model.hpp"
#include "data.hpp"
#include "facts.hpp"

int main(int argc, char** argv) {
  using namespace etch;
  bench::Bench bench(argc, argv);
  cpu::set_num_threads(bench.threads());
  Tensor<float, 64, 1, lenet::side, lenet::side> images;
  Tensor<std::int64_t, 64> labels;
  bench::fill(images.data(), 64 * lenet::side * lenet::side, 0);
  for (int i = 0; i < 64; ++i) labels(i) = bench::label(static_cast<std::size_t>(i), lenet::classes);

  auto step = train_step(
      make<lenet::LeNet>(), [](auto& net, auto x, auto y) { return cross_entropy(net(x), y); }, optim::Adam{.lr = 1e-3}, images, labels);
  bench::Facts facts = bench::facts_of(step);
  facts.flops = 142e6;  // without products by the padding's zeros
  bench.add("lenet_train", [&] { bench::keep(step(images, labels)); }, facts);
  return bench.run();
}
