// Gradients of views, joins, reductions, products and lookups against central differences in double.
#include <program.hpp>

using namespace etch;
using namespace test;

TEST_CASE("views") {
  const auto x = filled<G<4, 6>>();
  check_gradient([](auto a) { return reshape<2, 12>(a) * 2; }, x);
  check_gradient([](auto a) { return sin(t(a)); }, x);
  check_gradient([](auto a) { return t(a) * t(a); }, x);
  check_gradient([](auto a) { return sin(permute<2, 0, 1>(reshape<2, 3, 4>(a))); }, x);
  check_gradient([](auto a) { return sin(reshape<3, 8>(t(a))); }, x);
  check_gradient([](auto a) { return sin(slice<1, 1, 5>(a)); }, x);
  check_gradient([](auto a) { return sin(slice<1, 0, 6, 2>(slice<0, 1, 3>(a))); }, x);
  check_gradient([](auto a) { return select_axis<0, 2>(a) * select_axis<0, -1>(a); }, x);
  check_gradient([](auto a) { return sin(expand<3, 4, 6>(a)) * a; }, x);
  check_gradient([](auto a) { return squeeze<1>(unsqueeze<1>(a)) * 3; }, x);
  check_gradient([](auto a) { return sin(expand<4, 5, 6>(unsqueeze<1>(a))); }, x);
}

TEST_CASE("overlapping slices add up") {
  const auto x = filled<G<9>>();
  check_gradient([](auto a) { return slice<0, 0, 5>(a) * slice<0, 3, 8>(a); }, x);
  check_gradient([](auto a) { return slice<0, 0, 8, 2>(a) * slice<0, 1, 9, 2>(a) + slice<0, 2, 6>(a); }, x);
  check_gradient([](auto a) { return sum(slice<0, 0, 5>(a)) * sum(slice<0, 3, 8>(a)) * sum(a); }, x);
  check_gradient([](auto a) { return slice<0, 0, 3>(a) * slice<0, 3, 6>(a) * slice<0, 6, 9>(a); }, x);
  check_gradient([](auto a) { return slice<0, 0, 3>(a) * slice<0, 1, 4>(a) * slice<0, 2, 5>(a) * slice<0, 6, 9>(a); }, x);
  const auto m = filled<G<4, 5>>();
  check_gradient([](auto a) { return sum(slice<0, 0, 3>(a) * slice<0, 1, 4>(a)) + sum(slice<1, 0, 3>(a) * slice<1, 2, 5>(a)); }, m);
  check_gradient([](auto a) { return sum(sin(slice<1, 0, 5, 2>(a))) + sum(slice<0, 0, 4, 3>(a)) * sum(slice<1, 1, 2>(a)); }, m);
}

TEST_CASE("cat, stack and chunk") {
  const auto a = filled<G<2, 3>>(), b = filled<G<2, 3>>(-2, 2, 1);
  check_gradient([](auto x, auto y) { return sin(cat<0>(x, y)); }, a, b);
  check_gradient([](auto x, auto y) { return sin(cat<1>(x, y, x)); }, a, b);
  check_gradient([](auto x, auto y) { return cat<1>(x, x * y) * cat<1>(y, y); }, a, b);
  check_gradient([](auto x, auto y) { return sin(stack<1>(x, y, x * 2)); }, a, b);
  check_gradient([](auto x, auto y) { return slice<1, 1, 5>(cat<1>(x, y)) * 3; }, a, b);
  check_gradient([](auto x, auto y) { return chunk<3, 1>(x).template get<0>() * chunk<3, 1>(x).template get<2>() + sum(chunk<3, 1>(y).template get<1>()); }, a, b);
  check_gradient([](auto x) {
    const auto [p, q, r] = chunk<3, 1>(x);
    return p * q * r;
  }, a);
  check_gradient([](auto x, auto y) { return cat<0>(t(x), t(y)) * cat<0>(t(y), t(x)); }, a, b);
}

