// Products of every rank, transposed and strided operands, broadcast batches, and what is fused behind them.
#include <program.hpp>

using namespace etch;
using namespace test;

namespace {
template <class A, class B>
void product() {
  check([](auto a, auto b) { return matmul(a, b); }, filled<A>(-1, 1), filled<B>(-1, 1, 1));
}
}  // namespace

TEST_CASE("vectors, matrices and batches, as torch.matmul") {
  product<F<7>, F<7>>();
  product<F<3, 7>, F<7>>();
  product<F<7>, F<7, 5>>();
  product<F<3, 7>, F<7, 5>>();
  product<F<2, 3, 7>, F<7, 5>>();
  product<F<2, 3, 7>, F<7>>();
  product<F<7>, F<2, 7, 5>>();
  product<F<3, 7>, F<2, 7, 5>>();
  product<F<2, 3, 7>, F<2, 7, 5>>();
  product<F<2, 3, 7>, F<1, 7, 5>>();
  product<F<1, 3, 7>, F<4, 7, 5>>();
  product<F<2, 1, 3, 7>, F<4, 7, 5>>();
  product<F<2, 4, 3, 7>, F<2, 1, 7, 5>>();
  product<F<2, 4, 3, 7>, F<4, 7, 5>>();
  product<F<2, 4, 3, 7>, F<7, 5>>();
  product<F<2, 2, 2, 3, 4>, F<2, 2, 2, 4, 5>>();
  product<F<2, 2, 2, 3, 4>, F<2, 1, 2, 4, 5>>();
  product<G<3, 7>, G<7, 5>>();
  product<G<2, 4, 3, 7>, G<2, 1, 7, 5>>();
  product<F<3, 7>, G<7, 5>>();
}

TEST_CASE("sizes from 1 to beyond a block") {
  product<F<1, 1>, F<1, 1>>();
  product<F<1, 7>, F<7, 1>>();
  product<F<1, 100>, F<100, 33>>();
  product<F<33, 1>, F<1, 17>>();
  product<F<17, 33>, F<33, 100>>();
  product<F<100, 3>, F<3, 1>>();
  product<F<65, 129>, F<129, 97>>();
  product<F<300, 7>, F<7, 5>>();
  product<G<17, 33>, G<33, 50>>();
}

TEST_CASE("operands that are views") {
  const auto a = filled<F<6, 9>>(), b = filled<F<6, 9>>(-2, 2, 1);
  check([](auto x, auto y) { return results(matmul(x, t(y)), matmul(t(x), y), t(matmul(x, t(y))), matmul(t(matmul(x, t(y))), x)); }, a, b);
  check([](auto x, auto y) { return matmul(slice<0, 1, 4>(x), t(slice<0, 2, 6, 2>(y))); }, a, b);
  check([](auto x, auto y) { return matmul(slice<1, 1, 9, 2>(x), t(slice<1, 0, 4>(y))); }, a, b);
  check([](auto x, auto y) { return matmul(slice<1, 0, 3>(x), slice<0, 0, 3>(y)); }, a, b);
  check([](auto x) { return results(matmul(x, t(x)), matmul(t(x), x)); }, a);
  const auto h = filled<F<2, 5, 3, 4>>();
  check([](auto x) {
    const auto q = permute<0, 2, 1, 3>(x);
    return results(matmul(q, transpose<-1, -2>(q)), permute<0, 2, 1, 3>(matmul(matmul(q, transpose<-1, -2>(q)), q)));
  }, h);
  check([](auto x, auto y) { return matmul(expand<4, 6, 9>(x), t(y)); }, a, b);
  check([](auto x, auto y) { return matmul(expand<4, 6, 9>(x), expand<4, 9, 6>(t(y))); }, a, b);
  check([](auto x) { return matmul(ones_like(x), t(x)); }, a);
  check([](auto x) { return matmul(x, t(ones_like(x) * 0.5)); }, a);
  check([](auto x) { return matmul(reshape<9, 6>(x), x); }, a);
  check([](auto x) { return matmul(reshape<9, 6>(t(x)), reshape<6, 9>(t(reshape<9, 6>(x)))); }, a);
  check([](auto x) { return matmul(iota_like<1, float>(x), t(x)); }, a);
}

