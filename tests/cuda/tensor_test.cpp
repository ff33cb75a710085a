// Tensors and models on a GPU own what they hold: copies are deep, assignment writes through, handles of models share.
#include "wave.hpp"

using namespace etch;

TEST_CASE("tensors") {
  const auto x = wave<Tensor<float, 3, 4>>();
  auto a = x.to(gpu);
  const GpuTensor<float, 3, 4> b = a;
  float* const data = a.data();
  a.copy_(wave<Tensor<float, 3, 4>>(2));
  CHECK(a.data() == data);
  CHECK(b.data() != data);
  CHECK(difference(x, b.cpu()) == 0);
  a = b;
  CHECK(a.data() == data);
  CHECK(difference(x, a.to(Cpu{})) == 0);
  CHECK((a.size(-1) == 4 && a.numel() == 12));
}

TEST_CASE("models") {
  const auto model = make<nn::Linear<3, 2>>(Generator{5});
  const auto there = model.to(gpu);
  const auto shared = there;
  const auto own = there.clone();
  CHECK(shared.data() == there.data());
  CHECK(own.data() != there.data());
  model->bias.data()[1] = 7;
  Model<nn::Linear<3, 2>, Gpu>(there).copy_(model);
  CHECK(shared.cpu()->bias.data()[1] == 7);
  CHECK(own.cpu()->bias.data()[1] != 7);
}
