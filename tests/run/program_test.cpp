// Compiled functions, training steps, gradients of functions and backward.
#include <program.hpp>

#include <cmath>

using namespace etch;
using etch::detail::Builder;
using namespace test;

namespace {

struct Net {
  nn::Linear<5, 8> fc1;
  nn::Linear<8, 3> fc2;
  ETCH_MODULE(fc1, fc2)
  constexpr auto forward(auto x) const { return fc2(tanh(fc1(x))); }
};
struct Batch : dyn<8> {};
inline constexpr Batch batch{};
struct Tied {
  Param<float, 6, 6> weight;
  ETCH_MODULE(weight)
  constexpr auto forward(auto x) const { return matmul(tanh(matmul(x, weight)), t(weight)); }
};
using Logits = Tensor<float, 64, 32>;
using Labels = Tensor<std::int64_t, 64>;
struct CrossEntropy {
  static constexpr int capacity = 1024;
  static constexpr void trace(Builder& b) {
    const auto x = detail::input_tracer<Logits>(b);
    const auto y = detail::input_tracer<Labels>(b);
    const auto l = cross_entropy(x, y);
    int g = -1;
    reverse(b, l.id, b.constant(1, DType::float32), &x.id, 1, &g);
    b.output(l.id, 0);
    b.output(g, 1);
  }
};
}  // namespace

TEST_CASE("a compiled function is its expression") {
  const auto x = filled<F<4, 5>>();
  const auto b = filled<F<5>>();
  auto f = compile([](auto x, auto b) { return softmax<1>(x * b) + 1; }, x, b);
  const Tensor y = softmax<1>(x * b) + 1;
  CHECK(std::memcmp(f(x, b).data(), y.data(), sizeof(float) * 20) == 0);
  CHECK(&f(x, b) == &f(x, b));
}

TEST_CASE("a program called again reads what is there now, where it lay and elsewhere") {
  auto f = compile<F<3, 7>, F<7>>([](auto x, auto y) { return exp(x * y) - y; });
  F<3, 7> x[] = {filled<F<3, 7>>(), filled<F<3, 7>>() * 2.f};
  F<7> y[] = {filled<F<7>>(), filled<F<7>>() + 1.f};
  for (const int i : {0, 0, 1, 1, 0, 2, 3, 0}) {
    if (i == 2) x[0] = filled<F<3, 7>>() - 1.f;
    if (i == 3) y[0].data()[6] = 5;
    const int k = i % 2, j = i / 2 % 2;
    const Tensor right = exp(x[j] * y[k]) - y[k];
    CHECK(std::memcmp(f(x[j], y[k]).data(), right.data(), sizeof(float) * 21) == 0);
  }
}

TEST_CASE("rows of any length that are all of a step") {
  const auto check_row = []<int N>(std::integral_constant<int, N>) {
    auto f = [](auto x, auto y) { return results((x * y + x) * 3 - y, sum(tanh(x)), amax<0>(y) + x); };
    auto program = compile<F<N>, F<1, N>>([](auto x, auto y) { return tanh(x) * reshape<N>(y) + 1; });
    const auto x = filled<F<N>>();
    const auto y = filled<F<1, N>>();
    for (int again = 0; again < 2; ++again) {
      const auto& z = program(x, y);
      for (int i = 0; i < N; ++i) CHECK(z.data()[i] == doctest::Approx(std::tanh(x.data()[i]) * y.data()[i] + 1));
    }
    check(f, x, filled<F<N>>());
  };
  check_row(std::integral_constant<int, 1>{});
  check_row(std::integral_constant<int, 31>{});
  check_row(std::integral_constant<int, 1000>{});
  check_row(std::integral_constant<int, 4095>{});
  check_row(std::integral_constant<int, 4096>{});
}

TEST_CASE("a compiled model is the model") {
  const auto model = make<Net>(Generator{3});
  const auto x = filled<F<4, 5>>();
  auto f = compile(model, x);
  const Tensor y = model(x);
  const Tensor by_hand = linear(tanh(linear(x, model->fc1.weight, model->fc1.bias)), model->fc2.weight, model->fc2.bias);
  CHECK(std::memcmp(f(x).data(), y.data(), sizeof(float) * 12) == 0);
  for (int i = 0; i < 12; ++i) CHECK(y.data()[i] == doctest::Approx(by_hand.data()[i]));
  const Tensor z = model(x * 2) - model(x);  // twice in one expression
  const Tensor once = model(Tensor(x * 2));
  for (int i = 0; i < 12; ++i) CHECK(z.data()[i] == doctest::Approx(once.data()[i] - y.data()[i]));
}

