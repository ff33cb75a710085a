// autocast: products take rounded operands, add up in float and give rounded results, in gradients too; everything else is float. Expected numbers
// are those of PyTorch 2.13's CPU autocast.
#include <etch/etch.hpp>

#include <doctest/doctest.h>

#include <cmath>

using namespace etch;

namespace {

template <class X>
X wave(double scale, double shift = 0) {
  X x;
  for (std::int64_t i = 0; i < x.numel(); ++i) x.data()[i] = static_cast<float>(scale * std::sin(0.37 * static_cast<double>(i) + shift));
  return x;
}
template <class T>
float rounded(float x) {
  return static_cast<float>(static_cast<T>(x));
}
using A = Tensor<float, 5, 7>;
using B = Tensor<float, 7, 4>;

/// Whether y is s rounded, which is a sum in whatever order.
template <class T>
bool is_rounding(float y, float s) {
  const float most = std::is_same_v<T, half> ? 0x1p-11f : 0x1p-8f;
  return y == rounded<T>(y) && std::abs(y - s) <= std::abs(s) * most * 1.001f + 1e-5f;
}

/// matmul(a, b) of rounded operands; its gradient too.
template <class T>
void check_product() {
  const A a = wave<A>(3);
  const B b = wave<B>(2, 0.5);
  auto f = autocast<T>([](auto x, auto y) { return sum(square(matmul(x, y))); });
  const Tensor y = autocast<T>([](auto x, auto w) { return matmul(x, w); })(a, b);
  const auto [value, gradient] = value_and_grad(f)(a, b);
  float dy[5][4], total = 0;
  for (int i = 0; i < 5; ++i)
    for (int j = 0; j < 4; ++j) {
      float s = 0;
      for (int k = 0; k < 7; ++k) s += rounded<T>(a(i, k)) * rounded<T>(b(k, j));
      CHECK(is_rounding<T>(y(i, j), s));
      dy[i][j] = rounded<T>(2 * y(i, j));
      total += y(i, j) * y(i, j);
    }
  CHECK(value.item() == doctest::Approx(total).epsilon(1e-6));
  for (int i = 0; i < 5; ++i)
    for (int k = 0; k < 7; ++k) {
      float s = 0;
      for (int j = 0; j < 4; ++j) s += dy[i][j] * rounded<T>(b(k, j));
      CHECK(is_rounding<T>(gradient(i, k), s));
    }
}

}  // namespace

TEST_CASE("a product and its gradient, rounded to bfloat16 and to float16") {
  check_product<bfloat16>();
  check_product<half>();
}

TEST_CASE("what is no product is float, and so is autocast<float> within") {
  const A a = wave<A>(3);
  const B b = wave<B>(2, 0.5);
  const auto f = [](auto x) { return softmax<1>(exp(x) + log_softmax<1>(x)) * sum(x); };
  const Tensor y = autocast<bfloat16>(f)(a), z = autocast<float>(f)(a);
  for (int i = 0; i < 35; ++i) CHECK(y.data()[i] == z.data()[i]);
  const Tensor p = autocast<bfloat16>([](auto x, auto w) { return autocast<float>([](auto u, auto v) { return matmul(u, v); })(x, w); })(a, b);
  const Tensor q = matmul(a, b);
  for (int i = 0; i < 20; ++i) CHECK(p.data()[i] == q.data()[i]);
  const Tensor<float> slope(0.3f);
  const Tensor leaky = autocast<bfloat16>([](auto x, auto s) { return prelu(x, s); })(a, slope);
  for (int i = 0; i < 35; ++i) CHECK(leaky.data()[i] == rounded<bfloat16>(rounded<bfloat16>(a.data()[i]) * (a.data()[i] > 0 ? 1 : rounded<bfloat16>(0.3f))));
  const Tensor wide = autocast<bfloat16>([](auto x, auto w) { return matmul(to<double>(x), to<double>(w)); })(a, b);
  CHECK(wide(4, 3) == doctest::Approx(Tensor(matmul(to<double>(a), to<double>(b)))(4, 3)).epsilon(1e-14));
}

namespace {
void check_near(const float* got, std::initializer_list<double> want, double tolerance) {
  double size = 0;
  for (double w : want) size = std::fmax(size, std::abs(w));
  for (double w : want) CHECK(std::abs(static_cast<double>(*got++) - w) <= tolerance * size);
}
// one unit of the last place of the largest: a sum in another order may round to the other side
constexpr double unit = 0x1p-7;
}  // namespace

TEST_CASE("a linear layer: its bias is added before the rounding") {
  const auto loss = [](auto x, auto w, auto b) {
    const auto y = linear(x, w, b);
    return several(sum(y * y), y);
  };
  const auto f = value_and_grad<0, 1, 2>(autocast<bfloat16>(loss));
  const auto [value, gradient] = f(wave<Tensor<float, 4, 6>>(3), wave<Tensor<float, 5, 6>>(2, 0.5), wave<Tensor<float, 5>>(1, 0.2));
  check_near(value.template get<1>().data() + 5, {-1.5390625, 10.5625, -9.5625, 3.5, 8.3125}, unit);
  check_near(gradient.template get<0>().data() + 18, {116, 204, 264, 290, 276, 223}, unit);
  check_near(gradient.template get<1>().data() + 12, {-146, -146, -127, -90.5, -41.75, 12.8125}, unit);
  check_near(gradient.template get<2>().data(), {50.25, -28.125, -2.84375, 51.5, -35.5}, unit);
}