TEST_CASE("reductions") {
  const auto x = filled<G<2, 3, 4>>(0.5, 2);
  check_gradient([](auto a) { return sum(sin(a)); }, x);
  check_gradient([](auto a) { return sum<0>(a) * sum<0>(a); }, x);
  check_gradient([](auto a) { return sin(sum<1>(a)); }, x);
  check_gradient([](auto a) { return sin(sum<0, 2>(a * a)); }, x);
  check_gradient([](auto a) { return mean<-1>(exp(a)); }, x);
  check_gradient([](auto a) { return a - mean_keepdim<1>(a * a); }, x);
  check_gradient([](auto a) { return var<2>(a); }, x);
  check_gradient([](auto a) { return var(a) * var<0>(a); }, x);
  check_gradient([](auto a) { return prod<1>(a); }, x);
  check_gradient([](auto a) { return prod(a) * 0.1; }, filled<G<5>>(0.5, 2));
  check_gradient([](auto a) { return amax<1>(a) * amin<2>(amax_keepdim<0>(a * 2)) * 0 + amax<1>(a); }, filled<G<2, 4, 4>>());
  check_gradient([](auto a) { return amax<2>(a); }, x);
  check_gradient([](auto a) { return amin<0, 1>(sin(a)) + amax(a); }, x);
  check_gradient([](auto a) { return sum<0>(t(reshape<6, 4>(a))) * sum<1>(reshape<6, 4>(a)); }, x);
}

TEST_CASE("an extremum of products: computed again, they are the same numbers") {
  const auto x = filled<G<9, 33>>();
  const auto y = filled<G<9, 33>>(-2, 2, 1);
  const auto z = filled<G<9, 33>>(-2, 2, 2);
  check_gradient([](auto a, auto b, auto c) {
    const auto p = a * b;
    return amax<1>(p + c) + sum<1>(sin(p) * (p + c));
  }, x, y, z);
}

TEST_CASE("softmax and its relatives") {
  const auto x = filled<G<3, 5>>();
  check_gradient([](auto a) { return softmax<1>(a); }, x);
  check_gradient([](auto a) { return softmax<0>(a * a); }, x);
  check_gradient([](auto a) { return log_softmax<1>(a); }, x);
  check_gradient([](auto a) { return log_softmax<0>(sin(a)); }, x);
  check_gradient([](auto a) { return logsumexp<1>(a) * logsumexp<1>(a * 2); }, x);
  check_gradient([](auto a) { return logsumexp<0, 1>(a); }, x);
  check_gradient([](auto a) { return softmax<1>(log_softmax<0>(a)); }, x);
}

TEST_CASE("normalisation over rows and over columns") {
  const auto x = filled<G<4, 5>>();
  auto over_rows = [](auto a, auto g, auto c) {
    const auto m = a - mean_keepdim<1>(a);
    return m * rsqrt(mean_keepdim<1>(m * m) + 1e-5) * g + c;
  };
  check_gradient(over_rows, x, filled<G<5>>(), filled<G<5>>());
  auto over_columns = [](auto a, auto g) {
    const auto m = a - mean_keepdim<0>(a);
    return m * rsqrt(mean_keepdim<0>(m * m) + 1e-5) * g;
  };
  check_gradient(over_columns, x, filled<G<5>>());
}

