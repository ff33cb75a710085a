// A layer and the batch normalisation behind it as one layer: against the two in evaluation.
#include <etch/etch.hpp>

#include <doctest/doctest.h>

using namespace etch;

namespace {
template <class Layer, class Norm>
struct Pair {
  Layer layer;
  Norm bn;
  ETCH_MODULE(layer, bn)
  constexpr auto forward(auto x) const { return bn(layer(x)); }
};

template <class Layer, class Norm, class X>
void fuses(const X& x, auto fuse) {
  Generator g{7};
  auto m = make<Pair<Layer, Norm>>(g);
  nn::init::normal_(m->bn.running_mean, g);
  nn::init::uniform_(m->bn.running_var, g, 0.5, 2);
  if constexpr (requires { m->bn.weight; }) nn::init::normal_(m->bn.weight, g), nn::init::normal_(m->bn.bias, g);
  const auto one = fuse(m->layer, m->bn);
  const Tensor expected = m(x), found = one(x);
  REQUIRE(found.numel() == expected.numel());
  for (int i = 0; i < found.numel(); ++i) CHECK(found.data()[i] == doctest::Approx(expected.data()[i]).epsilon(1e-4));
}
constexpr auto conv = [](const auto& a, const auto& b) { return nn::utils::fuse_conv_bn_eval(a, b); };
constexpr auto line = [](const auto& a, const auto& b) { return nn::utils::fuse_linear_bn_eval(a, b); };
}  // namespace

TEST_CASE("convolutions with and without a bias, in groups, transposed") {
  const auto x = randn<float, 2, 4, 5, 6>(Generator{1});
  fuses<nn::Conv2d<4, 6, 3, stride<2>, groups<2>>, nn::BatchNorm2d<6>>(x, conv);
  fuses<nn::Conv2d<4, 6, 3, no_bias>, nn::BatchNorm2d<6, affine<false>, eps<1e-2>>>(x, conv);
  fuses<nn::ConvTranspose2d<4, 6, ints<2, 3>{}, groups<2>>, nn::SyncBatchNorm<6>>(x, conv);
}
TEST_CASE("linear layers") { fuses<nn::Linear<4, 3, false>, nn::BatchNorm1d<3>>(randn<float, 5, 4>(Generator{2}), line); }
