// Layers that are functions: what they are told reaches the function.
#include <etch/etch.hpp>

#include <doctest/doctest.h>

using namespace etch;

TEST_CASE("pooling, padding, shuffles and shapes in a Sequential") {
  auto m = make<nn::Sequential<nn::ZeroPad2d<1, 0, 2, 0>, nn::MaxPool2d<2>, nn::Upsample<Resample::nearest, scale_factor<2>>, nn::PixelUnshuffle<2>, nn::Identity, nn::Flatten<>>>();
  Tensor<float, 1, 1, 2, 3> x{{{{1, 2, 3}, {4, 5, 6}}}};
  Tensor y = m(x);
  static_assert(std::is_same_v<decltype(y), Tensor<float, 1, 16>>);
  const float pooled[] = {0, 0, 4, 6};  // rows of zeros; |0 1| 2 3| over |0 4| 5 6|
  for (int c = 0; c < 4; ++c)
    for (int i = 0; i < 4; ++i) CHECK(y(0, c * 4 + i) == pooled[i]);
}

namespace {
struct PoolAndBack {
  nn::MaxPool1d<2, return_indices> pool;
  nn::MaxUnpool1d<2> back;
  ETCH_MODULE(pool, back)
  constexpr auto forward(auto x) const {
    const auto largest = pool(x);
    return back(largest.values, largest.indices);
  }
};
}  // namespace

TEST_CASE("layers of several results, and those that take two tensors") {
  auto m = make<PoolAndBack>();
  Tensor<float, 1, 4> x{{1, 3, 4, 2}};
  Tensor y = m(x);
  CHECK(y(0, 0) == 0);
  CHECK(y(0, 1) == 3);
  CHECK(y(0, 2) == 4);
}

TEST_CASE("a fractional pool keeps its samples") {
  auto m = make<nn::FractionalMaxPool2d<2, output_size<2>, random_samples<1, 1, 2>>>();
  static_assert(layout<nn::FractionalMaxPool2d<2, output_size<2>, random_samples<1, 1, 2>>>.tensors == 1);
  Tensor<float, 1, 4, 4> x{{{1, 2, 3, 4}, {5, 6, 7, 8}, {9, 10, 11, 12}, {13, 14, 15, 16}}};
  Tensor y = m(x);  // samples of 0: windows at 0 and 2
  CHECK(y(0, 0, 0) == 6);
  CHECK(y(0, 1, 1) == 16);
}

namespace {
struct Pooled {
  nn::MaxPool2d<2, return_indices> pool;
  ETCH_MODULE(pool)
  constexpr auto forward(auto x) const { return pool(x); }
};
}  // namespace

TEST_CASE("a model may return values and indices") {
  const auto model = make<Pooled>();
  const Tensor<float, 1, 1, 2, 4> x{{{{1, 5, 2, 0}, {3, 4, 7, 6}}}};
  const auto [values, indices] = eval(model(x));
  CHECK(values(0, 0, 0, 1) == 7);
  CHECK(indices(0, 0, 0, 0) == 1);
  auto program = compile<Tensor<float, 1, 1, 2, 4>>(model);
  const auto& [v, i] = program(x);
  CHECK(v(0, 0, 0, 0) == 5);
  CHECK(i(0, 0, 0, 1) == 6);
  const Tensor<float, 1, 1, 2, 4> back = max_unpool2d<2>(v, i);
  CHECK(back(0, 0, 1, 2) == 7);
  CHECK(back(0, 0, 0, 0) == 0);
}
