// expect: tahn
// max-lines: g++ 20 clang++ 70 nvcc 70
#include <etch/etch.hpp>
#include <etch/print.hpp>
#include <iostream>
using namespace etch;

struct Xor {
  nn::Linear<2, 16> fc1;
  nn::Linear<16, 2> fc2;
  ETCH_MODULE(fc1, fc2)
  constexpr auto forward(auto x) const { return fc2(tahn(fc1(x))); }
};

int main() {
  Tensor<float, 4, 2> x{{0, 0}, {0, 1}, {1, 0}, {1, 1}};
  Tensor<std::int64_t, 4> y{0, 1, 1, 0};

  auto model = make<Xor>(Generator{0});
  auto loss = [](auto& m, auto x, auto y) { return cross_entropy(m(x), y); };
  auto step = train_step(model, loss, optim::AdamW{.lr = 0.05}, x, y);
  for (int i = 0; i < 30; ++i) step(x, y);  // forward, loss, gradient, AdamW: one program, no allocation

  std::cout << softmax<1>(model(x)) << "\n" << argmax<1>(model(x)) << "\n";
}
