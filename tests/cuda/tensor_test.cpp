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

TEST_CASE("single elements are read and written by a copy") {
  auto x = wave<Tensor<float, 3, 4>>();
  auto a = x.to(gpu);
  const auto& same = a;
  CHECK(a(1, 2) == x(1, 2));
  CHECK(same(-1, -1) == x(2, 3));
  a(1, 2) = 7;
  a(0, 0) += 1;
  a(2, 0) = a(1, 2);
  x(1, 2) = x(2, 0) = 7;
  x(0, 0) += 1;
  CHECK(difference(x, a.cpu()) == 0);
  CHECK_THROWS_WITH(static_cast<void>(a(0, 4)), "etch: index: an index must lie within its dimension; got 4 for size 4 of axis 1");
}

TEST_CASE("parts are views: they read and write the tensor's memory") {
  auto x = wave<Tensor<double, 4, 6>>();
  auto a = x.to(gpu);
  const auto row = wave<Tensor<double, 6>>(3);
  CHECK(difference(Tensor(x(every, 1) * 2), GpuTensor(a(every, 1) * 2).cpu()) == 0);
  CHECK(difference(Tensor(x(-1)), GpuTensor(a(-1)).cpu()) == 0);
  const auto write = [&](auto& to, const auto& with) {
    to(2) = with;                                  // dense
    to(every, 1) = 5;                              // a column, from a number
    to(every, Slice<0, 6, 2>{}) += 1;              // steps
    t(to) = t(to) * 2;                             // reads what it writes
    to(ints<0, 3>{}, every) = with * 3;            // rows by index
    diagonal<1>(to) = 0;
    fill_(to(0, Slice<4, 6>{}), -1);
  };
  write(x, row);
  write(a, row.to(gpu));
  CHECK(difference(x, a.cpu()) < 1e-15);
  GpuTensor<bool, 3, 2> flags;
  flags(every, 1) = true;
  CHECK((flags(1, 1) && !flags(1, 0)));
}

TEST_CASE("each GPU of a process has its own programs") {
  const auto x = wave<Tensor<float, 3, 4>>();
  const auto a = x.to(gpu);
  const Tensor expected = exp(x);
  auto program = compile<GpuTensor<float, 3, 4>>([](auto v) { return exp(v); });
  for (int k = 0; k < 3; ++k) {
    const device::DeviceGuard guard(k % 2);
    CHECK(device::current_device() == k % 2);
    const GpuTensor<float, 3, 4> there = a;  // a copy on this one
    CHECK(difference(expected, GpuTensor(exp(there)).cpu()) < 1e-6);
    auto step = train_step(make<nn::Linear<4, 2>>(Generator{5}).to(gpu), [](auto& m, auto v) { return sum(m(v)); }, optim::SGD{}, there);
    CHECK(std::isfinite(step(there)));
    if (k == 1) CHECK_THROWS_WITH(program(a), "etch: cuda: a program must run on the GPU it was made on; got GPU 1, made on GPU 0");
  }
  CHECK(device::current_device() == 0);
  CHECK(difference(expected, program(a).cpu()) < 1e-6);
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