TEST_CASE("products") {
  const auto a = filled<G<3, 4>>(), b = filled<G<3, 4>>(-2, 2, 1);
  check_gradient([](auto x, auto y) { return matmul(x, t(y)); }, a, b);
  check_gradient([](auto x, auto y) { return sin(matmul(t(x), y)); }, a, b);
  check_gradient([](auto x) { return matmul(x, t(x)); }, a);
  check_gradient([](auto x) { return matmul(x, x); }, filled<G<3, 3>>());
  check_gradient([](auto x) { return matmul(matmul(x, x), t(x)); }, filled<G<3, 3>>());
  check_gradient([](auto x, auto y) { return tanh(linear(x, y)) * linear(x, y); }, a, b);
  check_gradient([](auto x, auto w, auto c) { return relu(linear(x, w, c) + 10); }, a, filled<G<5, 4>>(), filled<G<5>>());
  check_gradient([](auto x, auto y) { return dot(x, y) * outer(x, y); }, filled<G<4>>(), filled<G<4>>());
  check_gradient([](auto x, auto y) { return mv(x, y); }, a, filled<G<4>>());
  check_gradient([](auto x, auto y) { return matmul(y, x); }, a, filled<G<3>>());
  check_gradient([](auto x, auto y) { return matmul(x, y); }, filled<G<2, 3, 4>>(), filled<G<4, 2>>());
  check_gradient([](auto x, auto y) { return matmul(x, y); }, filled<G<2, 3, 4>>(), filled<G<2, 4, 2>>());
  check_gradient([](auto x, auto y) { return matmul(x, y); }, filled<G<2, 1, 3, 4>>(), filled<G<3, 4, 2>>());
  check_gradient([](auto x, auto y) { return matmul(x, y); }, filled<G<3, 4>>(), filled<G<2, 4, 2>>());
  check_gradient([](auto x, auto y) { return matmul(slice<0, 0, 3, 2>(x), t(slice<0, 1, 3>(y))); }, a, b);
}

TEST_CASE("attention by its parts, and as one operation") {
  const auto q = filled<G<1, 2, 3, 4>>(), k = filled<G<1, 2, 3, 4>>(-2, 2, 1), v = filled<G<1, 2, 3, 4>>(-2, 2, 2);
  check_gradient([](auto x, auto y, auto z) {
    const auto s = matmul(x, transpose<-1, -2>(y)) * 0.5;
    return matmul(softmax<-1>(where(causal_mask(s), s, -1e9)), z);
  }, q, k, v);
  check_gradient([](auto x, auto y, auto z) { return scaled_dot_product_attention(x, y, z); }, q, k, v);
  check_gradient([](auto x, auto y, auto z) { return scaled_dot_product_attention<true>(x, y, z) * 2; }, q, k, v);
  check_gradient([](auto x) { return scaled_dot_product_attention<true>(x, x, x); }, q);
  check_gradient([](auto x) {
    const auto h = permute<0, 2, 1, 3>(reshape<2, 5, 3, 4>(x));
    return reshape<2, 5, 12>(permute<0, 2, 1, 3>(scaled_dot_product_attention<true>(h, h * 2, sin(h))));
  }, filled<G<2, 5, 12>>());
  check_gradient([](auto x) {
    const auto part = reshape<2, 5, 3, 2, 4>(x);
    auto head = [](auto p) { return permute<0, 2, 1, 3>(p); };
    const auto y = scaled_dot_product_attention<true>(head(select_axis<2, 0>(part)), head(select_axis<2, 1>(part)), head(select_axis<2, 2>(part)));
    return reshape<2, 5, 8>(permute<0, 2, 1, 3>(y));
  }, filled<G<2, 5, 24>>());
}

TEST_CASE("lookup") {
  check_gradient([](auto w) {
    const auto i = iota_like<0>(sum<1>(slice<0, 0, 3>(w)));
    return sin(embedding(2 - i, w)) * embedding(to<std::int64_t>(i > 0), w);
  }, filled<G<4, 3>>());
  check_gradient([](auto w) {  // tied: a table and a matrix
    const auto i = iota_like<0>(sum<1>(slice<0, 0, 3>(w)));
    return linear(tanh(embedding(i, w)), w);
  }, filled<G<4, 3>>());
}

TEST_CASE("a network of everything") {
  check_gradient([](auto x, auto w, auto u, auto c) {
    const auto h = gelu(linear(x, w, c));
    const auto n = h - mean_keepdim<1>(h);
    const auto r = n * rsqrt(mean_keepdim<1>(n * n) + 1e-5) + slice<1, 0, 6>(cat<1>(h, x));
    return logsumexp<1>(linear(r, u)) - sum<1>(linear(r, u) * softmax<1>(linear(x, slice<1, 0, 4>(u))));
  }, filled<G<3, 4>>(), filled<G<6, 4>>(), filled<G<5, 6>>(), filled<G<6>>());
}
