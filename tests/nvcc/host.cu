// A whole program in a file that nvcc compiles, as host code: a training step, expressions, gradients, errors.
#include <etch/etch.hpp>

#include <cmath>
#include <cstdio>
#include <cstring>

using namespace etch;

#define TEXT_(x) #x
#define TEXT(x) TEXT_(x)

static_assert(promote(DType::uint8, DType::int8) == DType::int16);

struct Net {
  nn::Linear<20, 33> fc1;
  nn::Linear<33, 7> fc2;
  ETCH_MODULE(fc1, fc2)
  constexpr auto forward(auto x) const { return fc2(relu(fc1(x))); }
};

struct Loss {
  constexpr auto operator()(auto& m, auto x, auto y) const { return cross_entropy(m(x), y); }
};

int check(bool good, const char* what) {
  if (!good) std::printf("nvcc: %s is wrong\n", what);
  return good ? 0 : 1;
}

int main() {
  std::printf("%s\n", TEXT(ETCH_ABI));
  int wrong = 0;
  Tensor<float, 50, 20> x;
  Tensor<std::int64_t, 50> y;
  for (int i = 0; i < 1000; ++i) x.data()[i] = static_cast<float>(std::sin(0.1 * i));
  for (int i = 0; i < 50; ++i) y(i) = i % 7;

  const Tensor p = softmax<1>(x * 2 + 1);
  wrong += check(std::abs(sum(p).item() - 50) < 1e-3f, "softmax");
  const Tensor g = matmul(x, t(x));
  double expected = 0;
  for (int k = 0; k < 20; ++k) expected += static_cast<double>(x(3, k)) * static_cast<double>(x(5, k));
  wrong += check(std::abs(static_cast<double>(g(3, 5)) - expected) < 1e-4, "matmul");

  auto model = make<Net>(Generator{1});
  auto step = train_step(model, Loss{}, optim::AdamW{.lr = 1e-2f}, x, y);
  const float first = step(x, y);
  float last = 0;
  for (int i = 0; i < 50; ++i) last = step(x, y);
  std::printf("loss %g -> %g\n", static_cast<double>(first), static_cast<double>(last));
  wrong += check(last < first, "training");

  try {
    fail("nvcc", "errors must be thrown", Message{} << 13);
  } catch (const Error& error) {
    wrong += check(std::strcmp(error.what(), "etch: nvcc: errors must be thrown; 13") == 0, "the text of an error");
  }
  return wrong;
}
