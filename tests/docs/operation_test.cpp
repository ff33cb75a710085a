// The code of docs/adding_an_operation.md.
#include <etch/etch.hpp>

#include <doctest/doctest.h>

#include <cmath>

using namespace etch;

namespace {

struct squashed_fn {
  constexpr auto operator()(auto x) const { return x * tanh(softplus(x)); }
};
/// x tanh(softplus(x))
template <Operand X>
constexpr auto squashed(const X& x) {
  return apply<squashed_fn>(x);
}

/// Carries both sizes into the error message.
template <int Last, int Weight>
struct scaled_rows_sizes {
  static constexpr bool agree = Last == Weight;
};

struct scaled_rows_fn {
  template <class X, class W>
  constexpr auto operator()(X x, W weight) const {
    using Sizes = scaled_rows_sizes<X::dims()[X::rank - 1].size, W::dims()[0].size>;
    if constexpr (!Sizes::agree) {
      static_assert(Sizes::agree, "scaled_rows: the last size must be the weight's");
      return Poison{};  // silent wherever it goes: one mistake, one error
    } else {
      return x * rsqrt(mean_keepdim<-1>(x * x) + 1e-6) * weight;
    }
  }
};
/// x / sqrt(mean(x^2) + 1e-6) * weight, over the last axis.
template <Operand X, Operand W>
constexpr auto scaled_rows(const X& x, const W& weight) {
  return apply<scaled_rows_fn>(x, weight);
}

template <auto C>
struct RMSNorm {
  Param<float, C> weight;
  ETCH_MODULE(weight)
  constexpr auto forward(auto x) const { return scaled_rows(x, weight); }
  void reset_parameters(Generator&) { nn::init::ones_(weight); }
};

}  // namespace

TEST_CASE("a composed operation has a gradient and a kernel") {
  Tensor<double, 3> x{-1, 0, 2};
  Tensor y = squashed(x);
  Tensor dy = grad([](auto x) { return sum(squashed(x)); })(x);
  const double h = 1e-6;
  Tensor difference = (squashed(x + h) - squashed(x - h)) / (2 * h);
  CHECK(y(2) == doctest::Approx(2 * std::tanh(std::log1p(std::exp(2.0)))));
  for (int i = 0; i < 3; ++i) CHECK(dy(i) == doctest::Approx(difference(i)));
}

TEST_CASE("a layer") {
  auto model = make<RMSNorm<4>>();
  Tensor<float, 2, 4> x{{1, 1, 1, 1}, {2, -2, 2, -2}};
  Tensor y = model(x);
  CHECK(y(1, 1) == doctest::Approx(-1));
}
