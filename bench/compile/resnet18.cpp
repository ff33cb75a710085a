// A training step of ResNet-18 with torchvision's layers, 224 x 224 pixels, 1000 classes: what the compiler takes for it.
// He et al., Deep Residual Learning for Image Recognition, 2015.
#include <etch/etch.hpp>

#include <cstdio>

using namespace etch;

template <int In, int Out, int Stride>
struct Residual {
  nn::Conv2d<In, Out, 3, stride<Stride>, padding<1>, no_bias> conv1;
  nn::BatchNorm2d<Out> bn1;
  nn::Conv2d<Out, Out, 3, padding<1>, no_bias> conv2;
  nn::BatchNorm2d<Out> bn2;
  nn::Sequential<nn::Conv2d<In, Out, 1, stride<Stride>, no_bias>, nn::BatchNorm2d<Out>> downsample;
  ETCH_MODULE(conv1, bn1, conv2, bn2, downsample)
  constexpr auto forward(auto x) const { return relu(bn2(conv2(relu(bn1(conv1(x))))) + downsample(x)); }
};
template <int C>
struct Residual<C, C, 1> {
  nn::Conv2d<C, C, 3, padding<1>, no_bias> conv1;
  nn::BatchNorm2d<C> bn1;
  nn::Conv2d<C, C, 3, padding<1>, no_bias> conv2;
  nn::BatchNorm2d<C> bn2;
  ETCH_MODULE(conv1, bn1, conv2, bn2)
  constexpr auto forward(auto x) const { return relu(bn2(conv2(relu(bn1(conv1(x))))) + x); }
};
template <int In, int Out, int Stride>
using Stage = nn::Sequential<Residual<In, Out, Stride>, Residual<Out, Out, 1>>;

struct ResNet18 {
  nn::Conv2d<3, 64, 7, stride<2>, padding<3>, no_bias> conv1;
  nn::BatchNorm2d<64> bn1;
  Stage<64, 64, 1> layer1;
  Stage<64, 128, 2> layer2;
  Stage<128, 256, 2> layer3;
  Stage<256, 512, 2> layer4;
  nn::Linear<512, 1000> fc;
  ETCH_MODULE(conv1, bn1, layer1, layer2, layer3, layer4, fc)
  constexpr auto forward(auto x) const {
    const auto y = max_pool2d<3, stride<2>, padding<1>>(relu(bn1(conv1(x))));
    return fc(mean<2, 3>(layer4(layer3(layer2(layer1(y))))));
  }
};

int main() {
  auto model = make<ResNet18>(Generator{0});
  auto loss = [](auto& m, auto x, auto y) { return cross_entropy(m(x), y); };
  const Tensor<float, 2, 3, 224, 224> images = randn<float, 2, 3, 224, 224>();
  const Tensor<std::int64_t, 2> labels{3, 5};
  auto step = train_step(model, loss, optim::AdamW{}, images, labels);
  for (int i = 0; i < 3; ++i) std::printf("loss %.4f\n", static_cast<double>(step(images, labels)));
}
