// Attention and its gradients by teams of threads, against the CPU's blocks: causal or not, more keys than one block.
#include "wave.hpp"

using namespace etch;

namespace {
template <bool Causal>
struct Attend {
  constexpr auto operator()(auto q, auto k, auto v) const {
    auto loss = [](auto a, auto b, auto c) { return sum(square(scaled_dot_product_attention<Causal>(a, b, c))); };
    auto [value, gradients] = value_and_grad<0, 1, 2>(loss)(q, k, v);
    auto [dq, dk, dv] = gradients;
    return several(scaled_dot_product_attention<Causal>(q, k, v), value, dq, dk, dv);
  }
};
}  // namespace

TEST_CASE("a result and three gradients") {
  const auto q = wave<Tensor<double, 2, 3, 33, 16>>(2), k = wave<Tensor<double, 2, 3, 33, 16>>(1.5), v = wave<Tensor<double, 2, 3, 33, 16>>();
  std::int64_t ran = 0;
  CHECK(both(Attend<true>{}, detail::StepKind::attention_grad, ran, q, k, v) < 1e-12);
  CHECK(ran == 1);
  const auto longer = wave<Tensor<double, 1, 2, 300, 8>>(2), values = wave<Tensor<double, 1, 2, 300, 8>>();
  CHECK(both(Attend<false>{}, detail::StepKind::attention, ran, wave<Tensor<double, 1, 2, 40, 8>>(3), longer, values) < 1e-12);
  CHECK(ran == 1);
  const auto x = wave<Tensor<float, 1, 1, 20, 8>>();
  CHECK(both([](auto a) { return several(scaled_dot_product_attention(a, a, a), sum(a)); }, detail::StepKind::attention, ran, x) < 1e-6);
  CHECK(ran == 1);
}
