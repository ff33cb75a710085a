// A classifier, 784-256-10, trained on made-up images: one noisy pattern for each of ten classes.
//
//   mlp [--first-step | --steps N]
//
// test: --steps 60
#include <etch/etch.hpp>

#include <cstdio>
#include <cstdlib>
#include <cstring>

using namespace etch;

struct Mlp {
  nn::Linear<784, 256> fc1;
  nn::Linear<256, 10> fc2;
  ETCH_MODULE(fc1, fc2)
  constexpr auto forward(auto x) const { return fc2(relu(fc1(x))); }
};

using Images = Tensor<float, 64, 784>;
using Labels = Tensor<std::int64_t, 64>;

/// A batch: the pattern of each image's class under noise six times as strong.
void draw(Images& images, Labels& labels, const Tensor<float, 10, 784>& patterns, Generator& generator) {
  nn::init::normal_(images, generator, 0, 6);
  for (int i = 0; i < 64; ++i) {
    labels(i) = (i + static_cast<std::int64_t>(generator.step())) % 10;
    for (int k = 0; k < 784; ++k) images(i, k) += patterns(labels(i), k);
  }
}

int main(int argc, char** argv) {
  int steps = 200;
  if (argc == 2 && std::strcmp(argv[1], "--first-step") == 0)
    steps = 1;
  else if (argc == 3 && std::strcmp(argv[1], "--steps") == 0)
    steps = std::atoi(argv[2]);
  else if (argc != 1)
    return std::fprintf(stderr, "usage: mlp [--first-step | --steps N]\n"), 2;

  Generator generator{0};
  Tensor<float, 10, 784> patterns;
  nn::init::normal_(patterns, generator);
  Images images;
  Labels labels;

  auto model = make<Mlp>(Generator{1});
  auto loss = [](auto& m, auto x, auto y) { return cross_entropy(m(x), y); };
  auto step = train_step<Images, Labels>(model, loss, optim::AdamW{.lr = 1e-3f});
  float last = 0;
  for (int i = 1; i <= steps; ++i) {
    draw(images, labels, patterns, generator);
    last = step(images, labels);
    if (i == 1 || i % 20 == 0) std::printf("step %3d  loss %.4f\n", i, static_cast<double>(last));
  }
  return steps < 60 || last < 0.1f ? 0 : 1;  // such classes can be told apart
}
