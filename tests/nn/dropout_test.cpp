// Dropout: the identity in evaluation; in training a share P of zeros, the rest scaled, the same mask in the gradient.
#include "gradient.hpp"

using namespace etch;

namespace {

constexpr int count = 20000;

template <auto P>
struct Masked {
  Param<float, count> x;
  nn::Dropout<P> drop;
  ETCH_MODULE(x, drop)
  constexpr auto forward(auto w) const { return drop(etch::apply<first_fn>(x, w) * w); }
  void reset_parameters(Generator&) { nn::init::ones_(x); }
};
struct Sum {
  constexpr auto operator()(auto& m, auto w) const { return sum(m(w)); }
};

}  // namespace

TEST_CASE("dropout is the identity in evaluation") {
  auto layer = make<nn::Dropout<0.5>>();
  Tensor<float, 3> x{1, -2, 3};
  Tensor<float, 3> y = layer(x);
  for (int i = 0; i < 3; ++i) CHECK(y(i) == x(i));
}

TEST_CASE("dropout zeroes a share P in training and scales the rest by 1 / (1 - P)") {
  auto model = make<Masked<0.25>>();
  Tensor<float, count> w;
  nn::init::ones_(w);
  auto step = train_step(model, Sum{}, optim::SGD{}, w);
  const auto masks = [&](std::int64_t at) {
    step.set_steps(at);
    const float loss = step.backward(w);
    Tensor<float, count> mask;
    std::memcpy(mask.data(), step.gradient().x.data(), count * sizeof(float));
    double total = 0;
    int zeros = 0, scaled = 0;
    for (int i = 0; i < count; ++i) {
      zeros += mask(i) == 0 ? 1 : 0;
      scaled += std::fabs(mask(i) - 4.0f / 3) < 1e-6f ? 1 : 0;
      total += mask(i);
    }
    CHECK(zeros + scaled == count);
    CHECK(std::fabs(zeros / double(count) - 0.25) < 0.02);
    CHECK(total == doctest::Approx(static_cast<double>(loss)).epsilon(1e-4));  // the backward pass drew the same mask
    return mask;
  };
  const Tensor<float, count> first = masks(0), again = masks(0), next = masks(1);
  CHECK(std::memcmp(first.data(), again.data(), count * sizeof(float)) == 0);
  CHECK(std::memcmp(first.data(), next.data(), count * sizeof(float)) != 0);
}

TEST_CASE("dropout of 0 draws nothing and of 1 leaves nothing") {
  Tensor<float, count> w;
  nn::init::ones_(w);
  auto all = train_step(make<Masked<0.0>>(), Sum{}, optim::SGD{}, w);
  CHECK(all.backward(w) == count);
  auto none = train_step(make<Masked<1>>(), Sum{}, optim::SGD{}, w);
  CHECK(none.backward(w) == 0);
}