TEST_CASE("a compiled model may have several results") {
  const auto cell = make<nn::LSTMCell<2, 3>>(Generator{1});
  const Tensor<float, 4, 2> x = filled<Tensor<float, 4, 2>>();
  const Tensor<float, 4, 3> h0 = filled<Tensor<float, 4, 3>>(), c0 = h0 * 2.f;
  auto program = compile<Tensor<float, 4, 2>, Tensor<float, 4, 3>, Tensor<float, 4, 3>>(cell);
  const auto& [h, c] = program(x, h0, c0);
  const Tensor<float, 4, 12> gates = linear(x, cell->weights.weight_ih, cell->weights.bias_ih) + linear(h0, cell->weights.weight_hh, cell->weights.bias_hh);
  const auto sigmoid_of = [](float v) { return 1 / (1 + std::exp(-v)); };
  for (int i = 0; i < 4; ++i)
    for (int k = 0; k < 3; ++k) {
      const float next = sigmoid_of(gates(i, 3 + k)) * c0(i, k) + sigmoid_of(gates(i, k)) * std::tanh(gates(i, 6 + k));
      CHECK(c(i, k) == doctest::Approx(next));
      CHECK(h(i, k) == doctest::Approx(sigmoid_of(gates(i, 9 + k)) * std::tanh(next)));
    }
}

TEST_CASE("the gradient of a training step is the slope of its loss") {
  auto model = make<Tied>(Generator{1});
  for (int i = 0; i < 36; ++i) model->weight.data()[i] = 0.1f * static_cast<float>(std::sin(i + 1.0));
  const auto x = filled<F<7, 6>>();
  auto loss = [](auto& m, auto a) { return mean(square(m(a) - a)); };
  auto step = train_step(model, loss, optim::SGD{.lr = 0}, x);
  step.backward(x);
  for (int i = 0; i < 36; ++i) {
    const double got = static_cast<double>(step.gradient().weight.data()[i]);
    float& w = model->weight.data()[i];
    const float old = w, h = 1e-2f;
    w = old + h;
    const double up = static_cast<double>(step.backward(x));
    w = old - h;
    const double down = static_cast<double>(step.backward(x));
    w = old;
    step.backward(x);
    CHECK(got == doctest::Approx((up - down) / (2 * static_cast<double>(h))).epsilon(1e-2).scale(0.1));
  }
}

TEST_CASE("training lowers the loss, and steps are the same bits in every run") {
  const auto x = filled<F<16, 5>>();
  Tensor<std::int64_t, 16> y;
  for (int i = 0; i < 16; ++i) y(i) = x(i, 0) > 0 ? 0 : x(i, 1) > 0 ? 1 : 2;
  float first[2] = {}, last[2] = {};
  for (int k = 0; k < 2; ++k) {
    auto model = make<Net>(Generator{0});
    auto loss = [](auto& m, auto a, auto b) { return cross_entropy(m(a), b); };
    auto step = train_step(model, loss, optim::AdamW{.lr = 0.05f}, x, y);
    first[k] = step(x, y);
    for (int i = 0; i < 60; ++i) last[k] = step(x, y);
  }
  CHECK(first[0] == first[1]);
  CHECK(last[0] == last[1]);
  CHECK(last[0] < 0.2f * first[0]);
}

TEST_CASE("cross-entropy, forward and backward, reads the logits in one step; others check the targets and divide one number") {
  static_assert(Compiled<CrossEntropy>::plan.steps == 4 && Compiled<CrossEntropy>::plan.arena_bytes <= 64 + 2 * 64 * sizeof(std::int64_t) + 64);
  Labels y;
  for (int i = 0; i < 64; ++i) y(i) = i % 32;
  test::run(test::program_of<CrossEntropy>(), test::bind(filled<Logits>(), y));
}

