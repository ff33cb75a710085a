// Attention with masks, scales, grouped heads and any number of axes, against loops.
#include <program.hpp>

#include <cmath>
#include <limits>

using namespace etch;
using namespace test;

namespace {
/// Row i of head h, over keys that `sees(i, j)` says, with what `adds(i, j)` says.
template <class Sees, class Adds>
void expect(const Tensor<double, 2, 3, 5>& y, const Tensor<double, 2, 3, 4>& q, const Tensor<double, 2, 6, 4>& k, const Tensor<double, 2, 6, 5>& v, double scale, Sees sees, Adds adds) {
  for (int h = 0; h < 2; ++h)
    for (int i = 0; i < 3; ++i) {
      double weight[6]{}, sum = 0;
      for (int j = 0; j < 6; ++j) {
        if (!sees(i, j)) continue;
        double s = 0;
        for (int c = 0; c < 4; ++c) s += q(h, i, c) * k(h, j, c);
        sum += weight[j] = std::exp(s * scale + adds(i, j));
      }
      for (int c = 0; c < 5; ++c) {
        double expected = 0;
        for (int j = 0; j < 6; ++j) expected += sum > 0 ? weight[j] / sum * v(h, j, c) : 0;
        CHECK(y(h, i, c) == doctest::Approx(expected));
      }
    }
}
}  // namespace

TEST_CASE("masks of bools and of numbers, causal attention and scales") {
  const auto q = filled<Tensor<double, 2, 3, 4>>();
  const auto k = filled<Tensor<double, 2, 6, 4>>(-2, 2, 3);
  const auto v = filled<Tensor<double, 2, 6, 5>>(-2, 2, 5);
  Tensor<bool, 3, 6> seen;
  const auto bias = filled<Tensor<double, 3, 6>>(-1, 1, 8);
  for (int i = 0; i < 18; ++i) seen.data()[i] = i / 6 != 1 && i % 3 != 0;  // query 1 sees nothing
  auto all = [](int, int) { return true; };
  auto nothing = [](int, int) { return 0.0; };
  expect(scaled_dot_product_attention(q, k, v), q, k, v, 0.5, all, nothing);
  expect(scaled_dot_product_attention<true>(q, k, v), q, k, v, 0.5, [](int i, int j) { return j <= i; }, nothing);
  expect(scaled_dot_product_attention(q, k, v, seen), q, k, v, 0.5, [&](int i, int j) { return seen(i, j); }, nothing);
  expect((scaled_dot_product_attention<false, 0.0, false, 0.25>(q, k, v, bias)), q, k, v, 0.25, all, [&](int i, int j) { return bias(i, j); });
  check_gradient([](auto a, auto b, auto c, auto m) { return scaled_dot_product_attention<true>(a, b, c, m); }, q, k, v, bias);
}

TEST_CASE("a head of keys serves several of queries") {
  const auto q = filled<Tensor<double, 1, 4, 3, 2>>();
  const auto k = filled<Tensor<double, 1, 2, 3, 2>>(-2, 2, 3);
  const Tensor<double, 1, 4, 3, 2> y = scaled_dot_product_attention<false, 0.0, true>(q, k, k), z = scaled_dot_product_attention(q, repeat_interleave<2, 1>(k), repeat_interleave<2, 1>(k));
  for (int i = 0; i < 24; ++i) CHECK(y.data()[i] == doctest::Approx(z.data()[i]));
}