TEST_CASE("what comes before and after a product") {
  const auto x = filled<F<33, 20>>();
  const auto w = filled<F<17, 20>>(-1, 1, 1);
  const auto bias = filled<F<17>>(-1, 1, 2);
  check([](auto a, auto u, auto c) { return results(linear(a, u), linear(a, u, c), relu(linear(a, u, c))); }, x, w, bias);
  check([](auto a, auto u, auto c) { return gelu(linear(exp(a), u * 2, c)) + 1; }, x, w, bias);
  check([](auto a, auto u, auto c) {
    const auto z = linear(a, u, c);
    return results(z, relu(z), sum(z), sum<0>(z), sum<1>(z), softmax<1>(z));
  }, x, w, bias);
  check([](auto a, auto u, auto c) { return results(softmax<1>(linear(a, u, c)), t(relu(linear(a, u)))); }, x, w, bias);
  check([](auto a, auto u) { return matmul(relu(linear(a, u)), relu(u)) + a; }, x, w);
  check([](auto a, auto u) { return linear(a, u) * linear(a, u * 2) + linear(a * a, u); }, x, w);
  check([](auto a, auto u) { return reshape<11, 51>(linear(a, u) + 1); }, x, w);
  check([](auto a, auto u) { return slice<1, 3, 9>(linear(a, u) * 2) + slice<1, 0, 6>(linear(a, u)); }, x, w);
  check([](auto a, auto u) { return where(linear(a, u) > 0, linear(a, u), 0) * to<float>(linear(a, u) < 1); }, x, w);
  const auto big = filled<F<130, 64>>();
  const auto v = filled<F<70, 64>>(-1, 1, 5);
  check([](auto a, auto u) { return results(relu(linear(a, u)) * 0.5, sum<0>(linear(a, u))); }, big, v);
  check([](auto a, auto u) { return matmul(a, transpose<-1, -2>(u)) * 2 + 1; }, filled<F<3, 5, 33, 7>>(), filled<F<3, 5, 17, 7>>());
  check([](auto a, auto u) { return softmax<-1>(matmul(a, transpose<-1, -2>(u)) * 2); }, filled<F<3, 5, 33, 7>>(), filled<F<3, 5, 17, 7>>());
}

TEST_CASE("dot, mv, outer") {
  const auto a = filled<F<9>>(), b = filled<F<9>>(-2, 2, 1);
  check([](auto x, auto y) { return results(dot(x, y), outer(x, y), matmul(outer(x, y), x), dot(x * 2, y) + 1); }, a, b);
  check([](auto m, auto x) { return results(mv(m, x), mv(m, x) + 1, sum(mv(m, x))); }, filled<F<4, 9>>(), a);
}

TEST_CASE("integers multiply exactly") {
  product<Tensor<std::int64_t, 3, 7>, Tensor<std::int64_t, 7, 5>>();
  check([](auto a, auto b) { return matmul(a, b); }, filled<Tensor<std::int64_t, 3, 7>>(-9, 9), filled<Tensor<std::int64_t, 7, 5>>(-9, 9));
  check([](auto a, auto b) { return matmul(a, b); }, filled<Tensor<std::int32_t, 3, 7>>(-9, 9), filled<Tensor<std::int32_t, 7, 5>>(-9, 9));
}

TEST_CASE("attention, as one operation and as its parts") {
  const auto q = filled<F<2, 3, 7, 4>>();
  const auto k = filled<F<2, 3, 9, 4>>(-2, 2, 1);
  const auto v = filled<F<2, 3, 9, 5>>(-2, 2, 2);
  check([](auto x, auto y, auto z) {
    const auto p = softmax<-1>(matmul(x, transpose<-1, -2>(y)) * 0.5);
    return results(scaled_dot_product_attention(x, y, z), matmul(p, z));
  }, q, k, v);
  const auto s = filled<F<2, 3, 17, 8>>();
  check([](auto x) { return results(scaled_dot_product_attention<true>(x, x, x), scaled_dot_product_attention(x, x * 2, x + 1)); }, s);
  check([](auto x) {
    const auto h = permute<0, 2, 1, 3>(reshape<2, 17, 3, 8>(x));
    return reshape<2, 17, 24>(permute<0, 2, 1, 3>(scaled_dot_product_attention<true>(h, h, h)));
  }, filled<F<2, 17, 24>>());
  check([](auto x) { return scaled_dot_product_attention<true>(x, x, x); }, filled<F<1, 1, 1, 1>>());
  check([](auto x) { return scaled_dot_product_attention<true>(x, x, x) + 1; }, filled<G<1, 2, 70, 16>>());
}