TEST_CASE("a convolution") {
  const auto loss = [](auto x, auto w, auto b) {
    const auto y = conv2d<padding<1>>(x, w, b);
    return several(sum(y * y), y);
  };
  const auto f = value_and_grad<0, 1, 2>(autocast<bfloat16>(loss));
  const auto [value, gradient] = f(wave<Tensor<float, 1, 2, 5, 5>>(1), wave<Tensor<float, 3, 2, 3, 3>>(1, 0.5), wave<Tensor<float, 3>>(1, 0.2));
  check_near(value.template get<1>().data() + 35, {4.28125, 3.203125, 0.24609375, -2.671875, -2.609375}, unit);
  check_near(gradient.template get<0>().data() + 40, {62.25, 68.5, 18.125, -42.25, -59.75}, unit);
  check_near(gradient.template get<1>().data() + 21, {96.5, 71, 17}, unit);
  check_near(gradient.template get<2>().data(), {61.25, 57.75, 46.5}, unit);
}

TEST_CASE("attention") {
  const auto loss = [](auto q, auto k, auto v) {
    const auto y = scaled_dot_product_attention<true>(q, k, v);
    return several(sum(y * y), y);
  };
  const auto f = value_and_grad<0, 1, 2>(autocast<bfloat16>(loss));
  using Q = Tensor<float, 1, 2, 5, 4>;
  const auto [value, gradient] = f(wave<Q>(2), wave<Q>(2, 0.5), wave<Q>(1, 0.9));
  check_near(value.template get<1>().data() + 32, {-0.546875, -0.37890625, -0.161132812, 0.078125}, 2 * unit);  // PyTorch rounds weights, too
  check_near(gradient.template get<0>().data() + 32, {-0.478515625, -0.63671875, -0.7109375, -0.6875}, 2 * unit);
  check_near(gradient.template get<1>().data() + 4, {-0.73828125, -0.6796875, -0.53125, -0.30859375}, 2 * unit);
  check_near(gradient.template get<2>().data() + 28, {-2.40625, -1.9609375, -1.2421875, -0.361328125}, 2 * unit);
}

namespace {
struct Net {
  nn::Linear<8, 12> fc1;
  nn::Linear<12, 3> fc2;
  ETCH_MODULE(fc1, fc2)
  constexpr auto forward(auto x) const { return fc2(tanh(fc1(x))); }
};
template <class T>
struct Recurrent {
  nn::LSTM<3, 4> lstm;
  ETCH_MODULE(lstm)
  constexpr auto forward(auto x) const {
    return autocast<T>([](const auto& layer, auto x) { return layer(x).template get<0>(); })(lstm, x);
  }
};
}  // namespace

TEST_CASE("a training step: parameters stay float, losses are those of PyTorch") {
  auto model = make<Net>();
  const auto fill = [](auto& to, double scale, double shift) {
    for (std::int64_t i = 0; i < to.numel(); ++i) to.data()[i] = static_cast<float>(scale * std::sin(0.37 * static_cast<double>(i) + shift));
  };
  fill(model->fc1.weight, 0.4, 0.1), fill(model->fc1.bias, 0.1, 0.3), fill(model->fc2.weight, 0.5, 0.7), fill(model->fc2.bias, 0.1, 0.9);
  const auto x = wave<Tensor<float, 16, 8>>(1.5);
  Tensor<std::int64_t, 16> y;
  for (int i = 0; i < 16; ++i) y(i) = i * 5 % 3;
  auto step = train_step(model, autocast<bfloat16>([](auto& m, auto a, auto b) { return cross_entropy(m(a), b); }), optim::AdamW{.lr = 3e-2}, x, y);
  for (const double loss : {1.11888, 1.05187, 1.00762, 0.963456, 0.920185, 0.883107, 0.856068, 0.835686}) CHECK(std::abs(step(x, y) - static_cast<float>(loss)) < 2e-3f);  // PyTorch rounds what tanh gives, forwards and back
  static_assert(std::is_same_v<decltype(step)::value_type, float>);
  CHECK(model->fc1.weight.data()[0] != rounded<bfloat16>(model->fc1.weight.data()[0]));
}

TEST_CASE("autocast reaches the products of a loop") {
  const auto x = wave<Tensor<float, 6, 2, 3>>(1);
  const Tensor low = make<Recurrent<bfloat16>>(Generator{3})(x), high = make<Recurrent<float>>(Generator{3})(x);
  float apart = 0;
  for (int i = 0; i < 48; ++i) apart = std::fmax(apart, std::abs(low.data()[i] - high.data()[i]));
  CHECK(apart > 1e-5f);
  CHECK(apart < 1e-2f);
}
