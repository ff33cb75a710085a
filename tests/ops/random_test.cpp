// Random numbers: the same bits wherever and however often they are computed, with the moments they should have.
#include <program.hpp>

#include <cmath>

using namespace etch;
using namespace test;

namespace {
struct Moments {
  double mean = 0, variance = 0, low = 1e9, high = -1e9;
  explicit Moments(const auto& x) {
    for (std::int64_t i = 0; i < x.numel(); ++i) {
      const double v = static_cast<double>(x.data()[i]);
      mean += v / static_cast<double>(x.numel());
      low = std::min(low, v);
      high = std::max(high, v);
    }
    for (std::int64_t i = 0; i < x.numel(); ++i) variance += std::pow(static_cast<double>(x.data()[i]) - mean, 2) / static_cast<double>(x.numel());
  }
};
}  // namespace

TEST_CASE("uniform and normal numbers have their moments") {
  auto uniform = compile<F<300, 100>>([](auto x) { return rand_like(x); });
  const Moments u(uniform(F<300, 100>{}));
  CHECK(u.mean == doctest::Approx(0.5).epsilon(0.02));
  CHECK(u.variance == doctest::Approx(1.0 / 12).epsilon(0.02));
  CHECK(u.low >= 0);
  CHECK(u.high < 1);
  auto normal = compile<F<300, 100>>([](auto x) { return randn_like(x); });
  const Moments n(normal(F<300, 100>{}));
  CHECK(std::abs(n.mean) < 0.02);
  CHECK(n.variance == doctest::Approx(1).epsilon(0.03));
  CHECK(n.high > 3);
}

TEST_CASE("the same seed and step are the same bits; another step is another draw") {
  auto draw = compile<F<100>>([](auto x) { return rand_like(x); });
  draw.random = {5, 3};
  const F<100> first = draw(F<100>{}), second = draw(F<100>{});
  draw.random = {5, 3};
  const F<100> again = draw(F<100>{});
  CHECK(std::memcmp(first.data(), again.data(), sizeof(float) * 100) == 0);
  CHECK(std::memcmp(first.data(), second.data(), sizeof(float) * 100) != 0);
  draw.random = {6, 3};
  const F<100> other = draw(F<100>{});
  CHECK(std::memcmp(first.data(), other.data(), sizeof(float) * 100) != 0);
}

TEST_CASE("drawn anywhere in a kernel: as elements, as rows, before and after reductions, transposed") {
  const auto x = filled<F<7, 33>>();
  const auto row = filled<F<7, 1>>();
  const auto column = filled<F<33>>();
  check([](auto a) { return results(rand_like(a), rand_like(a) + a); }, x);
  check([](auto a, auto r) { return a * rand_like(r); }, x, row);
  check([](auto a, auto c) { return a * rand_like(c); }, x, column);
  check([](auto a, auto c) { return results(sum<1>(a * rand_like(a)), softmax<1>(a + rand_like(a)) * rand_like(c)); }, x, column);
  check([](auto a) {
    const auto u = rand_like(a);
    return results(u, sum<1>(u), sum<0>(u), exp(a - mean_keepdim<1>(a * u)) * u, t(u), a * rand_like(sum_keepdim<1>(a)));
  }, x);
  check([](auto a) { return slice<1, 3, 20>(rand_like(a)) + slice<1, 0, 17>(rand_like(a)); }, x);
  check([](auto a) { return rand_like(sum(a)) + a; }, x);
  check([](auto a, auto w) { return relu(linear(a, w)) * to<float>(rand_like(linear(a, w)) < 0.5); }, x, filled<F<5, 33>>());
  check([](auto a) { return cat<0>(rand_like(a), rand_like(a)); }, x);
  check([](auto a) { return rand_like(a); }, filled<Tensor<double, 3, 19>>());
  check([](auto a, auto r) { return results(a * rand_like(r), sum_keepdim<1>(a * rand_like(r)) * rand_like(a * r)); }, filled<Tensor<double, 3, 19>>(), filled<Tensor<double, 3, 1>>());
}

TEST_CASE("divided among threads, the same bits") {
  const auto x = filled<F<700, 1000>>();
  check([](auto a) { return rand_like(a) * a; }, x);
  check([](auto a) { return rand_like(a) + a; }, filled<F<1, 800000>>());
}

TEST_CASE("a dropout mask is drawn again for the gradient") {
  auto dropped = [](auto a) { return where(rand_like(a) < 0.5, a * 2, 0); };
  test::check_gradient([](auto a) { return where(rand_like(a) < 0.5, a * a, 0); }, filled<Tensor<double, 5, 7>>());
  test::check_gradient([](auto a, auto w) {
    const auto h = tanh(linear(a, w));
    const auto d = where(rand_like(h) < 0.7, h, 0);
    return linear(softmax<1>(d), t(w)) * d * 0.1 + a;
  }, filled<Tensor<double, 5, 5>>(), filled<Tensor<double, 5, 5>>());
  // and is not stored
  using Spec = test::FunctionSpec<decltype(dropped), F<64, 64>>;
  static_assert(Compiled<Spec>::plan.steps == 1 && Compiled<Spec>::plan.arena_bytes == 0);
}

TEST_CASE("draws of any distribution in a kernel, of any dtype, with tensors as parameters") {
  const auto x = filled<F<7, 33>>(0, 1);
  check([](auto a) { return results(uniform(a, -1, 2) * a, exponential(a, 2) + a, cauchy(a) * 0.1, geometric(a, 0.3), log_normal(a, 0, 0.5), bernoulli(a), bernoulli(a, 0.2)); }, x);
  check([](auto a) { return results(randint_like(a, 10), randint_like<std::int64_t>(a, -3, 4), randn_like<double>(a), rand_like<double>(a), normal(a, 0.5), normal(a, a * a), normal(2, a), uniform(a, sum_keepdim<1>(a) - 40, 1)); }, x);
  const Tensor parts = uniform(Tensor<complex64, 200>{}, 2, 3);  // of complex numbers both parts
  for (int i = 0; i < 200; ++i) CHECK((parts(i).re >= 2 && parts(i).re < 3 && parts(i).im >= 2 && parts(i).im < 3 && parts(i).re != parts(i).im));
  check([](auto a) { return results(geometric(a, 0.3), randint_like(a, 10), bernoulli(a, 0.5)); }, filled<Tensor<std::int64_t, 5, 9>>());
  test::check_gradient([](auto a) { return normal(a, a * a) + exponential(a, a + 3) * uniform(a, 0, a); }, filled<Tensor<double, 3, 5>>());
}
