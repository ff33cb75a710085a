// Lazy sizes: the types that layers become, models made for an example, structs that are templates over their input.
#include <doctest/doctest.h>
#include <etch/etch.hpp>

#include <type_traits>

using namespace etch;

namespace {

template <class M, class X, class Expected>
constexpr bool becomes = std::is_same_v<nn::materialized<M, X>, Expected>;

struct Width : dim<12> {};
struct Batch : dyn<4> {};

TEST_CASE("a lazy layer is the layer with the size of its input") {
  using Image = Tensor<float, 2, 3, 8, 8>;
  static_assert(becomes<nn::LazyLinear<5>, Tensor<float, 2, 7>, nn::Linear<7, 5>>);
  static_assert(becomes<nn::LazyLinear<5, false, double>, Tensor<double, 7>, nn::Linear<7, 5, false, double>>);
  static_assert(becomes<nn::LazyLinear<5>, Tensor<float, Batch{}, Width{}>, nn::Linear<12, 5>>);
  static_assert(becomes<nn::LazyConv1d<6, 3>, Tensor<float, 2, 4, 9>, nn::Conv1d<4, 6, 3>>);
  static_assert(becomes<nn::LazyConv2d<6, 3, stride<2>, no_bias>, Image, nn::Conv2d<3, 6, 3, stride<2>, no_bias>>);
  static_assert(becomes<nn::LazyConv2d<6, 3>, Tensor<float, 3, 8, 8>, nn::Conv2d<3, 6, 3>>);  // without a batch
  static_assert(becomes<nn::LazyConv3d<6, 3>, Tensor<float, 2, 4, 5, 5, 5>, nn::Conv3d<4, 6, 3>>);
  static_assert(becomes<nn::LazyConvTranspose1d<6, 3>, Tensor<float, 4, 5>, nn::ConvTranspose1d<4, 6, 3>>);
  static_assert(becomes<nn::LazyConvTranspose2d<6, 3>, Image, nn::ConvTranspose2d<3, 6, 3>>);
  static_assert(becomes<nn::LazyConvTranspose3d<6, 3>, Tensor<float, 4, 5, 5, 5>, nn::ConvTranspose3d<4, 6, 3>>);
  static_assert(becomes<nn::LazyBatchNorm1d<>, Tensor<float, 2, 7>, nn::BatchNorm1d<7>>);
  static_assert(becomes<nn::LazyBatchNorm1d<>, Tensor<float, 2, 7, 5>, nn::BatchNorm1d<7>>);
  static_assert(becomes<nn::LazyBatchNorm2d<eps<1e-3>>, Image, nn::BatchNorm2d<3, eps<1e-3>>>);
  static_assert(becomes<nn::LazyBatchNorm3d<>, Tensor<float, 2, 4, 5, 5, 5>, nn::BatchNorm3d<4>>);
  static_assert(becomes<nn::LazyInstanceNorm1d<>, Tensor<float, 4, 5>, nn::InstanceNorm1d<4>>);
  static_assert(becomes<nn::LazyInstanceNorm2d<affine<true>>, Image, nn::InstanceNorm2d<3, affine<true>>>);
  static_assert(becomes<nn::LazyInstanceNorm3d<>, Tensor<float, 2, 4, 5, 5, 5>, nn::InstanceNorm3d<4>>);
}

using Features = nn::Sequential<nn::LazyConv2d<4, 3>, nn::LazyBatchNorm2d<>, nn::ReLU, nn::MaxPool2d<2>>;
using Net = nn::Sequential<Features, nn::Flatten<>, nn::LazyLinear<6>, nn::Tanh, nn::LazyLinear<2>>;
using Images = Tensor<float, 3, 1, 8, 8>;

TEST_CASE("in a Sequential each layer is sized by what comes before it") {
  using Sized = nn::Sequential<nn::Sequential<nn::Conv2d<1, 4, 3>, nn::BatchNorm2d<4>, nn::ReLU, nn::MaxPool2d<2>>, nn::Flatten<>, nn::Linear<36, 6>,
                               nn::Tanh, nn::Linear<6, 2>>;
  static_assert(becomes<Net, Images, Sized>);
  static_assert(becomes<Sized, Images, Sized>);  // nothing is lazy: the same type
  static_assert(becomes<nn::Sequential<>, Images, nn::Sequential<>>);
  static_assert(std::is_same_v<nn::output<Sized, Images>, Tracer<float, 3, 2>>);
  static_assert(std::is_same_v<decltype(make<Net, Images>()), Model<Sized>>);

  Images x;
  for (int i = 0; i < x.numel(); ++i) x.data()[i] = static_cast<float>(i % 7) - 3;
  const auto lazy = make<Net>(Generator{3}, x);
  const auto sized = make<Sized>(Generator{3});
  const Tensor<float, 3, 2> a = lazy(x), b = sized(x);
  CHECK(equal(a, b).item());
  CHECK(a(0, 0) != 0);
}

/// A model of one's own is a template over the type of its input.
template <class X>
struct Classifier {
  nn::materialized<Features, X> features;
  nn::materialized<nn::LazyLinear<2>, decltype(flatten<1>(nn::output<decltype(features), X>{}))> head;
  ETCH_MODULE(features, head)
  constexpr auto forward(auto x) const { return head(flatten<1>(features(x))); }
};
struct LazyClassifier {
  template <class X>
  using of = Classifier<X>;
};

TEST_CASE("a struct with lazy parts is a template over its input") {
  Images x;
  for (int i = 0; i < x.numel(); ++i) x.data()[i] = static_cast<float>(i % 5) - 2;
  const auto model = make<Classifier>(Generator{1}, x);
  static_assert(std::is_same_v<decltype(model->head), nn::Linear<36, 2>>);
  static_assert(std::is_same_v<decltype(make<LazyClassifier>(Generator{1}, x)), std::remove_const_t<decltype(model)>>);
  using Twice = nn::Sequential<LazyClassifier, nn::LazyLinear<3>>;
  static_assert(becomes<Twice, Images, nn::Sequential<Classifier<Images::tracer>, nn::Linear<2, 3>>>);
  const Tensor<float, 3, 2> y = model(x);
  CHECK(y(0, 0) != y(1, 0));
}

}  // namespace
