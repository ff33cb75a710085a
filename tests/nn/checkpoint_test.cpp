// Checkpointed chains of modules train as the chains themselves, in less memory.
#include <program.hpp>

using namespace etch;

namespace {
struct Block {
  nn::Linear<32, 32> a, b;
  ETCH_MODULE(a, b)
  constexpr auto forward(auto x) const { return x + tanh(b(tanh(a(x)))); }
};
template <bool Again>
struct Chain {
  nn::Repeat<Block, 4> blocks;
  nn::Sequential<nn::Linear<32, 32>, nn::Tanh, nn::Linear<32, 8>> head;
  ETCH_MODULE(blocks, head)
  constexpr auto forward(auto x) const {
    if constexpr (Again) return checkpoint_sequential<2>(head, checkpoint_sequential<4>(blocks, x));
    else return head(blocks(x));
  }
};
}  // namespace

TEST_CASE("checkpoint_sequential: the same loss and the same step, less memory") {
  auto loss = [](auto& m, auto x) { return mean(square(m(x))); };
  auto plain = make<Chain<false>>(Generator{1});
  auto again = make<Chain<true>>(Generator{1});
  const auto x = test::filled<Tensor<float, 64, 32>>();
  auto p = train_step(plain, loss, optim::SGD{.lr = 0.1f}, x);
  auto a = train_step(again, loss, optim::SGD{.lr = 0.1f}, x);
  for (int i = 0; i < 3; ++i) CHECK(a(x) == doctest::Approx(p(x)).epsilon(1e-5));
  CHECK(a.arena_bytes < p.arena_bytes);
}
