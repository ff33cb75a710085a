// Batches that are copied while others are computed: the same losses, in tensors that do not move.
#include <etch/cuda/prefetch.hpp>

#include "wave.hpp"

using namespace etch;

TEST_CASE("a step on batches that come one after another, some of them smaller") {
  static constexpr struct Rows : dyn<8> {
  } rows{};
  using X = Tensor<float, rows, 3>;
  using Y = Tensor<std::int64_t, rows>;
  const auto loss = [](auto& m, auto x, auto y) { return cross_entropy(m(x), y); };
  const auto model = make<nn::Linear<3, 4>>(Generator{1});
  auto step = train_step<X, Y>(model.clone(), loss, optim::SGD{.lr = 0.1f});
  auto there = train_step<GpuTensor<float, rows, 3>, GpuTensor<std::int64_t, rows>>(model.clone().to(gpu), loss, optim::SGD{.lr = 0.1f});
  device::Prefetch<X, Y> batches;
  CHECK_THROWS_WITH(batches.take(), "etch: cuda: a batch must be put before it is taken");
  X x;
  Y y;
  const auto next = [&](int i) {
    const int sizes[] = {8 - i % 3, 3};
    x.resize(sizes);
    y.resize(sizes);
    for (int k = 0; k < 3 * sizes[0]; ++k) x.data()[k] = static_cast<float>(std::sin(k + i));
    for (int k = 0; k < sizes[0]; ++k) y.data()[k] = (k + i) % 4;
  };
  next(0);
  batches.put(x, y);
  const void* at = nullptr;
  for (int i = 0; i < 6; ++i) {
    const float expected = step(x, y);
    const auto& [xg, yg] = batches.take();
    there.launch(xg, yg);
    next(i + 1);
    batches.put(x, y);
    CHECK(xg.size(0) == 8 - i % 3);
    CHECK(std::abs(there.loss() - expected) < 1e-6f);
    CHECK((at == nullptr || at == xg.data()));
    at = xg.data();
  }
}
