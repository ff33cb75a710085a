// The trainer of examples/mlp with PyTorch's C++ library: what its compilation costs is compared with etch's.
#include <torch/torch.h>

#include <cstdio>

struct Mlp : torch::nn::Module {
  torch::nn::Linear fc1 = register_module("fc1", torch::nn::Linear(784, 256));
  torch::nn::Linear fc2 = register_module("fc2", torch::nn::Linear(256, 10));
  torch::Tensor forward(const torch::Tensor& x) { return fc2(torch::relu(fc1(x))); }
};

int main() {
  const torch::Tensor patterns = torch::randn({10, 784}), labels = torch::arange(64) % 10;
  Mlp model;
  torch::optim::AdamW optimizer(model.parameters(), torch::optim::AdamWOptions(1e-3));
  for (int i = 1; i <= 200; ++i) {
    const torch::Tensor images = patterns.index_select(0, labels) + 6 * torch::randn({64, 784});
    optimizer.zero_grad();
    const torch::Tensor loss = torch::cross_entropy_loss(model.forward(images), labels);
    loss.backward();
    optimizer.step();
    if (i % 20 == 0) std::printf("step %3d  loss %.4f\n", i, static_cast<double>(loss.item<float>()));
  }
}
