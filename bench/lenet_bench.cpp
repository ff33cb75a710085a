// One training step of LeNet-5, the model of examples/lenet: 64 images of 28 x 28, cross-entropy, Adam.
#include "../examples/lenet/model.hpp"
#include "serve.hpp"

int main(int argc, char** argv) {
  using namespace etch;
  cpu::set_num_threads(1);
  Generator generator{1};
  Tensor<float, 64, 1, lenet::side, lenet::side> images;
  Tensor<std::int64_t, 64> labels;
  nn::init::normal_(images, generator);
  for (int i = 0; i < 64; ++i) labels(i) = i * 7 % lenet::classes;

  auto step = train_step(
      make<lenet::LeNet>(), [](auto& net, auto x, auto y) { return cross_entropy(net(x), y); }, optim::Adam{.lr = 1e-3}, images, labels);
  bench::Bench bench(argc, argv);
  bench.add("lenet_train", [&] { bench::keep(step(images, labels)); }, {.flops = 182e6});
  return bench.run();
}
