// Sizes known at run time: every family of operations over bounded dims, at several actual sizes.
#include <program.hpp>

#include <cmath>

using namespace etch;
using namespace test;

namespace {
struct Batch : dyn<9> {};
inline constexpr Batch batch{};
struct Seq : dyn<20> {};
inline constexpr Seq seq{};

template <class X, class... Size>
X sized(Size... size) {
  X x(size...);
  test::fill(x);
  return x;
}
}  // namespace

TEST_CASE("pointwise work, broadcasting and reductions") {
  for (int n : {1, 2, 5, 9}) {
    const auto x = sized<Tensor<float, batch, 33>>(n);
    const auto row = test::filled<Tensor<float, 33>>();
    const auto column = sized<Tensor<float, batch, 1>>(n);
    check([](auto a, auto r, auto c) { return results(a * r + c, exp(a) * 2, where(a > c, a, r)); }, x, row, column);
    check([](auto a) { return results(sum<1>(a), sum<0>(a), sum(a), amax<0>(a), amax<1>(a), mean<0>(a), mean(a), mean<1>(a)); }, x);
    check([](auto a) { return results(softmax<1>(a), softmax<0>(a), log_softmax<1>(a), argmax<1>(a), argmax<0>(a)); }, x);
    check([](auto a) { return (a - mean_keepdim<0>(a)) * rsqrt(mean_keepdim<0>(a * a) + 1e-5); }, x);
  }
}

TEST_CASE("views") {
  for (int n : {1, 3, 9}) {
    const auto x = sized<Tensor<float, batch, 12>>(n);
    check([](auto a) { return results(t(a), t(a) * 2, slice<1, 2, 8>(a), slice<1, 0, 12, 5>(a) + 1, unsqueeze<1>(a), cat<1>(a, a * 2)); }, x);
    check([](auto a) {
      const auto [first, second, third] = chunk<3, 1>(a);
      return results(sum<0>(t(a)), sum<1>(t(a)), second * third, first);
    }, x);
    check([](auto a) { return results(reshape<batch, 3, 4>(a), reshape<batch, 3, 4>(a) * 2, permute<1, 0, 2>(reshape<batch, 3, 4>(a))); }, x);
  }
}

TEST_CASE("slices whose offsets are multiples of different sizes") {
  Tensor<float, 3, 4, batch, seq> x(5, 7);
  Tensor<float, 3, batch, 4, seq> y(5, 7);
  test::fill(x);
  test::fill(y);
  check([](auto a) { return select_axis<0, 2>(select_axis<0, 1>(a)) * 2; }, x);  // (4 + 2) batch seq
  check([](auto a) { return results(select_axis<1, 2>(select_axis<0, 1>(a)) * 2, slice<2, 1, 3>(slice<0, 1, 3>(a)) * 2, slice<2, 1, 4, 2>(slice<0, 0, 3, 2>(a)) + 1); }, y);
  check([](auto a) { return matmul(t(select_axis<1, 2>(select_axis<0, 1>(a))), select_axis<1, 3>(select_axis<0, 2>(a))); }, y);
  check([](auto a) { return cat<0>(a * 2, cat<2>(slice<2, 1, 4>(a), slice<2, 0, 1>(a) + 1)); }, y);
}

TEST_CASE("two bounded dims, and products") {
  for (int n : {1, 4, 9})
    for (int s : {1, 7, 20}) {
      const auto x = sized<Tensor<float, batch, seq, 8>>(n, s);
      const auto w = test::filled<Tensor<float, 5, 8>>();
      const auto b = test::filled<Tensor<float, 5>>();
      check([](auto a, auto u, auto c) { return results(linear(a, u, c), gelu(linear(a, u, c)), sum<1>(linear(a, u))); }, x, w, b);
      check([](auto a) { return results(matmul(a, transpose<-1, -2>(a)), softmax<-1>(matmul(a, transpose<-1, -2>(a)) * 0.3)); }, x);
      check([](auto a) { return results(sum<0, 1>(a), sum<2>(a), mean<1>(a), softmax<1>(a), permute<1, 0, 2>(a) * 2); }, x);
      check([](auto a) {
        const auto h = permute<0, 2, 1, 3>(reshape<batch, seq, 2, 4>(a));
        return reshape<batch, seq, 8>(permute<0, 2, 1, 3>(matmul(softmax<-1>(matmul(h, transpose<-1, -2>(h))), h)));
      }, x);
    }
}

TEST_CASE("lookup and attention") {
  for (int s : {1, 6, 20}) {
    Tensor<std::int64_t, batch, seq> i(3, s);
    for (std::int64_t k = 0; k < i.numel(); ++k) i.data()[k] = k * 7 % 10;
    const auto table = test::filled<Tensor<float, 10, 8>>();
    check([](auto k, auto w) { return results(embedding(k, w), sum<1>(embedding(k, w)) * 2); }, i, table);
    check([](auto k, auto w) {
      const auto h = permute<0, 2, 1, 3>(reshape<batch, seq, 2, 4>(embedding(k, w)));
      return scaled_dot_product_attention<true>(h, h, h);
    }, i, table);
  }
}

TEST_CASE("gradients") {
  for (int n : {1, 4, 9}) {
    const auto x = sized<Tensor<double, batch, 6>>(n);
    const auto w = test::filled<Tensor<double, 3, 6>>();
    auto f = [](auto a, auto u) { return mean(square(tanh(linear(a, u)))) + mean(logsumexp<1>(a)); };
    using X = Tensor<double, batch, 6>;
    using W = Tensor<double, 3, 6>;
    Bindings in = test::bind(x, w);
    const double one = 1;
    in.bind(&one);
    const test::Program p = test::program_of<test::GradientSpec<decltype(f), X, W>>();
    const auto y = test::run(p, in);
    W v = w;
    for (int i = 0; i < 18; ++i) {
      auto loss = [&](double h) {
        v = w;
        v.data()[i] += h;
        double s = 0;
        for (int r = 0; r < n; ++r) {
          double e = 0;
          for (int k = 0; k < 6; ++k) e += std::exp(x(r, k));
          s += std::log(e) / n;
          for (int o = 0; o < 3; ++o) {
            double z = 0;
            for (int k = 0; k < 6; ++k) z += x(r, k) * v(o, k);
            s += std::tanh(z) * std::tanh(z) / (3 * n);
          }
        }
        return s;
      };
      CHECK(y[0].value[0] == doctest::Approx(loss(0)));
      CHECK(y[2].value[static_cast<std::size_t>(i)] == doctest::Approx((loss(1e-5) - loss(-1e-5)) / 2e-5).epsilon(1e-5));
    }
  }
}

TEST_CASE("sizes of one name must agree") {
  const auto x = sized<Tensor<float, batch, 3>>(4), y = sized<Tensor<float, batch, 3>>(5);
  auto add = [&] { const Tensor z = x + y; };
  CHECK_THROWS_WITH_AS(add(), doctest::Contains("sizes of one bounded dim must agree; got 4 and 5"), Error);
}
