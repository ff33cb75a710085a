// expect: tahn
// sizes: tahn
// max-lines: g++ 12 clang++ 24 nvcc 24
#include <etch/etch.hpp>

using namespace etch;

struct Net {
  nn::Linear<4, 8> fc1;
  nn::Linear<8, 2> fc2;
  ETCH_MODULE(fc1, fc2)
  constexpr auto forward(auto x) const { return fc2(tahn(fc1(x))); }
};

void mistake(const Model<Net>& model, const Tensor<float, 3, 4>& x, const Tensor<std::int64_t, 3>& y) {
  auto loss = [](auto& m, auto x, auto y) { return cross_entropy(m(x), y); };
  train_step(model, loss, optim::AdamW{}, x, y)(x, y);
}