TEST_CASE("softmax, forward and backward, is one step") {
  auto f = [](auto x) { return softmax<1>(x); };
  using Spec = test::GradientSpec<decltype(f), Tensor<float, 64, 32>>;
  static_assert(Compiled<Spec>::plan.steps == 1);
}

TEST_CASE("programs over bounded sizes give results of the actual size") {
  auto f = compile<Tensor<float, batch, 5>>([](auto x) { return sum<1>(exp(x)); });
  auto m = make<Net>(Generator{3});
  auto g = compile<Tensor<float, batch, 5>>(m);
  for (int n : {3, 8, 1, 5}) {
    Tensor<float, batch, 5> x(n);
    test::fill(x);
    CHECK(f(x).size(0) == n);
    CHECK(g(x).size(0) == n);
    const Tensor y = m(x);
    CHECK(y.size(0) == n);
    CHECK(std::memcmp(g(x).data(), y.data(), sizeof(float) * static_cast<std::size_t>(y.numel())) == 0);
    float e = 0;
    for (int k = 0; k < 5; ++k) e += std::exp(x(n - 1, k));
    CHECK(f(x)(n - 1) == doctest::Approx(e));
  }
}

TEST_CASE("numbers beside a function whose gradient is taken") {
  const Tensor<double, 3> x{{1, 2, 3}};
  auto f = [](auto a, auto k) { return sum(a * a * k); };
  for (double k : {2.0, 5.0}) {
    const auto [value, gradient] = value_and_grad(f)(x, k);
    CHECK(value.item() == doctest::Approx(14 * k));
    CHECK(gradient(2) == doctest::Approx(6 * k));
  }
}

TEST_CASE("gradients of functions, and of gradients") {
  const Tensor<double, 4> x{{0.5, 1, 1.5, 2}};
  auto f = [](auto a) { return sum(a * a * a * a); };
  const Tensor g = grad(f)(x);
  for (int i = 0; i < 4; ++i) CHECK(g(i) == doctest::Approx(4 * std::pow(x(i), 3)));
  const auto [value, gradient] = value_and_grad(f)(x);
  CHECK(value.item() == doctest::Approx(sum(x * x * x * x).item()));
  CHECK(gradient(2) == g(2));
  auto second = [](auto a) {
    auto inner = [](auto c) { return sum(c * c * c * c); };
    return sum(grad(inner)(a));
  };
  const Tensor h = grad(second)(x);
  for (int i = 0; i < 4; ++i) CHECK(h(i) == doctest::Approx(12 * x(i) * x(i)));
  // the slope of a norm of a gradient
  test::check_gradient([](auto a) {
    auto inner = [](auto c) { return sum(sin(c) * exp(c * 0.3)); };
    const auto d = grad(inner)(a);
    return sum(d * d);
  }, x);
  test::check_gradient([](auto a) {
    auto inner = [](auto c) { return logsumexp<0>(tanh(c) * 2); };
    return grad(inner)(a);
  }, x);
}

TEST_CASE("backward adds to the gradients of every variable") {
  Var<double, 3, 2> w = Tensor<double, 3, 2>{{1, 2}, {3, 4}, {5, 6}};
  const auto x = filled<Tensor<double, 4, 3>>();
  const double value = backward(sum(square(matmul(x, w))));
  CHECK(value == doctest::Approx(sum(square(matmul(x, w))).item()));
  const Tensor expected = matmul(t(x), matmul(x, w)) * 2;
  for (int i = 0; i < 6; ++i) CHECK(w.grad().data()[i] == doctest::Approx(expected.data()[i]));
  backward(sum(w * w));  // two leaves, one variable
  for (int i = 0; i < 6; ++i) CHECK(w.grad().data()[i] == doctest::Approx(expected.data()[i] + 2 * w.data()[i]));
  w.zero_grad();
  Var<double, 2> v = Tensor<double, 2>{{3, 4}};
  backward(sum(w * v) + sum(t(w)));
  for (int i = 0; i < 6; ++i) CHECK(w.grad().data()[i] == doctest::Approx(v.data()[i % 2] + 1));
  CHECK(v.grad()(0) == doctest::Approx(9));
  CHECK(v.grad()(1) == doctest::Approx(12));
}
